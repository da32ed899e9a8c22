"""What the API's tests talk with: a client for each kind of caller, and results that came in through the front door."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from dashboard.models import ApiToken, Repository
from tests.api.caller import Caller, Results
from tests.conftest import CiToken


@pytest.fixture
def ci(ci_token: CiToken) -> Caller:
    """The repository's CI: may upload and read."""
    return Caller(ci_token.secret)


@pytest.fixture
def nobody(db: None) -> Caller:
    return Caller()


@pytest.fixture
def logged_in() -> Callable[[User], Caller]:
    def log_in(user: User) -> Caller:
        caller = Caller()
        caller.client.force_login(user)
        return caller

    return log_in


@pytest.fixture
def token_of(db: None) -> Callable[..., Caller]:
    """A caller with a new token: token_of(repository, …, may_read=False, expires_at=…)."""

    def issue(*repositories: Repository, **fields: object) -> Caller:
        token, secret = ApiToken.issue("a script", **fields)
        token.repositories.set(repositories)
        return Caller(secret)

    return issue


@pytest.fixture
def results(ci: Caller) -> Results:
    """Results of two jobs on three commits: passed, failed, flaky and skipped tests, steps, an annotation, an attachment."""
    results = Results(ci)
    results.send_some()
    return results


@pytest.fixture
def client() -> Client:
    """Errors of the server fail the test by themselves."""
    return Client(raise_request_exception=True)
