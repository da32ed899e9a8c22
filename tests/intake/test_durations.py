"""Durations as reports write them."""

import pytest

from dashboard.intake.formats.durations import seconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.5", 1.5),
        ("  2.5 ", 2.5),
        ("1e3", 1000.0),
        ("1.7e-05", 1.7e-05),
        ("1,234.5", 1234.5),
        ("1,234", 1234.0),
        ("1,234,567.8", 1234567.8),
        ("0,25", 0.25),
        ("0,014", 0.014),
        ("3,5", 3.5),
        ("12 345,6", 12345.6),
        ("1.234,5", 1234.5),
        ("3s", 3.0),
        ("250 ms", 0.25),
        ("00:01:02", 62.0),
        ("0:00:01.500", 1.5),
        ("PT1M2.5S", 62.5),
        ("PT2H", 7200.0),
    ],
)
def test_a_duration_is_read_as_it_is_meant(text: str, expected: float) -> None:
    assert seconds(text) == pytest.approx(expected)


@pytest.mark.parametrize(
    "text", ["", "NaN", "inf", "-inf", "-1", "1e400", "999638317", "0x10", "1_000", "PT", "abc", "1,2,3", "9" * 500]
)
def test_what_is_no_duration_is_none(text: str) -> None:
    assert seconds(text) is None
