"""Text on its way from a report into a Case: cleaned, cut with a note, never silently."""

import re
from collections import deque
from hashlib import blake2b

# An XML parser cannot carry the escape character: xml_stream hands it on as its picture, pytest writes "#x1B".
ESCAPE_PICTURE = "\N{SYMBOL FOR ESCAPE}"

_SUSPICIOUS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u241b]|#x1B")
_ANSI = re.compile(r"(?:[\x1b\u241b]|#x1B)(?:\[[0-?]*[ -/]*[@-~]|\][^\n]*?(?:\x07|[\x1b\u241b]\\))")
# Some tools drop the escape character and leave the rest; a reset code among them tells it from brackets in a text.
_ORPHANED_COLOUR = re.compile(r"\[(?:\d{1,3};)*\d{1,3}m")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_PYTEST_ERROR = re.compile(r"^E {3,}(\S.*)", re.MULTILINE)
_SPACE = re.compile(r"\s+")


def clean(text: str) -> str:
    """The text without ANSI codes and control characters, with \\n line ends and U+FFFD for lone surrogates.

    Colours say nothing that the words do not, and they would make one breakage look like two; NUL and lone surrogates
    are what PostgreSQL refuses to store.
    """
    if "[0m" in text or "[39m" in text:
        text = _ORPHANED_COLOUR.sub("", _ANSI.sub("", text))
    if not _SUSPICIOUS.search(text):
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("", _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", _ANSI.sub("", text)))


def is_plain(text: str) -> bool:
    """Whether one_line would leave the text as it is, which is so for nearly every name."""
    return (
        text.isprintable()
        and "  " not in text
        and text == text.strip()
        and ESCAPE_PICTURE not in text
        and "#x1B" not in text
        and "[0m" not in text
        and "[39m" not in text
    )


def one_line(text: str) -> str:
    """The text cleaned, with every run of white space as one space: what a name looks like."""
    if is_plain(text):
        return text
    return _SPACE.sub(" ", clean(text)).strip()


def short_name(text: str, limit: int) -> str:
    """A name of at most limit characters. A longer one ends in a digest of all of it, so that two stay two."""
    name = one_line(text)
    if len(name) <= limit:
        return name
    digest = blake2b(name.encode(), digest_size=5).hexdigest()
    return f"{name[: limit - len(digest) - 1]}…{digest}"


def cut(text: str, limit: int) -> str:
    """At most limit characters (but the note always fits): the start, the end, and a note in words between them."""
    if len(text) <= limit:
        return text
    kept = max(limit - 60, 0)
    head, tail = kept * 2 // 3, kept - kept * 2 // 3
    note = f"\n… {len(text) - kept:,} of {len(text):,} characters left out …\n"
    return text[:head] + note + (text[-tail:] if tail else "")


def first_words(text: str, limit: int) -> str:
    """The line of a failure text that says what went wrong.

    pytest's first line that starts with E, the last of a Python traceback, else the first line, and what follows it when
    it only announces ("FAILED:").
    """
    start = text.lstrip()[: limit * 20]
    if pytest := _PYTEST_ERROR.search(start):
        return pytest[1].strip()
    if start.startswith("Traceback (most recent call last)"):
        return start.rstrip().rpartition("\n")[2].strip()
    lines = [line.strip() for line in start.splitlines() if line.strip()][:3]
    announced = next((count for count, line in enumerate(lines, 1) if not line.endswith(":")), len(lines))
    return "\n".join(lines[:announced])


class KeptText:
    """Output that arrives piece by piece, of which the start and the end are kept: limit characters at most."""

    __slots__ = ("_head", "_head_room", "_tail", "_tail_length", "_tail_room", "total")

    def __init__(self, limit: int) -> None:
        self._head = ""
        self._head_room = limit * 2 // 3
        self._tail: deque[str] | None = None  # most texts are short, and there may be 100,000 of them
        self._tail_room = limit - self._head_room
        self._tail_length = 0
        self.total = 0

    def add(self, piece: str) -> None:
        self.total += len(piece)
        if self._head_room:
            self._head += piece[: self._head_room]
            piece, self._head_room = piece[self._head_room :], max(self._head_room - len(piece), 0)
            if not piece:
                return
        if self._tail is None:
            self._tail = deque()
        piece = piece[-self._tail_room :]
        self._tail.append(piece)
        self._tail_length += len(piece)
        while self._tail_length - len(self._tail[0]) >= self._tail_room:
            self._tail_length -= len(self._tail.popleft())

    def __str__(self) -> str:
        head, tail = self._head, "".join(self._tail or ())[-self._tail_room :]
        left_out = self.total - len(head) - len(tail)
        note = f"\n… {left_out:,} of {self.total:,} characters left out …\n" if left_out else ""
        return head + note + tail
