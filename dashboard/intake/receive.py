"""The way in: keep the bytes, write one row, wake the worker. Nothing is parsed here."""

from collections.abc import Mapping
from typing import NamedTuple

from django.conf import settings
from django.db import IntegrityError, transaction

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


def receive_report(
    repository: Repository, run: RunIdentity, body: Body, token: ApiToken | None = None
) -> tuple[Upload, bool]:
    """Keep a report for a run. The upload, and whether it is new: the same body for the same run is the same upload.

    TooLarge, TooShort and OSError come from dashboard.intake.keep; nothing is left behind then.
    """
    kept = keep(body.stream, _folder(repository), settings.LIMITS.upload_bytes, body.announced_bytes)
    return _row(repository, kept, run.fingerprint(kept.digest), run.to_json(), body.content_type, token)


def receive_job_runs(repository: Repository, body: Body, token: ApiToken | None = None) -> tuple[Upload, bool]:
    """Keep a document of job runs, which names the runs itself (dashboard.intake.job_runs)."""
    kept = keep(body.stream, _folder(repository), settings.LIMITS.document_bytes, body.announced_bytes)
    return _row(repository, kept, kept.digest[:16], {}, JOB_RUNS, token)


def _folder(repository: Repository) -> str:
    return f"uploads/{repository.pk}"


def _row(
    repository: Repository,
    kept: Kept,
    fingerprint: bytes,
    run: Mapping[str, object],
    content_type: str,
    token: ApiToken | None,
) -> tuple[Upload, bool]:
    try:
        with transaction.atomic():  # so that a caller's transaction survives the clash
            upload = Upload.objects.create(
                repository=repository,
                token=token,
                fingerprint=fingerprint,
                run=run,
                content_type=content_type[:200],
                file=kept.name,
                size_bytes=kept.size,
            )
    except IntegrityError:
        throw_away(kept.name)
        return Upload.objects.get(repository=repository, fingerprint=fingerprint), False
    except Exception:
        throw_away(kept.name)
        raise
    queue.wake()
    return upload, True
