"""What several verdicts mean together."""

from collections.abc import Iterable

from dashboard.models import Verdict

# Worst first. A broken cluster is worse than unknown and better than a broken test; what still runs is not green yet.
_WORST_FIRST = (
    Verdict.FAILED,
    Verdict.TIMED_OUT,
    Verdict.INFRA_ERROR,
    Verdict.CANCELLED,
    Verdict.RUNNING,
    Verdict.QUEUED,
    Verdict.FLAKY,
    Verdict.PASSED,
    Verdict.SKIPPED,
)


def worst(verdicts: Iterable[int]) -> Verdict:
    """The verdict of a commit, from the newest run of each of its jobs: the worst of them, missing if there are none."""
    found = set(verdicts)
    return next((verdict for verdict in _WORST_FIRST if verdict in found), Verdict.MISSING)
