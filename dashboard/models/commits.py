"""Commits and their order on branches."""

from django.db import models

from dashboard.models.repositories import Repository


class Commit(models.Model):
    """A commit, as on GitHub."""

    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="commits", db_index=False)
    sha = models.CharField(max_length=64)
    tree_sha = models.CharField(max_length=64, blank=True)  # equal trees are the same code, whatever the commit says
    # Until somebody says when it was committed, the time of its first result stands in.
    committed_at = models.DateTimeField()
    is_time_known = models.BooleanField(default=False)
    author = models.CharField(max_length=200, blank=True)
    message = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["repository", "sha"], name="commit_once")]

    def __str__(self) -> str:
        return f"{self.short_sha} {self.subject}".rstrip()

    @property
    def short_sha(self) -> str:
        return self.sha[:8]

    @property
    def subject(self) -> str:
        return self.message.partition("\n")[0]

    @property
    def place(self) -> int:
        """Where the commit stands on a branch: its time in microseconds since 1970."""
        return int(self.committed_at.timestamp() * 1_000_000)


class Branch(models.Model):
    """A branch, or the head of a pull request (`pull/123`): a fork's `main` is not our `main`."""

    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="branches", db_index=False)
    name = models.CharField(max_length=255)
    pull_request = models.PositiveIntegerField(null=True)

    class Meta:
        verbose_name_plural = "branches"
        constraints = [models.UniqueConstraint(fields=["repository", "name"], name="branch_once")]

    def __str__(self) -> str:
        return f"#{self.pull_request}" if self.pull_request else self.name


class BranchCommit(models.Model):
    """A commit's place on a branch: columns are ordered by it, never by arrival."""

    branch = models.ForeignKey(Branch, on_delete=models.CASCADE, related_name="branch_commits", db_index=False)
    commit = models.ForeignKey(Commit, on_delete=models.CASCADE, related_name="branch_commits")
    place = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["branch", "commit"], name="branch_commit_once")]
        indexes = [
            # The heat map's columns: the newest commits of a branch, and those before a place.
            models.Index(fields=["branch", "place", "commit"], name="branch_columns"),
        ]

    def __str__(self) -> str:
        return f"{self.commit.short_sha} on {self.branch}"
