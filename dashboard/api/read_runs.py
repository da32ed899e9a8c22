"""Reading workflow runs, job runs and the tests of a job run."""

from collections import defaultdict
from datetime import datetime
from typing import Any, Literal

import numpy as np
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from ninja import Field, Query, Router, Schema
from ninja.errors import HttpError

from dashboard.analysis.health import worst
from dashboard.api.answers import JobRunDetail, JobRuns, JobRunTests, Runs, VerdictName, verdict_name
from dashboard.api.auth import readable_repository
from dashboard.api.read_repositories import job_answer, page_url
from dashboard.api.reading import (
    Id,
    NewestFirst,
    Text,
    before_id,
    commits_named,
    named_branch,
    page_of,
    reads,
    with_parameters,
)
from dashboard.models import Commit, JobRun, JobTest, Repository, Verdict, WorkflowRun
from dashboard.models.jobs import OUTCOME_FIELDS
from dashboard.outcomes import Outcome
from dashboard.packing import unpack_durations, unpack_statuses

router = Router(tags=["Runs"])

_SHA = r"^([0-9a-f]{7,64})?$"


class RunsPage(NewestFirst):
    branch: Text = Field("", description="only of this branch; `pull/123` for a pull request")
    commit: str = Field("", pattern=_SHA, description="only of this commit: its sha, or how it begins")
    workflow: Text = Field("", description="only of this workflow")


class JobRunsPage(NewestFirst):
    branch: Text = Field("", description="only of this branch; `pull/123` for a pull request")
    commit: str = Field("", pattern=_SHA, description="only of this commit: its sha, or how it begins")
    job: Text = Field("", description="only of jobs of this name, whatever their dimensions")
    job_id: Id | None = Field(None, description="only of this one job")
    verdict: list[VerdictName] = Field([], description="only with this verdict; may be given more than once")


class TestsOfRunPage(Schema):
    __test__ = False  # pytest would collect the class

    outcome: list[
        Literal["passed", "skipped", "flaky", "failed", "error", "timed_out", "not_run", "expected_failure"]
    ] = Field([], description="only with this outcome; may be given more than once")
    after: int = Field(-1, ge=-1, le=2**31, description="only tests with a larger ordinal; `next` of an answer has it")
    limit: int = Field(500, ge=1, le=1000, description="how many at most")


@reads(router, "/repositories/{owner}/{name}/runs", Runs, summary="List workflow runs")
def list_runs(request: HttpRequest, owner: str, name: str, page: Query[RunsPage]) -> dict[str, object]:
    """Executions of workflows, the newest to arrive first; every attempt is one."""
    repository = readable_repository(request, owner, name)
    found = WorkflowRun.objects.filter(before_id(page.before), workflow__repository=repository)
    if page.branch:
        found = found.filter(branch=named_branch(repository, page.branch))
    if page.commit:
        found = found.filter(commit__in=commits_named(repository, page.commit))
    if page.workflow:
        found = found.filter(workflow__name=page.workflow)
    rows = list(found.select_related("workflow", "commit", "branch").order_by("-pk")[: page.limit + 1])
    answer = page_of(request, rows, page.limit, before=lambda run: run.pk)
    verdicts = _verdicts_of_runs([run.pk for run in answer["items"]])
    return answer | {"items": [_run_answer(run, verdicts[run.pk]) for run in answer["items"]]}


@reads(router, "/repositories/{owner}/{name}/job-runs", JobRuns, summary="List job runs")
def list_job_runs(request: HttpRequest, owner: str, name: str, page: Query[JobRunsPage]) -> dict[str, object]:
    """Executions of jobs with their verdicts and counts, the newest to arrive first; every attempt is one."""
    repository = readable_repository(request, owner, name)
    found = JobRun.objects.filter(before_id(page.before), job__workflow__repository=repository)
    if page.branch:
        found = found.filter(branch=named_branch(repository, page.branch))
    if page.commit:
        found = found.filter(commit__in=commits_named(repository, page.commit))
    if page.job:
        found = found.filter(job__name=page.job)
    if page.job_id:
        found = found.filter(job=page.job_id)
    if page.verdict:
        found = found.filter(verdict__in=[Verdict[verdict.upper()] for verdict in page.verdict])
    rows = list(_with_all_around(found).order_by("-pk")[: page.limit + 1])
    answer = page_of(request, rows, page.limit, before=lambda run: run.pk)
    return answer | {"items": [_job_run_answer(request, repository, run) for run in answer["items"]]}


@reads(router, "/repositories/{owner}/{name}/job-runs/{job_run_id}", JobRunDetail, summary="Get a job run")
def get_job_run(request: HttpRequest, owner: str, name: str, job_run_id: Id) -> dict[str, object]:
    """A job run with its counts, steps, the other attempts of the same job, and the uploads that it was made of."""
    repository = readable_repository(request, owner, name)
    run = repository_job_run(repository, job_run_id)
    attempts = (
        JobRun.objects.filter(job=run.job_id, commit=run.commit_id, branch=run.branch_id)
        .order_by("-workflow_run__key", "-workflow_run__attempt", "-pk")
        .values_list("pk", "workflow_run__key", "workflow_run__attempt", "verdict")[:100]
    )
    return _job_run_answer(request, repository, run) | {
        "event": run.workflow_run.event,
        "head_branch": run.workflow_run.head_branch,
        "steps": [
            {
                "number": step.number,
                "name": step.name,
                "verdict": verdict_name(step.verdict),
                "started_at": step.started_at,
                "finished_at": step.finished_at,
                "duration_seconds": _seconds(step.started_at, step.finished_at),
            }
            for step in run.steps.all()
        ],
        "attempts": [
            {"id": pk, "run": key, "attempt": attempt, "verdict": verdict_name(verdict)}
            for pk, key, attempt, verdict in reversed(attempts)
        ],
        "uploads": list(run.uploads.order_by("pk").values("id", "state", "received_at", "size_bytes")[:1000]),
    }


