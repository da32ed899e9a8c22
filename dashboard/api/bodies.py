"""What the write routes share: the body as a stream, the run that a query names, and what is told when it cannot be kept."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.http import HttpRequest
from ninja.errors import HttpError

from dashboard.api.schemas import UploadQuery
from dashboard.intake.identity import RunIdentity, dimensions_of, repaired_time
from dashboard.intake.keep import TooLarge, TooShort
from dashboard.intake.receive import Body

PROBLEMS = frozenset({400, 401, 403, 404, 413, 422, 503, 507})

_TIMES = ("started_at", "finished_at", "committed_at")


def body_of(request: HttpRequest) -> Body:
    """The body, not read yet."""
    announced = request.META.get("CONTENT_LENGTH")
    content_type = request.META.get("CONTENT_TYPE", "")
    # Django reads nothing of a chunked body; the server says when it can be read to its end.
    if not announced and request.META.get("wsgi.input_terminated"):
        return Body(request.META["wsgi.input"], content_type)
    return Body(request, content_type, int(announced) if announced and announced.isdecimal() else 0)


def run_of(query: UploadQuery) -> RunIdentity:
    """The run that a query names; 422 with every mistake."""
    values = query.model_dump(include=UploadQuery.model_fields.keys() - {"repository", "dimension"})
    try:
        values |= {name: repaired_time(values[name]) for name in _TIMES}
        return RunIdentity.checked(values | {"dimensions": dimensions_of(query.dimension)})
    except ValueError as error:
        raise HttpError(422, str(error)) from None


@contextmanager
def told_when_not_kept(limit: str = "upload_bytes") -> Iterator[None]:
    """What stops a body from being kept, as an answer that says what to do. limit: the name of the one that counts."""
    try:
        yield
    except TooLarge:
        most = getattr(settings.LIMITS, limit)
        raise HttpError(413, f"more than {most:,} bytes (KINDMAP_LIMIT_{limit.upper()})") from None
    except TooShort:
        raise HttpError(400, "the body ended before its announced length; send it again") from None
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise HttpError(507, "the server's disk is full; nothing was kept, send it again later") from None
        raise
