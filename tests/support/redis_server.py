"""A real broker for tests."""

import contextlib
import subprocess
import time
import urllib.parse
from pathlib import Path

import redis

from kindmap import broker
from kindmap.children import dies_with_parent


class Broker:
    """A Valkey or Redis server on a Unix socket, started as `make run` starts it. It can be killed and started again."""

    def __init__(self, directory: Path, url: str) -> None:
        self.directory, self.url = directory, url
        self.socket = Path(urllib.parse.unquote(urllib.parse.urlsplit(url).path))
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        broker.prepare(self.directory, self.socket)
        with (self.directory / "log").open("ab") as log:
            self.process = subprocess.Popen(
                broker.server_command(broker.find_server(), self.directory, self.socket),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=dies_with_parent(),
            )
        deadline = time.monotonic() + 20
        while why := broker.answers(self.url):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"no broker: {why}\n{(self.directory / 'log').read_text(errors='replace')}")
            time.sleep(0.01)

    def ensure_running(self) -> None:
        if self.process is None or self.process.poll() is not None:
            self.start()

    def stop(self) -> None:
        """As an administrator would: what is queued is kept."""
        if self.process is not None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(10)
            self.kill()

    def kill(self) -> None:
        """kill -9, and nothing else: the socket's file stays behind as after a crash."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def empty(self) -> None:
        with contextlib.closing(redis.Redis.from_url(self.url)) as client:
            client.flushall()
