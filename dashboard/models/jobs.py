"""Rows of the matrix and their executions."""

from django.db import models

from dashboard.models.commits import Branch, Commit
from dashboard.models.runs import Workflow, WorkflowRun


class Verdict(models.IntegerChoices):
    """What became of a job run. The numbers are stored; they never change their meaning."""

    MISSING = 0, "missing"
    QUEUED = 1, "queued"
    RUNNING = 2, "running"
    PASSED = 3, "passed"
    FLAKY = 4, "flaky"
    FAILED = 5, "failed"
    INFRA_ERROR = 6, "infra error"
    TIMED_OUT = 7, "timed out"
    CANCELLED = 8, "cancelled"
    SKIPPED = 9, "skipped"


class Job(models.Model):
    """One row of the matrix: `deep`, or `deep` with dimensions such as `k8s=1.32, cni=calico`."""

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="jobs", db_index=False)
    name = models.CharField(max_length=200)
    dimensions = models.JSONField(default=dict)
    dimensions_key = models.CharField(max_length=500, blank=True)  # the dimensions as sorted text: part of the identity
    # Ordinals are handed out under this row's lock and never reused.
    test_count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workflow", "name", "dimensions_key"], name="job_once")]

    def __str__(self) -> str:
        return f"{self.name} ({self.dimensions_key})" if self.dimensions_key else self.name


class JobRun(models.Model):
    """One execution of a job, with the outcome of each of its tests.

    statuses: one byte (dashboard.outcomes.Outcome) for each JobTest ordinal; durations: seconds, one for each ordinal.
    dashboard.packing knows their formats. The counts are those of statuses, for the pages that need no more.
    """

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="job_runs", db_index=False)
    workflow_run = models.ForeignKey(WorkflowRun, on_delete=models.CASCADE, related_name="job_runs", db_index=False)
    # The next three are the workflow run's; they stand here so that a heat map reads one table.
    branch = models.ForeignKey(Branch, on_delete=models.CASCADE, related_name="job_runs", db_index=False)
    commit = models.ForeignKey(Commit, on_delete=models.CASCADE, related_name="job_runs")
    place = models.BigIntegerField()
    verdict = models.PositiveSmallIntegerField(choices=Verdict, default=Verdict.QUEUED)
    conclusion = models.CharField(max_length=20, blank=True)  # what the CI said, in GitHub's words
    is_complete = models.BooleanField(default=True)  # False: a report was cut short, so tests may be missing
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    url = models.TextField(blank=True)
    statuses = models.BinaryField(default=b"")
    durations = models.BinaryField(default=b"")
    passed = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    flaky = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    error = models.PositiveIntegerField(default=0)
    timed_out = models.PositiveIntegerField(default=0)
    not_run = models.PositiveIntegerField(default=0)
    expected_failure = models.PositiveIntegerField(default=0)
    # Failures that no test owns: a suite's set-up, a package that did not build, an annotation.
    failures_outside_tests = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workflow_run", "job"], name="job_run_once")]
        indexes = [
            # A job's heat map: its newest runs on a branch, and those before a place.
            models.Index(fields=["job", "branch", "place", "id"], name="job_run_columns"),
        ]

    def __str__(self) -> str:
        return f"{self.job} on {self.commit.short_sha}"

    @property
    def tests(self) -> int:
        """How many tests the run reports."""
        return sum(getattr(self, name) for name in OUTCOME_FIELDS)


OUTCOME_FIELDS = ("passed", "skipped", "flaky", "failed", "error", "timed_out", "not_run", "expected_failure")
"""The count fields of JobRun; position + 1 is the outcome's code."""


class Step(models.Model):
    """A part of a job run with its own time and outcome."""

    job_run = models.ForeignKey(JobRun, on_delete=models.CASCADE, related_name="steps", db_index=False)
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=300)
    verdict = models.PositiveSmallIntegerField(choices=Verdict)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["job_run", "number"], name="step_once")]

    def __str__(self) -> str:
        return f"{self.number}. {self.name}"
