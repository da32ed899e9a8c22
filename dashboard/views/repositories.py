"""The first page: the repositories that one may see, and how their default branches are now."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.core.paginator import Paginator
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Left
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dashboard.access import visible_repositories
from dashboard.analysis.health import worst
from dashboard.models import Branch, BranchCommit, JobRun, Repository, Verdict
from dashboard.views.marks import VERDICT_MARKS, Mark
from dashboard.views.navigation import page_number

REPOSITORIES = 30  # on one page
COMMITS = 15  # of each repository's strip


@dataclass(frozen=True, slots=True)
class CommitHealth:
    """A commit of a default branch, and the worst verdict of its jobs."""

    sha: str
    subject: str
    author: str
    committed_at: datetime
    verdict: Verdict

    @property
    def mark(self) -> Mark:
        return VERDICT_MARKS[self.verdict]


@dataclass(frozen=True, slots=True)
class RepositoryRow:
    """A repository, its default branch and the newest commits there."""

    repository: Repository
    branch: Branch | None
    commits: list[CommitHealth]


def repositories(request: HttpRequest) -> HttpResponse:
    pages = Paginator(visible_repositories(request.user).order_by("slug"), REPOSITORIES)
    page = pages.get_page(page_number(request))
    shown = list(page.object_list)
    branches = default_branches(shown)
    health = newest_commits(list(branches.values()))
    rows = [
        RepositoryRow(repository, branch, health[branch.pk] if branch else [])
        for repository in shown
        for branch in [branches.get(repository.pk)]
    ]
    return render(request, "dashboard/repositories.html", {"rows": rows, "page": page, "count": pages.count})


def default_branches(repositories: list[Repository]) -> dict[int, Branch]:
    """The branch that each repository opens with, by repository: its choice, else main, master, the newest commit's."""
    candidates = Branch.objects.filter(repository__in=repositories).select_related("repository")
    named = candidates.filter(Q(name__in=["main", "master"]) | Q(name=F("repository__default_branch")))
    found: dict[int, Branch] = {}
    for branch in named:
        best = found.get(branch.repository_id)
        if best is None or _rank(branch) < _rank(best):
            found[branch.repository_id] = branch
    others = [repository.pk for repository in repositories if repository.pk not in found]
    newest = BranchCommit.objects.filter(branch__repository=OuterRef("repository")).order_by("-place").values("branch")
    for branch in candidates.filter(repository__in=others, pk=Subquery(newest[:1])):
        found[branch.repository_id] = branch
    return found


def _rank(branch: Branch) -> int:
    return [branch.repository.default_branch, "main", "master"].index(branch.name)


def newest_commits(branches: list[Branch]) -> dict[int, list[CommitHealth]]:
    """The newest commits of each branch with the worst verdict of their jobs, newest first, by branch."""
    last_place = (
        BranchCommit.objects.filter(branch=OuterRef("pk")).order_by("-place").values("place")[COMMITS - 1 : COMMITS]
    )
    since = Q(pk__in=[])
    for pk, place in (
        Branch.objects.filter(pk__in=[branch.pk for branch in branches])
        .annotate(since=Subquery(last_place))
        .values_list("pk", "since")
    ):
        since |= Q(branch=pk, place__gte=place or 0)
    places = list(
        BranchCommit.objects.filter(since)
        .order_by("-place", "-commit_id")
        .values_list(
            "branch_id",
            "commit_id",
            "commit__sha",
            Left("commit__message", 150),
            "commit__author",
            "commit__committed_at",
        )
    )
    verdicts: dict[tuple[int, int], dict[int, int]] = defaultdict(dict)
    # A later attempt of a job replaces an earlier one.
    for branch, commit, job, verdict in (
        JobRun.objects.filter(branch__in=branches, commit__in={place[1] for place in places})
        .order_by("workflow_run__key", "workflow_run__attempt", "id")
        .values_list("branch_id", "commit_id", "job_id", "verdict")
    ):
        verdicts[branch, commit][job] = verdict
    health: dict[int, list[CommitHealth]] = defaultdict(list)
    for branch, commit, sha, message, author, committed_at in places:
        if len(health[branch]) < COMMITS:
            verdict = worst(verdicts[branch, commit].values())
            health[branch].append(CommitHealth(sha, message.partition("\n")[0], author, committed_at, verdict))
    return health
