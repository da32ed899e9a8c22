"""CI definitions and their executions."""

from django.db import models

from dashboard.models.commits import Branch, Commit
from dashboard.models.repositories import Repository


class Workflow(models.Model):
    """A CI definition: a GitHub Actions workflow, or kindmap's own runner."""

    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="workflows", db_index=False)
    name = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["repository", "name"], name="workflow_once")]

    def __str__(self) -> str:
        return self.name


class WorkflowRun(models.Model):
    """One execution of a workflow for a commit; every attempt is kept."""

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="runs", db_index=False)
    commit = models.ForeignKey(Commit, on_delete=models.CASCADE, related_name="workflow_runs")
    branch = models.ForeignKey(Branch, on_delete=models.CASCADE, related_name="workflow_runs")
    key = models.CharField(max_length=100, blank=True)  # the CI's own number of the run; empty: the commit's only one
    attempt = models.PositiveIntegerField(default=1)
    event = models.CharField(max_length=50, blank=True)
    head_branch = models.CharField(max_length=255, blank=True)  # what the sender called the branch
    url = models.TextField(blank=True)
    # The sender knew no commit; it was chosen by time, and the pages say so.
    is_commit_guessed = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workflow", "commit", "branch", "key", "attempt"], name="workflow_run_once")
        ]

    def __str__(self) -> str:
        return f"{self.workflow} {self.key or self.commit.short_sha} attempt {self.attempt}"
