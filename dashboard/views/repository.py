"""A repository's page: its jobs by the commits of a branch."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape
from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from dashboard.access import may_maintain, visible_repository
from dashboard.models import Branch, Job, JobRun, Repository, Verdict
from dashboard.templatetags.kindmap import age
from dashboard.views.commits import CommitColumn, commit_columns
from dashboard.views.marks import VERDICT_LEGEND, VERDICT_MARKS
from dashboard.views.navigation import branch_choice, chosen_branch
from dashboard.views.text import visible

COMMITS = 40  # columns of one page


@dataclass(frozen=True, slots=True)
class Attempt:
    """A job run, as a part of a cell: what its verdict and counts are."""

    id: int
    verdict: int
    failed: int
    tests: int
    is_complete: bool
    is_commit_guessed: bool


@dataclass(slots=True)
class JobRow:
    """A job with its runs by commit, oldest attempt first."""

    name: str
    dimensions: str
    href: str
    cells: dict[int, list[Attempt]] = field(default_factory=lambda: defaultdict(list))


def repository(request: HttpRequest, owner: str, name: str) -> HttpResponse:
    repository = visible_repository(request, owner, name)
    branch = chosen_branch(request, repository)
    base = reverse("repository", args=[repository.owner, repository.name])
    commits, older = commit_columns(request, branch, COMMITS)
    workflows = job_rows(repository, branch, commits, base, request.GET.get("branch", ""))
    guesses = {
        run.is_commit_guessed for _, rows in workflows for row in rows for runs in row.cells.values() for run in runs
    }
    context = {
        "repository": repository,
        "may_maintain": may_maintain(request.user, repository),
        "choice": branch_choice(repository, branch),
        "head": commits_head(commits),
        "body": jobs_body(workflows, commits, base, shows_guesses=guesses == {True, False}),
        "commit_count": len(commits),
        "job_count": sum(len(rows) for _workflow, rows in workflows),
        "is_older": "before" in request.GET,
        "older": older,
        "is_guessed": True in guesses,
        "is_all_guessed": guesses == {True},
        "legend": VERDICT_LEGEND,
        "site": request.build_absolute_uri("/").rstrip("/"),
    }
    return render(request, "dashboard/repository.html", context)


def job_rows(
    repository: Repository, branch: Branch | None, commits: list[CommitColumn], base: str, asked: str
) -> list[tuple[str, list[JobRow]]]:
    """The jobs that ran on these commits, by workflow."""
    runs = JobRun.objects.filter(branch=branch, commit__in=[commit.id for commit in commits]).values_list(
        *("job_id", "commit_id", "id", "verdict", "failed", "error", "timed_out", "failures_outside_tests"),
        *("passed", "skipped", "flaky", "not_run", "expected_failure", "is_complete"),
        "workflow_run__is_commit_guessed",
    )
    suffix = f"?branch={escape(branch.name)}" if asked and branch else ""
    by_job: dict[int, JobRow] = {}
    # Attempts of a run follow each other by id; an attempt that arrives late still has the larger number.
    for job, commit, pk, verdict, failed, error, timed_out, outside, *others, is_complete, guessed in runs.order_by(
        "workflow_run__key", "workflow_run__attempt", "id"
    ):
        failures = failed + error + timed_out
        attempt = Attempt(pk, verdict, failures + outside, failures + sum(others), is_complete, guessed)
        by_job.setdefault(job, JobRow("", "", "")).cells[commit].append(attempt)
    named: list[tuple[str, JobRow]] = []
    for pk, job_name, dimensions, workflow in Job.objects.filter(pk__in=by_job).values_list(
        "id", "name", "dimensions", "workflow__name"
    ):
        row = by_job[pk]
        row.name = job_name
        row.dimensions = " ".join(f"{key}={value}" for key, value in dimensions.items())
        row.href = f"{base}jobs/{pk}/{suffix}"
        named.append((workflow, row))
    named.sort(key=lambda pair: (pair[0], pair[1].name, pair[1].dimensions))
    return [(workflow, [row for _, row in rows]) for workflow, rows in groupby(named, lambda pair: pair[0])]


def commits_head(commits: Iterable[CommitColumn]) -> SafeString:
    """One head a commit: its sha, subject, author and age."""
    heads = []
    for commit in commits:
        old = age(commit.committed_at)
        heads.append(
            f'<th scope=col><div class=commit title="{escape(commit.words)}">'
            f"<span><code>{escape(commit.short_sha)}</code> {old}</span>"
            f"<span>{escape(commit.subject)}</span><span>{escape(visible(commit.author))}</span></div>"
        )
    return mark_safe(f"<tr><td>{''.join(heads)}</tr>")


def jobs_body(
    workflows: list[tuple[str, list[JobRow]]], commits: list[CommitColumn], base: str, *, shows_guesses: bool
) -> SafeString:
    """A body of rows for each workflow: one row a job, one cell a commit, one part of it a run.

    shows_guesses: runs whose commit was chosen by time are marked; where all are, marks would only be noise.
    """
    out = []
    for workflow, rows in workflows:
        out.append(
            f'<tbody><tr class=group><th scope=rowgroup>{escape(visible(workflow))}<td colspan="{len(commits)}"></tr>'
        )
        for row in rows:
            name, dimensions = escape(visible(row.name)), escape(visible(row.dimensions))
            out.append(
                f'<tr><th scope=row><a href="{row.href}" title="{name} {dimensions}"><b>{name}</b>'
                f"{f'<i class=dimension>{dimensions}</i>' if dimensions else ''}</a>"
            )
            out.extend(_cell(row.cells.get(commit.id), commit, name, base, shows_guesses) for commit in commits)
        out.append("</tbody>")
    return mark_safe("".join(out))


def _cell(attempts: list[Attempt] | None, commit: CommitColumn, job: str, base: str, shows_guesses: bool) -> str:
    if not attempts:
        return "<td class=a>"
    parts = []
    for number, attempt in enumerate(attempts, 1):
        mark = VERDICT_MARKS[Verdict(attempt.verdict)]
        label = f"{mark.words}, {attempt.failed} of {attempt.tests} tests failed"
        if len(attempts) > 1:
            label += f", run {number} of {len(attempts)}"
        label += "" if attempt.is_complete else ", report cut short"
        label += ", commit chosen by time" if attempt.is_commit_guessed else ""
        is_doubtful = not attempt.is_complete or (shows_guesses and attempt.is_commit_guessed)
        css = f"{mark.css} doubt" if is_doubtful else mark.css
        # One run on a commit leaves room for the number of failures.
        count = f" {attempt.failed}" if len(attempts) == 1 and 0 < attempt.failed < 1000 else ""
        parts.append(
            f'<a class="{css}" href="{base}job-runs/{attempt.id}/" aria-label="{job} on {escape(commit.short_sha)}: {label}">'
            f"{mark.letter}{count}</a>"
        )
    return f"<td class=runs>{parts[0]}" if len(parts) == 1 else f"<td class=runs><div>{''.join(parts)}</div>"
