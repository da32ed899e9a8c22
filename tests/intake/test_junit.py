"""What becomes of a <testcase>."""

import pytest

from dashboard.intake.report import Limits, Refused
from dashboard.outcomes import Outcome
from tests.intake.inputs import case, looks_green, only, outcomes, parsed, suite


@pytest.mark.parametrize(
    ("inside", "outcome"),
    [
        ("", Outcome.PASSED),
        ("<system-out>words</system-out><properties/>", Outcome.PASSED),
        ("<skipped/>", Outcome.SKIPPED),
        ("<skipped/><failure/>", Outcome.FAILED),
        ("<failure/><error/>", Outcome.ERROR),
        ("<error/><failure/><skipped/>", Outcome.ERROR),
        ("<flakyFailure/>", Outcome.FLAKY),
        ("<flakyError/><flakyFailure/>", Outcome.FLAKY),
        ("<failure/><rerunFailure/>", Outcome.FAILED),
        ("<error/><rerunError/><rerunFailure/>", Outcome.ERROR),
    ],
)
def test_the_child_elements_decide_error_over_failure_over_skipped(inside: str, outcome: Outcome) -> None:
    assert only(parsed(suite(case(inside)))).outcome is outcome


def test_a_namespace_does_not_hide_tests() -> None:
    report = parsed(
        '<x:testsuites xmlns:x="urn:x"><x:testsuite><x:testcase name="t"><x:failure/></x:testcase></x:testsuite></x:testsuites>'
    )
    assert only(report).outcome is Outcome.FAILED


def test_tests_at_any_depth_are_counted_and_declared_totals_are_not_believed() -> None:
    inner = suite(case(name="inner"), name="inner", tests="77", failures="-3")
    report = parsed(
        f'<testsuites tests="99999999999999999999">{suite(inner, case(name="outer"), tests="x")}</testsuites>'
    )
    assert set(outcomes(report)) == {"inner", "outer"}


@pytest.mark.parametrize("status", ["notrun", "disabled", "Skipped", "suppressed"])
def test_a_test_that_says_it_did_not_run_is_not_green(status: str) -> None:
    found = only(parsed(suite(case(status=status))))
    assert (found.outcome, found.reported_as) == (Outcome.SKIPPED, status)
    assert status in found.message


def test_a_failing_status_without_a_failure_element_is_a_failure() -> None:
    assert only(parsed(suite(case(status="failed")))).outcome is Outcome.FAILED


def test_a_status_never_overrules_a_child_element() -> None:
    assert only(parsed(suite(case("<failure/>", status="disabled")))).outcome is Outcome.FAILED
    assert only(parsed(suite(case("<skipped/>", status="run")))).outcome is Outcome.SKIPPED


def test_a_failure_of_a_suite_is_no_test_and_never_green() -> None:
    report = parsed(suite(case(), '<error message="set-up broke">at /x/setup.py:3: oops</error>', name="db"))
    (failure,) = report.failures_outside_tests
    assert (failure.suite, failure.outcome, failure.message) == ("db", Outcome.ERROR, "set-up broke")
    assert len(report.cases) == 1
    assert not looks_green(report)


@pytest.mark.parametrize(
    ("class_name", "suite_name", "identity"),
    [
        ("tests.test_x.TestX", "pytest", "tests.test_x.TestX"),
        ("name", "example.org/pkg/name", "example.org/pkg/name"),
        ("", "example.org/pkg", "example.org/pkg"),
        ("FooTest", "com.example.FooTest", "com.example.FooTest"),
        ("Test", "FooTest", "Test"),
    ],
)
def test_the_class_is_the_suite_unless_the_suite_says_it_in_full(
    class_name: str, suite_name: str, identity: str
) -> None:
    assert only(parsed(suite(case(classname=class_name), name=suite_name))).suite == identity


def test_nested_suites_without_a_class_are_named_from_the_outside_in() -> None:
    report = parsed(f'<testsuites name="all">{suite(suite(case(), name="inner"), name="outer")}</testsuites>')
    assert only(report).suite == "outer / inner"


def test_file_and_line_come_from_attributes_and_else_from_the_failure() -> None:
    given = only(parsed(suite(case("<failure>other.py:9: no</failure>", file="a/b.py", line="12"))))
    assert (given.file, given.line) == ("a/b.py", 12)
    found = only(parsed(suite(case("<failure>calc_test.go:19: expected 3</failure>"))))
    assert (found.file, found.line) == ("calc_test.go", 19)


def test_a_java_failure_points_into_the_class_of_the_test() -> None:
    trace = (
        "java.lang.AssertionError\n\tat org.junit.Assert.fail(Assert.java:86)\n\tat com.x.FooTest.bar(FooTest.java:12)"
    )
    found = only(parsed(suite(case(f"<failure>{trace}</failure>", classname="com.x.FooTest"))))
    assert (found.file, found.line) == ("FooTest.java", 12)


