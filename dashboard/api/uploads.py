"""The way in: results are received here, and the worker does the rest."""

import io

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from ninja import Query, Router, Status
from ninja.decorators import decorate_view
from ninja.errors import HttpError

from dashboard.api.auth import BearerToken, Uploader, readable_repositories, upload_repository
from dashboard.api.bodies import PROBLEMS, body_of, run_of, told_when_not_kept
from dashboard.api.reading import Id, absolute, conditional, refuse_unknown
from dashboard.api.schemas import JobRunIn, JobRunsQuery, Problem, UploadAccepted, UploadQuery, UploadState
from dashboard.intake.job_runs import parse_job_runs
from dashboard.intake.keep import TooLarge, TooShort
from dashboard.intake.receive import receive_job_runs, receive_report
from dashboard.intake.report import Refused
from dashboard.models import Upload

router = Router(tags=["Results in"])

_ANSWERS = {202: UploadAccepted, 200: UploadAccepted, PROBLEMS: Problem}


@router.post(
    "/uploads",
    response=_ANSWERS,
    auth=BearerToken(),
    operation_id="create_upload",
    summary="Upload test reports",
    openapi_extra={
        "requestBody": {
            "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
            "required": True,
        }
    },
)
def create_upload(request: HttpRequest, query: Query[UploadQuery]) -> Status:
    """The body is one report as it is (JUnit XML, `go test -json`, TAP, CTRF), gzip of it, a zip or tar of many, or
    multipart/form-data with many files. The answer is 202 at once, and the worker records it.
    The same body for the same run again is the same upload: 200."""
    refuse_unknown(request, UploadQuery.model_fields)
    uploader: Uploader = request.auth  # type: ignore[attr-defined]
    repository = upload_repository(uploader, query.repository)
    run = run_of(query)
    with told_when_not_kept():
        upload, is_new = receive_report(repository, run, body_of(request), uploader.token)
    return Status(202 if is_new else 200, _accepted(request, upload))


@router.post(
    "/job-runs",
    response=_ANSWERS,
    auth=BearerToken(),
    operation_id="create_job_runs",
    summary="Send results without a test report",
    openapi_extra={
        "requestBody": {"content": {"application/json": {"schema": JobRunIn.model_json_schema()}}, "required": True}
    },
)
def create_job_runs(request: HttpRequest, query: Query[JobRunsQuery]) -> Status:
    """For CI that has only a job's result: its conclusion, its steps with their times, its annotations.

    The body is one job run, or `{"job_runs": […]}` with many. An annotation becomes a failure with file, line and message.
    """
    refuse_unknown(request, JobRunsQuery.model_fields)
    uploader: Uploader = request.auth  # type: ignore[attr-defined]
    repository = upload_repository(uploader, query.repository)
    body = body_of(request)
    with told_when_not_kept("document_bytes"):
        content = body.stream.read(settings.LIMITS.document_bytes + 1)
        if len(content) > settings.LIMITS.document_bytes:
            raise TooLarge
        if len(content) < (body.announced_bytes or 0):
            raise TooShort
        try:
            parse_job_runs(content, settings.LIMITS)  # so that a mistake is told at once; the worker records it
        except Refused as refused:
            raise HttpError(422, str(refused)) from None
        upload, is_new = receive_job_runs(repository, body._replace(stream=io.BytesIO(content)), uploader.token)
    return Status(202 if is_new else 200, _accepted(request, upload))


@router.get(
    "/uploads/{upload_id}",
    response={200: UploadState, 304: None, frozenset({401, 403, 404, 422, 503}): Problem},
    auth=None,
    operation_id="get_upload",
    url_name="upload_state",
    summary="Get what became of an upload",
    openapi_extra={"security": [{"BearerToken": []}, {}]},
)
@decorate_view(conditional)
def upload_state(request: HttpRequest, upload_id: Id) -> dict[str, object]:
    """What became of an upload: received, recorded or rejected, its totals, and every problem found."""
    refuse_unknown(request, ())
    upload = (
        Upload.objects.select_related("repository")
        .filter(pk=upload_id, repository__in=readable_repositories(request, or_upload=True))
        .first()
    )
    if upload is None:
        raise HttpError(404, f"there is no upload {upload_id}, or you may not see it")
    return _accepted(request, upload) | {
        "repository": upload.repository.full_name,
        "received_at": upload.received_at,
        "finished_at": upload.finished_at,
        "size_bytes": upload.size_bytes,
        "reason": upload.reason,
        "problems": upload.problems,
        "totals": upload.totals,
        "job_runs": list(upload.job_runs.order_by("pk").values_list("pk", flat=True)[:1000]),
    }


def _accepted(request: HttpRequest, upload: Upload) -> dict[str, object]:
    repository = upload.repository
    return {
        "id": upload.pk,
        "state": upload.state,
        "state_url": absolute(request, reverse("api:upload_state", args=[upload.pk])),
        "page_url": absolute(request, reverse("upload", args=[repository.owner, repository.name, upload.pk])),
    }
