"""Outcomes that need reading."""

import json
from collections.abc import Iterator, Sequence

import brotli
from django.db import models
from django.utils.functional import cached_property

from dashboard.models.jobs import JobRun
from dashboard.models.repositories import Repository
from dashboard.models.testcases import JobTest
from dashboard.outcomes import Outcome


class FailureText(models.Model):
    """The details of some failures of one job run, compressed together.

    They are much alike: one by one they were half of all bytes of the database, and twice as large.
    """

    MOST_TEXTS = 100
    MOST_CHARACTERS = 200_000  # so that reading one of them stays quick

    job_run = models.ForeignKey(JobRun, on_delete=models.CASCADE, related_name="failure_texts")
    packed = models.BinaryField()  # brotli of a JSON list: a tenth smaller than zlib on texts of this length

    def __str__(self) -> str:
        return f"texts of {self.job_run_id}"

    @cached_property
    def texts(self) -> list[str]:
        return json.loads(brotli.decompress(self.packed))

    @staticmethod
    def pack(texts: Sequence[str]) -> bytes:
        return brotli.compress(json.dumps(texts, ensure_ascii=False, separators=(",", ":")).encode(), quality=5)


class Failure(models.Model):
    """A failed outcome with its text. job_test is null when no test owns it (a suite's set-up, an annotation)."""

    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="failures", db_index=False)
    job_run = models.ForeignKey(JobRun, on_delete=models.CASCADE, related_name="failures")
    job_test = models.ForeignKey(JobTest, on_delete=models.CASCADE, related_name="failures", null=True)
    outcome = models.PositiveSmallIntegerField(choices=[(outcome.value, outcome.label) for outcome in Outcome])
    message = models.TextField(blank=True)
    title = models.TextField(blank=True)  # what failed, when job_test is null
    file = models.TextField(blank=True)
    line = models.PositiveIntegerField(null=True)
    # Both go with their job run, so that neither needs an index or a constraint on the other.
    text = models.ForeignKey(
        FailureText,
        on_delete=models.DO_NOTHING,
        related_name="failures",
        null=True,
        db_index=False,
        db_constraint=False,
    )
    text_number = models.PositiveSmallIntegerField(default=0)

    class Meta:
        indexes = [
            # The newest failures of a repository.
            models.Index(fields=["repository", "id"], name="failure_newest"),
        ]

    def __str__(self) -> str:
        return self.message[:100]

    @property
    def details(self) -> str:
        """All of the text; empty when the message is all there is. Pages with many failures prefetch `text`."""
        return self.text.texts[self.text_number] if self.text else ""


def _texts(job_run: JobRun, failures: Sequence[tuple[Failure, str]]) -> Iterator[FailureText]:
    """The texts to write for failures of one job run; each failure is told which is its own."""
    batch: list[tuple[Failure, str]] = []
    size = 0
    for failure, details in failures:
        if not details or details == failure.message:
            continue
        if batch and (len(batch) == FailureText.MOST_TEXTS or size + len(details) > FailureText.MOST_CHARACTERS):
            yield _text(job_run, batch)
            batch, size = [], 0
        batch.append((failure, details))
        size += len(details)
    if batch:
        yield _text(job_run, batch)


def _text(job_run: JobRun, batch: Sequence[tuple[Failure, str]]) -> FailureText:
    text = FailureText(job_run=job_run, packed=FailureText.pack([details for _, details in batch]))
    for number, (failure, _) in enumerate(batch):
        failure.text, failure.text_number = text, number
    return text


def write_failures(failures: Sequence[tuple[Failure, str]]) -> None:
    """Write failures, given with their details."""
    by_run: dict[int, list[tuple[Failure, str]]] = {}
    for failure, details in failures:
        by_run.setdefault(failure.job_run_id, []).append((failure, details))
    texts = [text for each in by_run.values() for text in _texts(each[0][0].job_run, each)]
    FailureText.objects.bulk_create(texts, batch_size=100)
    for failure, _ in failures:
        if failure.text:
            failure.text_id = failure.text.pk  # it had none when the failure was told
    Failure.objects.bulk_create([failure for failure, _ in failures], batch_size=1_000)
