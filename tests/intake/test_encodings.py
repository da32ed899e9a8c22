"""Reports in whatever encoding a shell or a tool left them."""

import codecs

import pytest

from dashboard.intake.report import Refused
from tests.intake.inputs import case, events, only, parsed, suite

NAME = "größe_ñ_é"


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("UTF-8", "utf-8"),
        ("ISO-8859-1", "latin-1"),
        ("windows-1252", "cp1252"),
        ("utf-16", "utf-8"),
        ("us-ascii", "utf-8"),
    ],
)
def test_a_name_survives_its_encoding(declared: str, encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{declared}"?>{suite(case(name=NAME))}'
    assert only(parsed(text.encode(encoding))).name == NAME


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("declared", ["UTF-8", "UTF-16"])
def test_wide_encodings_are_known_without_being_told(encoding: str, declared: str) -> None:
    text = f'<?xml version="1.0" encoding="{declared}"?>{suite(case(name=NAME))}'
    assert only(parsed(text.encode(encoding))).name == NAME


def test_a_go_stream_from_powershell_is_read() -> None:
    stream = events({"action": "run", "package": "p", "test": NAME}, {"action": "pass", "package": "p", "test": NAME})
    assert only(parsed(stream.replace("\n", "\r\n").encode("utf-16"))).name == NAME


@pytest.mark.parametrize("marks", [1, 2])
def test_byte_order_marks_are_skipped_however_many(marks: int) -> None:
    assert only(parsed(codecs.BOM_UTF8 * marks + suite(case()).encode())).name == "t"


def test_a_wrong_declaration_loses_no_test_and_is_spoken_of() -> None:
    text = f'<?xml version="1.0" encoding="UTF-8"?>{suite(case(name="Prüfung"), case(name="b"))}'
    report = parsed(text.encode("latin-1"))
    assert [found.name for found in report.cases] == ["Pr\ufffdfung", "b"]
    assert "not valid UTF-8" in report.problems[0]


@pytest.mark.parametrize("name", ["x-nothing", "rot13", "zip", "unicode_escape"])
def test_an_encoding_that_is_no_character_set_is_refused_by_its_name(name: str) -> None:
    with pytest.raises(Refused, match=name):
        parsed(f'<?xml version="1.0" encoding="{name}"?>{suite(case())}')
