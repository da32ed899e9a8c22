"""Removing a repository with everything in it, files too."""

from django.core.files.storage import default_storage
from django.db import transaction

from dashboard.models import Attachment, Repository, Upload


def remove_repository(repository: Repository) -> int:
    """Delete a repository, its results and its files; how many files there were."""
    files = [
        *Upload.objects.filter(repository=repository).values_list("file", flat=True),
        *Attachment.objects.filter(job_run__job__workflow__repository=repository).values_list("file", flat=True),
    ]
    with transaction.atomic():
        repository.delete()
    # After the rows: a file without a row is only space, a row without its file is a broken page.
    for file in filter(None, files):
        default_storage.delete(file)
    return len(files)
