"""Settings from the environment: what cannot be read stops kindmap with the setting's name and what it may be."""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured


class Env(environ.FileAwareEnv):  # type: ignore[misc]
    """django-environ's reader, with errors that name the setting. `NAME_FILE=/path` stands for `NAME=…`."""

    def get_value(self, var: str, cast: Any = None, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().get_value(var, cast, *args, **kwargs)
        except OSError as error:
            raise ImproperlyConfigured(f"{var}_FILE: {error}") from error
        except ValueError as error:
            given = super().get_value(var, default="")
            wanted = "no whole number" if cast is int else "not understood"
            raise ImproperlyConfigured(f"{var} is {given!r}, which is {wanted}.") from error


def data_folder(path: str) -> Path:
    """The folder for everything that kindmap writes; made if need be."""
    folder = Path(path).resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(f"KINDMAP_DATA_DIR: {folder} cannot be made a folder: {error.strerror}") from error
    return folder


def kept_secret_key(folder: Path) -> str:
    """The key of a data folder, made once."""
    path = folder / "secret_key"
    try:
        if not path.exists():
            # Written aside and linked: of two processes that start at once neither may read half a key.
            with tempfile.NamedTemporaryFile("w", dir=folder) as file:
                file.write(secrets.token_urlsafe(50))
                file.flush()
                with contextlib.suppress(FileExistsError):
                    os.link(file.name, path)
        return path.read_text()
    except OSError as error:
        raise ImproperlyConfigured(
            f"KINDMAP_DATA_DIR: {path} cannot be written or read: {error.strerror}. "
            "Give the folder to whoever runs kindmap, name another one, or set SECRET_KEY."
        ) from error


def database(env: Env, folder: Path) -> dict[str, Any]:
    """Django's description of the database: SQLite in the data folder until DATABASE_URL says otherwise."""
    help_text = "such as postgresql://user:password@host:5432/kindmap or sqlite:////folder/kindmap.sqlite3"
    given = env("DATABASE_URL", default="")
    if not given:
        return _sqlite(str(folder / "kindmap.sqlite3"), env)
    scheme = urlsplit(given).scheme
    if scheme not in ("sqlite", "postgres", "postgresql"):
        raise ImproperlyConfigured(f"DATABASE_URL must be a URL of PostgreSQL or SQLite, {help_text}")
    try:
        parsed: dict[str, Any] = env.db("DATABASE_URL")
    except (ValueError, ImproperlyConfigured):  # its text may hold the password, so it is not repeated
        raise ImproperlyConfigured(f"DATABASE_URL cannot be read; it must be a URL {help_text}") from None
    if scheme == "sqlite":
        return _sqlite(parsed["NAME"], env)
    if not parsed["NAME"]:
        raise ImproperlyConfigured(f"DATABASE_URL names no database; it must be a URL {help_text}")
    return parsed


def _sqlite(name: str, env: Env) -> dict[str, Any]:
    """DEFERRED transactions that read and then write cannot wait for the lock ("database is locked" at once); IMMEDIATE
    ones can, and with WAL readers never wait."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": name,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": env.int("KINDMAP_DATABASE_TIMEOUT_SECONDS", default=30),
            "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA cache_size=-65536;"
            "PRAGMA mmap_size=268435456;PRAGMA temp_store=MEMORY",
        },
    }
