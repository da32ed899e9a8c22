"""Version 1 of the API: its routes, and what it answers when something goes wrong."""

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, ValidationError

from dashboard.api import attachments, read_grids, read_repositories, read_runs, read_tests, uploads

_DESCRIPTION = """Results in, heat map out.

**Who you are**: send `Authorization: Bearer TOKEN` (tokens are made at `/-/tokens/`). What is public can be read without one.
What you may not see does not exist for you: the answer is 404.

**Pages**: lists have `items` and `next`, the address of the next page, `null` on the last one.
A page begins where the one before it ended, so nothing is missed or seen twice while results arrive.

**Caches**: reads have an `ETag`. Send it back as `If-None-Match`: the answer is 304 without a body as long as nothing changed.

**Mistakes** are told as `{"detail": "…"}`, parameters that do not exist among them.
Times are ISO 8601 in UTC; names of numbers end with their unit.
"""

api = NinjaAPI(
    title="kindmap",
    version="1",
    description=_DESCRIPTION,
    urls_namespace="api",
    docs_url=None,
    openapi_url="/openapi.json",
)
for _module in (uploads, attachments, read_repositories, read_runs, read_tests, read_grids):
    api.add_router("", _module.router)


@api.exception_handler(AuthenticationError)
def not_authenticated(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    """401, with what to send."""
    detail = "send `Authorization: Bearer TOKEN` with a token that is known, not expired and not revoked"
    answer = api.create_response(request, {"detail": detail}, status=401)
    answer["WWW-Authenticate"] = "Bearer"
    return answer


@api.exception_handler(ValidationError)
def not_valid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """422, a line for each mistake."""
    lines = [f"{each['loc'][-1]}: {each['msg']}" for each in error.errors]
    return api.create_response(request, {"detail": "\n".join(lines)}, status=422)


@api.exception_handler(OperationalError)
def database_is_busy(request: HttpRequest, error: OperationalError) -> HttpResponse:
    """503: the database is locked or away; nothing was kept."""
    detail = f"the database did not answer in time, nothing was kept; send it again ({error})"
    answer = api.create_response(request, {"detail": detail}, status=503)
    answer["Retry-After"] = "5"
    return answer
