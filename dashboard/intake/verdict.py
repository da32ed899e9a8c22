"""The verdict of a job run, from everything that is known of it. The rules are written down in docs/runs.md."""

from dashboard.models import Verdict

STATUSES = ("queued", "in_progress", "completed")

# How a job ended, from what says least to what says most: of two answers the later one here stands.
_CONCLUSIONS = [
    "",
    "skipped",
    "neutral",
    "success",
    "stale",
    "cancelled",
    "action_required",
    "startup_failure",
    "timed_out",
    "failure",
]


def stronger_conclusion(one: str, other: str) -> str:
    """Of two conclusions about one run, the one that stands, in whatever order they came."""
    return max(one, other, key=_CONCLUSIONS.index)


def status_of(verdict: int) -> str:
    """The status that a verdict implies, for a run about which something new is heard."""
    return {Verdict.QUEUED: "queued", Verdict.RUNNING: "in_progress"}.get(Verdict(verdict), "completed")


def verdict_of(
    *, counts: dict[str, int], failures_outside_tests: int, conclusion: str, status: str, is_complete: bool
) -> Verdict:
    """The verdict of a job run.

    counts: how many tests have each outcome, by the names of dashboard.models.jobs.OUTCOME_FIELDS.
    What failed is failed whatever the CI concluded; what did not run never looks green.
    """
    if counts["failed"] or counts["error"] or counts["timed_out"] or failures_outside_tests or conclusion == "failure":
        return Verdict.TIMED_OUT if conclusion == "timed_out" else Verdict.FAILED
    ended = {
        "timed_out": Verdict.TIMED_OUT,
        "startup_failure": Verdict.INFRA_ERROR,
        "action_required": Verdict.FAILED,
        "cancelled": Verdict.CANCELLED,
        "stale": Verdict.CANCELLED,
    }
    if conclusion in ended:
        return ended[conclusion]
    if status != "completed" and not conclusion:
        return Verdict.RUNNING if status == "in_progress" else Verdict.QUEUED
    if not is_complete:
        return Verdict.FAILED
    if counts["flaky"]:
        return Verdict.FLAKY
    if counts["passed"] or counts["expected_failure"]:
        return Verdict.PASSED
    if any(counts.values()) or conclusion in ("skipped", ""):
        return Verdict.SKIPPED
    return Verdict.PASSED
