"""Files beside job runs: kept, listed and downloaded."""

from django.http import HttpRequest, StreamingHttpResponse
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from ninja import Field, Query, Router, Status
from ninja.errors import HttpError

from dashboard.api.answers import AttachmentAnswer, Attachments
from dashboard.api.auth import BearerToken, readable_repository, upload_repository
from dashboard.api.bodies import PROBLEMS, body_of, run_of, told_when_not_kept
from dashboard.api.read_runs import repository_job_run
from dashboard.api.reading import Id, OldestFirst, absolute, page_of, reads, refuse_unknown
from dashboard.api.schemas import Problem, UploadQuery
from dashboard.downloads import download
from dashboard.intake.attach import attach, checked_name
from dashboard.models import Attachment, Repository

router = Router(tags=["Attachments"])

_FILE = {"*/*": {"schema": {"type": "string", "format": "binary"}}}


class AttachmentQuery(UploadQuery):
    """Where a file belongs, and its name."""

    name: str = Field(description="the file's name, without a folder", json_schema_extra={"example": "pods.txt"})


@router.post(
    "/attachments",
    response={201: AttachmentAnswer, 200: AttachmentAnswer, PROBLEMS: Problem},
    auth=BearerToken(),
    operation_id="create_attachment",
    summary="Attach a file to a job run",
    openapi_extra={"requestBody": {"content": _FILE, "required": True}},
)
def create_attachment(request: HttpRequest, query: Query[AttachmentQuery]) -> Status:
    """The body is the file as it is (`curl --data-binary @FILE`). The query says which job run, as for `/uploads`.

    It may come before or after the results. The same file under the same name again is the same attachment: 200.
    """
    refuse_unknown(request, AttachmentQuery.model_fields)
    repository = upload_repository(request.auth, query.repository)  # type: ignore[attr-defined]
    run = run_of(query)
    try:
        name = checked_name(query.name)
    except ValueError as error:
        raise HttpError(422, str(error)) from None
    if request.META.get("CONTENT_TYPE", "").startswith("multipart/"):
        raise HttpError(422, "send the file itself as the body (curl --data-binary @FILE), not a form")
    with told_when_not_kept():
        attachment, is_new = attach(repository, run, name, body_of(request))
    return Status(201 if is_new else 200, _answer(request, repository, attachment))


@reads(
    router,
    "/repositories/{owner}/{name}/job-runs/{job_run_id}/attachments",
    Attachments,
    summary="List the attachments of a job run",
)
def list_attachments(
    request: HttpRequest, owner: str, name: str, job_run_id: Id, page: Query[OldestFirst]
) -> dict[str, object]:
    """The files kept beside a job run, in the order of their arrival."""
    repository = readable_repository(request, owner, name)
    run = repository_job_run(repository, job_run_id)
    found = Attachment.objects.filter(job_run=run, pk__gt=page.after).order_by("pk")[: page.limit + 1]
    answer = page_of(request, list(found), page.limit, after=lambda attachment: attachment.pk)
    return answer | {"items": [_answer(request, repository, attachment) for attachment in answer["items"]]}


@router.get(
    "/repositories/{owner}/{name}/attachments/{attachment_id}",
    response={frozenset({401, 403, 404, 422, 503}): Problem},
    auth=None,
    operation_id="download_attachment",
    summary="Download an attachment",
    openapi_extra={
        "security": [{"BearerToken": []}, {}],
        "responses": {200: {"description": "the file as it came", "content": {"application/octet-stream": {}}}},
    },
)
def download_attachment(request: HttpRequest, owner: str, name: str, attachment_id: Id) -> StreamingHttpResponse:
    """The file as it came, always as a download."""
    refuse_unknown(request, ())
    repository = readable_repository(request, owner, name)
    attachment = Attachment.objects.filter(pk=attachment_id, job_run__job__workflow__repository=repository).first()
    if attachment is None:
        raise HttpError(404, f"{repository} has no attachment {attachment_id}")
    try:
        response = download(attachment)
    except FileNotFoundError:
        raise HttpError(404, f"the file of attachment {attachment_id} is no longer kept") from None
    patch_vary_headers(response, ["Authorization", "Cookie"])
    return response


def _answer(request: HttpRequest, repository: Repository, attachment: Attachment) -> dict[str, object]:
    path = reverse("api:download_attachment", args=[repository.owner, repository.name, attachment.pk])
    return {
        "id": attachment.pk,
        "job_run_id": attachment.job_run_id,
        "name": attachment.name,
        "size_bytes": attachment.size_bytes,
        "created_at": attachment.created_at,
        "url": absolute(request, path),
    }
