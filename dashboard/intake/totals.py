"""Totals of a report, as its format counts them."""

from collections import Counter
from collections.abc import Iterable

from dashboard.intake.report import Case
from dashboard.outcomes import Outcome

_COLUMNS = {
    Outcome.PASSED: "passed",
    Outcome.FLAKY: "passed",
    Outcome.FAILED: "failed",
    Outcome.ERROR: "errored",
    Outcome.SKIPPED: "skipped",
    Outcome.TIMED_OUT: "timed_out",
    Outcome.NOT_RUN: "not_run",
    Outcome.EXPECTED_FAILURE: "expected_failure",
}
# Shown as skipped, and counted apart where the format does: CTRF's pending, go's benchmarks without a verdict.
_APART = {"pending": "pending", "benchmark": "benchmarks"}


def totals(cases: Iterable[Case]) -> dict[str, int]:
    """{column: number of tests}. All columns but tests and flaky add up to tests; flaky is a part of passed."""
    counts: Counter[str] = Counter()
    for case in cases:
        counts["tests"] += 1
        column = _COLUMNS[case.outcome]
        counts[_APART.get(case.reported_as, column) if column == "skipped" else column] += 1
        counts["flaky"] += case.outcome is Outcome.FLAKY
    columns = ("tests", "passed", "failed", "errored", "skipped", "flaky", *_LATER_COLUMNS)
    return {column: counts[column] for column in columns}


_LATER_COLUMNS = ("timed_out", "not_run", "expected_failure", "pending", "benchmarks")
