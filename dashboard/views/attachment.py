"""A file kept beside a job run."""

from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.shortcuts import get_object_or_404

from dashboard.access import visible_repository
from dashboard.downloads import download
from dashboard.models import Attachment


def attachment(request: HttpRequest, owner: str, name: str, pk: int) -> StreamingHttpResponse:
    repository = visible_repository(request, owner, name)
    attachment = get_object_or_404(Attachment, pk=pk, job_run__workflow_run__workflow__repository=repository)
    try:
        return download(attachment)
    except FileNotFoundError:
        raise Http404("The file is no longer kept.") from None
