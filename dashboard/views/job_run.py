"""A job run's page: its verdict and why, its failures, steps and tests."""

from dataclasses import dataclass

import numpy as np
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from dashboard.access import visible_repository
from dashboard.models import Failure, JobRun, JobTest, Step, Verdict
from dashboard.models.jobs import OUTCOME_FIELDS
from dashboard.outcomes import Outcome
from dashboard.packing import unpack_durations, unpack_statuses
from dashboard.views.failure import failure_name, source_address
from dashboard.views.marks import OUTCOME_MARKS, Mark
from dashboard.views.navigation import page_number
from dashboard.views.text import full_name, web_address

FAILURES = 20  # of one page
DETAILS_SHOWN = 3_000  # characters; the rest is on the failure's own page
TESTS = 100  # of one page


@dataclass(frozen=True, slots=True)
class ShownFailure:
    failure: Failure
    name: str
    mark: Mark
    details: str
    left_out: int  # characters of the details that are not shown
    source: str


@dataclass(frozen=True, slots=True)
class ShownTest:
    ordinal: int
    test: int
    name: str
    outcome: int
    seconds: float


@dataclass(frozen=True, slots=True)
class ShownStep:
    step: Step
    seconds: float | None
    bar: int  # its share of the longest step, in percent


@dataclass(frozen=True, slots=True)
class TestsPage:
    """A page of a run's tests, and the numbers around it."""

    tests: list[ShownTest]
    outcome: str  # of the filter; empty for all
    counts: list[tuple[str, Mark, int]]
    total: int
    number: int
    last: int

    @property
    def first_row(self) -> int:
        return (self.number - 1) * TESTS + 1

    @property
    def last_row(self) -> int:
        return self.first_row + len(self.tests) - 1


def job_run(request: HttpRequest, owner: str, name: str, pk: int) -> HttpResponse:
    repository = visible_repository(request, owner, name)
    run = get_object_or_404(
        JobRun.objects.select_related("job__workflow", "commit", "branch", "workflow_run", "job"),
        pk=pk,
        job__workflow__repository=repository,
    )
    failure_page = page_number(request, "failures")
    failures = shown_failures(run, failure_page, repository.full_name)
    context = {
        "repository": repository,
        "run": run,
        "why": why(run),
        "seconds": (run.finished_at - run.started_at).total_seconds() if run.finished_at and run.started_at else None,
        "run_url": web_address(run.url) or web_address(run.workflow_run.url),
        "failures": failures[:FAILURES],
        "failure_page": failure_page,
        "has_more_failures": len(failures) > FAILURES,
        "steps": shown_steps(run),
        "attempts": attempts(run),
        "uploads": run.uploads.order_by("id").defer("totals"),
        "attachments": run.attachments.order_by("name", "id"),
        "page": tests_page(run, request),
    }
    return render(request, "dashboard/job_run.html", context)


def why(run: JobRun) -> str:
    """The verdict's reason in words, from the counts that the page shows."""
    parts = [
        f"{count} {words}"
        for count, words in (
            (run.failed, "failed"),
            (run.error, "ended with an error"),
            (run.timed_out, "timed out"),
            (run.flaky, "failed first and then passed"),
            (run.not_run, "did not run"),
        )
        if count
    ]
    tests = f"{run.tests} test{'' if run.tests == 1 else 's'}"
    words = (
        f"Of {tests}, {' and '.join([', '.join(parts[:-1]), parts[-1]]) if len(parts) > 1 else parts[0]}."
        if parts
        else ""
    )
    if run.failures_outside_tests:
        count = run.failures_outside_tests
        words += f" {count} failure{'' if count == 1 else 's'} outside the tests, such as a set-up or a build."
    reasons = {
        Verdict.MISSING: "No result came in.",
        Verdict.QUEUED: "It waits for its turn.",
        Verdict.RUNNING: "It has not finished yet.",
        Verdict.INFRA_ERROR: "The cluster or the machine broke; that is not a test's failure.",
        Verdict.CANCELLED: "It was cancelled before it finished.",
        Verdict.SKIPPED: "It was not meant to run on this commit.",
        Verdict.TIMED_OUT: "" if run.timed_out else "The job as a whole ran out of time.",
        Verdict.PASSED: "" if words else f"{run.passed} of {tests} passed, none failed.",
    }
    said = f" The CI's conclusion: {run.conclusion}." if run.conclusion else ""
    return f"{reasons.get(Verdict(run.verdict), '')} {words}{said}".strip()


