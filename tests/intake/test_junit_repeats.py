"""Several <testcase> of one name: attempts, or different tests."""

from dashboard.outcomes import Outcome
from tests.intake.inputs import case, only, outcomes, parsed, suite

FAILED = "<failure message='no'>x_test.go:3: no</failure>"


def test_equal_names_are_different_tests_told_apart_by_number() -> None:
    report = parsed(suite(case(), case(FAILED), case()))
    assert outcomes(report) == {"t": Outcome.PASSED, "t [2]": Outcome.FAILED, "t [3]": Outcome.PASSED}


def test_a_number_that_is_taken_is_passed_over() -> None:
    report = parsed(suite(case(), case(), case(name="t [2]")))
    assert sorted(outcomes(report)) == ["t", "t [2]", "t [3]"]


def test_failures_followed_by_one_pass_are_a_retry_and_flaky() -> None:
    report = parsed(suite(case(FAILED), case(FAILED), case(time="2")))
    found = only(report)
    assert (found.outcome, found.message, found.duration_seconds) == (Outcome.FLAKY, "no", 2.0)
    assert report.problems == ["2 repeated executions are attempts of a test that is counted once"]


def test_a_pass_before_a_failure_is_no_retry() -> None:
    assert outcomes(parsed(suite(case(), case(FAILED)))) == {"t": Outcome.PASSED, "t [2]": Outcome.FAILED}


def test_executions_in_two_suites_are_no_retry_and_named_by_their_suites() -> None:
    report = parsed("<testsuites>" + suite(case(FAILED), name="linux") + suite(case(), name="mac") + "</testsuites>")
    assert {(found.suite, found.outcome) for found in report.cases} == {
        ("linux", Outcome.FAILED),
        ("mac", Outcome.PASSED),
    }


def test_one_class_in_two_suites_is_named_by_both_in_whatever_order() -> None:
    one = suite(case(classname="C"), name="linux")
    other = suite(case(FAILED, classname="C"), name="mac")
    forwards, backwards = parsed(f"<r>{one}{other}</r>"), parsed(f"<r>{other}{one}</r>")
    expected = {("linux / C", "t", Outcome.PASSED), ("mac / C", "t", Outcome.FAILED)}
    for report in (forwards, backwards):
        assert {(found.suite, found.name, found.outcome) for found in report.cases} == expected


def test_executions_in_two_files_are_named_by_their_files() -> None:
    report = parsed(suite(case(FAILED, classname="C", file="a.py"), case(classname="C", file="b.py")))
    assert [found.suite for found in report.cases] == ["a.py / C", "b.py / C"]


def test_pytest_that_declares_fewer_tests_than_it_lists_lists_attempts() -> None:
    rerun = suite(case(name="a"), case(name="a"), case(FAILED, name="a"), case(name="b"), name="pytest", tests="2")
    assert outcomes(parsed(rerun)) == {"a": Outcome.FAILED, "b": Outcome.PASSED}
    saved = suite(case(name="a"), case(name="a"), case(name="b"), name="pytest", tests="2")
    assert outcomes(parsed(saved)) == {"a": Outcome.FLAKY, "b": Outcome.PASSED}
    declared = suite(case(name="a"), case(name="a"), case(name="b"), name="pytest", tests="3")
    assert set(outcomes(parsed(declared))) == {"a", "a [2]", "b"}
