"""XML as tools really write it → XML that a strict parser takes, in pieces and in bounded memory.

Test reports carry what XML forbids: colour codes and NUL from a program's output, references to such characters,
several documents one after the other. None of it is a reason to lose results: it is put right on the way to the parser.
Texts longer than TEXT_BYTES are cut here, before a parser has to hold them: logs of 100 MB in a system-out are common.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import chain

from dashboard.intake.formats.encoding import CHUNK
from dashboard.intake.formats.text import ESCAPE_PICTURE
from dashboard.intake.report import Refused

# Stands around all of it, so that two documents in one file are read as one.
OPENING, CLOSING = b"<kindmap-input>", b"</kindmap-input>"
TEXT_BYTES = 1024 * 1024
DOCTYPE_REFUSED = (
    "The XML has a DOCTYPE. kindmap reads none, because document types can include files and grow without bound; "
    "no JUnit writer needs one: remove it."
)

# Of the references only those that XML may forbid: others are the parser's, and a log may hold millions.
_TOKEN = re.compile(
    rb"<!\[CDATA\[|<!--|<!DOCTYPE|<\?xml\s|"
    rb"&#0{0,8}(?:[0-8]|1[124-9]|2\d|3[01]|5[5-7]\d{3}|6553[45]|\d{7,16});|"
    rb"&#[xX]0{0,8}(?:[0-8b-cB-Ce-fE-F]|1[0-9a-fA-F]|[dD][89a-fA-F][0-9a-fA-F]{2}|[fF]{3}[eEfF]|[0-9a-fA-F]{6,16});"
)
_MOST_TOKENS = 1_000_000
_LONGEST_TOKEN = 32
# Comments and CDATA are gone when tags are looked at, so that every < begins one.
_TAG = re.compile(rb"<(?:[^>\"']++|\"[^\"]*+\"|'[^']*+')*+>")
_VALUE = re.compile(rb"\"[^\"]*+\"|'[^']*+'")
_TAG_BYTES = 8 * 2**20
_LONG_TAG = 2048
_ATTRIBUTES = 200
_ESCAPE = ESCAPE_PICTURE.encode()
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}".encode()
_FORBIDDEN = bytes(code for code in range(32) if code not in (9, 10, 13))
_NONCHARACTERS = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")


def clean_xml(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Pieces of UTF-8 XML, none empty → pieces of UTF-8 XML inside <kindmap-input>.

    Left out: forbidden characters, XML declarations, comments, and the rest of overlong texts, with a note in words.

    Raises Refused at a DOCTYPE. What is not well-formed otherwise is left for the parser to say.
    """
    cutter = _Cutter()
    ready, length = [OPENING], 0
    for piece in _without_tokens(pieces):
        for part in cutter.cut(piece):
            ready.append(part)
            length += len(part)
        if length >= CHUNK:  # a reference a line makes many small pieces, and a parser is fed in large ones
            yield b"".join(ready)
            ready, length = [], 0
    yield b"".join([*ready, *cutter.finish()])
    yield CLOSING


def _legal(piece: bytes) -> bytes:
    if b"\x1b" in piece:
        piece = piece.replace(b"\x1b", _ESCAPE)
    piece = piece.translate(None, _FORBIDDEN)
    for noncharacter in _NONCHARACTERS:
        if noncharacter in piece:
            piece = piece.replace(noncharacter, _REPLACEMENT)
    return piece


def _reference(token: bytes) -> bytes:
    """A character reference as it is, or what stands for it when XML has no such character."""
    code = int(token[3:-1], 16) if token[2:3] in b"xX" else int(token[2:-1])
    if code == 0x1B:
        return _ESCAPE
    is_legal = code in (9, 10, 13) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or 0x10000 <= code <= 0x10FFFF
    return token if is_legal else _REPLACEMENT


