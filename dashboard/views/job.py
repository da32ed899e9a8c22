"""A job's page: its tests by its newest runs on a branch."""

import re
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from django.core.exceptions import BadRequest
from django.db.models.functions import Left
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.safestring import SafeString

from dashboard.access import visible_repository
from dashboard.analysis import grid
from dashboard.analysis.patterns import Pattern, PatternError
from dashboard.models import Branch, Failure, Job, JobRun, JobTest
from dashboard.packing import statuses_matrix
from dashboard.views.cells import Column, Row, columns_head, drawn_rows, later_rows, rows_of_cells
from dashboard.views.marks import OUTCOME_LEGEND
from dashboard.views.navigation import WIDTHS, branch_choice, chosen_branch, chosen_width, older_than, page_number
from dashboard.views.requests import HtmxRequest
from dashboard.views.text import full_name

# Drawn at first, and of one page without a script. More than a screen; twice as many are interactive half as soon.
ROWS = 50
# Fetched at once when the page is scrolled: a hundred rows of 200 runs take the browser 150 ms, which is seen as a jerk.
CHUNK = 25
MOST_ROWS = 100  # that an address may ask for
SHOWN = {"all": "all tests", "failing": "failed in these runs", "flaky": "flaky in these runs"}
SORTS = {"name": "name", "failures": "most failures", "flakiness": "most flaky", "recent": "failed last"}


@dataclass(frozen=True, slots=True)
class Choices:
    """What the address says about which tests and runs to show."""

    q: str
    show: str
    sort: str
    width: int

    @classmethod
    def of(cls, request: HttpRequest) -> "Choices":
        """Unknown words mean the default, so that an old link still opens."""
        show, sort = request.GET.get("show", ""), request.GET.get("sort", "")
        return cls(
            q=request.GET.get("q", "").strip(),
            show=show if show in SHOWN else "all",
            sort=sort if sort in SORTS else "name",
            width=chosen_width(request),
        )


