"""Files kept beside job runs: logs, screenshots, cluster exports."""

import hashlib

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from dashboard.intake.identity import RunIdentity
from dashboard.intake.keep import Kept, keep, kept, throw_away
from dashboard.intake.locate import Locator, places_of
from dashboard.intake.receive import Body
from dashboard.models import Attachment, Job, JobRun, Repository

_CHUNK = 2**18
_MOST_NAME = 200


def checked_name(name: str) -> str:
    """A file's name that is safe wherever it is saved; ValueError says what it may be."""
    if not name.isprintable():
        raise ValueError("name has a control character, or one that turns the direction of writing")
    if set(name) & set("/\\") or name.strip() in ("", ".", ".."):
        raise ValueError("name is a file's name, such as kubectl-get-pods.txt, without a folder")
    if len(name) > _MOST_NAME:
        raise ValueError(f"name is longer than {_MOST_NAME} characters")
    return name.strip()


def attach(repository: Repository, run: RunIdentity, name: str, body: Body) -> tuple[Attachment, bool]:
    """Keep a file beside a job run. The attachment, and whether it is new: the same name and bytes again are the same one.

    The job run is made if it is not there yet, so that a log may arrive before the results; until those come it is queued.
    TooLarge, TooShort and OSError come from dashboard.intake.keep; nothing is left behind then.
    """
    label = {"name": name, "content_type": body.content_type[:200], "run": run.to_json()}
    file = keep(body.stream, f"attachments/{repository.pk}", settings.LIMITS.upload_bytes, body.announced_bytes, label)
    try:
        attachment, is_new = _row(_job_run(repository, run), name, body.content_type, file)
    except BaseException:
        throw_away(file.name)
        raise
    if not is_new:
        throw_away(file.name)
    return attachment, is_new


def _job_run(repository: Repository, run: RunIdentity) -> int:
    """The job run's primary key. It is made under its job's lock, as dashboard.intake.record makes it."""
    job, workflow_run, branch, commit = Locator().locate(repository, run, timezone.now())
    with transaction.atomic():
        Job.objects.select_for_update().get(pk=job)
        made = {"branch_id": branch, "commit_id": commit, "place": places_of({commit})[commit]}
        return JobRun.objects.get_or_create(job_id=job, workflow_run_id=workflow_run, defaults=made)[0].pk


def _row(job_run: int, name: str, content_type: str, file: Kept) -> tuple[Attachment, bool]:
    other: set[int] = set()
    while True:
        alike = Attachment.objects.filter(job_run=job_run, name=name, size_bytes=file.size)
        # Reading files takes time, so it is done before the lock is taken.
        for attachment in alike.exclude(pk__in=other):
            if _digest(attachment) == file.digest:
                return attachment, False
            other.add(attachment.pk)
        with transaction.atomic():
            JobRun.objects.select_for_update().only("pk").get(pk=job_run)
            if alike.exclude(pk__in=other).exists():
                continue  # another sender came first
            attachment = Attachment.objects.create(
                job_run_id=job_run,
                name=name,
                content_type=content_type[:200],
                file=file.name,
                size_bytes=file.size,
            )
            return attachment, True


def _digest(attachment: Attachment) -> bytes | None:
    """The digest of a kept file as dashboard.intake.keep makes it; None when the file is gone."""
    digest = hashlib.blake2b(digest_size=32)
    try:
        with kept(attachment.file) as body:
            while chunk := body.read(_CHUNK):
                digest.update(chunk)
    except FileNotFoundError:
        return None
    return digest.digest()
