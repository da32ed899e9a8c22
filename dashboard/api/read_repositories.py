"""Reading repositories, their branches and their jobs."""

from django.http import HttpRequest
from django.urls import reverse
from ninja import Field, Query, Router, Schema
from ninja.errors import HttpError

from dashboard.analysis.columns import default_branch
from dashboard.api.answers import Branches, Jobs, Repositories, RepositoryDetail
from dashboard.api.auth import readable_repositories, readable_repository
from dashboard.api.reading import OldestFirst, Text, absolute, page_of, reads
from dashboard.models import Branch, Job, Repository

router = Router(tags=["Repositories"])


class RepositoriesPage(Schema):
    after: Text = Field("", description="only what follows this owner/name; `next` of an answer has it")
    limit: int = Field(100, ge=1, le=500, description="how many at most")


@reads(router, "/repositories", Repositories, summary="List repositories")
def list_repositories(request: HttpRequest, page: Query[RepositoriesPage]) -> dict[str, object]:
    """The repositories that you may read, by name. Without a token: the public ones."""
    found = readable_repositories(request).filter(slug__gt=page.after.lower()).order_by("slug")[: page.limit + 1]
    answer = page_of(request, list(found), page.limit, after=lambda repository: repository.slug)
    return answer | {"items": [repository_answer(request, repository) for repository in answer["items"]]}


@reads(router, "/repositories/{owner}/{name}", RepositoryDetail, summary="Get a repository")
def get_repository(request: HttpRequest, owner: str, name: str) -> dict[str, object]:
    """A repository, the branch that its page opens with, and its newest branches."""
    repository = readable_repository(request, owner, name)
    branch = default_branch(repository)
    return repository_answer(request, repository) | {
        "default_branch": branch.name if branch else None,
        "branches": list(Branch.objects.filter(repository=repository, pull_request=None).order_by("-id")[:100]),
        "tests": repository.test_count,
    }


@reads(router, "/repositories/{owner}/{name}/branches", Branches, summary="List branches")
def list_branches(request: HttpRequest, owner: str, name: str, page: Query[OldestFirst]) -> dict[str, object]:
    """All branches with results, and the heads of pull requests (`pull/123`)."""
    repository = readable_repository(request, owner, name)
    found = Branch.objects.filter(repository=repository, pk__gt=page.after).order_by("pk")[: page.limit + 1]
    return page_of(request, list(found), page.limit, after=lambda branch: branch.pk)


@reads(router, "/repositories/{owner}/{name}/jobs", Jobs, summary="List jobs")
def list_jobs(request: HttpRequest, owner: str, name: str, page: Query[OldestFirst]) -> dict[str, object]:
    """The rows of the matrix: one for each workflow, name and set of dimensions."""
    repository = readable_repository(request, owner, name)
    found = (
        Job.objects.filter(workflow__repository=repository, pk__gt=page.after)
        .select_related("workflow")
        .order_by("pk")[: page.limit + 1]
    )
    answer = page_of(request, list(found), page.limit, after=lambda job: job.pk)
    return answer | {"items": [job_answer(job) for job in answer["items"]]}


def repository_answer(request: HttpRequest, repository: Repository) -> dict[str, object]:
    return {
        "full_name": repository.full_name,
        "owner": repository.owner,
        "name": repository.name,
        "is_public": repository.is_public,
        "is_demo": repository.is_demo,
        "url": absolute(request, reverse("api:get_repository", args=[repository.owner, repository.name])),
        "page_url": page_url(request, repository),
    }


def page_url(request: HttpRequest, repository: Repository, below: str = "") -> str:
    """The address of a page for people: the repository's, or one below it."""
    return absolute(request, reverse("repository", args=[repository.owner, repository.name]) + below)


def job_answer(job: Job) -> dict[str, object]:
    """A job as answers show it. The workflow must be loaded."""
    dimensions = {name: str(value) for name, value in job.dimensions.items()}
    return {"id": job.pk, "workflow": job.workflow.name, "name": job.name, "dimensions": dimensions}


def repository_job(repository: Repository, pk: int) -> Job:
    """A job of a repository by its id, or 404."""
    job = Job.objects.filter(pk=pk, workflow__repository=repository).select_related("workflow").first()
    if job is None:
        raise HttpError(404, f"{repository} has no job {pk}")
    return job
