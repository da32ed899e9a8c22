"""The way in: results are received here, and the worker does the rest."""

import errno
import io
from collections.abc import Callable, Container

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from ninja import Query, Router, Status
from ninja.errors import HttpError

from dashboard.api.auth import BearerToken, readable_repositories, upload_repository
from dashboard.api.schemas import JobRunIn, Problem, UploadAccepted, UploadQuery, UploadState
from dashboard.intake.identity import RunIdentity, dimensions_of, repaired_time
from dashboard.intake.job_runs import parse_job_runs
from dashboard.intake.keep import TooLarge, TooShort
from dashboard.intake.receive import Body, receive_job_runs, receive_report
from dashboard.intake.report import Refused
from dashboard.models import Upload

router = Router(tags=["Results in"])

_TIMES = ("started_at", "finished_at", "committed_at")
_PROBLEMS = frozenset({400, 401, 403, 404, 413, 422, 503, 507})
_ANSWERS = {202: UploadAccepted, 200: UploadAccepted, _PROBLEMS: Problem}


@router.post("/uploads", response=_ANSWERS, auth=BearerToken(), summary="Upload test reports")
def create_upload(request: HttpRequest, query: Query[UploadQuery]) -> Status:
    """The body is one report as it is (JUnit XML, `go test -json`, TAP, CTRF), gzip of it, a zip or tar of many, or
    multipart/form-data with many files. The answer is 202 at once, and the worker records it.
    The same body for the same run again is the same upload: 200."""
    _refuse_unknown(request, UploadQuery.model_fields)
    repository = upload_repository(request.auth, query.repository)  # type: ignore[attr-defined]
    values = query.model_dump(exclude={"repository", "dimension"})
    try:
        values |= {name: repaired_time(values[name]) for name in _TIMES}
        run = RunIdentity.checked(values | {"dimensions": dimensions_of(query.dimension)})
    except ValueError as error:
        raise HttpError(422, str(error)) from None
    token = request.auth  # type: ignore[attr-defined]
    return _received(request, lambda: receive_report(repository, run, _body(request), token))


@router.post(
    "/job-runs",
    response=_ANSWERS,
    auth=BearerToken(),
    summary="Send results without a test report",
    openapi_extra={
        "requestBody": {"content": {"application/json": {"schema": JobRunIn.model_json_schema()}}, "required": True}
    },
)
def create_job_runs(request: HttpRequest, repository: str) -> Status:
    """For CI that has only a job's result: its conclusion, its steps with their times, its annotations.

    The body is one job run, or `{"job_runs": […]}` with many. An annotation becomes a failure with file, line and message.
    """
    _refuse_unknown(request, {"repository"})
    token = request.auth  # type: ignore[attr-defined]
    found = upload_repository(token, repository)
    body = _body(request)
    content = body.stream.read(settings.LIMITS.document_bytes + 1)
    try:
        parse_job_runs(content, settings.LIMITS)  # so that a mistake is told at once; the worker records it
    except Refused as refused:
        raise HttpError(422, str(refused)) from None
    return _received(request, lambda: receive_job_runs(found, body._replace(stream=io.BytesIO(content)), token))


@router.get("/uploads/{int:upload_id}", response={200: UploadState, frozenset({401, 403, 404}): Problem}, auth=None)
def upload_state(request: HttpRequest, upload_id: int) -> dict[str, object]:
    """What became of an upload: received, recorded or rejected, its totals, and every problem found."""
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


def _refuse_unknown(request: HttpRequest, known: Container[str]) -> None:
    """A mistyped parameter is told, not ignored: the result would land in the wrong row."""
    if unknown := sorted(name for name in request.GET if name not in known):
        raise HttpError(422, f"unknown: {', '.join(unknown)}")


def _body(request: HttpRequest) -> Body:
    announced = request.META.get("CONTENT_LENGTH")
    content_type = request.META.get("CONTENT_TYPE", "")
    # Django reads nothing of a chunked body; the server says when it can be read to its end.
    if not announced and request.META.get("wsgi.input_terminated"):
        return Body(request.META["wsgi.input"], content_type)
    return Body(request, content_type, int(announced or 0))


def _received(request: HttpRequest, receive: Callable[[], tuple[Upload, bool]]) -> Status:
    try:
        upload, is_new = receive()
    except TooLarge:
        raise HttpError(413, f"more than {settings.LIMITS.upload_bytes:,} bytes (KINDMAP_LIMIT_UPLOAD_BYTES)") from None
    except TooShort:
        raise HttpError(400, "the body ended before its announced length; send it again") from None
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise HttpError(507, "the server's disk is full; nothing was kept, send it again later") from None
        raise
    return Status(202 if is_new else 200, _accepted(request, upload))


def _accepted(request: HttpRequest, upload: Upload) -> dict[str, object]:
    repository = upload.repository
    return {
        "id": upload.pk,
        "state": upload.state,
        "state_url": _absolute(request, reverse("api:upload_state", args=[upload.pk])),
        "page_url": _absolute(request, reverse("upload", args=[repository.owner, repository.name, upload.pk])),
    }


def _absolute(request: HttpRequest, path: str) -> str:
    return settings.SITE_URL + path if settings.SITE_URL else request.build_absolute_uri(path)
