"""The bytes of uploads, in Django's storage: a folder, or a bucket in its place.

A file begins with a label, one line of JSON that says what it is, so that it can be understood without the database; the bytes
as they came follow, deflated (`.z`) unless they were compressed already.
"""

import gzip
import hashlib
import json
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import IO, Any, BinaryIO, NamedTuple, Protocol, cast

from django.core.files import File
from django.core.files.storage import default_storage

_CHUNK = 2**18
_IN_MEMORY = 2**20
_MOST_LABEL = 2**16
# What is compressed already is kept as it came: gzip, zip, xz, zstd.
_COMPRESSED = (b"\x1f\x8b", b"PK", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")


class TooLarge(Exception):
    """There are more bytes than may be sent."""


class TooShort(Exception):
    """The body ended before it was complete: the sender or the network broke off."""


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Kept(NamedTuple):
    """A body that was kept: its name in the storage, its size in bytes as it came, and its digest."""

    name: str
    size: int
    digest: bytes


def keep(
    body: Readable,
    folder: str,
    most_bytes: int,
    announced_bytes: int | None = None,
    label: Mapping[str, object] | None = None,
) -> Kept:
    """Read a body to its end and keep it, byte for byte; what it counts is what it reads, not what a header declares.

    label: plain values. announced_bytes: how many there should be, when that is known. Nothing is left behind when there
    are more than most_bytes (TooLarge) or fewer than announced (TooShort), or when they cannot be written (OSError).
    """
    digest, size = hashlib.blake2b(digest_size=32), 0
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as spool:
        spool.write(json.dumps(label or {}).encode() + b"\n")
        chunk = body.read(_CHUNK)
        is_compressed = chunk.startswith(_COMPRESSED)
        # Level 1: a report shrinks to a tenth; more would cost the web process more than it saves.
        out: IO[bytes] = spool if is_compressed else gzip.GzipFile(fileobj=spool, mode="wb", compresslevel=1, mtime=0)  # type: ignore[assignment]
        while chunk:
            size += len(chunk)
            if size > most_bytes:
                raise TooLarge
            digest.update(chunk)
            out.write(chunk)
            chunk = body.read(_CHUNK)
        if announced_bytes is not None and size < announced_bytes:
            raise TooShort
        if not is_compressed:
            out.close()
        spool.seek(0)
        name = f"{folder}/{date.today():%y%m}/{secrets.token_urlsafe(12)}{'' if is_compressed else '.z'}"
        try:
            return Kept(default_storage.save(name, File(spool)), size, digest.digest())
        except OSError:
            throw_away(name)  # what a full disk let through of it
            raise


@contextmanager
def kept(name: str) -> Iterator[BinaryIO]:
    """The bytes as they came. FileNotFoundError when they are gone."""
    with default_storage.open(name) as file:
        _read_label(file)
        if name.endswith(".z"):
            with gzip.open(file) as body:
                yield cast(BinaryIO, body)
        else:
            yield cast(BinaryIO, file)


def label_of(name: str) -> dict[str, Any]:
    """What a file's label says. FileNotFoundError when it is gone."""
    with default_storage.open(name) as file:
        return _read_label(file)


def _read_label(file: IO[bytes]) -> dict[str, Any]:
    return json.loads(file.readline(_MOST_LABEL))


def throw_away(name: str) -> None:
    """Forget a body that was kept."""
    default_storage.delete(name)
