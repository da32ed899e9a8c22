"""Tests, and their rows in the heat maps of jobs."""

from django.db import models

from dashboard.models.jobs import Job
from dashboard.models.repositories import Repository


class Test(models.Model):
    """A test's identity in a repository: suite and name."""

    __test__ = False  # pytest would collect the class

    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="tests", db_index=False)
    key = models.BinaryField(max_length=16)  # blake2b of suite and name: names are too long for an index
    suite = models.TextField(blank=True)
    name = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["repository", "key"], name="test_once")]

    def __str__(self) -> str:
        return f"{self.suite} {self.name}".lstrip()


class JobTest(models.Model):
    """A test as a row of one job's heat map. Its ordinal is its place in JobRun.statuses, for ever."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="job_tests", db_index=False)
    test = models.ForeignKey(Test, on_delete=models.CASCADE, related_name="job_tests", db_index=False)
    ordinal = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "ordinal"], name="job_test_ordinal_once"),
            models.UniqueConstraint(fields=["test", "job"], name="job_test_once"),
        ]

    def __str__(self) -> str:
        return f"{self.test} in {self.job}"
