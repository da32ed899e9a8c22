"""A failure's page, to read and to share: what failed, where, and how the test did before and after."""

import re
from urllib.parse import quote

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from dashboard.access import visible_repository
from dashboard.models import Failure, JobRun
from dashboard.outcomes import Outcome
from dashboard.packing import outcome_of
from dashboard.views.cells import RunCell
from dashboard.views.marks import OUTCOME_MARKS
from dashboard.views.text import full_name, visible, web_address

RUNS_BESIDE = 20  # runs of the job before and after, in the strip


def failure(request: HttpRequest, owner: str, name: str, pk: int) -> HttpResponse:
    repository = visible_repository(request, owner, name)
    failure = get_object_or_404(
        Failure.objects.select_related(
            "job_run__job__workflow", "job_run__commit", "job_run__branch", "job_run__workflow_run", "job_test__test"
        ).defer("job_run__statuses", "job_run__durations"),
        pk=pk,
        repository=repository,
    )
    run = failure.job_run
    context = {
        "repository": repository,
        "failure": failure,
        "run": run,
        "name": failure_name(failure),
        "mark": OUTCOME_MARKS[Outcome(failure.outcome)],
        "source": source_address(failure.file, failure.line, run, repository.full_name),
        "run_url": web_address(run.url) or web_address(run.workflow_run.url),
        "details": failure.details,
        "strip": runs_beside(failure, reverse("repository", args=[repository.owner, repository.name])),
    }
    return render(request, "dashboard/failure.html", context)


def failure_name(failure: Failure) -> str:
    """What failed: the test, else what the report called it."""
    if failure.job_test:
        return full_name(failure.job_test.test.suite, failure.job_test.test.name)
    return visible(failure.title) or "Something outside the tests"


def source_address(file: str, line: int | None, run: JobRun, full_name: str) -> str:
    """The line on GitHub, if the run is known to come from there and the file is one of the repository."""
    is_github = any(url.startswith("https://github.com/") for url in (run.url, run.workflow_run.url))
    if not is_github or not file or file.startswith("/") or re.search(r"(^|/)\.\.(/|$)|[\\:]", file):
        return ""
    return f"https://github.com/{full_name}/blob/{quote(run.commit.sha)}/{quote(file)}" + (f"#L{line}" if line else "")


def runs_beside(failure: Failure, base: str) -> list[tuple[str, bool]]:
    """The same test in the runs around this one, newest first: each run's cell, and whether it is this one."""
    if failure.job_test is None:
        return []
    run, ordinal = failure.job_run, failure.job_test.ordinal
    runs = JobRun.objects.filter(job=run.job_id, branch=run.branch_id)
    newer = runs.filter(Q(place__gte=run.place) & (Q(place__gt=run.place) | Q(id__gt=run.pk)))
    older = runs.filter(Q(place__lte=run.place) & (Q(place__lt=run.place) | Q(id__lte=run.pk)))
    rows = [
        *reversed(newer.order_by("place", "id").values_list("id", "statuses")[:RUNS_BESIDE]),
        *older.order_by("-place", "-id").values_list("id", "statuses")[: RUNS_BESIDE + 1],
    ]
    failures = dict(
        Failure.objects.filter(job_test=failure.job_test_id, job_run__in=[pk for pk, _ in rows]).values_list(
            "job_run_id", "id"
        )
    )
    cells = [RunCell(outcome_of(packed, ordinal), pk, ordinal, failures.get(pk)) for pk, packed in rows]
    return [(cell.link(base), cell.job_run == run.pk) for cell in cells]
