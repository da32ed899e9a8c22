"""The rows that a job run belongs to: found, or made where they are new."""

from collections.abc import Callable, Hashable
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from dashboard.intake.identity import RunIdentity
from dashboard.models import Branch, BranchCommit, Commit, Job, JobRun, Repository, Workflow, WorkflowRun


class Location(NamedTuple):
    """Primary keys of the rows that a job run belongs to."""

    job: int
    workflow_run: int
    branch: int
    commit: int


class Locator:
    """Finds the rows that runs belong to, and remembers them between uploads: a key never changes its meaning.

    Rows are made in one fixed order, so that two workers that make the same ones wait for each other, never in a circle.
    """

    def __init__(self, most: int = 20_000) -> None:
        self._most = most
        self._known: dict[Hashable, int] = {}

    def forget(self) -> None:
        """Start afresh: a repository may have been deleted."""
        self._known.clear()

    def locate(self, repository: Repository, run: RunIdentity, received_at: datetime) -> Location:
        """The rows that a job run belongs to; each new one is committed before the run is recorded."""
        if len(self._known) > self._most:
            self.forget()
        workflow = self._key(
            ("workflow", repository.pk, run.workflow),
            lambda: Workflow.objects.get_or_create(repository=repository, name=run.workflow)[0],
        )
        commit = self._commit(repository, run, received_at)
        branch = self._key(
            ("branch", repository.pk, run.branch_name),
            lambda: Branch.objects.get_or_create(
                repository=repository, name=run.branch_name, defaults={"pull_request": run.pull_request}
            )[0],
        )
        self._key(("column", branch, commit), lambda: _column(branch, commit))
        facts = {
            "event": run.event,
            "head_branch": run.branch,
            "url": run.url,
            "is_commit_guessed": run.is_commit_guessed,
        }
        workflow_run = self._key(
            ("run", workflow, commit, branch, run.run, run.attempt),
            lambda: WorkflowRun.objects.get_or_create(
                workflow_id=workflow,
                commit_id=commit,
                branch_id=branch,
                key=run.run,
                attempt=run.attempt,
                defaults=facts,
            )[0],
        )
        job = self._key(
            ("job", workflow, run.job, run.dimensions_key),
            lambda: Job.objects.get_or_create(
                workflow_id=workflow,
                name=run.job,
                dimensions_key=run.dimensions_key,
                defaults={"dimensions": run.dimensions},
            )[0],
        )
        return Location(job, workflow_run, branch, commit)

    def _key(self, what: Hashable, make: Callable[[], object]) -> int:
        if (key := self._known.get(what)) is None:
            key = self._known[what] = make().pk  # type: ignore[attr-defined]
        return key

    def _commit(self, repository: Repository, run: RunIdentity, received_at: datetime) -> int:
        if run.committed_at is None:  # every sign of the commit counts until somebody states its time
            return _commit(repository, run, received_at).pk
        facts = ("commit", repository.pk, run.commit, run.committed_at, run.author, run.message, run.tree)
        return self._key(facts, lambda: _commit(repository, run, received_at))


def _column(branch: int, commit: int) -> BranchCommit:
    with transaction.atomic():
        place = places_of({commit})[commit]
        return BranchCommit.objects.get_or_create(branch_id=branch, commit_id=commit, defaults={"place": place})[0]


def places_of(commits: set[int]) -> dict[int, int]:
    """The places of commits on their branches, which cannot change until the transaction ends."""
    found = Commit.objects.select_for_update(no_key=True).filter(pk__in=commits).order_by("pk")
    return {commit.pk: commit.place for commit in found.only("committed_at")}


@transaction.atomic
def _commit(repository: Repository, run: RunIdentity, received_at: datetime) -> Commit:
    """The commit, with what this run adds to what is known of it.

    Its time is the earliest that anybody states; until somebody does, the earliest sign of it stands in.
    So the order of arrival does not matter, and a commit that turns out to be older moves to its place.
    """
    stated = run.committed_at
    time = stated or run.started_at or received_at
    facts = {"author": run.author, "message": run.message, "tree_sha": run.tree}
    commit, is_new = Commit.objects.select_for_update(no_key=True).get_or_create(
        repository=repository,
        sha=run.commit,
        defaults={"committed_at": time, "is_time_known": stated is not None, **facts},
    )
    if is_new:
        return commit
    changed = [name for name, value in facts.items() if value and not getattr(commit, name)]
    for name in changed:
        setattr(commit, name, facts[name])
    is_better = (stated is not None) > commit.is_time_known
    if is_better or ((stated is not None) == commit.is_time_known and time < commit.committed_at):
        commit.committed_at, commit.is_time_known = time, stated is not None
        changed += ["committed_at", "is_time_known"]
        BranchCommit.objects.filter(commit=commit).update(place=commit.place)
        JobRun.objects.filter(commit=commit).update(place=commit.place)
    if changed:
        commit.save(update_fields=changed)
    return commit
