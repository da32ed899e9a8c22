"""The way in: keep the bytes, write one row, wake the worker. Nothing is parsed here."""

from contextlib import nullcontext
from typing import Any, NamedTuple

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from dashboard.intake import queue
from dashboard.intake.identity import RunIdentity
from dashboard.intake.job_runs import CONTENT_TYPE as JOB_RUNS
from dashboard.intake.keep import Kept, Readable, keep, throw_away
from dashboard.models import ApiToken, Repository, Upload


class Body(NamedTuple):
    """What somebody sends: a stream, its content type, and how many bytes were announced, if that was said."""

    stream: Readable
    content_type: str = ""
    announced_bytes: int | None = None


class Label(NamedTuple):
    """What the label of a kept upload says: the run that a report belongs to, and what the sender called the body."""

    run: dict[str, Any]  # RunIdentity.to_json; empty for a document of job runs, which names them itself
    content_type: str


def receive_report(
    repository: Repository, run: RunIdentity, body: Body, token: ApiToken | None = None
) -> tuple[Upload, bool]:
    """Keep a report for a run. The upload, and whether it is new: the same body for the same run is the same upload.

    TooLarge, TooShort and OSError come from dashboard.intake.keep; nothing is left behind then.
    """
    kept = _keep(repository, body, settings.LIMITS.upload_bytes, Label(run.to_json(), body.content_type[:200]))
    return _row(repository, kept, run.fingerprint(kept.digest), token)


def receive_job_runs(repository: Repository, body: Body, token: ApiToken | None = None) -> tuple[Upload, bool]:
    """Keep a document of job runs, which names the runs itself (dashboard.intake.job_runs)."""
    kept = _keep(repository, body, settings.LIMITS.document_bytes, Label({}, JOB_RUNS))
    return _row(repository, kept, kept.digest[:16], token)


def _keep(repository: Repository, body: Body, most_bytes: int, label: Label) -> Kept:
    return keep(body.stream, f"uploads/{repository.pk}", most_bytes, body.announced_bytes, label._asdict())


def _row(repository: Repository, kept: Kept, fingerprint: bytes, token: ApiToken | None) -> tuple[Upload, bool]:
    try:
        # Alone, the statement is its own transaction; inside somebody's, its refusal must not spoil the rest.
        with transaction.atomic() if connection.in_atomic_block else nullcontext():
            upload = Upload.objects.create(
                repository=repository, token=token, fingerprint=fingerprint, file=kept.name, size_bytes=kept.size
            )
    except IntegrityError:
        throw_away(kept.name)
        return Upload.objects.get(repository=repository, fingerprint=fingerprint), False
    except Exception:
        throw_away(kept.name)
        raise
    queue.wake()
    return upload, True