def job(request: HtmxRequest, owner: str, name: str, pk: int) -> HttpResponse:
    repository = visible_repository(request, owner, name)
    job = get_object_or_404(Job.objects.select_related("workflow"), pk=pk, workflow__repository=repository)
    branch = chosen_branch(request, repository)
    choices = Choices.of(request)
    base = reverse("repository", args=[repository.owner, repository.name])
    columns, blobs, has_older = run_columns(request, job, branch, choices.width)
    page, only = page_number(request), asked_rows(request)

    digest = blake2b(repr((choices, only, job.test_count, columns)).encode(), digest_size=12)
    for blob in blobs:
        digest.update(blob)
    etag = f'"{digest.hexdigest()}"'
    if only and (unchanged := get_conditional_response(request, etag=etag)) and unchanged.status_code == 304:
        return unchanged

    matrix = statuses_matrix(blobs, job.test_count)
    problem = ""
    try:
        ordinals, hidden = chosen_ordinals(job, matrix, columns, choices)
    except PatternError as error:
        problem, hidden = str(error), 0
        ordinals = np.zeros(0, dtype=np.int64)
    page = min(page, max(1, -(-len(ordinals) // ROWS)))
    first, last = only or ((page - 1) * ROWS + 1, page * ROWS)
    rows = draw_rows(job, matrix, columns, ordinals[first - 1 : last], base)
    if only:
        response = render(request, "dashboard/_grid_rows.html", {"bodies": [drawn_rows(first, rows)]})
        response["ETag"] = etag
        response["Cache-Control"] = "private, no-cache"
    else:
        context = {
            "bodies": table_bodies(request, rows, first, len(ordinals), len(columns)),
            "repository": repository,
            "job": job,
            "choice": branch_choice(repository, branch),
            "choices": choices,
            "shows": SHOWN,
            "sorts": SORTS,
            "widths": WIDTHS,
            "problem": problem,
            "head": columns_head(columns, base),
            "run_count": len(columns),
            "test_count": len(ordinals),
            "hidden": hidden,
            "newest": columns[0] if columns else None,
            "oldest": columns[-1] if columns else None,
            "is_older": "before" in request.GET,
            "older": f"{columns[-1].place}-{columns[-1].id}" if has_older else "",
            "is_guessed": any(column.is_commit_guessed for column in columns),
            "is_cut": not all(column.is_complete for column in columns),
            "legend": OUTCOME_LEGEND,
        }
        is_grid_only = bool(request.htmx) and not request.htmx.history_restore_request
        response = render(request, "dashboard/_grid.html" if is_grid_only else "dashboard/job.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def run_columns(
    request: HttpRequest, job: Job, branch: Branch | None, width: int
) -> tuple[list[Column], list[bytes], bool]:
    """The newest runs of a job on a branch with their packed outcomes, and whether there are older ones."""
    runs = list(
        JobRun.objects.filter(older_than(request, "id"), job=job, branch=branch)
        .order_by("-place", "-id")
        .values_list(
            *("id", "place", "verdict", "is_complete", "commit_id", "commit__sha", Left("commit__message", 150)),
            *("commit__author", "commit__committed_at", "workflow_run__attempt", "workflow_run__is_commit_guessed"),
            "statuses",
        )[: width + 1]
    )
    columns = [Column(*run) for *run, _statuses in runs[:width]]
    return columns, [run[-1] for run in runs[:width]], len(runs) > width


def chosen_ordinals(job: Job, matrix: np.ndarray, columns: list[Column], choices: Choices) -> tuple[np.ndarray, int]:
    """int64 (rows,): the ordinals of the tests to show, in their order; and how many have no result in these runs.

    Ties keep the order of names, or of first appearance when no name is needed: a sort never shuffles equals.
    """
    present = grid.is_present(matrix)
    keep = present.copy()
    if choices.show == "failing":
        keep &= grid.failure_counts(matrix) > 0
    elif choices.show == "flaky":
        keep &= grid.is_flaky(matrix, np.array([column.commit for column in columns], dtype=np.int64))
    ordinals = np.flatnonzero(keep)
    if choices.q or choices.sort == "name":
        ordinals = by_name(job, keep, choices.q)
    rows = matrix[ordinals]
    if choices.sort == "failures":
        ordinals = ordinals[np.lexsort((grid.newest_failures(rows), -grid.failure_counts(rows)))]
    elif choices.sort == "flakiness":
        ordinals = ordinals[np.argsort(-grid.flakiness(rows), kind="stable")]
    elif choices.sort == "recent":
        ordinals = ordinals[np.lexsort((-grid.failure_counts(rows), grid.newest_failures(rows)))]
    return ordinals, int(len(present) - present.sum())


def by_name(job: Job, keep: np.ndarray, q: str) -> np.ndarray:
    """int64 (rows,): those ordinals to keep whose names fit q (words, or `/a regular expression/`), sorted by name."""
    named = [
        (suite, name, ordinal)
        for ordinal, suite, name in JobTest.objects.filter(job=job).values_list("ordinal", "test__suite", "test__name")
        if ordinal < len(keep) and keep[ordinal]
    ]
    if q:
        names = [full_name(suite, name) for suite, name, _ordinal in named]
        if len(q) > 2 and q[0] == q[-1] == "/":
            fits = Pattern(q[1:-1]).matching(names)
        else:
            words = q.casefold().split()
            fits = [all(word in folded for word in words) for folded in map(str.casefold, names)]
        named = [row for row, is_fit in zip(named, fits, strict=True) if is_fit]
    return np.array([ordinal for _suite, _name, ordinal in sorted(named)], dtype=np.int64)


def asked_rows(request: HttpRequest) -> tuple[int, int] | None:
    """The rows that `rows=FIRST-LAST` asks for, and nothing around them; 400 when that is something else."""
    text = request.GET.get("rows", "")
    if not text:
        return None
    match = re.fullmatch(r"(\d{1,7})-(\d{1,7})", text)
    if not match or not 0 < int(match[1]) <= int(match[2]) < int(match[1]) + MOST_ROWS:
        raise BadRequest(f"rows= must be FIRST-LAST, at most {MOST_ROWS} rows.")
    return int(match[1]), int(match[2])


def table_bodies(request: HttpRequest, rows: list[str], first: int, count: int, columns: int) -> list[SafeString]:
    """The bodies of the table in their order: the drawn rows, from number `first` on, and placeholders for all others."""
    query = request.GET.copy()
    query.pop("page", None)
    encoded = f"{query.urlencode()}&" if query else ""
    bodies = []
    for start in range(1, count + 1, CHUNK):
        last = min(start + CHUNK - 1, count)
        if first <= start < first + len(rows):
            bodies.append(drawn_rows(start, rows[start - first : last - first + 1]))
        else:
            bodies.append(later_rows(start, last, columns, encoded, (start - 1) // ROWS + 1))
    return bodies


def draw_rows(job: Job, matrix: np.ndarray, columns: list[Column], ordinals: np.ndarray, base: str) -> list[str]:
    """The rows of these ordinals, in this order."""
    found = {
        ordinal: Row(ordinal, job_test, test, suite, name)
        for ordinal, job_test, test, suite, name in JobTest.objects.filter(
            job=job, ordinal__in=ordinals.tolist()
        ).values_list("ordinal", "id", "test_id", "test__suite", "test__name")
    }
    rows = [found[ordinal] for ordinal in ordinals.tolist()]
    failures = {
        (run, job_test): pk
        for pk, run, job_test in Failure.objects.filter(
            job_run__in=[column.id for column in columns], job_test__in=[row.job_test for row in rows]
        ).values_list("id", "job_run_id", "job_test_id")
    }
    return rows_of_cells(rows, matrix[ordinals], columns, failures, base)
