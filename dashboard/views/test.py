"""A test's page: its life over the jobs and commits of a branch."""

import math
from dataclasses import dataclass

import numpy as np
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from dashboard.access import visible_repository
from dashboard.analysis.history import RunOutcome, history_of
from dashboard.models import Failure, Job, Test
from dashboard.outcomes import FAILURE_CODES, Outcome
from dashboard.views.cells import RunCell, commit_heads, strip_of_cells
from dashboard.views.commits import CommitColumn, commit_columns
from dashboard.views.marks import OUTCOME_LEGEND
from dashboard.views.navigation import WIDTHS, branch_choice, chosen_branch, chosen_width
from dashboard.views.sparkline import Sparkline, sparkline
from dashboard.views.text import full_name

FAILURES = 10
_FAILURES = frozenset(FAILURE_CODES.tolist())


@dataclass(frozen=True, slots=True)
class JobHistory:
    """A job's part of a test's life: its strip of cells, counts and durations."""

    job: Job
    strip: str
    passed: int
    failed: int
    flaky: int
    others: int
    median: float
    slowest: float
    durations: Sparkline | None

    @property
    def pass_rate(self) -> str:
        """Of the runs in which the test passed, failed or flaked; skips say nothing."""
        total = self.passed + self.failed + self.flaky
        return f"{100 * self.passed / total:.0f} %" if total else "—"


def test(request: HttpRequest, owner: str, name: str, pk: int) -> HttpResponse:
    repository = visible_repository(request, owner, name)
    test = get_object_or_404(Test, pk=pk, repository=repository)
    branch = chosen_branch(request, repository)
    base = reverse("repository", args=[repository.owner, repository.name])
    width = chosen_width(request)
    commits, older = commit_columns(request, branch, width)
    history = history_of(test, branch, {commit.id: commit.place for commit in commits})
    job_tests = list(test.job_tests.select_related("job__workflow"))
    failures = list(
        # By the rows' keys, not through a join: a planner without statistics took ten minutes over that.
        Failure.objects.filter(job_test__in=job_tests)
        .select_related("job_run__job", "job_run__commit", "job_run__branch")
        .defer("job_run__statuses", "job_run__durations", "job_run__commit__message")
        .order_by("-job_run__place", "-id")[:FAILURES]
    )
    context = {
        "repository": repository,
        "test": test,
        "name": full_name(test.suite, test.name),
        "choice": branch_choice(repository, branch),
        "head": commit_heads(commits),
        "jobs": job_histories(history, [job_test.job for job_test in job_tests], commits, base),
        "widths": WIDTHS,
        "width": width,
        "commit_count": len(commits),
        "is_older": "before" in request.GET,
        "older": older,
        "failures": failures,
        "legend": OUTCOME_LEGEND,
    }
    return render(request, "dashboard/test.html", context)


def job_histories(
    history: list[RunOutcome], jobs: list[Job], commits: list[CommitColumn], base: str
) -> list[JobHistory]:
    """The history by job, sorted by the jobs' names."""
    by_job: dict[int, list[RunOutcome]] = {}
    for run in history:
        by_job.setdefault(run.job, []).append(run)
    # Cells link to failures where there is a text to read.
    failing = [run for run in history if run.outcome in _FAILURES or run.outcome == Outcome.FLAKY]
    failures = {
        (run, job_test): pk
        for pk, run, job_test in Failure.objects.filter(
            job_run__in={run.job_run for run in failing}, job_test__in={run.job_test for run in failing}
        ).values_list("id", "job_run_id", "job_test_id")
    }
    order = {commit.id: index for index, commit in enumerate(commits)}
    histories = [_job_history(job, by_job[job.pk], order, failures, base) for job in jobs if job.pk in by_job]
    return sorted(histories, key=lambda one: (one.job.workflow.name, one.job.name, one.job.dimensions_key))


def _job_history(
    job: Job, runs: list[RunOutcome], order: dict[int, int], failures: dict[tuple[int, int], int], base: str
) -> JobHistory:
    cells: list[list[RunCell]] = [[] for _ in order]
    for run in runs:
        cells[order[run.commit]].append(
            RunCell(run.outcome, run.job_run, run.ordinal, failures.get((run.job_run, run.job_test)))
        )
    outcomes = [run.outcome for run in runs]
    failed = sum(outcomes.count(code) for code in _FAILURES)
    passed, flaky = outcomes.count(Outcome.PASSED), outcomes.count(Outcome.FLAKY)
    newest_first = sorted(runs, key=lambda run: order[run.commit])
    seconds = np.array([run.seconds for run in newest_first])
    is_known = not np.isnan(seconds).all()
    return JobHistory(
        job=job,
        strip=strip_of_cells(cells, base),
        passed=passed,
        failed=failed,
        flaky=flaky,
        others=len(outcomes) - passed - failed - flaky,
        median=float(np.nanmedian(seconds)) if is_known else math.nan,
        slowest=float(np.nanmax(seconds)) if is_known else math.nan,
        durations=sparkline(seconds) if is_known else None,
    )
