"""`make run`'s supervisor, as a real process with real children."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from django.conf import settings
from rq import Queue

from kindmap import broker
from tests.support.processes import kill_all, processes_of
from tests.support.stack import wait_for

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks for processes in /proc")


class Run:
    """One `python -m kindmap.supervisor` on a free port."""

    def __init__(self, data_dir: Path, **environment: str) -> None:
        self.data_dir = data_dir
        data_dir.parent.mkdir(parents=True, exist_ok=True)
        self.output_path = data_dir.parent / f"output-{len(list(data_dir.parent.glob('output-*')))}"
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
        with self.output_path.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "kindmap.supervisor"],
                cwd=settings.BASE_DIR,
                env={**kept, "PORT": "0", "KINDMAP_DEMO": "0", "KINDMAP_DATA_DIR": str(data_dir), **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    @property
    def output(self) -> str:
        return self.output_path.read_text(errors="replace")

    def wait_until_ready(self) -> str:
        """Its address."""

        def address() -> str:
            assert self.process.poll() is None, self.output
            found = re.search(r"ready at (\S+)", self.output)
            return found[1] if found else ""

        return wait_for("the supervisor to be ready", address, 90)

    def descendants(self) -> dict[int, str]:
        found = processes_of(self.data_dir)
        found.pop(self.process.pid, None)
        return found

    def child(self, part: str) -> int:
        """The process id of the first process whose command line has that in it."""
        return min(pid for pid, command in self.descendants().items() if part in command)

    def ended(self, seconds: float = 40) -> int:
        return self.process.wait(seconds)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    runs = []

    def make(data_dir: Path | None = None, **environment: str) -> Run:
        runs.append(Run(data_dir or tmp_path / "data", **environment))
        return runs[-1]

    yield make
    for run in runs:
        kill_all(run.descendants())
        with contextlib.suppress(ProcessLookupError):
            run.process.kill()
        run.process.wait()


def nothing_is_left(run: Run) -> bool:
    return not run.descendants()


def test_it_starts_answers_and_stops_and_starts_again(start, tmp_path):
    # Longer than a Unix socket's path may be.
    data_dir = tmp_path / ("long-" * 20) / "data"
    run = start(data_dir)
    address = run.wait_until_ready()
    with urllib.request.urlopen(address) as response:
        assert response.status == 200
    assert re.search(r"log in as admin with the password \S{16}", run.output)
    names = " ".join(run.descendants().values())
    assert "gunicorn" in names
    assert "rqworker" in names
    assert "unixsocket" in names

    # A second one on the same folder, and one on the same port.
    second = start(data_dir)
    assert second.ended() == 1
    assert f"runs already on {data_dir} (process {run.process.pid}," in second.output
    port = address.rstrip("/").rpartition(":")[2]
    third = start(tmp_path / "other", PORT=port)
    assert third.ended() == 1
    assert f"cannot listen on 127.0.0.1 port {port}: Address already in use" in third.output
    assert f"PORT={int(port) + 1} make run" in third.output
    assert nothing_is_left(third)

    run.process.send_signal(signal.SIGTERM)
    assert run.ended() == 0, run.output
    assert run.output.rstrip().endswith("stopped (SIGTERM)")
    assert nothing_is_left(run)

    again = start(data_dir)
    again.wait_until_ready()
    assert "password" not in again.output
    again.process.send_signal(signal.SIGINT)
    assert again.ended() == 0, again.output
    assert nothing_is_left(again)


@pytest.mark.parametrize(("part", "name"), [("rqworker", "worker"), ("gunicorn", "web"), ("unixsocket", "broker")])
def test_when_one_dies_it_says_so_and_stops_the_others(start, part, name):
    run = start()
    run.wait_until_ready()
    os.kill(run.child(part), signal.SIGKILL)
    assert run.ended() == 1
    assert f"kindmap: {name} was killed by SIGKILL." in run.output
    assert nothing_is_left(run)


def test_killed_with_sigkill_it_leaves_nothing_behind_not_even_a_job(start):
    run = start()
    run.wait_until_ready()
    idle = len(run.descendants())
    with contextlib.closing(redis.Redis.from_url(broker.default_url(run.data_dir))) as client:
        Queue("intake", connection=client).enqueue("time.sleep", 300)
    wait_for("a process for the job", lambda: len(run.descendants()) > idle)
    run.process.kill()
    run.process.wait()
    wait_for("all of its children to end", lambda: nothing_is_left(run), 20)

    again = start()
    again.wait_until_ready()


def test_a_broker_that_is_named_is_used_and_none_is_started(start, request):
    run = start(REDIS_URL=request.getfixturevalue("broker").url)
    run.wait_until_ready()
    assert "unixsocket" not in " ".join(run.descendants().values())


def test_a_broker_that_is_named_and_does_not_answer_stops_the_start(start):
    run = start(REDIS_URL="redis://somebody:secret@127.0.0.1:1/0")
    assert run.ended() == 1
    assert "redis://somebody:…@127.0.0.1:1/0" in run.output
    assert "does not answer" in run.output
    assert nothing_is_left(run)


def test_a_wrong_setting_is_told_by_its_name_and_nothing_stays(start):
    run = start(SITE_URL="kindmap.example.org")
    assert run.ended() == 1
    assert "SITE_URL is 'kindmap.example.org'" in run.output
    assert "Traceback" not in run.output
    assert nothing_is_left(run)


def test_a_database_that_does_not_answer_is_told_without_its_password(start):
    run = start(DATABASE_URL="postgresql://kindmap:secret@127.0.0.1:1/kindmap")
    assert run.ended() == 1
    assert "the database (postgresql://kindmap:…@127.0.0.1:1/kindmap) cannot be used" in run.output
    assert "secret" not in run.output
    assert nothing_is_left(run)


def test_a_port_that_is_none_is_told(start):
    run = start(PORT="eighty")
    assert run.ended() == 1
    assert "PORT is 'eighty'" in run.output
