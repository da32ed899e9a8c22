"""Texts that strangers wrote: names of tests, messages, addresses."""

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

NAME_TAIL = 44  # characters at the end of a name, at most, that stay when it is cut to fit


def visible(text: object) -> str:
    """The text with hidden and direction-turning characters written out, such as `\\u202e`."""
    return str(text).translate(_VISIBLE)


def full_name(suite: str, name: str) -> str:
    """A test's name as the pages write it: suite, then name."""
    return visible(f"{suite} {name}" if suite else name)


def head_and_tail(name: str) -> tuple[str, str]:
    """A name in two parts: the first gives way when there is no room, so that the end stays readable.

    Names of tests begin alike and end differently.
    """
    if len(name) <= NAME_TAIL + 8:
        return "", name
    cut = len(name) - NAME_TAIL
    # From the next separator on, so that no word is cut, unless that leaves too little.
    near = name[cut : cut + NAME_TAIL // 2]
    separator = next((cut + near.index(mark) for mark in " /:._-" if mark in near), cut)
    return name[:separator], name[separator:]


def web_address(url: str) -> str:
    """The address if it may be linked (http or https with a host), else nothing: a sender may write `javascript:…`."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and parts.netloc else ""
