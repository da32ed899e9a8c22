"""Durations as reports write them."""

import re
from functools import lru_cache

# Longer than this is a clock that jumped, not a test: ten years, in seconds.
_LONGEST = 10 * 366 * 86_400

_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?")
_DECIMAL_COMMA = re.compile(r"\d+,\d+|\d{1,3}(?:[ .'\u00a0\u202f]\d{3})+,\d+")
_CLOCK = re.compile(r"(\d+):([0-5]?\d):([0-5]?\d(?:[.,]\d+)?)")
_ISO = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?")
_UNIT = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|sec|m|min|h)")
_UNIT_SECONDS = {"ms": 0.001, "s": 1.0, "sec": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


def seconds(text: str) -> float | None:
    """The duration in seconds, or None for what is no duration: empty, NaN, infinite, negative, longer than ten years.

    A comma before a group of exactly three digits separates thousands, as surefire writes them ("1,234.56", "1,234");
    every other single comma, and one after a leading zero, is a decimal comma ("0,25", "0,014", "12 345,6").
    Also read: "00:01:02", "PT1M2.5S", "3s", "250 ms".
    """
    return _seconds(text) if len(text) < 64 else None


@lru_cache(maxsize=4096)  # most tests of a run take one of a few hundred durations
def _seconds(text: str) -> float | None:
    text = text.strip()
    try:
        value = float(text) if "_" not in text else None
    except ValueError:
        value = _spelled_out(text)
    return value if value is not None and 0 <= value <= _LONGEST else None


def _spelled_out(text: str) -> float | None:
    if _THOUSANDS.fullmatch(text):
        return float(text.replace(",", ""))
    if _DECIMAL_COMMA.fullmatch(text):
        whole, _, fraction = text.rpartition(",")
        return float(re.sub(r"\D", "", whole) + "." + fraction)
    if match := _CLOCK.fullmatch(text):
        return int(match[1]) * 3600 + int(match[2]) * 60 + float(match[3].replace(",", "."))
    if match := _UNIT.fullmatch(text):
        return float(match[1]) * _UNIT_SECONDS[match[2]]
    if (match := _ISO.fullmatch(text)) and any(match.groups()):
        return int(match[1] or 0) * 3600 + int(match[2] or 0) * 60 + float(match[3] or 0)
    return None
