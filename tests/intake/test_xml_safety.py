"""XML that attacks, and XML that is merely not XML."""

from pathlib import Path

import pytest

from dashboard.intake.report import Limits, Refused
from dashboard.outcomes import Outcome
from tests.intake.inputs import case, only, outcomes, parsed, suite

BOMB = '<!DOCTYPE t [<!ENTITY a "0123456789"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    "doctype",
    [
        BOMB,
        '<!DOCTYPE t SYSTEM "http://127.0.0.1:9/x.dtd">',
        '<!doctype t [<!ENTITY x "y">]>',
        "<!-- x --> <!DOCTYPE t>",
    ],
)
def test_a_document_type_is_refused(doctype: str) -> None:
    with pytest.raises(Refused, match="DOCTYPE"):
        parsed(f'<?xml version="1.0"?>{doctype}{suite(case("<failure>&b;</failure>"))}')


def test_a_document_type_further_down_is_refused() -> None:
    with pytest.raises(Refused, match="DOCTYPE"):
        parsed(suite(case()) + BOMB + suite(case("&b;")))


def test_no_file_is_ever_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("a secret")
    attack = f'<!DOCTYPE t [<!ENTITY x SYSTEM "{secret.as_uri()}">]>{suite(case("<failure>&x;</failure>"))}'
    with pytest.raises(Refused) as refusal:
        parsed(attack)
    assert "a secret" not in str(refusal.value)
    include = f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{secret.as_uri()}" parse="text"/>'
    report = parsed(suite(case(f"<failure>{include}</failure>")))
    assert "a secret" not in repr(report)


def test_an_entity_that_nobody_declared_ends_the_report() -> None:
    report = parsed(suite(case(name="a"), case("<failure>&x;</failure>", name="b")))
    assert set(outcomes(report)) == {"a"}
    assert not report.is_complete


def test_deep_nesting_is_an_answer_and_no_crash() -> None:
    report = parsed(suite(case(name="a"), case("<x>" * 5000, name="b")))
    assert set(outcomes(report)) == {"a"}
    assert not report.is_complete


@pytest.mark.parametrize(
    "forbidden", ["\x00", "\x08", "\x1b", "&#0;", "&#8;", "&#x1b;", "&#xD800;", "&#xFFFE;", "\ufffe"]
)
def test_characters_that_xml_forbids_lose_no_test(forbidden: str) -> None:
    report = parsed(suite(case(f"<failure>a{forbidden}b</failure>", name="x"), case(name="y")))
    assert outcomes(report) == {"x": Outcome.FAILED, "y": Outcome.PASSED}
    assert report.is_complete
    assert "\x00" not in report.cases[0].details


@pytest.mark.parametrize("escape", ["\x1b", "&#27;", "&#x1B;", "#x1B"])
def test_colour_codes_are_removed_from_texts(escape: str) -> None:
    found = only(parsed(suite(case(f"<failure message='{escape}[1;31mred{escape}[0m'>{escape}[32mgreen</failure>"))))
    assert (found.message, found.details) == ("red", "green")


def test_cdata_is_text_whatever_is_in_it() -> None:
    text = "<testcase name='no'/> &amp; <!DOCTYPE x> <!-- no --> ]]]]><![CDATA[> &#0;"
    found = only(parsed(suite(case(f"<failure><![CDATA[{text}]]></failure>"))))
    assert found.details == "<testcase name='no'/> &amp; <!DOCTYPE x> <!-- no --> ]]> &#0;"


def test_comments_and_instructions_are_left_out() -> None:
    report = parsed(f'<?xml version="1.0"?><?xml-stylesheet href="x"?><!-- <testcase name="no"/> -->{suite(case())}')
    assert set(outcomes(report)) == {"t"}


@pytest.mark.parametrize("wrapped", ["{}", "<![CDATA[{}]]>"])
def test_an_enormous_text_is_cut_with_a_note_and_loses_no_test(wrapped: str) -> None:
    output = f"<system-out>{wrapped.format('x' * 12_000_000)}</system-out>"
    report = parsed(suite(case(output + "<failure/>", name="a"), case(name="b")))
    assert report.is_complete
    assert outcomes(report) == {"a": Outcome.FAILED, "b": Outcome.PASSED}
    assert len(report.cases[0].details) <= Limits().details_length


def test_what_was_cut_says_how_much() -> None:
    found = only(parsed(suite(case(f"<failure>start {'x' * 31_000} end</failure>"))))
    assert found.details.startswith("start")
    assert found.details.endswith("end")
    assert "characters left out" in found.details
    assert len(found.details) <= Limits().details_length


def test_all_texts_together_have_a_limit_that_is_spoken_of() -> None:
    failing = [case(f"<failure message='m{number}'>{'x' * 900}</failure>", name=f"t{number}") for number in range(20)]
    report = parsed(suite(*failing), Limits(kept_text=5_000))
    assert len(report.cases) == 20
    assert sum(len(found.details) for found in report.cases) <= 5_000
    assert any("5,000 characters" in problem for problem in report.problems)


@pytest.mark.parametrize("attack", ["{many}", "a='>' {many}", "a='>' {padding} {many}"])
def test_a_tag_that_would_take_minutes_is_refused_at_once(attack: str) -> None:
    many = " ".join(f'a{number}="1"' for number in range(100_000))
    tag = attack.format(many=many, padding=" " * 260_000)
    with pytest.raises(Refused, match="more than 200 attributes"):
        parsed(suite(case(), f"<testcase {tag}/>"))


def test_a_tag_that_would_fill_the_memory_is_refused() -> None:
    with pytest.raises(Refused, match="a tag of more than"):
        parsed(suite(case(), f"<testcase name='{'n' * 9_000_000}'/>"))


def test_a_long_message_in_an_attribute_is_no_attack() -> None:
    message = "&lt;a b='c'> " * 200_000
    found = only(parsed(suite(case(f'<failure message="{message}"/>'))))
    assert found.message.startswith("<a b='c'> <a")
    assert len(found.message) <= Limits().message_length


@pytest.mark.parametrize("section", ["<!---->", "<![CDATA[]]>", "&#0;"])
def test_a_million_sections_are_too_many(section: str) -> None:
    with pytest.raises(Refused, match="more than 1,000,000 sections"):
        parsed(suite(case(section * 1_000_001)))
