"""How outcomes and verdicts look: a letter or shape, a CSS class and words. Colour is never alone."""

from dataclasses import dataclass

from dashboard.models import Verdict
from dashboard.outcomes import Outcome


@dataclass(frozen=True, slots=True)
class Mark:
    """letter is empty where a plain or a hollow cell says enough."""

    letter: str
    css: str
    words: str
    meaning: str = ""  # for the legend, where the words alone leave questions


OUTCOME_MARKS = {
    Outcome.ABSENT: Mark("", "a", "no result"),
    Outcome.PASSED: Mark("", "p", "passed"),
    Outcome.SKIPPED: Mark("S", "s", "skipped"),
    Outcome.FLAKY: Mark("~", "k", "flaky", "failed, then passed, in one run"),
    Outcome.FAILED: Mark("F", "f", "failed"),
    Outcome.ERROR: Mark("E", "e", "error"),
    Outcome.TIMED_OUT: Mark("T", "t", "timed out"),
    Outcome.NOT_RUN: Mark("N", "n", "not run", "planned or started, never finished"),
    Outcome.EXPECTED_FAILURE: Mark("X", "x", "failed as expected"),
}

VERDICT_MARKS = {
    Verdict.MISSING: Mark("", "a", "missing"),
    Verdict.QUEUED: Mark("Q", "q", "queued"),
    Verdict.RUNNING: Mark("R", "r", "running"),
    Verdict.PASSED: Mark("✓", "p", "passed"),
    Verdict.FLAKY: Mark("~", "k", "flaky", "a test failed, then passed"),
    Verdict.FAILED: Mark("F", "f", "failed"),
    Verdict.INFRA_ERROR: Mark("I", "e", "infrastructure error", "the cluster broke, not a test"),
    Verdict.TIMED_OUT: Mark("T", "t", "timed out"),
    Verdict.CANCELLED: Mark("C", "n", "cancelled"),
    Verdict.SKIPPED: Mark("S", "s", "skipped"),
}

# What the legend below a heat map explains, worst first.
OUTCOME_LEGEND = [
    OUTCOME_MARKS[outcome]
    for outcome in (
        Outcome.PASSED,
        Outcome.FAILED,
        Outcome.ERROR,
        Outcome.TIMED_OUT,
        Outcome.FLAKY,
        Outcome.NOT_RUN,
        Outcome.EXPECTED_FAILURE,
        Outcome.SKIPPED,
        Outcome.ABSENT,
    )
]
VERDICT_LEGEND = [
    VERDICT_MARKS[verdict]
    for verdict in (
        Verdict.PASSED,
        Verdict.FAILED,
        Verdict.TIMED_OUT,
        Verdict.INFRA_ERROR,
        Verdict.FLAKY,
        Verdict.CANCELLED,
        Verdict.SKIPPED,
        Verdict.RUNNING,
        Verdict.QUEUED,
        Verdict.MISSING,
    )
]
