"""Outcomes that need reading."""

import zlib

from django.db import models

from dashboard.models.jobs import JobRun
from dashboard.models.repositories import Repository
from dashboard.models.testcases import JobTest
from dashboard.outcomes import Outcome


class Failure(models.Model):
    """A failed outcome with its text. job_test is null when no test owns it (a suite's set-up, an annotation)."""

    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="failures", db_index=False)
    job_run = models.ForeignKey(JobRun, on_delete=models.CASCADE, related_name="failures")
    job_test = models.ForeignKey(JobTest, on_delete=models.CASCADE, related_name="failures", null=True)
    outcome = models.PositiveSmallIntegerField(choices=[(outcome.value, outcome.label) for outcome in Outcome])
    message = models.TextField(blank=True)
    details_deflated = models.BinaryField(default=b"")  # zlib: half of all bytes of a database are failure texts
    title = models.TextField(blank=True)  # what failed, when job_test is null
    file = models.TextField(blank=True)
    line = models.PositiveIntegerField(null=True)

    class Meta:
        indexes = [
            # The newest failures of a repository.
            models.Index(fields=["repository", "-id"], name="failure_newest"),
        ]

    def __str__(self) -> str:
        return self.message[:100]

    @property
    def details(self) -> str:
        return zlib.decompress(self.details_deflated).decode() if self.details_deflated else ""

    @staticmethod
    def deflate(details: str) -> bytes:
        return zlib.compress(details.encode(), 6) if details else b""
