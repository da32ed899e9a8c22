"""`make run`: the whole of kindmap as child processes of this one (broker, web server, worker).

All of it ends with this process, however it ends; when one of them dies, so do the others, and the exit code is 1.
"""

import contextlib
import fcntl
import io
import os
import secrets
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

import django
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import DatabaseError

from kindmap import broker, parts
from kindmap.children import Child, Children, die_with_parent
from kindmap.static import collect_static

READY_SECONDS = 60
GRACE_SECONDS = 12  # gunicorn gives its requests 10


class CannotRun(Exception):
    """Why kindmap does not run, and what to do about it."""


class StopRequested(BaseException):
    """Ctrl-C, SIGTERM, or the terminal was closed."""


def say(text: str) -> None:
    print(f"kindmap: {text}", flush=True)


def request_stop(number: int, frame: FrameType | None) -> None:
    raise StopRequested(signal.Signals(number).name)


class Supervisor:
    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self.children = Children(parts.BASE_DIR, say)
        self.environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "kindmap.settings"}
        self.broker: Child | None = None

    def run(self) -> None:
        """Start everything and keep it running until somebody asks to stop (StopRequested) or something is wrong."""
        with one_at_a_time(settings.DATA_DIR, f"{self.host} port {self.port}"):
            listener = parts.listen(self.host, self.port)
            self.port = listener.getsockname()[1]
            try:
                self._start_broker()
                self._prepare()
                web = self.children.start(
                    "web", parts.web_command(listener), self.environment, pass_fds=[listener.fileno()]
                )
                # SIGKILL: asked politely it would finish its job first, with nobody left to wait for it.
                worker = self.children.start(
                    "worker", parts.worker_command(), self.environment, orphan_signal=signal.SIGKILL
                )
                listener.close()
                self._wait_until_ready(web, worker)
                self._welcome()
                while True:
                    self._pump(3600)
            finally:
                listener.close()
                self._stop()

    def _start_broker(self) -> None:
        url = settings.REDIS_URL
        if url != broker.default_url(settings.DATA_DIR):
            if why := broker.answers(url):
                raise CannotRun(f"the broker that REDIS_URL names ({without_password(url)}) does not answer: {why}")
            return
        server = broker.find_server()
        socket, directory = broker.socket_path(settings.DATA_DIR), settings.DATA_DIR / "broker"
        broker.prepare(directory, socket)
        if not broker.wait_until_gone(url, seconds=10):
            raise CannotRun(f"something else is the broker at {socket}; stop it, or set REDIS_URL to use it.")
        self.broker = self.children.start("broker", broker.server_command(server, directory, socket), self.environment)
        self.broker.is_quiet = True  # it greets at length
        deadline = time.monotonic() + READY_SECONDS
        while why := broker.answers(url):
            if time.monotonic() > deadline:
                raise CannotRun(f"the broker ({server}) does not answer: {why}")
            self._pump(0.02)
        self._pump(0.01)
        self.broker.is_quiet = False

    def _prepare(self) -> None:
        call_command("check", stdout=io.StringIO())
        try:
            call_command("migrate", interactive=False, verbosity=0)
        except DatabaseError as error:
            name = without_password(os.environ.get("DATABASE_URL", str(settings.DATABASES["default"]["NAME"])))
            raise CannotRun(f"the database ({name}) cannot be used: {str(error).strip()}") from error
        collect_static()

    def _wait_until_ready(self, web: Child, worker: Child) -> None:
        deadline = time.monotonic() + READY_SECONDS
        address = connectable(self.host)
        status, is_up = 0, False
        while not (0 < status < 500 and is_up):
            if time.monotonic() > deadline:
                raise CannotRun(
                    f"not ready after {READY_SECONDS} s: the web server "
                    + (f"answers with status {status}" if status else "does not answer")
                    + f", the worker is {'up' if is_up else 'not up'}. Their lines above say more."
                )
            self._pump(0.05)
            status = status if 0 < status < 500 else parts.http_status(address, self.port)
            is_up = is_up or parts.worker_is_up(settings.REDIS_URL, worker.pid)

    def _welcome(self) -> None:
        User = get_user_model()
        is_first_start = not User.objects.filter(is_superuser=True).exists()
        if is_first_start:
            password = secrets.token_urlsafe(12)
            User.objects.create_superuser("admin", password=password)
            say(f"log in as admin with the password {password} (shown only now; change it under Change password)")
        address = f"http://{bracketed(self.host)}:{self.port}/"
        say(f"ready at {address}" + (f", for people at {settings.SITE_URL}/" if settings.SITE_URL else ""))
        if self.host not in settings.ALLOWED_HOSTS and not settings.SITE_URL and len(settings.ALLOWED_HOSTS) <= 3:
            say("other machines are refused until SITE_URL names the address that they use, such as http://myhost:8000")
        say("Ctrl-C stops it.")
        if (
            is_first_start
            and os.environ.get("KINDMAP_DEMO", "1") != "0"
            and not apps.get_model("dashboard", "Repository").objects.exists()
        ):
            say("filling a demo repository meanwhile (KINDMAP_DEMO=0 leaves it out, `make demo-remove` removes it)")
            command = [
                sys.executable,
                "manage.py",
                "demo",
                "--url",
                f"http://{bracketed(connectable(self.host))}:{self.port}",
            ]
            self.children.start("demo", command, self.environment)

    def _pump(self, seconds: float) -> None:
        for child in self.children.pump(seconds):
            if child.name == "demo":
                if not child.succeeded:
                    say(f"the demo {child.how_it_ended()}; everything else runs. Once more: make demo")
                continue
            lines = "".join(f"\n    {line}" for line in child.last_lines)
            raise CannotRun(f"{child.name} {child.how_it_ended()}." + (f" Its last lines:{lines}" if lines else ""))

    def _stop(self) -> None:
        """Everybody, the broker last: the others still need it to end well. Another Ctrl-C shortens the grace."""
        grace: float = GRACE_SECONDS
        if self.broker:
            self.broker.is_quiet = True
        while True:
            try:
                self.children.stop([child for child in self.children.running if child is not self.broker], grace)
                self.children.stop(list(self.children.running), grace)
                return
            except StopRequested:
                grace = 0


