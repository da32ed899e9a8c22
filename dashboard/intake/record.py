"""A job run's result becomes rows: one short transaction, exactly once for each upload."""

from collections.abc import Callable, Sequence
from datetime import datetime

import numpy as np
from django.db import transaction

from dashboard.intake.locate import Location, place_of
from dashboard.intake.report import Case, Limits
from dashboard.intake.result import JobRunResult, StepResult
from dashboard.intake.rows import RowMaps, TestName
from dashboard.intake.verdict import STATUSES, status_of, stronger_conclusion, verdict_of
from dashboard.models import Failure, Job, JobRun, Repository, Step, Upload
from dashboard.models.jobs import OUTCOME_FIELDS
from dashboard.outcomes import FAILURE_CODES, MERGED, Outcome
from dashboard.packing import pack_durations, pack_statuses, unpack_durations, unpack_statuses

_FAILURES = frozenset(FAILURE_CODES.tolist()) | {Outcome.FLAKY}


def record(
    result: JobRunResult, upload: Upload, repository: Repository, location: Location, rows: RowMaps, limits: Limits
) -> list[str]:
    """Add a result to its job run, and say in words what had to be left out.

    Several results of one run add up, a test that comes twice is merged (dashboard.outcomes.merge), and the order does
    not matter. A result that was recorded from this upload before is left alone. Must run inside a transaction.
    """
    assert transaction.get_connection().in_atomic_block  # noqa: S101  a programming error, never input
    # Everything about a job is written under its lock: ordinals, and the check whether the run is there already.
    job = Job.objects.select_for_update().get(pk=location.job)
    job_run = JobRun.objects.filter(job=job, workflow_run=location.workflow_run).first()
    if job_run and Upload.job_runs.through.objects.filter(upload_id=upload.pk, jobrun_id=job_run.pk).exists():
        return []
    if not job_run:
        job_run = JobRun(
            job=job, workflow_run_id=location.workflow_run, branch_id=location.branch, commit_id=location.commit
        )
        job_run.place = place_of(location.commit)
    known = rows.rows(repository, job, [(case.suite, case.name) for case in result.cases], limits.tests_per_repository)
    cases = [case for case in result.cases if (case.suite, case.name) in known]
    problems = []
    if left_out := len(result.cases) - len(cases):
        problems.append(
            f"{left_out:,} tests are left out: {repository} has {limits.tests_per_repository:,} tests already "
            "(KINDMAP_LIMIT_TESTS_PER_REPOSITORY). Are there random parts in test names?"
        )
        job_run.is_complete = False
    ordinals = np.fromiter((known[case.suite, case.name].ordinal for case in cases), dtype=np.intp, count=len(cases))
    _add_outcomes(job_run, cases, ordinals, job.test_count)
    _add_facts(job_run, result)
    job_run.save()
    Failure.objects.bulk_create(
        [
            Failure(
                repository=repository,
                job_run=job_run,
                job_test_id=known[case.suite, case.name].job_test,
                **_failure_fields(case),
            )
            for case in cases
            if case.outcome in _FAILURES and (case.message or case.details or case.outcome != Outcome.FLAKY)
        ]
        + [
            Failure(
                repository=repository,
                job_run=job_run,
                title=f"{case.suite} {case.name}".strip(),
                **_failure_fields(case),
            )
            for case in result.failures_outside_tests
        ]
    )
    _add_steps(job_run, result.steps)
    Upload.job_runs.through.objects.create(upload_id=upload.pk, jobrun_id=job_run.pk)
    return problems


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


def _add_outcomes(job_run: JobRun, cases: Sequence[Case], ordinals: np.ndarray, size: int) -> None:
    """Merge cases into the packed outcomes and count them anew. ordinals: intp (cases,), each one once."""
    size = max(size, len(job_run.statuses))
    statuses = unpack_statuses(job_run.statuses, size).copy()
    durations = unpack_durations(job_run.durations, size).copy()
    outcomes = np.fromiter((case.outcome for case in cases), dtype=np.uint8, count=len(cases))
    seconds = np.array([case.duration_seconds for case in cases], dtype=np.float32)  # None becomes NaN
    statuses[ordinals] = MERGED[statuses[ordinals], outcomes]
    before = durations[ordinals]
    durations[ordinals] = np.where(np.isnan(before), seconds, before + np.nan_to_num(seconds))
    used = int(statuses.nonzero()[0].max(initial=-1)) + 1
    job_run.statuses = pack_statuses(statuses[:used])
    job_run.durations = pack_durations(durations[:used])
    counts = np.bincount(statuses, minlength=len(Outcome))
    for code, name in enumerate(OUTCOME_FIELDS, start=1):
        setattr(job_run, name, int(counts[code]))


def _add_facts(job_run: JobRun, result: JobRunResult) -> None:
    """What the run says of itself besides its tests, and the verdict that follows from all of it."""
    run = result.run
    status = run.status or (
        "completed" if result.cases or result.failures_outside_tests or run.conclusion else "queued"
    )
    if job_run.pk:
        status = max(status, status_of(job_run.verdict), key=STATUSES.index)
    job_run.conclusion = stronger_conclusion(job_run.conclusion, run.conclusion)
    job_run.is_complete = job_run.is_complete and result.is_complete
    job_run.started_at = _chosen(min, job_run.started_at, run.started_at)
    job_run.finished_at = _chosen(max, job_run.finished_at, run.finished_at)
    job_run.url = job_run.url or run.url
    job_run.failures_outside_tests += len(result.failures_outside_tests)
    conclusion = job_run.conclusion
    if conclusion == "success" and result.steps and all(step.conclusion == "skipped" for step in result.steps):
        conclusion = job_run.conclusion = "skipped"  # a job whose steps were all skipped tested nothing
    job_run.verdict = verdict_of(
        counts={name: getattr(job_run, name) for name in OUTCOME_FIELDS},
        failures_outside_tests=job_run.failures_outside_tests,
        conclusion=conclusion,
        status=status,
        is_complete=job_run.is_complete,
    )


def _chosen(
    choose: Callable[[list[datetime]], datetime], one: datetime | None, other: datetime | None
) -> datetime | None:
    times = [time for time in (one, other) if time is not None]
    return choose(times) if times else None


def _failure_fields(case: Case) -> dict[str, object]:
    return {
        "outcome": case.outcome,
        "message": case.message,
        # The message is often all of the details, or their first line: then it is kept once.
        "details_deflated": Failure.deflate(case.details if case.details != case.message else ""),
        "file": case.file,
        "line": case.line,
    }


def _add_steps(job_run: JobRun, steps: Sequence[StepResult]) -> None:
    """Write the steps by their numbers. A step that is finished stays as it is."""
    if not steps:
        return
    finished = set(job_run.steps.filter(finished_at__isnull=False).values_list("number", flat=True))
    nothing = dict.fromkeys(OUTCOME_FIELDS, 0)
    for number, step in enumerate(steps, start=1):
        if number in finished:
            continue
        verdict = verdict_of(
            counts=nothing,
            failures_outside_tests=0,
            conclusion=step.conclusion,
            status=step.status or ("completed" if step.conclusion else "queued"),
            is_complete=True,
        )
        Step.objects.update_or_create(
            job_run=job_run,
            number=number,
            defaults={
                "name": step.name,
                "verdict": verdict,
                "started_at": step.started_at,
                "finished_at": step.finished_at,
            },
        )
