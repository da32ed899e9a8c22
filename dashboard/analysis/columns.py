"""The columns of a heat map: which branch they are of, and where a page of them ends."""

from django.db.models import Q

from dashboard.models import Branch, BranchCommit, Repository


def default_branch(repository: Repository) -> Branch | None:
    """The repository's choice, else main, else master, else the branch with the newest commit."""
    wanted = [name for name in (repository.default_branch, "main", "master") if name]
    found = {branch.name: branch for branch in Branch.objects.filter(repository=repository, name__in=wanted)}
    for name in wanted:
        if name in found:
            return found[name]
    newest = BranchCommit.objects.filter(branch__repository=repository).select_related("branch").order_by("-place")
    first = newest.first()
    return first.branch if first else None


def older_than(cursor: str, id_field: str) -> Q:
    """`PLACE-ID`, the last column of a page, as a condition on the rows of the next one; nothing for an empty cursor.

    Two columns may have one place, so the id is part of where a page ends.
    """
    if not cursor:
        return Q()
    place, pk = (int(part) for part in cursor.split("-"))
    return Q(place__lte=place) & (Q(place__lt=place) | Q(**{f"{id_field}__lt": pk}))