def connectable(host: str) -> str:
    """An address of this machine for a server that listens there."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 (compared, not listened on)


def bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def without_password(url: str) -> str:
    parsed = urlsplit(url)
    return url.replace(f":{parsed.password}@", ":…@") if parsed.password else url


@contextlib.contextmanager
def one_at_a_time(data_dir: Path, address: str) -> Iterator[None]:
    """Two sets of processes on one data folder would fight for it."""
    with (data_dir / "run.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise CannotRun(
                f"it runs already on {data_dir} ({lock.read().strip()}). Stop that one, or give this one a folder of its "
                "own: KINDMAP_DATA_DIR=/some/folder PORT=8001 make run"
            ) from None
        lock.truncate(0)
        lock.write(f"process {os.getpid()}, {address}")
        lock.flush()
        yield


def main() -> int:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, request_stop)
    if "MAKELEVEL" in os.environ:
        die_with_parent(os.getppid())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kindmap.settings")
    try:
        port = os.environ.get("PORT") or "8000"
        if not port.isdecimal() or int(port) > 65_535:
            raise CannotRun(f"PORT is {port!r}; it must be a number up to 65535.")
        django.setup()
        Supervisor(os.environ.get("HOST") or "127.0.0.1", int(port)).run()
    except StopRequested as stop:
        say(f"stopped ({stop})")
        return 0
    except (CannotRun, broker.BrokerMissing, parts.PortTaken, SystemCheckError, ImproperlyConfigured, OSError) as error:
        say(str(error).strip())
    return 1


if __name__ == "__main__":
    sys.exit(main())
