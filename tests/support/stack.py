"""The servers that `make run` starts, as real processes over the test's database: for tests of faults and of pages."""

import contextlib
import os
import signal
import socket
import subprocess
import time
import urllib.parse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from django.db import connection
from rq import Queue
from rq.registry import StartedJobRegistry

from dashboard.models import Upload
from kindmap import parts
from kindmap.children import dies_with_parent
from tests.support.redis_server import Broker


def wait_for(what: str, holds: Callable[[], Any], seconds: float = 30) -> Any:
    """What holds() returns as soon as it is true; the test fails if it never is."""
    deadline = time.monotonic() + seconds
    while not (value := holds()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain for: {what}")
        time.sleep(0.02)
    return value


def database_url() -> str:
    """The test's database for another process."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    directory = urllib.parse.quote(connection.settings_dict["OPTIONS"]["host"], safe="")
    return f"postgresql://{connection.settings_dict['USER']}@/{name}?host={directory}"


class LiveStack:
    """Web server and worker. `web` and `worker` are their processes; kill them as you like, the next test gets new ones.

    `environment` is added to what they start with from then on; it is forgotten after the test.
    """

    def __init__(self, broker: Broker, log_dir: Path) -> None:
        self.broker = broker
        self.log_path = log_dir / "stack.log"
        self.environment: dict[str, str] = {}
        self._started_with: dict[str, str] = {}
        self._listener = parts.listen("127.0.0.1", 0)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.web: subprocess.Popen[bytes] | None = None
        self.worker: subprocess.Popen[bytes] | None = None

    def ensure_running(self) -> None:
        self.broker.ensure_running()
        if self._started_with != self.environment:
            self.stop()
        if self.web is None or self.web.poll() is not None:
            self.start_web()
        if self.worker is None or self.worker.poll() is not None:
            self.start_worker()

    def start_web(self) -> None:
        self.web = self._start(parts.web_command(self._listener), self._listener)
        wait_for("the web server", lambda: self._alive(self.web) and parts.http_status("127.0.0.1", self.port), 60)

    def start_worker(self) -> None:
        worker = self.worker = self._start(parts.worker_command())
        wait_for("the worker", lambda: self._alive(worker) and parts.worker_is_up(self.broker.url, worker.pid), 60)

    def kill_worker(self) -> None:
        """kill -9 of the worker and nothing else; what it was working on is cut off as it would be."""
        if self.worker is not None:
            self.worker.kill()
            self.worker.wait()
            self.worker = None

    def kill_web(self) -> None:
        """kill -9 of gunicorn's master; its workers notice and end."""
        if self.web is not None:
            self.web.kill()
            self.web.wait()
            self.web = None

    def stop(self) -> None:
        for process in (self.worker, self.web):
            if process is not None and process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in (self.worker, self.web):
            if process is not None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(15)
                process.kill()
                process.wait()
        self.web = self.worker = None

    def close(self) -> None:
        self.stop()
        self._listener.close()

    def is_whole(self) -> bool:
        return all(process is not None and process.poll() is None for process in (self.web, self.worker))

    def is_idle(self) -> bool:
        """Whether everything received was worked on."""
        with contextlib.closing(redis.Redis.from_url(self.broker.url)) as client:
            queue = Queue("intake", connection=client)
            busy = len(queue) + StartedJobRegistry(queue=queue).get_job_count(cleanup=False)
        return not busy and not Upload.objects.filter(state=Upload.State.RECEIVED).exists()

    def wait_until_idle(self, seconds: float = 30) -> None:
        wait_for("everything received to be recorded", self.is_idle, seconds)

    def log(self) -> str:
        """What the web server and the worker wrote, both."""
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def _alive(self, process: subprocess.Popen[bytes] | None) -> bool:
        if process is None or process.poll() is not None:
            raise AssertionError(f"it ended while starting:\n{self.log()[-4000:]}")
        return True

    def _start(self, command: list[str], listener: socket.socket | None = None) -> subprocess.Popen[bytes]:
        self._started_with = dict(self.environment)
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "DJANGO_"))},
            "DJANGO_SETTINGS_MODULE": "kindmap.settings",
            "DATABASE_URL": database_url(),
            "REDIS_URL": self.broker.url,
            "KINDMAP_DATA_DIR": str(settings.DATA_DIR),
            **self.environment,
        }
        with self.log_path.open("ab") as log:
            return subprocess.Popen(
                command,
                cwd=settings.BASE_DIR,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[listener.fileno()] if listener else [],
                preexec_fn=dies_with_parent(),
            )
