"""No page asks the database more often because there is more in it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.models import Failure, JobRun, Upload
from tests.pages import samples

MOST = 12


def fill(repository, *, tests: int, runs: int, jobs: int) -> dict[str, str]:
    made = samples.make_sample(repository, tests=tests, runs=runs, not_green=0.2)
    for number in range(jobs):
        job = samples.make_job(made.job.workflow, f"other-{number}", tests)
        samples.make_runs(job, made.branch, [run.commit for run in made.runs], made.matrix)
    for number in range(jobs):
        branch, commits = samples.make_commits(repository, f"pull/{number + 1}", 1, pull_request=number + 1)
        samples.make_runs(made.job, branch, commits, made.matrix[:, :1])
    run = made.runs[0]
    samples.make_steps(run)
    upload = Upload.objects.create(repository=repository, fingerprint=b"4" * 32, file="x", size_bytes=1)
    upload.job_runs.add(*JobRun.objects.filter(job__workflow__repository=repository))
    base = f"/{repository}/"
    failure = Failure.objects.filter(repository=repository, job_run__job=made.job).first()
    return {
        "repositories": "/",
        "repository": base,
        "job": f"{base}jobs/{made.job.pk}/?sort=failures&q=with",
        "job_run": f"{base}job-runs/{run.pk}/",
        "failure": f"{base}failures/{failure.pk}/",
        "test": f"{base}tests/{failure.job_test.test_id}/",
        "upload": f"{base}uploads/{upload.pk}/",
        "settings": f"{base}settings/",
        "tokens": "/-/tokens/",
    }


def count(client, address: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


@pytest.mark.parametrize(
    "page", ["repositories", "repository", "job", "job_run", "failure", "test", "upload", "settings", "tokens"]
)
def test_the_number_of_queries_does_not_grow(repository, login, maintainer, page):
    small = fill(repository, tests=12, runs=4, jobs=2)
    client = login(maintainer)
    before = count(client, small[page])
    large_repository = samples.make_repository("acme/large")
    maintainer.memberships.create(repository=large_repository, role="maintainer")
    large = fill(large_repository, tests=120, runs=40, jobs=20)
    assert count(client, large[page]) == before
    assert before <= MOST
