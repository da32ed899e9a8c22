"""A private PostgreSQL cluster in a folder of its own, reached by a Unix socket there."""

import os
import pwd
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psycopg

from kindmap.children import dies_with_parent
from tests.support.missing import missing

USER = "kindmap"


def server_programs() -> Path | None:
    """The folder with initdb and postgres: Debian keeps them off PATH, one folder for each version."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if versions:
        return versions[-1].parent
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


class Cluster:
    """It runs as the user postgres when we are root: PostgreSQL refuses to run as root."""

    def __init__(self, directory: Path) -> None:
        programs = server_programs()
        if programs is None:
            missing("PostgreSQL's server", "apt-get install postgresql")
        self.programs = programs
        self.directory = directory
        self.user: dict[str, object] = {}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        if os.getuid() == 0:
            account = pwd.getpwnam("postgres")
            os.chown(self.directory, account.pw_uid, account.pw_gid)
            self.user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        initdb = [self.programs / "initdb", "-D", self.directory / "data", "-U", USER, "--auth=trust"]
        made = subprocess.run(
            [*initdb, "--encoding=UTF8", "--locale=C", "--no-sync"],
            cwd=self.directory,
            capture_output=True,
            text=True,
            check=False,
            **self.user,
        )
        if made.returncode:
            raise RuntimeError(f"initdb ended with {made.returncode}:\n{made.stdout}{made.stderr}")
        # Nothing here has to survive a power cut, and waiting for disks is most of what a test run would do.
        options = {
            "unix_socket_directories": self.directory,
            "listen_addresses": "",
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "max_connections": 60,
            # It would find tables empty whose rows a test's transaction holds, and then plan for empty tables: a join of
            # 5,000 rows took ten minutes, now and then. Without it plans follow the size of the tables.
            "autovacuum": "off",
            # What hangs all the same fails, with the name of its test.
            "statement_timeout": "2min",
        }
        words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        with (self.directory / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [self.programs / "postgres", "-D", self.directory / "data", *words],
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=dies_with_parent(signal.SIGQUIT),
                **self.user,
            )
        self._wait_until_ready()

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGQUIT)  # at once; the folder is thrown away
            self.process.wait(20)
            self.process = None

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(f"host={self.directory} user={USER} dbname=postgres").close()
                return
            except psycopg.OperationalError as error:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    said = (self.directory / "log").read_text(errors="replace")
                    raise RuntimeError(f"no PostgreSQL: {error}\n{said}") from error
            time.sleep(0.05)