def shown_failures(run: JobRun, page: int, repository: str) -> list[ShownFailure]:
    """A page of the run's failures in their order, and one more if there are more."""
    first = (page - 1) * FAILURES
    failures = (
        Failure.objects.filter(job_run=run)
        .select_related("job_test__test")
        .prefetch_related("text")
        .order_by("id")[first : first + FAILURES + 1]
    )
    return [
        ShownFailure(
            failure=failure,
            name=failure_name(failure),
            mark=OUTCOME_MARKS[Outcome(failure.outcome)],
            details=details[:DETAILS_SHOWN],
            left_out=max(len(details) - DETAILS_SHOWN, 0),
            source=source_address(failure.file, failure.line, run, repository),
        )
        for failure in failures
        for details in [failure.details]
    ]


def shown_steps(run: JobRun) -> list[ShownStep]:
    """The steps with their times; bars compare them with the longest."""
    steps = list(run.steps.all())
    seconds = [
        (step.finished_at - step.started_at).total_seconds() if step.finished_at and step.started_at else None
        for step in steps
    ]
    longest = max((value for value in seconds if value), default=0.0)
    return [
        ShownStep(step, value, round(100 * value / longest) if value and longest else 0)
        for step, value in zip(steps, seconds, strict=True)
    ]


def attempts(run: JobRun) -> list[JobRun]:
    """All runs of the same job on the same commit and branch, this one among them, in the order they were made."""
    return list(
        JobRun.objects.filter(job=run.job_id, commit=run.commit_id, branch=run.branch_id)
        .select_related("workflow_run")
        .defer("statuses", "durations")
        .order_by("workflow_run__key", "workflow_run__attempt", "id")
    )


def tests_page(run: JobRun, request: HttpRequest) -> TestsPage:
    """A page of tests: those of one outcome (`outcome=failed`), or the page on which `at=ORDINAL` stands."""
    statuses = unpack_statuses(run.statuses)
    outcome = request.GET.get("outcome", "")
    outcome = outcome if outcome in OUTCOME_FIELDS else ""
    wanted = statuses == Outcome[outcome.upper()] if outcome else statuses != Outcome.ABSENT
    ordinals = np.flatnonzero(wanted)
    last = max(-(-len(ordinals) // TESTS), 1)
    number = min(page_number(request), last)
    at = request.GET.get("at", "")
    if at.isdecimal() and len(at) < 10:
        number = min(int(np.searchsorted(ordinals, int(at))) // TESTS + 1, last)
    shown = ordinals[(number - 1) * TESTS : number * TESTS].tolist()
    durations = unpack_durations(run.durations, len(statuses))
    tests = [
        ShownTest(ordinal, test, full_name(suite, title), int(statuses[ordinal]), float(durations[ordinal]))
        for ordinal, test, suite, title in JobTest.objects.filter(job=run.job_id, ordinal__in=shown)
        .order_by("ordinal")
        .values_list("ordinal", "test_id", "test__suite", "test__name")
    ]
    counts = [
        (field, OUTCOME_MARKS[Outcome(code)], getattr(run, field)) for code, field in enumerate(OUTCOME_FIELDS, 1)
    ]
    return TestsPage(tests, outcome, [count for count in counts if count[2]], len(ordinals), number, last)