@reads(
    router,
    "/repositories/{owner}/{name}/job-runs/{job_run_id}/tests",
    JobRunTests,
    summary="List the tests of a job run",
)
def list_job_run_tests(
    request: HttpRequest, owner: str, name: str, job_run_id: Id, page: Query[TestsOfRunPage]
) -> dict[str, object]:
    """What each test did in a job run, in the order of their first appearance in the job."""
    repository = readable_repository(request, owner, name)
    run = (
        JobRun.objects.filter(pk=job_run_id, job__workflow__repository=repository)
        .only("job_id", "statuses", "durations")
        .first()
    )
    if run is None:
        raise _no_job_run(repository, job_run_id)
    statuses = unpack_statuses(run.statuses)
    durations = unpack_durations(run.durations, len(statuses))
    wanted = np.isin(statuses, [Outcome[outcome.upper()] for outcome in page.outcome]) if page.outcome else statuses > 0
    ordinals = np.flatnonzero(wanted)
    ordinals = ordinals[ordinals > page.after]
    shown = ordinals[: page.limit].tolist()
    tests = JobTest.objects.filter(job=run.job_id, ordinal__in=shown).order_by("ordinal")
    items = [
        {
            "id": pk,
            "suite": suite,
            "name": title,
            "ordinal": ordinal,
            "outcome": Outcome(statuses[ordinal]).label,
            "duration_seconds": None if np.isnan(durations[ordinal]) else float(durations[ordinal]),
        }
        for pk, suite, title, ordinal in tests.values_list("test_id", "test__suite", "test__name", "ordinal")
    ]
    following = with_parameters(request, after=shown[-1]) if len(ordinals) > len(shown) else None
    return {"items": items, "next": following}


def repository_job_run(repository: Repository, pk: int) -> JobRun:
    """A job run of a repository by its id, with all around it but without its outcomes; or 404."""
    run = _with_all_around(JobRun.objects.filter(pk=pk, job__workflow__repository=repository)).first()
    if run is None:
        raise _no_job_run(repository, pk)
    return run


def commit_answer(commit: Commit) -> dict[str, object]:
    return {
        "sha": commit.sha,
        "subject": commit.subject,
        "author": commit.author,
        "committed_at": commit.committed_at,
    }


def _no_job_run(repository: Repository, pk: int) -> HttpError:
    return HttpError(404, f"{repository} has no job run {pk}")


def _with_all_around(runs: QuerySet[JobRun]) -> QuerySet[JobRun]:
    around = runs.select_related("job__workflow", "workflow_run", "branch", "commit")
    return around.defer("statuses", "durations", "commit__message")


def _verdicts_of_runs(runs: list[int]) -> dict[int, dict[int, int]]:
    """How many job runs of each workflow run have each verdict."""
    counts: dict[int, dict[int, int]] = defaultdict(dict)
    rows = JobRun.objects.filter(workflow_run__in=runs).values_list("workflow_run", "verdict").annotate(Count("pk"))
    for run, verdict, count in rows.order_by("verdict"):
        counts[run][verdict] = count
    return counts


def _run_answer(run: WorkflowRun, verdicts: dict[int, int]) -> dict[str, object]:
    return {
        "id": run.pk,
        "workflow": run.workflow.name,
        "run": run.key,
        "attempt": run.attempt,
        "commit": commit_answer(run.commit),
        "is_commit_guessed": run.is_commit_guessed,
        "branch": run.branch.name,
        "pull_request": run.branch.pull_request,
        "event": run.event,
        "url": run.url,
        "verdict": verdict_name(worst(verdicts)),
        "job_runs": {verdict_name(verdict): count for verdict, count in verdicts.items()},
    }


def _job_run_answer(request: HttpRequest, repository: Repository, run: JobRun) -> dict[str, Any]:
    return {
        "id": run.pk,
        "job": job_answer(run.job),
        "run_id": run.workflow_run_id,
        "run": run.workflow_run.key,
        "attempt": run.workflow_run.attempt,
        "commit": run.commit.sha,
        "committed_at": run.commit.committed_at,
        "is_commit_guessed": run.workflow_run.is_commit_guessed,
        "branch": run.branch.name,
        "pull_request": run.branch.pull_request,
        "verdict": verdict_name(run.verdict),
        "conclusion": run.conclusion,
        "is_complete": run.is_complete,
        "counts": {"tests": run.tests} | {outcome: getattr(run, outcome) for outcome in OUTCOME_FIELDS},
        "failures_outside_tests": run.failures_outside_tests,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "duration_seconds": _seconds(run.started_at, run.finished_at),
        "url": run.url or run.workflow_run.url,
        "page_url": page_url(request, repository, f"job-runs/{run.pk}/"),
    }


def _seconds(start: datetime | None, end: datetime | None) -> float | None:
    return (end - start).total_seconds() if start and end else None
