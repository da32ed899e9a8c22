"""What becomes of the events of `go test -json`."""

import pytest

from dashboard.intake.report import Limits, Refused
from dashboard.outcomes import Outcome
from tests.intake.inputs import events, looks_green, only, outcomes, parsed

P = {"package": "example.org/p"}
RUN = P | {"action": "run", "test": "TestA"}
PASS = P | {"action": "pass", "test": "TestA", "elapsed": 0.5}
FAIL = P | {"action": "fail", "test": "TestA", "elapsed": 0.5}
PACKAGE_PASS = P | {"action": "pass", "elapsed": 1.25}
PACKAGE_FAIL = P | {"action": "fail", "elapsed": 1.25}


def output(text: str, test: str = "TestA") -> dict[str, object]:
    return P | {"action": "output", "output": text} | ({"test": test} if test else {})


def test_a_test_is_its_package_and_its_name() -> None:
    report = parsed(events(RUN, PASS, PACKAGE_PASS))
    found = only(report)
    assert (found.suite, found.name, found.outcome, found.duration_seconds) == (
        "example.org/p",
        "TestA",
        Outcome.PASSED,
        0.5,
    )
    assert report.duration_seconds == 1.25
    assert looks_green(report)


def test_one_name_in_two_packages_is_two_tests() -> None:
    other = {"package": "example.org/q"}
    report = parsed(events(RUN, PASS, PACKAGE_PASS, RUN | other, FAIL | other, PACKAGE_FAIL | other))
    assert {(found.suite, found.name) for found in report.cases} == {
        ("example.org/p", "TestA"),
        ("example.org/q", "TestA"),
    }


def test_a_parent_of_subtests_is_a_test_and_says_which_of_them_failed() -> None:
    sub = {"test": "TestA/x"}
    report = parsed(events(RUN, RUN | sub, output("    a_test.go:5: no\n", "TestA/x"), FAIL | sub, FAIL, PACKAGE_FAIL))
    assert outcomes(report) == {"TestA": Outcome.FAILED, "TestA/x": Outcome.FAILED}
    assert [found.message for found in report.cases] == ["failed in x", "no"]
    assert not report.failures_outside_tests


def test_a_test_without_an_end_is_never_green() -> None:
    report = parsed(events(RUN, output("=== RUN   TestA\n"), output("working\n"), PACKAGE_FAIL))
    found = only(report)
    assert (found.outcome, found.message) == (Outcome.NOT_RUN, "started and never finished: working")
    assert len(report.failures_outside_tests) == 1
    assert not looks_green(report)
    assert not parsed(events(RUN, PACKAGE_PASS)).is_complete


def test_a_stream_that_stops_is_not_complete() -> None:
    assert not parsed(events(RUN, PASS)).is_complete
    assert not parsed(events(P | {"action": "start"})).is_complete
    assert not parsed(events(RUN, PASS, PACKAGE_PASS) + '{"Action":"outp').is_complete


@pytest.mark.parametrize(
    ("executions", "outcome"),
    [
        ([PASS, PASS], Outcome.PASSED),
        ([FAIL, PASS], Outcome.FLAKY),
        ([FAIL, FAIL, PASS], Outcome.FLAKY),
        ([PASS, FAIL], Outcome.FAILED),
        ([FAIL, FAIL], Outcome.FAILED),
    ],
)
def test_the_last_execution_decides_and_a_pass_after_a_failure_is_flaky(
    executions: list[dict[str, object]], outcome: Outcome
) -> None:
    steps = [step for execution in executions for step in (RUN, output("a_test.go:7: broke\n"), execution)]
    found = only(parsed(events(*steps, PACKAGE_FAIL)))
    assert found.outcome is outcome
    if outcome is not Outcome.PASSED:
        assert (found.message, found.file, found.line) == ("broke", "a_test.go", 7)


def test_a_package_that_failed_without_a_failed_test_is_a_failure_outside_of_tests() -> None:
    report = parsed(events(RUN, PASS, output("main_test.go:9: no database\n", ""), PACKAGE_FAIL))
    (failure,) = report.failures_outside_tests
    assert (failure.suite, failure.outcome) == ("example.org/p", Outcome.ERROR)
    assert failure.message == "example.org/p failed outside of its tests: no database"
    assert len(report.cases) == 1
    assert not looks_green(report)


