"""kindmap's own servers for the benches: real processes on loopback, in a temporary folder, ended afterwards."""

import contextlib
import os
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from kindmap import parts  # noqa: E402
from tests.support import postgresql, redis_server  # noqa: E402


class Stack(NamedTuple):
    """The environment of commands on this stack, its address, and the process ids of its parts."""

    environment: dict[str, str]
    base: str
    pids: dict[str, int]


@contextlib.contextmanager
def stack(database: str, folder: Path) -> Iterator[Stack]:
    """Web server (2 processes), one worker and broker over an empty database: `postgresql` or `sqlite`."""
    pids: dict[str, int] = {}
    with contextlib.ExitStack() as cleanup:
        url = f"sqlite:///{folder}/kindmap.sqlite3"
        if database == "postgresql":
            cluster = postgresql.Cluster(folder / "postgresql")
            cluster.start()
            cleanup.callback(cluster.stop)
            pids["postgresql"] = cluster.process.pid
            url = f"postgresql://{postgresql.USER}@/postgres?host={urllib.parse.quote(str(cluster.directory), safe='')}"
        (folder / "broker").mkdir(0o700)
        broker = redis_server.Broker(folder / "broker", f"unix://{folder}/broker/broker.sock?db=0")
        broker.start()
        cleanup.callback(broker.stop)
        pids["broker"] = broker.process.pid
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "kindmap.settings",
            "DATABASE_URL": url,
            "REDIS_URL": broker.url,
            "KINDMAP_DATA_DIR": str(folder / "data"),
            "PYTHONPATH": str(ROOT),
        }
        manage(environment, "migrate", "-v0")
        manage(environment, "collectstatic", "--noinput", "-v0")
        listener = parts.listen("127.0.0.1", 0)
        cleanup.callback(listener.close)
        log = cleanup.enter_context((folder / "log").open("ab"))
        for name, command in (("web", parts.web_command(listener)), ("worker", parts.worker_command())):
            process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=log, stderr=log, pass_fds=[listener.fileno()]
            )
            cleanup.callback(process.wait)
            cleanup.callback(process.terminate)
            pids[name] = process.pid
        port = listener.getsockname()[1]
        _wait_for(lambda: parts.http_status("127.0.0.1", port) == 200, folder)
        _wait_for(lambda: parts.worker_is_up(broker.url, pids["worker"]), folder)
        yield Stack(environment, f"http://127.0.0.1:{port}", pids)


def manage(environment: dict[str, str], *words: str) -> str:
    """What a management command prints."""
    return python(environment, str(ROOT / "manage.py"), *words)


def python(environment: dict[str, str], *words: str) -> str:
    """What a Python program prints."""
    done = subprocess.run([sys.executable, *words], env=environment, cwd=ROOT, text=True, capture_output=True)
    if done.returncode:
        raise SystemExit(f"{words[0]} {words[1] if len(words) > 1 else ''} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def _wait_for(holds: Callable[[], bool], folder: Path) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        if time.monotonic() > deadline:
            raise SystemExit(f"the servers did not start within 60 s:\n{(folder / 'log').read_text()[-4000:]}")
        time.sleep(0.05)
