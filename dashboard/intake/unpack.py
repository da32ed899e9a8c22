"""An upload → the files in it: one report, a gzip of it, a zip or tar of many, or a form with many files.

Everything is read through a budget that counts bytes as they come out, never as a header declares them, and lands in
memory or in an unnamed temporary file: a member's name is only ever shown, so that it cannot point anywhere.
Containers are opened one level deep: a form may carry archives and an archive may carry gzipped reports, but an archive
inside an archive is not opened.
"""

import gzip
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from typing import IO, Any, BinaryIO, Protocol, cast

from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http.multipartparser import MultiPartParser, MultiPartParserError

from dashboard.intake.formats.text import short_name
from dashboard.intake.report import Limits, Refused

_CHUNK = 256 * 1024
_IN_MEMORY = 4 * 2**20  # a member larger than this goes to disk
_RATIO_COUNTS_FROM = 2**20  # a small file may compress as well as it likes
_NAME_LENGTH = 200
_TAR_HEADER_BYTES = 2**20  # of one member: tarfile reads extended headers whole
_ZIP_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
_ENTRY = b"PK\x01\x02"

_UNREADABLE = (zlib.error, EOFError, OSError, zipfile.BadZipFile, tarfile.TarError, NotImplementedError, ValueError)


@dataclass(slots=True)
class Member:
    """A file of an upload; name is "" when the upload is the file itself. stream is seekable; the next one closes it."""

    name: str
    stream: BinaryIO


@dataclass(slots=True)
class Findings:
    """What there is to say about an upload besides its reports. is_complete is False when results may be lost.

    refusals are why files of it were refused, in full; problems say so in a few words and with the file's name.
    """

    problems: list[str] = field(default_factory=list)
    refusals: list[Refused] = field(default_factory=list)
    is_complete: bool = True

    def skipped(self, name: str, why: str) -> None:
        self.problems.append(f"{shown(name)}: {why}")

    def lost(self, name: str, why: str) -> None:
        self.is_complete = False
        self.skipped(name, why)


def shown(name: str) -> str:
    """A member's name as it is shown: one line, without the ways up that only an attacker writes."""
    return short_name(name, _NAME_LENGTH).replace("\\", "/").replace("../", "").lstrip("/") or "(unnamed)"


def open_reports(stream: BinaryIO, content_type: str, limits: Limits, findings: Findings) -> Iterator[Member]:
    """Every file of an upload that may be a report, in order; what is passed over is said in findings.

    content_type matters for multipart/form-data only, everything else shows in the bytes.
    Raises Refused when the upload is beyond a limit, or is one container that cannot be read.
    """
    budget = _Budget(limits)
    with _spooled(stream, limits) as upload:
        budget.compressed = _size(upload)
        if content_type.lower().startswith("multipart/form-data"):
            for name, part in _form_parts(upload, content_type):
                try:
                    yield from _opened(name, part, budget, findings)
                except _Unreadable as error:
                    findings.lost(name, str(error))
        else:
            try:
                yield from _opened("", upload, budget, findings)
            except _Unreadable as error:
                raise Refused(f"The upload cannot be read: {error}.") from error


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Unreadable(Exception):
    """A container is damaged, cut or locked; the message says which."""


