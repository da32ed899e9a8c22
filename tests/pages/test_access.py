"""Who may open which page. What somebody may not see does not exist for them."""

import io

import pytest
from django.urls import get_resolver

from dashboard.intake.keep import keep
from dashboard.models import Attachment, Repository
from tests.pages import samples

READ = ("repository", "job", "job_run", "failure", "test", "upload")


def test_every_page_of_a_repository_is_tested_here(addresses):
    names = {
        pattern.name
        for pattern in get_resolver("dashboard.urls").url_patterns
        if str(pattern.pattern).startswith("<part:owner>")
    }
    assert names == {*addresses, "members", "delete_repository"}


@pytest.mark.parametrize("page", [*READ, "attachment"])
def test_a_private_page_does_not_exist_for_strangers(addresses, login, stranger, page):
    assert login(None).get(addresses[page]).status_code == 404
    assert login(stranger).get(addresses[page]).status_code == 404


@pytest.mark.parametrize("page", READ)
def test_members_and_administrators_read_every_page(addresses, login, viewer, maintainer, administrator, page):
    for user in (viewer, maintainer, administrator):
        assert login(user).get(addresses[page]).status_code == 200


@pytest.mark.parametrize("page", READ)
def test_anybody_reads_a_public_repository(addresses, login, stranger, repository, page):
    Repository.objects.update(is_public=True)
    assert login(None).get(addresses[page]).status_code == 200
    assert login(stranger).get(addresses[page]).status_code == 200


@pytest.mark.parametrize("page", ["", "members/", "delete/"])
def test_only_maintainers_change_settings(addresses, login, stranger, viewer, maintainer, administrator, page):
    address = addresses["settings"] + page
    assert login(None).post(address).headers["Location"] == f"/-/login/?next={address}"
    assert login(stranger).post(address).status_code == 404
    assert login(viewer).post(address).status_code == 403
    for user in (maintainer, administrator):
        assert login(user).post(address).status_code in (302, 400)


def test_settings_open_for_maintainers_only(addresses, login, stranger, viewer, maintainer):
    assert login(stranger).get(addresses["settings"]).status_code == 404
    assert login(viewer).get(addresses["settings"]).status_code == 403
    assert login(maintainer).get(addresses["settings"]).status_code == 200


@pytest.mark.parametrize("page", ["job", "job_run", "failure", "test", "upload", "attachment"])
def test_an_id_of_another_repository_is_not_found_under_a_visible_one(addresses, login, stranger, page):
    Repository.objects.create(owner="open", name="house", is_public=True)
    address = addresses[page].replace("/acme/widgets/", "/open/house/")
    assert login(stranger).get(address).status_code == 404


def test_the_first_page_does_not_name_private_repositories(sample, login, stranger, viewer):
    samples.make_repository("open/house", is_public=True)
    for user in (None, stranger):
        page = login(user).get("/").content.decode()
        assert "open/house" in page
        assert "acme" not in page
    assert "acme/widgets" in login(viewer).get("/").content.decode()


def test_a_page_not_found_does_not_say_why(addresses, login):
    """The same page for what is private and for what is not there: only the address differs."""
    private = login(None).get("/acme/widgets/").content.decode()
    missing = login(None).get("/acme/nothing/").content.decode()
    assert private.replace("widgets", "nothing") == missing
    assert "does not exist, or you may not see it" in private


def test_an_attachment_is_only_ever_downloaded(addresses, login, viewer):
    file = keep(io.BytesIO(b"<script>alert(1)</script>"), "attachments/1", 100)
    Attachment.objects.update(file=file.name)
    response = login(viewer).get(addresses["attachment"])
    assert response.status_code == 200
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert b"".join(response.streaming_content) == b"<script>alert(1)</script>"


def test_an_attachment_whose_file_is_gone_is_not_found(addresses, login, viewer):
    assert login(viewer).get(addresses["attachment"]).status_code == 404


def test_every_page_says_what_a_browser_may_load(addresses, login, viewer):
    for page in READ:
        policy = login(viewer).get(addresses[page]).headers["Content-Security-Policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
