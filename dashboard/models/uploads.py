"""What somebody sent, byte for byte, and what became of it."""

from django.db import models

from dashboard.models.jobs import JobRun
from dashboard.models.repositories import Repository
from dashboard.models.tokens import ApiToken


class Upload(models.Model):
    """A body received over HTTP. It is kept as it came; a worker parses and records it."""

    class State(models.TextChoices):
        RECEIVED = "received", "waiting for the worker"
        RECORDED = "recorded", "in the heat map"
        REJECTED = "rejected", "could not be used"

    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="uploads", db_index=False)
    token = models.ForeignKey(ApiToken, on_delete=models.SET_NULL, related_name="uploads", null=True, db_index=False)
    # blake2b of the body and of the run it belongs to: the same body for the same run again is the same upload.
    fingerprint = models.BinaryField(max_length=16)
    # Its name in Django's storage. Its label says where the results belong, in the sender's words (dashboard.intake.receive).
    file = models.CharField(max_length=200)
    size_bytes = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.RECEIVED)
    reason = models.TextField(blank=True)  # why it was rejected, in words
    problems = models.JSONField(default=list)  # what was cut, skipped, repaired, in words
    totals = models.JSONField(default=dict)
    received_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    job_runs = models.ManyToManyField(JobRun, through="RecordedUpload", related_name="uploads")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["repository", "fingerprint"], name="upload_once")]
        indexes = [
            # What the worker takes next.
            models.Index(fields=["id"], name="upload_waiting", condition=models.Q(state="received")),
        ]

    def __str__(self) -> str:
        return f"upload {self.pk} of {self.repository}"


class RecordedUpload(models.Model):
    """An upload became a part of a job run. Written in the transaction that records it: that makes it exactly once."""

    pk = models.CompositePrimaryKey("upload_id", "job_run_id")
    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="recorded", db_index=False)
    job_run = models.ForeignKey(JobRun, on_delete=models.CASCADE, related_name="recorded")

    def __str__(self) -> str:
        return f"upload {self.upload_id} in job run {self.job_run_id}"


class Attachment(models.Model):
    """A file kept beside a job run: a log, a cluster export, a screenshot."""

    job_run = models.ForeignKey(JobRun, on_delete=models.CASCADE, related_name="attachments")
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=200, blank=True)
    file = models.CharField(max_length=200)
    size_bytes = models.BigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name