def _without_tokens(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces without comments and declarations, references made legal, CDATA sections written as plain text."""
    buffer = b""
    tokens = 0
    inside = b""  # what ends the section that the start of buffer is in: ]]> --> ?> or nothing
    for piece in chain(pieces, [b""]):
        is_last = not piece
        buffer += _legal(piece)
        position = 0
        has_tokens = b"<!" in buffer or b"&#" in buffer or b"<?" in buffer  # a regex is slow where there is nothing
        # What may be the start of a token is left for the next round.
        safe = len(buffer) if is_last else len(buffer) - _LONGEST_TOKEN
        while position < safe:
            if inside:
                end = buffer.find(inside, position)
                stop = end if end >= 0 else len(buffer) if is_last else max(position, len(buffer) - len(inside))
                if inside == b"]]>":
                    yield _as_text(buffer[position:stop])
                position = stop + len(inside) if end >= 0 else stop
                inside = b"" if end >= 0 else inside
                if end < 0:
                    break
                continue
            match = _TOKEN.search(buffer, position) if has_tokens else None
            if not match or match.start() >= safe:
                yield buffer[position:safe]
                position = safe
                break
            yield buffer[position : match.start()]
            position = match.end()
            token = match[0]
            tokens += 1
            if tokens > _MOST_TOKENS:
                raise Refused(f"The XML has more than {_MOST_TOKENS:,} sections, comments and references.")
            if token == b"<!DOCTYPE":
                raise Refused(DOCTYPE_REFUSED)
            if token.startswith(b"&"):
                yield _reference(token)
            else:
                inside = {b"<![CDATA[": b"]]>", b"<!--": b"-->"}.get(token, b"?>")
        buffer = buffer[position:]


def _as_text(section: bytes) -> bytes:
    return section.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")


def _whole(text: bytes) -> int:
    """How much of the text ends in neither half a reference nor half a character."""
    reference = text.rfind(b"&", max(0, len(text) - 16))
    if reference >= 0 and b";" not in text[reference:]:
        return reference
    for back in range(1, min(4, len(text)) + 1):
        if text[-back] & 0xC0 != 0x80:
            return len(text) - back if text[-back] >= 0xC0 else len(text)
    return len(text)


class _Cutter:
    """Passes whole tags and texts on; leaves out what comes after the first TEXT_BYTES of a text.

    Raises Refused for a tag that is too long, or has too many attributes: libxml2 takes minutes for 100,000.
    """

    def __init__(self) -> None:
        self._tag = b""  # the start of a tag that is not complete yet
        self._length = 0  # of the text that is being read
        self._left_out = 0
        self._held = b""  # a reference or a character that is not complete yet: &am

    def cut(self, piece: bytes) -> Iterator[bytes]:
        piece = self._tag + piece
        self._tag = b""
        last = piece.rfind(b"<")
        if last < 0:
            yield from self._text(piece)
            return
        tag = _TAG.match(piece, last)
        if tag is None:
            self._tag = piece[last:]
            piece = piece[:last]
            if len(self._tag) > _TAG_BYTES:
                raise Refused(f"The XML has a tag of more than {_TAG_BYTES:,} bytes.")
        first = piece.find(b"<")
        if first < 0:
            yield from self._text(piece)
            return
        yield from self._text(piece[:first])
        yield from self._end_of_text()
        # Of an incomplete tag, what is left of the piece ends in the text before it.
        end = tag.end() if tag else piece.rfind(b">") + 1
        _check_attributes(piece, first, end)
        yield piece[first:end]
        yield from self._text(piece[end:])

    def _text(self, text: bytes) -> Iterator[bytes]:
        self._length += len(text)
        if self._length > TEXT_BYTES:
            self._left_out += len(text)
            return
        text = self._held + text
        whole = _whole(text)
        self._held = text[whole:]
        yield text[:whole]

    def _end_of_text(self) -> Iterator[bytes]:
        """What is still owed when a text ends: a note about what was left out, or the reference that was held back."""
        if self._left_out:
            yield f"\n… {self._left_out:,} bytes of this text left out …\n".encode()
        elif self._held:
            yield self._held
        self._length, self._left_out, self._held = 0, 0, b""

    def finish(self) -> Iterator[bytes]:
        yield from self._end_of_text()
        yield self._tag


def _check_attributes(piece: bytes, first: int, end: int) -> None:
    for part in piece[first:end].split(b"<"):
        if len(part) > _LONG_TAG:
            tag = _TAG.match(b"<" + part)
            values = _VALUE.finditer(tag[0]) if tag else ()
            if sum(1 for _ in values) > _ATTRIBUTES:
                raise Refused(f"The XML has a tag with more than {_ATTRIBUTES} attributes.")
