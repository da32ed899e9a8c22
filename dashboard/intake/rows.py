"""Which row of a job's heat map each test is: ordinals, handed out once and kept for ever."""

import hashlib
from collections import OrderedDict
from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import F

from dashboard.models import Job, JobTest, Repository, Test


class Row(NamedTuple):
    """A test as a row of a job: its place in the packed outcomes, and the key of its JobTest."""

    ordinal: int
    job_test: int


TestName = tuple[str, str]  # suite, name


class RowMaps:
    """The rows of the jobs that were written last, kept between uploads.

    Ordinals are only ever added, so what was read once stays true and only the new ones are read again.
    """

    def __init__(self, jobs: int = 200) -> None:
        self._jobs = jobs
        self._maps: OrderedDict[int, dict[TestName, Row]] = OrderedDict()

    def forget(self) -> None:
        """Start afresh: after a roll-back, what was handed out in it never was."""
        self._maps.clear()

    def rows(self, repository: Repository, job: Job, names: Iterable[TestName], most_tests: int) -> dict[TestName, Row]:
        """The rows of a job, those of `names` among them unless the repository has most_tests tests already.

        The caller holds the job's row lock in an open transaction; job.test_count was read under it.
        """
        rows = self._maps.pop(job.pk, {})
        if len(rows) < job.test_count:
            known = JobTest.objects.filter(job=job, ordinal__gte=len(rows)).order_by("ordinal")
            for suite, name, ordinal, pk in known.values_list("test__suite", "test__name", "ordinal", "pk"):
                rows[suite, name] = Row(ordinal, pk)
        if new := sorted(set(names).difference(rows)):
            tests = _tests(repository, new, most_tests)
            links = [
                JobTest(job=job, test_id=test, ordinal=ordinal)
                for ordinal, test in enumerate(tests.values(), start=job.test_count)
            ]
            for test_name, link in zip(tests, JobTest.objects.bulk_create(links, batch_size=2_000), strict=True):
                rows[test_name] = Row(link.ordinal, link.pk)
            job.test_count += len(links)
            Job.objects.filter(pk=job.pk).update(test_count=job.test_count)
        self._maps[job.pk] = rows
        while len(self._maps) > self._jobs:
            self._maps.popitem(last=False)
        return rows


def test_key(suite: str, name: str) -> bytes:
    """16 bytes that stand for a test's identity in a repository."""
    return hashlib.blake2b(f"{suite}\0{name}".encode(), digest_size=16).digest()


def _tests(repository: Repository, names: list[TestName], most_tests: int) -> dict[TestName, int]:
    """The primary keys of tests by name; new ones are made, as far as most_tests allows, in the order of names."""
    Repository.objects.select_for_update().get(pk=repository.pk)  # two jobs may bring the same new tests at once
    keys = {test_key(*name): name for name in names}
    found = _found(repository, list(keys))
    new = [key for key in keys if key not in found]
    have = Repository.objects.values_list("test_count", flat=True).get(pk=repository.pk)
    new = new[: max(0, most_tests - have)]
    tests = [Test(repository=repository, key=key, suite=keys[key][0], name=keys[key][1]) for key in new]
    for test in Test.objects.bulk_create(tests, batch_size=2_000):
        found[bytes(test.key)] = test.pk
    if new:
        Repository.objects.filter(pk=repository.pk).update(test_count=F("test_count") + len(new))
    return {name: found[key] for key, name in keys.items() if key in found}


def _found(repository: Repository, keys: list[bytes]) -> dict[bytes, int]:
    found = {}
    for start in range(0, len(keys), 900):  # SQLite takes a limited number of parameters
        known = Test.objects.filter(repository=repository, key__in=keys[start : start + 900])
        found.update({bytes(key): pk for key, pk in known.values_list("key", "pk")})
    return found
