"""Who calls the API: a bearer token, a logged-in person, or nobody (who reads what is public)."""

from datetime import timedelta
from typing import NamedTuple

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from ninja.errors import HttpError
from ninja.security import HttpBearer

from dashboard.access import token_repositories, visible_repositories
from dashboard.models import ApiToken, Repository
from dashboard.models.repositories import parts_of

_LAST_USE_PRECISION = timedelta(minutes=1)  # a write for every request would cost more than the request


class BearerToken(HttpBearer):
    """A token that may be used, and with it, in the same query, the repository of the request if the token is for it."""

    def authenticate(self, request: HttpRequest, token: str) -> "Uploader | None":
        slug = request.GET.get("repository", "").lower()
        if "\0" in slug:  # PostgreSQL takes no such text; no repository is called so
            slug = ""
        scope = (
            ApiToken.repositories.through.objects.filter(
                apitoken__digest=ApiToken.digest_of(token), repository__slug=slug
            )
            .select_related("apitoken", "repository")
            .first()
        )
        if scope:
            return Uploader(scope.apitoken, scope.repository) if _use(scope.apitoken) else None
        known = active_token(token)
        return Uploader(known, None) if known else None


class Uploader(NamedTuple):
    """Who uploads: a token, and the repository that it names if the token is for that one by name."""

    token: ApiToken
    repository: Repository | None


def active_token(secret: str) -> ApiToken | None:
    """The token with this secret, if it may still be used; its last use is noted."""
    token = ApiToken.objects.filter(digest=ApiToken.digest_of(secret)).first()
    return token if token and _use(token) else None


def _use(token: ApiToken) -> bool:
    """Whether a token may still be used; if so, its last use is noted."""
    if not token.is_active:
        return False
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at > _LAST_USE_PRECISION:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return True


def upload_repository(uploader: Uploader, full_name: str) -> Repository:
    """The repository that a token may upload to.

    403 when the token may not upload at all; 404 when there is no such repository or the token is for others: which of the
    two is nobody's business. A token for all repositories makes a new one, private.
    """
    token, repository = uploader
    try:
        owner, name = parts_of(full_name)
    except ValueError as error:
        raise HttpError(422, f"repository: {error}") from None
    if not token.may_upload:
        raise HttpError(403, "this token may read, not upload")
    if repository and repository.slug == full_name.lower():
        return repository
    if token.is_for_all_repositories:
        return Repository.objects.get_or_create(slug=full_name.lower(), defaults={"owner": owner, "name": name})[0]
    raise HttpError(404, f"there is no repository {full_name}, or this token is not for it")


def readable_repository(request: HttpRequest, owner: str, name: str) -> Repository:
    """The repository that a caller may read, or 404; 401 for a bearer token that is not good."""
    readable = readable_repositories(request)
    try:
        parts_of(f"{owner}/{name}")  # what no repository can be called is not asked for: PostgreSQL refuses NUL
        return readable.get(slug=f"{owner}/{name}".lower())
    except (ValueError, Repository.DoesNotExist):
        raise HttpError(404, f"there is no repository {owner}/{name}, or you may not see it") from None


def readable_repositories(request: HttpRequest, *, or_upload: bool = False) -> QuerySet[Repository]:
    """The repositories that a caller may read; or_upload: a token that may only upload counts too, for its own uploads."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if not scheme:
        return visible_repositories(request.user)
    token = active_token(secret) if scheme.lower() == "bearer" else None
    if token is None:
        raise HttpError(401, "this token is unknown, expired or revoked")
    if not token.may_read and not (or_upload and token.may_upload):
        raise HttpError(403, "this token may upload, not read")
    return Repository.objects.filter(Q(is_public=True) | Q(pk__in=token_repositories(token).values("pk")))
