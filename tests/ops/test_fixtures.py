"""The parts that other tests stand on are real."""

import os
import tempfile

import pytest
from django.conf import settings
from django.db import connection

from tests.settings import TEST_DATABASE


def test_the_database_is_the_one_asked_for(db):
    assert connection.vendor == TEST_DATABASE
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            assert cursor.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_settings_write_nowhere_but_into_the_folder_of_this_run():
    assert str(settings.DATA_DIR).startswith(os.path.realpath(tempfile.gettempdir()))
    assert settings.REDIS_URL.startswith(f"unix://{settings.DATA_DIR}")


def test_people_have_the_rights_that_their_names_say(client, repository, maintainer, viewer, stranger):
    assert not repository.is_public
    assert maintainer.memberships.get().role == "maintainer"
    assert viewer.memberships.get().role == "viewer"
    assert not stranger.memberships.exists()


def test_a_ci_token_is_good_for_its_repository(ci_token, repository):
    assert ci_token.token.is_active
    assert list(ci_token.token.repositories.all()) == [repository]
    assert ci_token.headers["Authorization"].startswith("Bearer kindmap_")


@pytest.mark.django_db
def test_the_broker_is_a_real_server_that_survives_kill_9(broker):
    import redis

    client = redis.Redis.from_url(broker.url)
    client.set("kept", "yes")
    client.execute_command("WAITAOF", 1, 0, 2000)
    broker.kill()
    broker.start()
    assert client.get("kept") == b"yes"
    client.close()


def test_the_stack_answers_and_heals(live_stack):
    assert live_stack.is_whole()
    live_stack.kill_worker()
    assert not live_stack.is_whole()
    live_stack.ensure_running()
    assert live_stack.is_whole()
    assert live_stack.is_idle()


def test_a_page_of_the_stack_opens_in_a_browser(page, live_stack):
    response = page.goto("/admin/login/")
    assert response.status == 200
    page.watch.assert_quiet()
