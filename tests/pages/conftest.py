"""What the tests of pages stand on: a private repository with results, and its addresses."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from dashboard.models import Attachment, Failure, Repository, Upload
from tests.pages import samples


@pytest.fixture
def sample(repository: Repository) -> samples.Sample:
    """The private repository with a job of 10 tests and 5 runs, the newest of which failed."""
    return samples.make_sample(repository, tests=10, runs=5, not_green=0.3)


@pytest.fixture
def login() -> Callable[[User | None], Client]:
    def login(user: User | None) -> Client:
        client = Client()
        if user is not None:
            client.force_login(user)
        return client

    return login


@pytest.fixture
def addresses(sample: samples.Sample) -> dict[str, str]:
    """Every page of a repository, by the name of its address."""
    run = sample.runs[0]
    failure = Failure.objects.filter(repository=sample.repository).first()
    upload = Upload.objects.create(
        repository=sample.repository, fingerprint=b"1" * 32, file="uploads/1", size_bytes=1200
    )
    attachment = Attachment.objects.create(job_run=run, name="log.html", file="attachments/1", size_bytes=3)
    base = f"/{sample.repository}/"
    return {
        "repository": base,
        "job": f"{base}jobs/{sample.job.pk}/",
        "job_run": f"{base}job-runs/{run.pk}/",
        "failure": f"{base}failures/{failure.pk}/",
        "test": f"{base}tests/{sample.job.job_tests.first().test_id}/",
        "upload": f"{base}uploads/{upload.pk}/",
        "attachment": f"{base}attachments/{attachment.pk}/",
        "settings": f"{base}settings/",
    }
