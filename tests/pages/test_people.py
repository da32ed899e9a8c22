"""Tokens, settings, adding repositories, logging in, and the pages for errors."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone
from django.views.defaults import server_error

from dashboard.models import ApiToken, JobRun, Membership, Repository, Upload
from tests.pages import samples

# Tokens


def make(client, **fields):
    return client.post("/-/tokens/", {"name": "ci", "may_upload": "on", "expires": "90", **fields})


def test_tokens_need_a_login(db, login):
    assert login(None).get("/-/tokens/").headers["Location"] == "/-/login/?next=/-/tokens/"
    assert login(None).post("/-/tokens/1/revoke/").status_code == 302


def test_a_new_token_is_shown_once_with_the_line_that_uses_it(repository, login, maintainer):
    client = login(maintainer)
    response = make(client, repositories=repository.pk)
    html = response.content.decode()
    secret = re.search(r'<code id="secret">(kindmap_[\w-]+)</code>', html)[1]
    token = ApiToken.objects.get(digest=ApiToken.digest_of(secret))
    assert f"Authorization: Bearer {secret}" in html
    assert "uploads?repository=acme/widgets" in html
    assert "no-store" in response.headers["Cache-Control"]
    assert list(token.repositories.all()) == [repository]
    assert (token.may_upload, token.may_read, token.created_by) == (True, False, maintainer)
    assert timedelta(days=89) < token.expires_at - timezone.now() < timedelta(days=91)
    again = client.get("/-/tokens/").content.decode()
    assert secret not in again
    assert token.hint in again


def test_a_token_may_never_expire(repository, login, maintainer):
    make(login(maintainer), repositories=repository.pk, expires="")
    assert ApiToken.objects.get().expires_at is None


@pytest.mark.parametrize(
    "fields",
    [{}, {"repositories": 999_999}, {"repositories": "x"}, {"name": ""}, {"may_upload": ""}, {"expires": "12345"}],
)
def test_a_token_needs_a_name_a_repository_and_something_it_may_do(repository, login, maintainer, fields):
    wanted = {"repositories": repository.pk} if fields and "repositories" not in fields else {}
    assert make(login(maintainer), **{**wanted, **fields}).status_code == 400
    assert not ApiToken.objects.exists()


def test_nobody_makes_a_token_for_what_they_do_not_maintain(repository, login, viewer, stranger):
    for user in (viewer, stranger):
        assert make(login(user), repositories=repository.pk).status_code == 400
        assert "acme" not in login(user).get("/-/tokens/?repository=acme/widgets").content.decode()
    assert not ApiToken.objects.exists()


def test_a_token_for_all_repositories_is_the_administrators(repository, login, maintainer, administrator):
    assert make(login(maintainer), is_for_all_repositories="on").status_code == 400
    assert make(login(administrator), is_for_all_repositories="on").status_code == 200
    assert ApiToken.objects.get().is_for_all_repositories


def test_tokens_are_revoked_by_those_who_made_them(repository, login, maintainer, stranger):
    make(login(maintainer), repositories=repository.pk)
    token = ApiToken.objects.get()
    assert login(stranger).post(f"/-/tokens/{token.pk}/revoke/").status_code == 404
    assert login(maintainer).get(f"/-/tokens/{token.pk}/revoke/").status_code == 405
    assert login(maintainer).post(f"/-/tokens/{token.pk}/revoke/").status_code == 302
    token.refresh_from_db()
    assert not token.is_active
    assert "revoked" in login(maintainer).get("/-/tokens/").content.decode()


def test_the_link_of_an_empty_repository_chooses_it(repository, login, maintainer):
    html = login(maintainer).get("/-/tokens/?repository=Acme/Widgets").content.decode()
    assert re.search(rf'name="repositories" value="{repository.pk}"[^>]* checked', html)


# Settings


def test_settings_change_who_may_read(sample, login, maintainer):
    client = login(maintainer)
    assert client.post("/acme/widgets/settings/", {"is_public": "on", "default_branch": "main"}).status_code == 302
    sample.repository.refresh_from_db()
    assert (sample.repository.is_public, sample.repository.default_branch) == (True, "main")
    assert "The settings are saved." in client.get("/acme/widgets/settings/").content.decode()


def test_a_default_branch_has_results(sample, login, maintainer):
    response = login(maintainer).post("/acme/widgets/settings/", {"default_branch": "gone"})
    assert response.status_code == 400
    assert "no results for a branch called gone" in response.content.decode()


def test_members_come_change_and_go(repository, login, maintainer, stranger):
    client = login(maintainer)
    for role in ("viewer", "maintainer"):
        client.post("/acme/widgets/settings/members/", {"username": "stranger", "role": role})
        assert Membership.objects.get(user=stranger).role == role
    membership = Membership.objects.get(user=stranger)
    client.post("/acme/widgets/settings/members/", {"remove": membership.pk})
    assert not Membership.objects.filter(user=stranger).exists()


@pytest.mark.parametrize(
    "fields", [{"username": "nobody", "role": "viewer"}, {"username": "stranger", "role": "king"}, {}]
)
def test_a_member_needs_an_account_and_a_role(repository, login, maintainer, stranger, fields):
    assert login(maintainer).post("/acme/widgets/settings/members/", fields).status_code == 400
    assert not Membership.objects.filter(user=stranger).exists()


def test_a_member_of_another_repository_is_not_removed_from_here(repository, login, maintainer, stranger):
    other = samples.make_repository("other/place")
    membership = Membership.objects.create(user=stranger, repository=other, role="viewer")
    response = login(maintainer).post("/acme/widgets/settings/members/", {"remove": membership.pk})
    assert response.status_code == 404
    assert Membership.objects.filter(pk=membership.pk).exists()


def test_whoever_removes_themselves_ends_where_they_may_be(repository, login, maintainer):
    membership = Membership.objects.get(user=maintainer)
    response = login(maintainer).post("/acme/widgets/settings/members/", {"remove": membership.pk})
    assert response.headers["Location"] == "/"


def test_a_repository_goes_with_its_results_and_files_when_its_name_is_typed(sample, login, maintainer):
    file = default_storage.save("uploads/9", ContentFile(b"x"))
    Upload.objects.create(repository=sample.repository, fingerprint=b"9" * 32, file=file, size_bytes=1)
    client = login(maintainer)
    assert client.post("/acme/widgets/settings/delete/", {"confirmation": "acme/widget"}).status_code == 400
    assert client.get("/acme/widgets/settings/delete/").status_code == 405
    assert client.post("/acme/widgets/settings/delete/", {"confirmation": "acme/widgets"}).status_code == 302
    assert not Repository.objects.exists()
    assert not JobRun.objects.exists()
    assert not default_storage.exists(file)


# Adding a repository


def test_only_administrators_add_repositories(repository, login, maintainer, administrator):
    assert login(None).get("/-/repositories/new/").status_code == 302
    assert login(maintainer).get("/-/repositories/new/").status_code == 403
    client = login(administrator)
    assert client.get("/-/repositories/new/").status_code == 200
    response = client.post("/-/repositories/new/", {"full_name": "Linkerd/linkerd2.x_y-z"})
    assert response.headers["Location"] == "/Linkerd/linkerd2.x_y-z/"
    assert "curl -f" in client.get("/linkerd/LINKERD2.x_y-z/").content.decode()


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a",
        "a/b/c",
        "a b/c",
        "api/x",
        "Admin/x",
        "static/x",
        "-/x",
        "a/<b>",
        "acme/WIDGETS",
        "../x",
        "a/..",
        "a/b\n",
        "ä/b",
    ],
)
def test_names_that_cannot_be_repositories_are_refused(repository, login, administrator, name):
    response = login(administrator).post("/-/repositories/new/", {"full_name": name})
    stored = set(Repository.objects.values_list("slug", flat=True))
    # A line break at the end is trimmed, as everywhere in forms.
    assert (response.status_code, stored) == (400, {"acme/widgets"}) or (name == "a/b\n" and "a/b" in stored)


# Logging in, and errors


def test_logging_in_leads_back(db, login):
    User.objects.create_user("kim", password="correct horse battery")
    client = login(None)
    assert "Log in" in client.get("/-/login/?next=/-/tokens/").content.decode()
    wrong = client.post("/-/login/", {"username": "kim", "password": "x"})
    assert "correct username and password" in wrong.content.decode()
    right = client.post("/-/login/", {"username": "kim", "password": "correct horse battery", "next": "/-/tokens/"})
    assert right.headers["Location"] == "/-/tokens/"
    assert client.post("/-/logout/").headers["Location"] == "/"


def test_logging_in_does_not_lead_to_another_site(db, login):
    User.objects.create_user("kim", password="correct horse battery")
    form = {"username": "kim", "password": "correct horse battery", "next": "https://evil.example/"}
    assert login(None).post("/-/login/", form).headers["Location"] == "/"


def test_a_password_can_be_changed(db, login):
    user = User.objects.create_user("kim", password="correct horse battery")
    client = login(user)
    form = {
        "old_password": "correct horse battery",
        "new_password1": "staple 12 lamp",
        "new_password2": "staple 12 lamp",
    }
    assert "Change your password" in client.get("/-/password/").content.decode()
    assert "is changed" in client.post("/-/password/", form, follow=True).content.decode()
    user.refresh_from_db()
    assert user.check_password("staple 12 lamp")


def test_a_missing_page_offers_to_log_in(db, login, stranger):
    html = login(None).get("/acme/widgets/?a=1").content.decode()
    assert "/-/login/?next=/acme/widgets/%3Fa%3D1" in html
    assert "/-/login/" not in login(stranger).get("/acme/widgets/").content.decode()


def test_a_refusal_says_who_may(repository, login, viewer):
    response = login(viewer).get("/acme/widgets/settings/")
    assert response.status_code == 403
    assert "Only maintainers of acme/widgets may do this." in response.content.decode()


def test_a_form_from_elsewhere_is_refused(repository, maintainer):
    client = Client(enforce_csrf_checks=True)
    client.force_login(maintainer)
    assert client.post("/acme/widgets/settings/", {"is_public": "on"}).status_code == 403
    repository.refresh_from_db()
    assert not repository.is_public


def test_a_broken_server_has_a_page(static_files, rf):
    response = server_error(rf.get("/"))
    assert response.status_code == 500
    assert b"Something broke on the server" in response.content
