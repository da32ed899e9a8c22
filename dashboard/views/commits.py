"""Commits of a branch as the columns of a heat map."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models.functions import Left
from django.http import HttpRequest

from dashboard.models import Branch, BranchCommit
from dashboard.views.navigation import older_than
from dashboard.views.text import utc, visible


@dataclass(frozen=True, slots=True)
class CommitColumn:
    """A commit of the branch. message is its beginning: pages show no more than the first line."""

    id: int
    place: int
    sha: str
    message: str
    author: str
    committed_at: datetime

    @property
    def short_sha(self) -> str:
        return self.sha[:8]

    @property
    def subject(self) -> str:
        return visible(self.message.partition("\n")[0])

    @property
    def words(self) -> str:
        """What the column's head says in full, and the script beside a cell."""
        return " · ".join(
            part for part in (self.short_sha, self.subject, visible(self.author), utc(self.committed_at)) if part
        )


def commit_columns(request: HttpRequest, branch: Branch | None, count: int) -> tuple[list[CommitColumn], str]:
    """The newest commits of a branch, or those before `before=`; and where the older ones begin, empty if there are none."""
    rows = list(
        BranchCommit.objects.filter(older_than(request, "commit_id"), branch=branch)
        .order_by("-place", "-commit_id")
        .values_list(
            *("commit_id", "place", "commit__sha", Left("commit__message", 150)),
            *("commit__author", "commit__committed_at"),
        )[: count + 1]
    )
    commits = [CommitColumn(*row) for row in rows[:count]]
    return commits, f"{commits[-1].place}-{commits[-1].id}" if len(rows) > count else ""
