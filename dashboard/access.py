"""Who may see and change what. A page or route loads its repository here, and nowhere else.

What somebody may not see does not exist for them: the answer is 404, so that names of private repositories do not leak.
"""

from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest

from dashboard.models import ApiToken, Membership, Repository


def visible_repositories(user: User | AnonymousUser) -> QuerySet[Repository]:
    """The repositories that a person may read: public ones, their own, all for administrators."""
    repositories = Repository.objects.all()
    if user.is_superuser:
        return repositories
    if isinstance(user, AnonymousUser):
        return repositories.filter(is_public=True)
    return repositories.filter(Q(is_public=True) | Q(pk__in=user.memberships.values("repository")))


def visible_repository(request: HttpRequest, owner: str, name: str) -> Repository:
    """The repository of a page, or 404."""
    try:
        return visible_repositories(request.user).get(slug=f"{owner}/{name}".lower())
    except Repository.DoesNotExist:
        raise Http404(f"There is no repository {owner}/{name}, or you may not see it.") from None


def may_maintain(user: User | AnonymousUser, repository: Repository) -> bool:
    """Whether a person may make tokens for a repository and change its settings."""
    if user.is_superuser:
        return True
    if isinstance(user, AnonymousUser):
        return False
    return user.memberships.filter(repository=repository, role=Membership.Role.MAINTAINER).exists()


def maintained_repository(request: HttpRequest, owner: str, name: str) -> Repository:
    """The repository of a page that changes something: 404 if it may not be seen, 403 if only that."""
    repository = visible_repository(request, owner, name)
    if not may_maintain(request.user, repository):
        raise PermissionDenied(f"Only maintainers of {repository} may do this.")
    return repository


def token_repositories(token: ApiToken) -> QuerySet[Repository]:
    """The repositories that a token is good for."""
    if token.is_for_all_repositories:
        return Repository.objects.all()
    return token.repositories.all()
