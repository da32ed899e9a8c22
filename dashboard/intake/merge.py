"""How a result becomes a part of its job run, in whatever order results arrive."""

from collections.abc import Callable, Sequence
from datetime import datetime

import numpy as np

from dashboard.intake.report import Case
from dashboard.intake.result import JobRunResult
from dashboard.intake.rows import TestName
from dashboard.intake.verdict import STATUSES, status_of, stronger_conclusion, verdict_of
from dashboard.models import JobRun
from dashboard.models.jobs import OUTCOME_FIELDS
from dashboard.outcomes import MERGED, Outcome
from dashboard.packing import pack_durations, pack_statuses, unpack_durations, unpack_statuses


def unique_cases(cases: Sequence[Case]) -> list[Case]:
    """One case for each test: what several reports of one upload say of the same test is merged, and its time added up.

    The text is the first failure's: that is where the trouble began.
    """
    merged: dict[TestName, Case] = {}
    for case in cases:
        first = merged.setdefault((case.suite, case.name), case)
        if first is case:
            continue
        first.outcome = Outcome(MERGED[first.outcome, case.outcome])
        if case.duration_seconds is not None:
            first.duration_seconds = (first.duration_seconds or 0.0) + case.duration_seconds
        for name in ("message", "details", "file", "line"):
            if not getattr(first, name):
                setattr(first, name, getattr(case, name))
    return list(merged.values())


def add_outcomes(job_run: JobRun, cases: Sequence[Case], ordinals: np.ndarray) -> None:
    """Merge cases into the packed outcomes, and count them anew. ordinals: intp (cases,), each one once."""
    if not len(ordinals):
        return
    size = max(int(ordinals.max()) + 1, len(job_run.statuses))
    statuses = unpack_statuses(job_run.statuses, size).copy()
    durations = unpack_durations(job_run.durations, size).copy()
    outcomes = np.array([case.outcome for case in cases], dtype=np.uint8)
    seconds = np.array([case.duration_seconds for case in cases], dtype=np.float32)  # None becomes NaN
    statuses[ordinals] = MERGED[statuses[ordinals], outcomes]
    before = durations[ordinals]
    durations[ordinals] = np.where(np.isnan(before), seconds, before + np.nan_to_num(seconds))
    used = int(statuses.nonzero()[0][-1]) + 1
    job_run.statuses = pack_statuses(statuses[:used])
    job_run.durations = pack_durations(durations[:used])
    counts = np.bincount(statuses, minlength=len(Outcome)).tolist()
    for name, count in zip(OUTCOME_FIELDS, counts[1:], strict=True):
        setattr(job_run, name, count)


def add_facts(job_run: JobRun, result: JobRunResult, *, is_first: bool) -> None:
    """What the result says besides its tests, and the verdict that follows from all that is known then.

    is_first: nothing was known of the run before.
    """
    run = result.run
    says_more = bool(result.cases or result.failures_outside_tests or run.conclusion)
    status = run.status or ("completed" if says_more else "queued")
    if not is_first:
        status = max(status, status_of(job_run.verdict), key=STATUSES.index)
    job_run.conclusion = stronger_conclusion(job_run.conclusion, run.conclusion)
    if job_run.conclusion == "success" and _nothing_ran(result):
        job_run.conclusion = "skipped"
    job_run.is_complete = job_run.is_complete and result.is_complete
    job_run.started_at = _chosen(min, job_run.started_at, run.started_at)
    job_run.finished_at = _chosen(max, job_run.finished_at, run.finished_at)
    job_run.url = job_run.url or run.url
    job_run.failures_outside_tests += len(result.failures_outside_tests)
    job_run.verdict = verdict_of(
        counts={name: getattr(job_run, name) for name in OUTCOME_FIELDS},
        failures_outside_tests=job_run.failures_outside_tests,
        conclusion=job_run.conclusion,
        status=status,
        is_complete=job_run.is_complete,
    )


def _nothing_ran(result: JobRunResult) -> bool:
    """A job whose steps were all skipped tested nothing, though GitHub says success."""
    return bool(result.steps) and all(step.conclusion == "skipped" for step in result.steps)


def _chosen(
    choose: Callable[[list[datetime]], datetime], one: datetime | None, other: datetime | None
) -> datetime | None:
    times = [time for time in (one, other) if time is not None]
    return choose(times) if times else None
