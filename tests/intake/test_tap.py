"""What becomes of a TAP point."""

import pytest

from dashboard.intake.report import Case, Refused
from dashboard.outcomes import Outcome
from tests.intake.inputs import looks_green, only, outcomes, parsed


def point(line: str) -> Case:
    return only(parsed(f"1..1\n{line}\n"))


@pytest.mark.parametrize(
    ("line", "outcome", "name", "message"),
    [
        ("ok", Outcome.PASSED, "test 1", ""),
        ("ok 1", Outcome.PASSED, "test 1", ""),
        ("ok 1 - adds", Outcome.PASSED, "adds", ""),
        ("ok 1 adds", Outcome.PASSED, "adds", ""),
        ("ok - adds", Outcome.PASSED, "adds", ""),
        ("not ok 1 - adds", Outcome.FAILED, "adds", "failed without a message"),
        ("ok 1 - adds # SKIP no net", Outcome.SKIPPED, "adds", "no net"),
        ("ok 1 # skipped: no net", Outcome.SKIPPED, "test 1", "no net"),
        ("not ok 1 - adds # skip", Outcome.SKIPPED, "adds", ""),
        ("not ok 1 - adds # TODO later", Outcome.EXPECTED_FAILURE, "adds", "later"),
        ("ok 1 - adds # todo later", Outcome.EXPECTED_FAILURE, "adds", "passed although it is marked TODO: later"),
        ("not ok 1 adds # TODONT", Outcome.FAILED, "adds # TODONT", "failed without a message"),
        (r"ok 1 - a \# todo b", Outcome.PASSED, "a # todo b", ""),
        (r"ok 1 - a \\# todo b", Outcome.EXPECTED_FAILURE, "a \\", "passed although it is marked TODO: b"),
        ("ok 1 - a # b # todo", Outcome.PASSED, "a # b # todo", ""),
        ("ok 1 - issue #12 # SKIP no", Outcome.SKIPPED, "issue #12", "no"),
        ("ok 1 - title#skip", Outcome.PASSED, "title#skip", ""),
        ("ok 1 - buffered {", Outcome.PASSED, "buffered", ""),
    ],
)
def test_a_point_is_read_as_tap_14_says(line: str, outcome: Outcome, name: str, message: str) -> None:
    found = point(line)
    assert (found.outcome, found.name, found.message, found.suite) == (outcome, name, message, "")


def test_how_long_a_test_took_is_no_part_of_its_name() -> None:
    assert (point("ok 1 - adds # time=12.5ms").name, point("ok 1 - adds # time=12.5ms").duration_seconds) == (
        "adds",
        0.0125,
    )
    assert (point("ok 1 adds in 3ms").name, point("ok 1 adds in 3ms").duration_seconds) == ("adds", 0.003)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1..3\nok 1\nok 2\n", "3 tests were planned and 2 ran"),
        ("ok 1\nok 2\n", "no plan"),
        ("TAP version 14\n", "no plan"),
        ("1..2\nok 1\nBail out! no database\nok 2\n", "bailed out: no database"),
        ("1..1\nok 1\n    Bail out!\n", "bailed out"),
    ],
)
def test_a_run_that_was_cut_short_is_not_complete(text: str, why: str) -> None:
    report = parsed(text)
    assert not report.is_complete
    assert why in report.problems[0]


@pytest.mark.parametrize(
    "text",
    ["1..1\nok 1\nok 2\n", "1..2\nok 1\nok 1\n", "1..2\nok 1\nok 3\n", "1..2\nok 0\nok 1\n", "1..0\nok 1\n"],
)
def test_a_plan_that_was_not_kept_never_looks_green(text: str) -> None:
    report = parsed(text)
    assert report.failures_outside_tests[0].name == "(plan)"
    assert not looks_green(report)


def test_numbers_may_come_in_any_order_and_the_plan_at_the_end() -> None:
    assert looks_green(parsed("ok 2 - b\nok 1 - a\n1..2\n"))


def test_numbers_with_thousands_of_digits_are_no_crash() -> None:
    assert parsed(f"1..1\nok {'9' * 5000} x\n").cases


def test_strict_tap_may_hold_nothing_else() -> None:
    assert looks_green(parsed("1..1\nwords\nok 1\n"))
    assert not looks_green(parsed("TAP version 13\npragma +strict\n1..1\nwords\nok 1\n"))


def test_nested_points_are_no_tests_and_a_failure_in_them_is_spoken_of() -> None:
    report = parsed("1..1\n    # Subtest: inner\n    not ok 1 - x\n    1..1\nok 1 - inner\n")
    assert outcomes(report) == {"inner": Outcome.PASSED}
    assert "not ok" in report.problems[0]
    failed = only(parsed("1..1\n    not ok 1 - deep\n    1..1\nnot ok 1 - inner\n"))
    assert "not ok 1 - deep" in failed.details


def test_a_yaml_block_says_what_and_where() -> None:
    block = "  ---\n  message: 'no luck'\n  at:\n    file: test/a.js\n    line: 12\n  duration_ms: 250\n  ...\n"
    found = only(parsed(f"1..1\nnot ok 1 - a\n{block}"))
    assert (found.message, found.file, found.line, found.duration_seconds) == ("no luck", "test/a.js", 12, 0.25)


def test_comments_after_a_point_say_what_and_where() -> None:
    found = only(parsed("1..1\nnot ok 1 - a\n#   Failed test 'a'\n#   at t/a.t line 7.\n"))
    assert (found.message, found.file, found.line) == ("Failed test 'a'", "t/a.t", 7)


def test_indented_text_that_is_no_tap_belongs_to_the_point_before() -> None:
    found = only(parsed("1..1\nnot ok 1 - a\n  AssertionError: 1 != 2\n      at f (test/a.test.js:11:5)\n"))
    assert (found.message, found.file, found.line) == ("AssertionError: 1 != 2", "test/a.test.js", 11)


def test_skipping_everything_is_no_result() -> None:
    report = parsed("1..0 # SKIP needs Windows\n")
    assert report.cases == []
    assert report.problems == ["all tests are skipped: needs Windows", "the report holds no test"]


def test_one_name_twice_is_two_tests() -> None:
    assert set(outcomes(parsed("1..2\nok 1 - a\nnot ok 2 - a\n"))) == {"a", "a [2]"}


def test_millions_of_lines_are_too_many() -> None:
    with pytest.raises(Refused, match="more than 2,000,000 lines"):
        parsed("1..1\nok\n" + "\n" * 2_000_000)
