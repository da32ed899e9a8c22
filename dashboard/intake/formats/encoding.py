"""Bytes in whatever encoding → UTF-8, in pieces: no report is ever held whole to be decoded."""

import codecs
import io
import re
from collections.abc import Iterator
from typing import BinaryIO, cast

from dashboard.intake.report import Refused

CHUNK = 256 * 1024
LONGEST_LINE = 4 * 2**20
MOST_LINES = 2_000_000  # a line costs a microsecond or two, and an upload can hold 64 million empty ones

_UTF8_BOM = codecs.BOM_UTF8
_WIDE_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose little-endian mark it starts with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARATION = re.compile(rb"""<\?xml[^>]{0,100}?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
# Python has codecs that are no character sets (rot13, zip, idna); only these families are decoded.
_CHARACTER_SETS = re.compile(
    r"(?:utf|iso[-_]?8859|latin|windows|cp|ibm|koi8|mac|gb|big5|euc|shift|sjis|iso[-_]?2022|us-ascii|ascii|tis)",
    re.ASCII,
)


def open_text(stream: BinaryIO) -> BinaryIO:
    """The stream as UTF-8 or another ASCII-like encoding, without byte order marks. It is seekable and at its start.

    UTF-16 and UTF-32 are known by their mark, UTF-16 without one by the zero bytes of its first characters: Windows
    shells write both when output is redirected into a file.
    """
    start = stream.read(64)
    wide = next((codec for mark, codec in _WIDE_BOMS if start.startswith(mark)), "")
    if not wide and len(start) >= 4 and start.count(0) * 3 >= len(start):
        wide = "utf-16-le" if start[1] == 0 else "utf-16-be" if start[0] == 0 else ""
    if wide:
        stream.seek(0)
        return cast(BinaryIO, io.BufferedReader(_Transcoded(stream, wide), CHUNK))
    marks = 0
    while start.startswith(_UTF8_BOM, marks):
        marks += len(_UTF8_BOM)
    stream.seek(marks)
    return stream


class _Transcoded(io.RawIOBase):
    """A stream in another encoding, read as UTF-8; what cannot be decoded becomes U+FFFD."""

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._ready:
            chunk = self._stream.read(CHUNK)
            self._ready = self._decoder.decode(chunk, final=not chunk).encode("utf-8", "replace").lstrip(_UTF8_BOM)
            if not chunk:
                break
        count = min(len(buffer), len(self._ready))
        buffer[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count


def declared_encoding(head: bytes) -> str:
    """The codec that an XML declaration names; UTF-8 when there is none, or when it contradicts the bytes.

    A declaration that can be read as ASCII is not in UTF-16, whatever it says: .NET writes that into UTF-8 files.
    Raises Refused for a name that is no character set.
    """
    match = _DECLARATION.search(head[:1024])
    if not match:
        return "utf-8"
    name = match[1].decode("ascii")
    try:
        codec = codecs.lookup(name).name if _CHARACTER_SETS.match(name.lower()) else ""
    except LookupError:
        codec = ""
    if not codec:
        raise Refused(f"The XML declaration names an unknown encoding ({name}): write the report as UTF-8.")
    return "utf-8" if codec.startswith(("utf-16", "utf-32", "utf-7", "ascii")) else codec


def read_lines(stream: BinaryIO) -> Iterator[bytes]:
    """The lines of a text; one beyond LONGEST_LINE comes in parts. Raises Refused beyond MOST_LINES."""
    for _ in range(MOST_LINES):
        if not (line := stream.readline(LONGEST_LINE)):
            return
        yield line
    raise Refused(f"The report has more than {MOST_LINES:,} lines.")


class Decoded:
    """The pieces of a stream as valid UTF-8. replaced counts what was not valid in the encoding and became U+FFFD."""

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self.encoding = encoding
        self.replaced = 0
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        decoder = codecs.getincrementaldecoder(self.encoding)(errors="replace")
        replacement = "\N{REPLACEMENT CHARACTER}"
        while True:
            chunk = self._stream.read(CHUNK)
            text = decoder.decode(chunk, final=not chunk)
            if replacement in text:
                self.replaced += text.count(replacement) - chunk.count(replacement.encode())
            if text:
                yield text.encode()
            if not chunk:
                return
