"""The columns of the answers that are as wide as a heat map: commits, newest first, in the order of their branch."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models.functions import Left
from django.http import HttpRequest
from ninja import Field, Schema

from dashboard.analysis.columns import older_than
from dashboard.api.reading import Text, with_parameters
from dashboard.models import Branch, BranchCommit

_SUBJECT_LENGTH = 500  # a message is kept no longer than that


class ColumnsPage(Schema):
    """Which columns."""

    branch: Text = Field("", description="the branch, or `pull/123`; without it the one that its page opens with")
    before: str = Field(
        "",
        pattern=r"^([0-9]{1,18}-[0-9]{1,18})?$",
        description="only columns older than this; `next` of an answer has it",
    )
    width: int = Field(50, ge=1, le=200, description="how many columns at most")


@dataclass(frozen=True, slots=True)
class CommitColumn:
    """A commit with its place on the branch."""

    place: int
    commit_id: int
    sha: str
    message: str
    author: str
    committed_at: datetime

    @property
    def commit_answer(self) -> dict[str, object]:
        subject = self.message.partition("\n")[0]
        return {"sha": self.sha, "subject": subject, "author": self.author, "committed_at": self.committed_at}


def commit_columns(branch: Branch | None, page: ColumnsPage) -> tuple[list[CommitColumn], bool]:
    """The commits of a page of columns, and whether there are older ones."""
    rows = (
        BranchCommit.objects.filter(older_than(page.before, "commit_id"), branch=branch)
        .order_by("-place", "-commit_id")
        .values_list(
            *("place", "commit_id", "commit__sha", Left("commit__message", _SUBJECT_LENGTH)),
            *("commit__author", "commit__committed_at"),
        )[: page.width + 1]
    )
    columns = [CommitColumn(*row) for row in rows]
    return columns[: page.width], len(columns) > page.width


def older_columns(request: HttpRequest, last: CommitColumn) -> str:
    """The address of the columns after this one."""
    return with_parameters(request, before=f"{last.place}-{last.commit_id}")
