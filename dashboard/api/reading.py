"""What all read routes share: how they are registered, their ETags, and how their answers are cut into pages."""

import functools
import inspect
from collections.abc import Callable, Container, Sequence
from hashlib import blake2b
from typing import Annotated, Any, TypeVar, get_args

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers
from ninja import Router, Schema
from ninja.decorators import decorate_view
from ninja.errors import HttpError
from pydantic import Field

from dashboard.analysis.columns import default_branch
from dashboard.api.schemas import Problem
from dashboard.models import Branch, Commit, Repository

_View = TypeVar("_View", bound=Callable[..., object])
_Row = TypeVar("_Row")

LARGEST_ID = 2**63 - 1
Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Text = Annotated[str, Field(max_length=500, pattern=r"^[^\x00]*$")]  # PostgreSQL keeps no NUL

PROBLEMS = frozenset({401, 403, 404, 422, 503})


class NewestFirst(Schema):
    """A page of a list with the newest first."""

    before: Id | None = Field(None, description="only what has a smaller id; `next` of an answer has it")
    limit: int = Field(100, ge=1, le=500, description="how many at most")


class OldestFirst(Schema):
    """A page of a list in the order of its making."""

    after: int = Field(0, ge=0, le=LARGEST_ID, description="only what has a larger id; `next` of an answer has it")
    limit: int = Field(100, ge=1, le=500, description="how many at most")


def reads(router: Router, path: str, answer: type, *, summary: str) -> Callable[[_View], _View]:
    """Registers a read route: open to whoever may read the repository, with an ETag, strict about its parameters."""

    def register(view: _View) -> _View:
        known = _query_names(view)

        @functools.wraps(view)
        def checked(request: HttpRequest, *args: object, **kwargs: object) -> object:
            refuse_unknown(request, known)
            return view(request, *args, **kwargs)

        route = router.get(
            path,
            response={200: answer, 304: None, PROBLEMS: Problem},
            auth=None,
            operation_id=view.__name__,
            url_name=view.__name__,
            summary=summary,
            openapi_extra={"security": [{"BearerToken": []}, {}]},
        )
        return route(decorate_view(conditional)(checked))  # type: ignore[return-value]

    return register


def _query_names(view: Callable[..., object]) -> frozenset[str]:
    """The names of the parameters that a route takes in its query string."""
    kinds = [get_args(parameter.annotation) for parameter in inspect.signature(view).parameters.values()]
    schemas = [kind[0] for kind in kinds if kind and isinstance(kind[0], type) and issubclass(kind[0], Schema)]
    return frozenset(name for schema in schemas for name in schema.model_fields)


def refuse_unknown(request: HttpRequest, known: Container[str]) -> None:
    """A mistyped parameter is told, not ignored: a filter that does not filter shows the wrong thing."""
    if unknown := sorted(name for name in request.GET if name not in known):
        raise HttpError(422, f"unknown: {', '.join(unknown)}")


def conditional(run: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Adds what caches need. The ETag is a digest of the answer: whatever changes the answer changes it, and nothing else.

    It comes after the access check, so a 304 says no more than a 200 would.
    """

    @functools.wraps(run)
    def answered(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        response = run(request, *args, **kwargs)
        response["Cache-Control"] = "private, no-cache"
        patch_vary_headers(response, ["Authorization", "Cookie"])
        if response.status_code != 200:
            return response
        etag = f'"{blake2b(response.content, digest_size=16).hexdigest()}"'
        response["ETag"] = etag
        return get_conditional_response(request, etag=etag, response=response) or response

    return answered


def absolute(request: HttpRequest, path: str) -> str:
    """The address with the host that people use."""
    return settings.SITE_URL + path if settings.SITE_URL else request.build_absolute_uri(path)


def page_of(
    request: HttpRequest, rows: Sequence[_Row], limit: int, **cursor: Callable[[_Row], object]
) -> dict[str, Any]:
    """A page from the limit + 1 rows that were asked for: its items, and the address of the next page if there is one.

    cursor: the name of the parameter, and its value from the last row of the page.
    """
    items = rows[:limit]
    following = None
    if len(rows) > limit:
        following = with_parameters(request, **{name: value(items[-1]) for name, value in cursor.items()})
    return {"items": items, "next": following}


def with_parameters(request: HttpRequest, **values: object) -> str:
    """This request's address with some parameters changed."""
    query = request.GET.copy()
    for name, value in values.items():
        query[name] = str(value)
    return absolute(request, f"{request.path}?{query.urlencode()}")


def before_id(before: int | None) -> Q:
    """Rows with a smaller id; all of them without one."""
    return Q() if before is None else Q(pk__lt=before)


def chosen_branch(repository: Repository, name: str) -> Branch | None:
    """The branch of that name, or the one that the repository opens with; None when it has none yet."""
    return named_branch(repository, name) if name else default_branch(repository)


def named_branch(repository: Repository, name: str) -> Branch:
    if branch := Branch.objects.filter(repository=repository, name=name).first():
        return branch
    raise HttpError(404, f"{repository} has no results for a branch called {name}")


def commits_named(repository: Repository, sha: str) -> list[int]:
    """The commits whose sha begins so."""
    begins = Q(sha__gte=sha, sha__lt=sha + "g")
    if commits := list(Commit.objects.filter(begins, repository=repository).values_list("pk", flat=True)[:100]):
        return commits
    raise HttpError(404, f"{repository} has no results for a commit {sha}")


def contains_words(q: str, *fields: str) -> Q:
    """Every word occurs in one of the fields, in upper or lower case."""
    condition = Q()
    for word in q.split():
        condition &= functools.reduce(Q.__or__, (Q(**{f"{field}__icontains": word}) for field in fields))
    return condition