class _Budget:
    """Counts what comes out of containers, over all of an upload."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.compressed = 0
        self._unpacked = 0
        self._files = 0

    def took(self, count: int) -> None:
        self._unpacked += count
        if self._unpacked > self.limits.unpacked_bytes:
            raise Refused(
                f"The upload unpacks to more than {self.limits.unpacked_bytes:,} bytes (limit unpacked_bytes)."
            )
        if self._unpacked > max(_RATIO_COUNTS_FROM, self.compressed * self.limits.unpacked_ratio):
            raise Refused(
                f"The upload unpacks to more than {self.limits.unpacked_ratio} times its size (limit unpacked_ratio)."
            )

    def opened_file(self) -> None:
        self._files += 1
        if self._files > self.limits.archive_files:
            raise Refused(f"More than {self.limits.archive_files:,} files in one upload (limit archive_files).")


def _size(stream: BinaryIO) -> int:
    size = stream.seek(0, 2)
    stream.seek(0)
    return size


def _temporary() -> BinaryIO:
    return cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY))


@contextmanager
def _spooled(stream: BinaryIO, limits: Limits) -> Iterator[BinaryIO]:
    """A copy of the upload that can be read from any place. Raises Refused beyond limits.upload_bytes."""
    with _temporary() as copy:
        size = 0
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if size > limits.upload_bytes:
                raise Refused(f"The upload is larger than {limits.upload_bytes:,} bytes (limit upload_bytes).")
            copy.write(chunk)
        copy.seek(0)
        yield copy


@contextmanager
def _unpacked(source: _Readable, budget: _Budget) -> Iterator[BinaryIO]:
    """A copy of what source unpacks to. Raises _Unreadable when it is damaged or cut, Refused when it is too much."""
    with _temporary() as copy:
        try:
            while chunk := source.read(_CHUNK):
                budget.took(len(chunk))
                copy.write(chunk)
        except EOFError as error:
            raise _Unreadable("the compressed data is cut short") from error
        except _UNREADABLE as error:
            raise _Unreadable(f"the compressed data is damaged ({error})") from error
        copy.seek(0)
        yield copy


def _container(stream: BinaryIO) -> str:
    """ "gzip", "zip", "tar", or "" for anything else."""
    head = stream.read(512)
    stream.seek(0)
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    return "tar" if head[257:262] == b"ustar" else ""


def _opened(name: str, stream: BinaryIO, budget: _Budget, findings: Findings) -> Iterator[Member]:
    kind = _container(stream)
    if kind == "gzip":
        with _gunzipped(stream, budget) as inner:
            inner_kind = _container(inner)
            if inner_kind == "tar":
                yield from _tar(inner, budget, findings)
            elif inner_kind:
                raise _Unreadable(f"a {inner_kind} inside a gzip is not opened: send the {inner_kind} itself")
            else:
                yield Member(name.removesuffix(".gz"), inner)
    elif kind == "zip":
        yield from _zip(stream, budget, findings)
    elif kind == "tar":
        yield from _tar(stream, budget, findings)
    else:
        yield Member(name, stream)


def _gunzipped(stream: BinaryIO, budget: _Budget) -> AbstractContextManager[BinaryIO]:
    return _unpacked(gzip.GzipFile(fileobj=stream, mode="rb"), budget)


def _member(name: str, source: IO[bytes], budget: _Budget, findings: Findings) -> Iterator[Member]:
    """One file of an archive, gunzipped if need be."""
    try:
        with _unpacked(source, budget) as copy:
            kind = _container(copy)
            if kind == "gzip":
                with _gunzipped(copy, budget) as inner:
                    kind = _container(inner)
                    if not kind:
                        yield Member(shown(name), inner)
            elif not kind:
                yield Member(shown(name), copy)
        if kind:
            findings.lost(name, "an archive inside an archive is not opened: send it by itself")
    except _Unreadable as error:
        findings.lost(name, str(error))


def _is_clutter(name: str) -> bool:
    """Files that operating systems put beside others."""
    parts = name.replace("\\", "/").split("/")
    return "__MACOSX" in parts or parts[-1].startswith("._") or parts[-1] in (".DS_Store", "Thumbs.db")


def _zip(stream: BinaryIO, budget: _Budget, findings: Findings) -> Iterator[Member]:
    # zipfile reads the whole directory before it can be asked how long it is.
    if _occurrences(stream, _ENTRY) > budget.limits.archive_files * 2:
        raise Refused(f"More than {budget.limits.archive_files:,} files in one upload (limit archive_files).")
    try:
        archive = zipfile.ZipFile(stream)
    except _UNREADABLE as error:
        raise _Unreadable("the zip has no readable directory: it is damaged or cut short") from error
    with archive:
        for info in archive.infolist():
            if info.is_dir() or _is_clutter(info.filename):
                continue
            budget.opened_file()
            mode = info.external_attr >> 16
            if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG):
                findings.skipped(info.filename, "a link or a device, left out")
            elif info.flag_bits & _ENCRYPTED:
                findings.lost(info.filename, "encrypted: kindmap has no password for it")
            elif info.compress_type not in _ZIP_METHODS:
                # LZMA may ask for gigabytes of memory before the first byte comes out.
                findings.lost(info.filename, "compressed in a way that is not read: use deflate")
            else:
                try:
                    source = archive.open(info)
                except _UNREADABLE as error:
                    findings.lost(info.filename, f"damaged ({error})")
                    continue
                with source:
                    yield from _member(info.filename, source, budget, findings)


def _occurrences(stream: BinaryIO, signature: bytes) -> int:
    count, rest = 0, b""
    while chunk := stream.read(_CHUNK):
        block = rest + chunk
        count += block.count(signature)
        rest = block[-(len(signature) - 1) :]
    stream.seek(0)
    return count


class _SmallReads:
    """A stream for tarfile, which reads an extended header in one piece of whatever size the archive declares."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.seek, self.tell = stream.seek, stream.tell

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _TAR_HEADER_BYTES:
            raise tarfile.ReadError("a header is longer than a megabyte")
        return self._stream.read(size)


def _tar(stream: BinaryIO, budget: _Budget, findings: Findings) -> Iterator[Member]:
    try:
        with tarfile.open(fileobj=cast(BinaryIO, _SmallReads(stream)), mode="r:") as archive:
            for info in archive:
                if info.isdir() or _is_clutter(info.name):
                    continue
                budget.opened_file()
                source = archive.extractfile(info) if info.isreg() and not info.issparse() else None
                if source is None:
                    findings.skipped(info.name, "a link or a device, left out")
                    continue
                with source:
                    yield from _member(info.name, source, budget, findings)
    except (tarfile.TarError, EOFError, ValueError) as error:
        # What came before the damage is read already; what came after is lost.
        findings.lost("the tar", f"damaged or cut short ({error})")


def _form_parts(upload: BinaryIO, content_type: str) -> Iterator[tuple[str, BinaryIO]]:
    """(file name, content) of every file of a form, in the order of its fields."""
    meta = {"CONTENT_TYPE": content_type, "CONTENT_LENGTH": _size(upload)}
    try:
        _, files = MultiPartParser(meta, cast(Any, upload), [TemporaryFileUploadHandler()]).parse()
    except MultiPartParserError as error:
        raise Refused(f"The form cannot be read: {error}.") from error
    except SuspiciousOperation as error:
        raise Refused(f"The form is refused: {error}") from error
    for _field, uploads in files.lists():
        for uploaded in uploads:
            with closing(uploaded):
                yield uploaded.name or "", cast(BinaryIO, uploaded.file)
