"""A file kept beside a job run. It is only ever downloaded: what strangers sent is never shown as a page of ours."""

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest
from django.shortcuts import get_object_or_404

from dashboard.access import visible_repository
from dashboard.models import Attachment


def attachment(request: HttpRequest, owner: str, name: str, pk: int) -> FileResponse:
    repository = visible_repository(request, owner, name)
    attachment = get_object_or_404(Attachment, pk=pk, job_run__workflow_run__workflow__repository=repository)
    try:
        file = default_storage.open(attachment.file)
    except FileNotFoundError:
        raise Http404("The file is no longer kept.") from None
    response = FileResponse(file, as_attachment=True, filename=attachment.name, content_type="application/octet-stream")
    response["X-Content-Type-Options"] = "nosniff"
    return response
