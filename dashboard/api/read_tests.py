"""Reading failures, tests and the history of a test."""

import math
from datetime import UTC, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Query, Router
from ninja.errors import HttpError
from pydantic import BeforeValidator

from dashboard.analysis.history import RunOutcome, history_of
from dashboard.api.answers import (
    OUTCOME_ALPHABET,
    OUTCOME_LETTERS,
    FailureDetail,
    Failures,
    TestHistory,
    Tests,
)
from dashboard.api.auth import readable_repository
from dashboard.api.columns import ColumnsPage, commit_columns, older_columns
from dashboard.api.read_repositories import job_answer, page_url
from dashboard.api.reading import (
    Id,
    NewestFirst,
    OldestFirst,
    Text,
    before_id,
    chosen_branch,
    contains_words,
    named_branch,
    page_of,
    reads,
)
from dashboard.intake.identity import repaired_time
from dashboard.models import Failure, Job, Repository, Test
from dashboard.outcomes import Outcome

router = Router(tags=["Tests"])

Time = Annotated[datetime, BeforeValidator(lambda value: repaired_time(value) if isinstance(value, str) else value)]


class FailuresPage(NewestFirst):
    branch: Text = Field("", description="only on this branch; `pull/123` for a pull request")
    job: Text = Field("", description="only in jobs of this name, whatever their dimensions")
    job_id: Id | None = Field(None, description="only in this one job")
    test: Id | None = Field(None, description="only of the test with this id")
    since: Time | None = Field(None, description="only on commits committed at this time or later (ISO 8601)")


class TestsPage(OldestFirst):
    __test__ = False  # pytest would collect the class

    q: Text = Field("", description="words that all occur in the suite or the name")


class HistoryPage(ColumnsPage):
    pass


@reads(router, "/repositories/{owner}/{name}/failures", Failures, summary="List failures")
def list_failures(request: HttpRequest, owner: str, name: str, page: Query[FailuresPage]) -> dict[str, object]:
    """Failures of tests and of what is no test, the newest to arrive first, with what to read first of each."""
    repository = readable_repository(request, owner, name)
    found = Failure.objects.filter(before_id(page.before), repository=repository)
    if page.branch:
        found = found.filter(job_run__branch=named_branch(repository, page.branch))
    if page.job:
        found = found.filter(job_run__job__name=page.job)
    if page.job_id:
        found = found.filter(job_run__job=page.job_id)
    if page.test:
        found = found.filter(job_test__test=page.test)
    if page.since:
        found = found.filter(job_run__place__gte=_place(page.since))
    rows = found.select_related("job_run__job__workflow", "job_run__commit", "job_run__branch", "job_test__test").defer(
        "job_run__statuses", "job_run__durations", "job_run__commit__message"
    )
    answer = page_of(request, list(rows.order_by("-pk")[: page.limit + 1]), page.limit, before=lambda row: row.pk)
    return answer | {"items": [_failure_answer(request, repository, failure) for failure in answer["items"]]}


@reads(router, "/repositories/{owner}/{name}/failures/{failure_id}", FailureDetail, summary="Get a failure")
def get_failure(request: HttpRequest, owner: str, name: str, failure_id: Id) -> dict[str, object]:
    """A failure with all of its text."""
    repository = readable_repository(request, owner, name)
    failure = (
        Failure.objects.filter(pk=failure_id, repository=repository)
        .select_related("job_run__job__workflow", "job_run__commit", "job_run__branch", "job_test__test")
        .defer("job_run__statuses", "job_run__durations", "job_run__commit__message")
        .first()
    )
    if failure is None:
        raise HttpError(404, f"{repository} has no failure {failure_id}")
    return _failure_answer(request, repository, failure) | {"details": failure.details or failure.message}


@reads(router, "/repositories/{owner}/{name}/tests", Tests, summary="List tests")
def list_tests(request: HttpRequest, owner: str, name: str, page: Query[TestsPage]) -> dict[str, object]:
    """The tests of a repository, in the order of their first appearance."""
    repository = readable_repository(request, owner, name)
    found = Test.objects.filter(contains_words(page.q, "suite", "name"), repository=repository, pk__gt=page.after)
    rows = list(found.order_by("pk").values("id", "suite", "name")[: page.limit + 1])
    return page_of(request, rows, page.limit, after=lambda row: row["id"])


@reads(router, "/repositories/{owner}/{name}/tests/{test_id}/history", TestHistory, summary="Get the history of a test")
def get_test_history(
    request: HttpRequest, owner: str, name: str, test_id: Id, page: Query[HistoryPage]
) -> dict[str, object]:
    """What a test did in every job on the newest commits of a branch: arrays for each job, no row for each run."""
    repository = readable_repository(request, owner, name)
    test = Test.objects.filter(pk=test_id, repository=repository).first()
    if test is None:
        raise HttpError(404, f"{repository} has no test {test_id}")
    branch = chosen_branch(repository, page.branch)
    columns, has_older = commit_columns(branch, page)
    order = {column.commit_id: index for index, column in enumerate(columns)}
    places = {column.commit_id: column.place for column in columns}
    by_job: dict[int, list[RunOutcome]] = {}
    for run in sorted(history_of(test, branch, places), key=lambda run: order[run.commit]):
        by_job.setdefault(run.job, []).append(run)
    jobs = Job.objects.filter(pk__in=by_job).select_related("workflow")
    return {
        "test": {"id": test.pk, "suite": test.suite, "name": test.name},
        "branch": branch.name if branch else None,
        "alphabet": OUTCOME_ALPHABET,
        "commits": [column.commit_answer for column in columns],
        "jobs": [
            {
                "job": job_answer(job),
                "job_runs": [run.job_run for run in by_job[job.pk]],
                "commits": [order[run.commit] for run in by_job[job.pk]],
                "outcomes": "".join(OUTCOME_LETTERS[run.outcome] for run in by_job[job.pk]),
                "durations_seconds": [None if math.isnan(run.seconds) else run.seconds for run in by_job[job.pk]],
            }
            for job in jobs.order_by("workflow__name", "name", "dimensions_key")
        ],
        "next": older_columns(request, columns[-1]) if has_older else None,
    }


def _place(time: datetime) -> int:
    """A time as the place of a commit (Commit.place), as far as a database can hold it."""
    time = time if time.tzinfo else time.replace(tzinfo=UTC)
    return int(time.timestamp() * 1_000_000)


def _failure_answer(request: HttpRequest, repository: Repository, failure: Failure) -> dict[str, Any]:
    run, test = failure.job_run, failure.job_test.test if failure.job_test else None
    return {
        "id": failure.pk,
        "job_run_id": run.pk,
        "job": job_answer(run.job),
        "commit": run.commit.sha,
        "committed_at": run.commit.committed_at,
        "branch": run.branch.name,
        "outcome": Outcome(failure.outcome).label,
        "test": {"id": test.pk, "suite": test.suite, "name": test.name} if test else None,
        "title": failure.title,
        "message": failure.message,
        "file": failure.file,
        "line": failure.line,
        "page_url": page_url(request, repository, f"failures/{failure.pk}/"),
    }
