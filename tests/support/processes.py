"""The processes of a data folder, found in /proc however they were started and whoever is their parent now."""

import contextlib
import os
import signal
from pathlib import Path


def processes_of(data_dir: Path) -> dict[int, str]:
    """Living processes with this KINDMAP_DATA_DIR, and their command lines.

    Every descendant of what was started with it inherits it. A Redis server overwrites its environment with its title, but
    it works in a folder of the data folder.
    """
    marker = f"KINDMAP_DATA_DIR={data_dir}".encode()
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        # It may end while it is looked at.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError, PermissionError):
            is_ours = (
                marker in (entry / "environ").read_bytes().split(b"\0")
                or data_dir in (entry / "cwd").readlink().parents
            )
            if is_ours and not _is_zombie(entry):
                found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return found


def kill_all(processes: dict[int, str]) -> None:
    for pid in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _is_zombie(entry: Path) -> bool:
    return (entry / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
