"""Texts that strangers wrote: names of tests, messages, addresses."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

# Characters that hide or turn round what stands beside them: control characters, and those of bidirectional writing
# ("Trojan source"). They are shown as what they are. Line breaks and tabs stay.
_HIDDEN = [
    *(code for code in range(0x20) if chr(code) not in "\n\t"),
    *range(0x7F, 0xA0),
    0x061C,
    0x200B,  # 0x200C and 0x200D stay: Persian, Hindi and emoji are written with them
    *range(0x200E, 0x2010),
    *range(0x2028, 0x202F),
    *range(0x2066, 0x206A),
    0xFEFF,
]
_VISIBLE = {code: f"\\u{code:04x}" for code in _HIDDEN} | {0x0D: None}

NAME_LENGTH = 62  # characters of a row's name that are shown
NAME_HEAD = 12  # of them at its beginning, when it has to be cut; names of tests differ at their end


def visible(text: object) -> str:
    """The text with hidden and direction-turning characters written out, such as `\\u202e`."""
    return str(text).translate(_VISIBLE)


def utc(moment: datetime) -> str:
    """A moment with its zone, to the minute."""
    return f"{moment.astimezone(UTC).isoformat(' ', 'minutes')[:16]} UTC"  # strftime takes five times as long


def full_name(suite: str, name: str) -> str:
    """A test's name as the pages write it: suite, then name."""
    return visible(f"{suite} {name}" if suite else name)


def short_name(suite: str, name: str) -> str:
    """A test's name with only the last part of a suite that is a path or a dotted name: the rest is alike for all."""
    if " " not in suite:
        suite = suite.rstrip("/").rpartition("/")[2].rpartition(".")[2]
    return full_name(suite, name)


def cut_name(name: str) -> str:
    """The name, or its beginning and its end when it is too long for a row."""
    if len(name) <= NAME_LENGTH:
        return name
    return f"{name[:NAME_HEAD]}…{name[NAME_HEAD + 1 - NAME_LENGTH :]}"


def web_address(url: str) -> str:
    """The address if it may be linked (http or https with a host), else nothing: a sender may write `javascript:…`."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and parts.netloc else ""
