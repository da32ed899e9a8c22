"""Results of job runs become rows: one short transaction, exactly once for each upload."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from django.db import transaction

from dashboard.intake.locate import Location, places_of
from dashboard.intake.merge import add_facts, add_outcomes
from dashboard.intake.report import Case, Limits
from dashboard.intake.result import JobRunResult, StepResult
from dashboard.intake.rows import RowMaps
from dashboard.intake.verdict import verdict_of
from dashboard.models import Failure, Job, JobRun, RecordedUpload, Step, Upload
from dashboard.models.failures import write_failures
from dashboard.models.jobs import OUTCOME_FIELDS
from dashboard.outcomes import FAILURE_CODES, Outcome

_FAILURES = frozenset(FAILURE_CODES.tolist()) | {Outcome.FLAKY}


class Entry(NamedTuple):
    """A result to record: the upload that brought it, and the rows that it belongs to."""

    upload: Upload
    result: JobRunResult
    location: Location


def record(entries: Sequence[Entry], rows: RowMaps, limits: Limits) -> dict[int, list[str]]:
    """Add results to their job runs. Returns what had to be left out, in words, by upload.

    Several results of one run add up, a test that comes twice is merged (dashboard.outcomes.merge), and the order does
    not matter. A result that was recorded from its upload before is left alone. Must run inside a transaction.
    """
    assert transaction.get_connection().in_atomic_block  # noqa: S101  a programming error, never input
    # Everything about a job is written under its lock: ordinals, and the check whether a run is there already.
    # Jobs first, then commits, each in one order: two workers wait for each other, never in a circle.
    jobs = {job.pk: job for job in _locked_jobs(entries)}
    places = places_of({entry.location.commit for entry in entries})
    job_runs = _known_job_runs(entries)
    recorded = _recorded(entries, job_runs.values())
    touched: dict[tuple[int, int], JobRun] = {}
    failures: list[tuple[Failure, str]] = []
    links: list[tuple[Upload, JobRun]] = []
    problems: dict[int, list[str]] = {}
    for upload, result, location in entries:
        key = (location.job, location.workflow_run)
        job_run = job_runs.get(key)
        if job_run and (upload.pk, job_run.pk) in recorded:
            continue
        is_first = job_run is None
        if job_run is None:
            job_run = job_runs[key] = _new_job_run(location, places[location.commit])
        touched[key] = job_run
        links.append((upload, job_run))
        names = [(case.suite, case.name) for case in result.cases]
        known = rows.rows(upload.repository, jobs[location.job], names, limits.tests_per_repository)
        places_in_job = [known.get(name) for name in names]
        cases = [case for case, row in zip(result.cases, places_in_job, strict=True) if row]
        if left_out := len(names) - len(cases):
            problems.setdefault(upload.pk, []).append(_too_many_tests(upload, left_out, limits))
            job_run.is_complete = False
        found = [row for row in places_in_job if row]
        add_outcomes(job_run, cases, np.array([row.ordinal for row in found], dtype=np.intp))
        add_facts(job_run, result, is_first=is_first)
        failures += [
            (_failure(upload, job_run, case, row.job_test), case.details)
            for case, row in zip(cases, found, strict=True)
            if case.outcome in _FAILURES and (case.outcome != Outcome.FLAKY or case.message or case.details)
        ]
        failures += [
            (_failure(upload, job_run, case, None), case.details)
            for case in (*result.failures_outside_tests, *result.annotations)
        ]
    _write(touched.values(), failures, links)
    for _, result, location in entries:
        if result.steps:
            _add_steps(job_runs[location.job, location.workflow_run], result.steps)
    return problems


def _locked_jobs(entries: Sequence[Entry]) -> Iterable[Job]:
    return Job.objects.select_for_update().filter(pk__in={entry.location.job for entry in entries}).order_by("pk")


def _known_job_runs(entries: Sequence[Entry]) -> dict[tuple[int, int], JobRun]:
    """The job runs that are there already, by job and workflow run."""
    found = JobRun.objects.filter(
        job__in={entry.location.job for entry in entries},
        workflow_run__in={entry.location.workflow_run for entry in entries},
    )
    return {(job_run.job_id, job_run.workflow_run_id): job_run for job_run in found}


def _recorded(entries: Sequence[Entry], job_runs: Iterable[JobRun]) -> set[tuple[int, int]]:
    """Which uploads are a part of which job runs already."""
    keys = [job_run.pk for job_run in job_runs]
    if not keys:
        return set()
    links = RecordedUpload.objects.filter(upload__in={entry.upload.pk for entry in entries}, job_run__in=keys)
    return set(links.values_list("upload_id", "job_run_id"))


def _new_job_run(location: Location, place: int) -> JobRun:
    return JobRun(
        job_id=location.job,
        workflow_run_id=location.workflow_run,
        branch_id=location.branch,
        commit_id=location.commit,
        place=place,
    )


def _too_many_tests(upload: Upload, left_out: int, limits: Limits) -> str:
    return (
        f"{left_out:,} tests are left out: {upload.repository} has {limits.tests_per_repository:,} tests already "
        "(KINDMAP_LIMIT_TESTS_PER_REPOSITORY). Are there random parts in test names?"
    )


def _failure(upload: Upload, job_run: JobRun, case: Case, job_test: int | None) -> Failure:
    return Failure(
        repository_id=upload.repository_id,
        job_run=job_run,
        job_test_id=job_test,
        title="" if job_test else f"{case.suite} {case.name}".strip(),
        outcome=case.outcome,
        message=case.message,
        file=case.file,
        line=case.line,
    )


def _write(
    job_runs: Iterable[JobRun], failures: Sequence[tuple[Failure, str]], links: Sequence[tuple[Upload, JobRun]]
) -> None:
    new = [job_run for job_run in job_runs if job_run.pk is None]
    for job_run in job_runs:
        if job_run.pk is not None:
            job_run.save()
    JobRun.objects.bulk_create(new)
    for failure, _ in failures:
        failure.job_run_id = failure.job_run.pk  # it had none when the failure was made
    write_failures(failures)
    RecordedUpload.objects.bulk_create(
        [RecordedUpload(upload_id=upload.pk, job_run_id=job_run.pk) for upload, job_run in links]
    )


def _add_steps(job_run: JobRun, steps: Sequence[StepResult]) -> None:
    """Write the steps by their numbers. A step that is finished stays as it is."""
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
