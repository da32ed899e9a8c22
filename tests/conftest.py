"""Real parts for every test: a database of either kind, a broker, people with their rights, servers, a browser.

`make test` runs the tests in two processes at once, one on SQLite and one on PostgreSQL (pytest-xdist's `--dist each`).
There, what touches no database runs in the first only and what opens a browser in the second only.
By hand, `pytest tests/…` runs everything in one process on SQLite, `KINDMAP_TEST_DATABASE=postgresql pytest tests/…` on
PostgreSQL. Nothing of ours is patched: tests talk to real processes over real sockets.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Browser, Page

from dashboard.models import ApiToken, Membership, Repository
from kindmap.static import collect_static
from tests.settings import RUN_DIR, TEST_DATABASE
from tests.support.browser import Watch, launch_browser
from tests.support.postgresql import Cluster
from tests.support.redis_server import Broker
from tests.support.stack import LiveStack

DATABASE_FIXTURES = {"db", "transactional_db", "live_stack"}


def uses_database(item: pytest.Item) -> bool:
    return bool(DATABASE_FIXTURES & set(item.fixturenames)) or item.get_closest_marker("django_db") is not None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where two processes run beside each other, each leaves out what need not run twice."""
    if "KINDMAP_TEST_SPLIT" not in os.environ:
        return
    if TEST_DATABASE == "sqlite":
        items[:] = [item for item in items if "browser" not in item.fixturenames]
    else:
        items[:] = [item for item in items if uses_database(item)]


# What every test with a database stands on


@pytest.fixture(scope="session")
def broker() -> Iterator[Broker]:
    """The broker, where settings.REDIS_URL says. `broker.kill()` and `broker.start()` are allowed."""
    server = Broker(settings.DATA_DIR / "broker", settings.REDIS_URL)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def static_files() -> None:
    """Pages name static files by their hashes, as in production; a page that names a missing one fails."""
    collect_static()


@pytest.fixture(scope="session")
def database_server() -> Iterator[None]:
    if TEST_DATABASE == "sqlite":
        yield
        return
    cluster = Cluster(RUN_DIR / "postgresql")
    cluster.start()
    yield
    cluster.stop()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    database_server: None, broker: Broker, static_files: None, django_db_modify_db_settings_parallel_suffix: None
) -> None:
    """pytest-django asks for this before it makes the test database."""


@pytest.fixture(autouse=True)
def _nothing_left_over(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test with a database begins with an empty broker and leaves no files behind; its rows go with its database."""
    if not uses_database(request.node):
        yield
        return
    server: Broker = request.getfixturevalue("broker")
    server.ensure_running()
    server.empty()
    yield
    shutil.rmtree(settings.DATA_DIR / "files", ignore_errors=True)


# People and tokens: a private repository, one who maintains it, one who may read it, one who may not, and its CI


@pytest.fixture
def repository(db: None) -> Repository:
    return Repository.objects.create(owner="acme", name="widgets")


@pytest.fixture
def maintainer(repository: Repository) -> User:
    user = User.objects.create_user("maintainer")
    Membership.objects.create(user=user, repository=repository, role=Membership.Role.MAINTAINER)
    return user


@pytest.fixture
def viewer(repository: Repository) -> User:
    user = User.objects.create_user("viewer")
    Membership.objects.create(user=user, repository=repository, role=Membership.Role.VIEWER)
    return user


@pytest.fixture
def stranger(db: None) -> User:
    """Somebody with an account and no part in the repository."""
    return User.objects.create_user("stranger")


@pytest.fixture
def administrator(db: None) -> User:
    return User.objects.create_superuser("administrator")


class CiToken(NamedTuple):
    token: ApiToken
    secret: str

    @property
    def headers(self) -> dict[str, str]:
        """For Django's test client (`client.post(…, headers=ci_token.headers)`) and every HTTP library."""
        return {"Authorization": f"Bearer {self.secret}"}


@pytest.fixture
def ci_token(repository: Repository) -> CiToken:
    token, secret = ApiToken.issue("ci")
    token.repositories.add(repository)
    return CiToken(token, secret)


# Real servers and a real browser


@pytest.fixture(scope="session")
def _stack(broker: Broker, static_files: None) -> Iterator[LiveStack]:
    stack = LiveStack(broker, RUN_DIR)
    yield stack
    stack.close()


@pytest.fixture
def live_stack(_nothing_left_over: None, transactional_db: None, _stack: LiveStack) -> Iterator[LiveStack]:
    """Web server, worker and broker as real processes over the test's database; see LiveStack for what one may do."""
    _stack.ensure_running()
    yield _stack
    _stack.environment.clear()
    # What is still at work would write into the next test's database.
    if not _stack.is_idle() or not _stack.is_whole():
        _stack.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with launch_browser() as browser:
        yield browser


@pytest.fixture
def new_page(browser: Browser, live_stack: LiveStack) -> Iterator[Callable[..., Page]]:
    """Makes pages: new_page(user=viewer, viewport={"width": 360, "height": 740}, color_scheme="dark", …).

    user is logged in already; everything else goes to Playwright's new_context. Addresses may be relative.
    `page.watch` is the page's Watch.
    """
    contexts = []

    def make(user: User | None = None, **options: object) -> Page:
        context = browser.new_context(base_url=live_stack.url, **options)
        contexts.append(context)
        if user is not None:
            client = Client()
            client.force_login(user)
            session = client.cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_stack.url}])
        page = context.new_page()
        page.watch = Watch(page, live_stack.url)
        return page

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A page of somebody who is not logged in; `page.watch.assert_quiet()` says that nothing untoward happened."""
    return new_page()


@pytest.fixture
def quiet_page(new_page: Callable[..., Page]) -> Iterator[Page]:
    """A page whose test fails if there was a console error, a refusal of the page's policy or a foreign request."""
    page = new_page()
    yield page
    page.watch.assert_quiet()