def test_a_package_that_does_not_build_shows_what_the_compiler_said() -> None:
    build = {"importpath": "example.org/p [example.org/p.test]"}
    report = parsed(
        '{"ImportPath":"example.org/p [t]","Action":"build-output","Output":"p/a.go:5:21: undefined: x\\n"}\n'
        '{"ImportPath":"example.org/p [t]","Action":"build-fail"}\n'
        '{"Action":"fail","Package":"example.org/p","Elapsed":0,"FailedBuild":"example.org/p [t]"}\n'
    )
    (failure,) = report.failures_outside_tests
    assert failure.message == "example.org/p does not build: undefined: x"
    assert (failure.file, failure.line) == ("p/a.go", 5)
    assert build


def test_a_build_failure_in_plain_text_between_the_events_is_not_lost() -> None:
    report = parsed(events(RUN, PASS, PACKAGE_PASS) + "FAIL\texample.org/q [build failed]\n")
    assert [failure.suite for failure in report.failures_outside_tests] == ["example.org/q"]


def test_a_timeout_names_the_tests_that_were_running() -> None:
    other = {"test": "TestB"}
    report = parsed(
        events(
            *(RUN, RUN | other, output("panic: test timed out after 1s\n"), output("\trunning tests:\n")),
            *(output("\t\tTestB (1s)\n"), output("\n"), PACKAGE_FAIL),
        )
    )
    assert outcomes(report) == {"TestA": Outcome.NOT_RUN, "TestB": Outcome.TIMED_OUT}
    assert "longer than 1s" in report.cases[1].message


def test_a_benchmark_without_a_verdict_is_neither_green_nor_red() -> None:
    found = only(parsed(events(RUN | {"test": "BenchmarkX"}, PACKAGE_PASS)))
    assert (found.outcome, found.reported_as) == (Outcome.SKIPPED, "benchmark")
    assert only(parsed(events(RUN | {"test": "BenchmarkX"}, PACKAGE_FAIL))).outcome is Outcome.NOT_RUN


def test_a_skipped_test_says_why() -> None:
    found = only(parsed(events(RUN, output("    a_test.go:3: needs root\n"), FAIL | {"action": "skip"}, PACKAGE_PASS)))
    assert (found.outcome, found.message) == (Outcome.SKIPPED, "needs root")


def test_a_panic_is_what_to_read_first() -> None:
    text = "--- FAIL: TestA (0.00s)\npanic: boom [recovered]\n\ngoroutine 7 [running]:\n\ta_test.go:12 +0x1\n"
    found = only(parsed(events(RUN, *(output(line + "\n") for line in text.splitlines()), FAIL, PACKAGE_FAIL)))
    assert found.message == "panic: boom [recovered]"
    assert "goroutine 7" in found.details
    assert "--- FAIL" not in found.details


def test_testifys_error_is_found_behind_its_trace() -> None:
    lines = [
        "    a_test.go:10: \n",
        "        \tError Trace:\t/src/a_test.go:10\n",
        "        \tError:      \tNot equal: \n",
        "        \t            \texpected: 1\n",
    ]
    found = only(parsed(events(RUN, *(output(line) for line in lines), FAIL, PACKAGE_FAIL)))
    assert found.message.startswith("Not equal:")
    assert (found.file, found.line) == ("a_test.go", 10)


def test_other_lines_are_left_out_with_a_word() -> None:
    report = parsed("go: downloading x v1\n" + events(RUN, PASS, PACKAGE_PASS) + "\n\nplain words\n")
    assert looks_green(report)
    assert report.problems == [
        "a line is no test event and is left out (first: 'line 1: go: downloading x v1'), 2 times"
    ]


def test_output_of_any_bytes_loses_no_event() -> None:
    raw = events(RUN, output("BYTES\n"), FAIL, PACKAGE_FAIL).encode().replace(b"BYTES", b"\xff\xfe\x1b[31m")
    assert only(parsed(raw)).outcome is Outcome.FAILED


def test_a_long_output_is_cut_with_a_note() -> None:
    report = parsed(
        events(RUN, *(output(f"line {number} {'x' * 90}\n") for number in range(1_000)), FAIL, PACKAGE_FAIL)
    )
    details = only(report).details
    assert details.startswith("line 0 ")
    assert "line 999 " in details
    assert "characters left out" in details
    assert len(details) <= Limits().details_length


def test_too_many_tests_are_refused() -> None:
    many = [RUN | {"test": f"Test{number}"} for number in range(20)]
    with pytest.raises(Refused, match="tests_per_report"):
        parsed(events(*many, PACKAGE_PASS), Limits(tests_per_report=10))
