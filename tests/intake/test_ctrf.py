"""What becomes of a test in a CTRF report."""

import json

import pytest

from dashboard.intake.report import Limits, Refused
from dashboard.outcomes import Outcome
from tests.intake.inputs import ctrf, looks_green, only, outcomes, parsed

TEST = {"name": "t", "status": "passed", "duration": 1500}


@pytest.mark.parametrize(
    ("status", "outcome", "reported_as"),
    [
        ("passed", Outcome.PASSED, ""),
        ("failed", Outcome.FAILED, ""),
        ("skipped", Outcome.SKIPPED, ""),
        ("pending", Outcome.SKIPPED, "pending"),
        ("other", Outcome.NOT_RUN, ""),
        ("exploded", Outcome.NOT_RUN, ""),
    ],
)
def test_the_status_decides_and_an_unknown_one_is_never_green(status: str, outcome: Outcome, reported_as: str) -> None:
    found = only(parsed(ctrf(TEST | {"status": status})))
    assert (found.outcome, found.reported_as, found.duration_seconds) == (outcome, reported_as, 1.5)


def test_a_test_without_a_result_makes_the_report_incomplete() -> None:
    report = parsed(ctrf(TEST, TEST | {"name": "u", "status": "other"}))
    assert not report.is_complete
    assert report.problems == ["tests without a result: 1 (they did not run, or never finished)"]


@pytest.mark.parametrize(
    "more",
    [{"flaky": True}, {"retries": 2}, {"retryAttempts": [{"attempt": 1, "status": "failed", "message": "late"}]}],
)
def test_a_test_that_passed_at_a_later_attempt_is_flaky(more: dict[str, object]) -> None:
    assert only(parsed(ctrf(TEST | more))).outcome is Outcome.FLAKY
    assert only(parsed(ctrf(TEST | more | {"status": "failed"}))).outcome is Outcome.FAILED


def test_a_flaky_test_keeps_why_it_failed_first() -> None:
    attempts = [{"status": "failed", "message": "late", "trace": "at x"}, {"status": "passed"}]
    found = only(parsed(ctrf(TEST | {"retryAttempts": attempts})))
    assert found.message == "late"
    assert "at x" in found.details


@pytest.mark.parametrize(
    ("more", "suite"),
    [
        ({"suite": ["a", "b"], "filePath": "f.js"}, "a / b"),
        ({"suite": "a > b"}, "a > b"),
        ({"filePath": "f.js"}, "f.js"),
        ({"suite": [], "filePath": "f.js"}, "f.js"),
        ({}, ""),
    ],
)
def test_the_suite_is_the_suites_else_the_file(more: dict[str, object], suite: str) -> None:
    assert only(parsed(ctrf(TEST | more))).suite == suite


def test_a_failure_has_its_message_trace_and_place() -> None:
    failed = {
        "status": "failed",
        "message": "no",
        "trace": "Error: no\n    at f (a/b.test.ts:7:9)",
        "filePath": "a/b.test.ts",
    }
    found = only(parsed(ctrf(TEST | failed)))
    assert (found.message, found.file, found.line) == ("no", "a/b.test.ts", 7)
    assert "Error: no" in found.details


def test_the_summary_is_not_believed() -> None:
    report = parsed(
        json.dumps({"results": {"tool": {"name": "x"}, "summary": {"passed": 9, "failed": 0}, "tests": [TEST]}})
    )
    assert len(report.cases) == 1


@pytest.mark.parametrize(
    "more", [{"unknown": 1}, {"tags": "x"}, {"labels": {"a": []}}, {"duration": "1500"}, {"line": "7"}]
)
def test_what_no_result_depends_on_may_be_wrong(more: dict[str, object]) -> None:
    found = only(parsed(ctrf(TEST | more)))
    assert (found.outcome, found.duration_seconds) == (Outcome.PASSED, 1.5)


@pytest.mark.parametrize(
    ("test", "place"),
    [
        ({"name": "t"}, r"tests\[0\]"),
        ({"status": "passed"}, r"tests\[0\]"),
        ({"name": 5, "status": "passed"}, "name"),
        ({"name": "t", "status": 1}, "status"),
    ],
)
def test_what_a_result_depends_on_is_refused_by_its_place_when_wrong(test: dict[str, object], place: str) -> None:
    with pytest.raises(Refused, match=place):
        parsed(ctrf(test))


def test_a_report_that_is_cut_is_refused() -> None:
    whole = ctrf(TEST, TEST)
    for length in range(30, len(whole) - 1):
        with pytest.raises(Refused):
            parsed(whole[:length])


def test_half_an_emoji_loses_nothing_and_a_whole_one_stays() -> None:
    text = ctrf(TEST | {"name": "NAME"}).replace(
        "NAME", r"cut \ud83d, low \ude00, whole \ud83d\ude00, escaped \\\\ud83d"
    )
    assert only(parsed(text)).name == "cut \ufffd, low \ufffd, whole \U0001f600, escaped \\\\ud83d"


def test_nul_and_bytes_that_are_no_utf8_are_left_out() -> None:
    text = ctrf(TEST | {"name": "a\x00b"}, TEST | {"name": "BYTE"}).encode().replace(b"BYTE", b"x\xff")
    assert set(outcomes(parsed(text))) == {"ab", "x\ufffd"}


def test_no_tests_are_no_result() -> None:
    assert parsed(ctrf()).problems == ["the report holds no test"]


def test_a_passed_report_looks_green() -> None:
    assert looks_green(parsed(ctrf(TEST)))


def test_a_document_beyond_the_limit_is_refused_by_its_name() -> None:
    with pytest.raises(Refused, match="document_bytes"):
        parsed(ctrf(*[TEST] * 100), Limits(document_bytes=1000))
    with pytest.raises(Refused, match="tests_per_report"):
        parsed(ctrf(*[TEST] * 100), Limits(tests_per_report=5))
