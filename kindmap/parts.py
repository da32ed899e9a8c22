"""The processes that kindmap consists of, and how to tell that they are ready. The supervisor and the tests start these."""

import http.client
import socket
import sys
from pathlib import Path

import redis
from rq import Worker

BASE_DIR = Path(__file__).resolve().parent.parent


class PortTaken(Exception):
    """The address cannot be listened on; the message says what to do."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, to be inherited by the web server. Port 0 takes a free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except (OSError, OverflowError) as error:
        listener.close()
        why = getattr(error, "strerror", None) or str(error)
        raise PortTaken(
            f"cannot listen on {host} port {port}: {why}. Another port: PORT={port + 1} make run"
        ) from error
    return listener


def web_command(listener: socket.socket) -> list[str]:
    """gunicorn on an inherited socket (pass its number to Popen's pass_fds)."""
    return [
        *(sys.executable, "-m", "gunicorn", "kindmap.wsgi", "--bind", f"fd://{listener.fileno()}"),
        *("--preload", "--workers", "2", "--worker-class", "gthread", "--threads", "4"),
        *("--timeout", "60", "--graceful-timeout", "10", "--no-control-socket", "--log-level", "warning"),
    ]


def worker_command() -> list[str]:
    return [sys.executable, str(BASE_DIR / "manage.py"), "rqworker", "intake", "--verbosity", "0"]


def http_status(host: str, port: int, path: str = "/") -> int:
    """The status that the web server answers with; 0 if it does not answer yet."""
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", path, headers={"Host": "localhost"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def worker_is_up(redis_url: str, pid: int) -> bool:
    """Whether the worker with that process id listens to its queue."""
    client = redis.Redis.from_url(redis_url, socket_timeout=5)
    try:
        return any(worker.pid == pid for worker in Worker.all(connection=client))
    except redis.RedisError:
        return False
    finally:
        client.close()