def test_the_message_is_the_attribute_else_the_first_words_else_the_type() -> None:
    assert only(parsed(suite(case('<failure message="1 != 2" type="E">long</failure>')))).message == "1 != 2"
    assert only(parsed(suite(case("<failure>\n  first\n  second</failure>")))).message == "first"
    assert only(parsed(suite(case('<failure type="Boom"/>')))).message == "Boom"
    assert only(parsed(suite(case("<failure/>")))).message == "failed without a message"


def test_a_traceback_is_named_by_its_last_line_and_located_by_its_innermost_frame() -> None:
    text = (
        'Traceback (most recent call last):\n  File "a.py", line 1, in f\n  File "b.py", line 7, in g\nValueError: no'
    )
    found = only(parsed(suite(case(f"<error>{text}</error>"))))
    assert (found.message, found.file, found.line) == ("ValueError: no", "b.py", 7)


def test_several_failures_of_one_test_are_all_in_its_details() -> None:
    found = only(parsed(suite(case("<failure>one</failure><failure>two</failure><error>three</error>"))))
    assert all(word in found.details for word in ("one", "two", "three"))


def test_a_silent_failure_shows_what_the_test_printed() -> None:
    assert "printed" in only(parsed(suite(case("<failure/><system-out>printed</system-out>")))).details


def test_a_flaky_test_keeps_why_it_failed_first() -> None:
    attempt = (
        '<flakyFailure message="timeout"><stackTrace>at X(Foo.java:12)</stackTrace>'
        "<system-out>noise</system-out></flakyFailure>"
    )
    found = only(parsed(suite(case(attempt))))
    assert (found.outcome, found.message) == (Outcome.FLAKY, "timeout")
    assert "Foo.java:12" in found.details
    assert "noise" not in found.details


def test_durations_add_up_and_nonsense_is_left_out_with_a_word() -> None:
    report = parsed(
        suite(case(name="a", time="1.5"), case(name="b", time="NaN"), case(name="c", time="-1"), case(name="d"))
    )
    assert [found.duration_seconds for found in report.cases] == [1.5, None, None, None]
    assert report.duration_seconds == 1.5
    assert report.problems == ["a time is no duration and is left out (first: 'NaN'), 2 times"]


def test_a_truncated_report_keeps_what_it_has_and_never_looks_green() -> None:
    whole = suite(*(case(name=f"t{number}") for number in range(9)))
    for length in range(len(suite(case(name="t0"))), len(whole)):
        report = parsed(whole[:length])
        assert not report.is_complete
        assert report.cases
        assert "report truncated" in report.problems[0]


def test_a_report_that_is_cut_before_its_first_test_is_refused() -> None:
    with pytest.raises(Refused, match="before its first test"):
        parsed('<testsuites><testsuite name="s"><testcase name="a"')


def test_markup_that_breaks_in_the_middle_keeps_the_tests_before_it() -> None:
    report = parsed(suite(case(name="a"), "<testcase name='b' time='<<computed>>'/>", case(name="c")))
    assert set(outcomes(report)) == {"a"}
    assert not report.is_complete


def test_two_documents_in_one_file_are_both_read() -> None:
    report = parsed(
        '<?xml version="1.0"?>'
        + suite(case(name="a"))
        + '\n<?xml version="1.0"?>'
        + suite(case("<failure/>", name="b"))
    )
    assert outcomes(report) == {"a": Outcome.PASSED, "b": Outcome.FAILED}
    assert report.is_complete


def test_a_report_without_tests_says_so() -> None:
    report = parsed("<testsuites/>")
    assert report.problems == ["the report holds no test"]


def test_too_many_tests_are_refused_by_the_name_of_the_limit() -> None:
    with pytest.raises(Refused, match="tests_per_report"):
        parsed(suite(case(), case(), case()), Limits(tests_per_report=2))


def test_suites_nested_too_deep_are_refused() -> None:
    deep = case()
    for _ in range(5):
        deep = suite(deep)
    with pytest.raises(Refused, match="nesting"):
        parsed(deep, Limits(nesting=4))
    assert only(parsed(deep, Limits(nesting=5)))


@pytest.mark.parametrize("element", ["<p/>", '<p a="" b=""/>', "<p a='' b=''>x</p>"])
def test_elements_without_a_test_between_them_do_not_fill_the_memory(element: str) -> None:
    with pytest.raises(Refused, match="without a test between them"):
        parsed(suite(case(), element * 1_000_000))


def test_a_megabyte_of_quotes_in_an_output_is_no_attack() -> None:
    assert only(parsed(suite(case("<system-out>" + '{"a":"b"}' * 110_000 + "</system-out>"))))
