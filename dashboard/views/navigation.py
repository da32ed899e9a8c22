"""What several pages read from their address: the branch, and from where on to show older columns."""

import re
from dataclasses import dataclass

from django.core.exceptions import BadRequest
from django.db.models import Q
from django.http import Http404, HttpRequest

from dashboard.analysis import columns
from dashboard.models import Branch, Repository

WIDTHS = (20, 50, 100, 200)  # columns of a heat map
DEFAULT_WIDTH = 50
BRANCH_CHOICES = 100  # of each kind; any other branch is reached by its name in the address


@dataclass(frozen=True, slots=True)
class BranchChoice:
    """The branch of a page, and those to choose from."""

    branch: Branch | None
    branches: list[Branch]
    pull_requests: list[Branch]


def chosen_branch(request: HttpRequest, repository: Repository) -> Branch | None:
    """The branch that the address names (`main`, `pull/12` or `#12`), else the one that the repository opens with.

    None when nothing was ever recorded; 404 when the address names a branch that is not there.
    """
    asked = request.GET.get("branch", "").strip()
    if not asked:
        return columns.default_branch(repository)
    name = re.sub(r"^#(\d+)$", r"pull/\1", asked)
    branch = Branch.objects.filter(repository=repository, name=name).first()
    if branch is None:
        raise Http404(f"{repository} has no results for a branch called {asked}.")
    return branch


def branch_choice(repository: Repository, branch: Branch | None) -> BranchChoice:
    """The newest branches and pull requests of a repository, and the chosen branch whatever its age."""
    known = Branch.objects.filter(repository=repository).order_by("-id")
    of_branches, of_pull_requests = known.filter(pull_request=None), known.exclude(pull_request=None)
    listed = {choice.pk: choice for choice in (*of_branches[:BRANCH_CHOICES], *of_pull_requests[:BRANCH_CHOICES])}
    if branch is not None:
        listed[branch.pk] = branch
    return BranchChoice(
        branch=branch,
        branches=sorted((choice for choice in listed.values() if not choice.pull_request), key=lambda one: one.name),
        pull_requests=sorted(
            (choice for choice in listed.values() if choice.pull_request), key=lambda one: -(one.pull_request or 0)
        ),
    )


def older_than(request: HttpRequest, id_field: str) -> Q:
    """`before=PLACE-ID` of the address as a condition on rows ordered by place and id; 400 when it is something else.

    Two columns may have one place, so the id is part of where a page of columns ends.
    """
    text = request.GET.get("before", "")
    if not text:
        return Q()
    if not re.fullmatch(r"\d{1,18}-\d{1,18}", text):
        raise BadRequest("before= must be PLACE-ID, as in the links to older results.")
    return columns.older_than(text, id_field)


def chosen_width(request: HttpRequest) -> int:
    """How many columns the address wants; the default when it says something else."""
    width = request.GET.get("width", "")
    return int(width) if width in map(str, WIDTHS) else DEFAULT_WIDTH


def page_number(request: HttpRequest, name: str = "page") -> int:
    """A page's number from the address, counted from 1; 1 when it is missing or no number."""
    text = request.GET.get(name, "")
    return max(int(text), 1) if re.fullmatch(r"\d{1,9}", text) else 1
