"""Version 1 of the API: its routes, and what it answers when something goes wrong."""

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, ValidationError

from dashboard.api import uploads

api = NinjaAPI(
    title="kindmap",
    version="1",
    description="Results in, heat map out.",
    urls_namespace="api",
    docs_url=None,
    openapi_url="/openapi.json",
)
api.add_router("", uploads.router)


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
