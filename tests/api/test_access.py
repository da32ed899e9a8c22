"""Who is turned away, and that what they may not see does not show in any answer."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from dashboard.api.v1 import api
from dashboard.models import ApiToken, Repository
from tests.api.caller import HERE, SHAS, Caller, Results, junit
from tests.api.routes import read_routes


def test_every_read_route_is_in_this_file(results: Results, ci: Caller) -> None:
    paths = {path.removeprefix("/api/v1/repositories/{owner}/{name}") for path in api.get_openapi_schema()["paths"]}
    below = {path for path in paths if not path.startswith("/api/")}
    assert len(read_routes(ci)) == len(below)


def test_who_may_read_reads_every_route(
    results: Results, ci: Caller, viewer: User, administrator: User, logged_in: Callable[[User], Caller]
) -> None:
    for path in read_routes(ci):
        for caller in (ci, logged_in(viewer), logged_in(administrator)):
            assert caller.get(path).status_code == 200, path


def test_a_private_repository_does_not_exist_for_others(
    results: Results,
    ci: Caller,
    nobody: Caller,
    stranger: User,
    logged_in: Callable[[User], Caller],
    token_of: Callable[..., Caller],
) -> None:
    other = Repository.objects.create(owner="acme", name="gadgets")
    for path in read_routes(ci):
        there = path.replace("widgets", "gizmos") if path.startswith("/") else f"{HERE}/{path}".rstrip("/")
        missing = there.replace("acme/widgets", "acme/nothing")
        for caller in (nobody, logged_in(stranger), token_of(other)):
            hidden, absent = caller.get(there), caller.get(missing)
            assert (hidden.status_code, absent.status_code) == (404, 404), path
            assert hidden.json()["detail"].replace("widgets", "nothing") == absent.json()["detail"]
            assert {name: hidden[name] for name in hidden.headers if name not in ("Content-Length", "Set-Cookie")} == {
                name: absent[name] for name in absent.headers if name not in ("Content-Length", "Set-Cookie")
            }
            assert "ETag" not in hidden.headers


def test_an_etag_that_leaked_opens_nothing(results: Results, ci: Caller, nobody: Caller) -> None:
    etag = ci.get("job-runs")["ETag"]
    assert nobody.get("job-runs", headers={"If-None-Match": etag}).status_code == 404
    assert nobody.get("job-runs", headers={"If-None-Match": "*"}).status_code == 404


def test_ids_of_another_repository_are_not_found_in_ones_own(
    results: Results, ci: Caller, token_of: Callable[..., Caller]
) -> None:
    Repository.objects.create(owner="acme", name="gadgets", is_public=True)
    nosy = token_of(Repository.objects.get(name="gadgets"))
    paths = [path for path in read_routes(ci) if any(part.isdecimal() for part in path.split("/"))]
    assert len(paths) == 7
    for path in paths:
        response = nosy.get(f"/api/v1/repositories/acme/gadgets/{path}")
        assert response.status_code == 404, path
        assert "acme/gadgets has no" in response.json()["detail"]
    upload = ci.json(paths[0])["uploads"][0]["id"]
    assert nosy.get(f"/api/v1/uploads/{upload}").status_code == 404
    assert nosy.json("/api/v1/repositories/acme/gadgets/failures")["items"] == []
    assert nosy.json("/api/v1/repositories/acme/gadgets/tests", q="TestEdge")["items"] == []


def test_filters_reach_into_no_other_repository(results: Results, ci: Caller, token_of: Callable[..., Caller]) -> None:
    gadgets = Repository.objects.create(owner="acme", name="gadgets")
    nosy = token_of(gadgets)
    there = "/api/v1/repositories/acme/gadgets"
    job, test = ci.json("jobs")["items"][0]["id"], ci.json("tests")["items"][0]["id"]
    assert nosy.json(f"{there}/job-runs", job_id=job)["items"] == []
    assert nosy.json(f"{there}/failures", job_id=job)["items"] == []
    assert nosy.json(f"{there}/failures", test=test)["items"] == []
    for path in ("job-runs", "runs"):
        assert nosy.get(f"{there}/{path}", commit=SHAS[0]).status_code == 404
        assert nosy.get(f"{there}/{path}", branch="main").status_code == 404


def test_the_list_has_what_one_may_see(
    repository: Repository,
    ci: Caller,
    nobody: Caller,
    viewer: User,
    stranger: User,
    logged_in: Callable[[User], Caller],
    token_of: Callable[..., Caller],
) -> None:
    public = Repository.objects.create(owner="acme", name="public", is_public=True)
    Repository.objects.create(owner="acme", name="secret")

    def names(caller: Caller) -> list[str]:
        return [each["name"] for each in caller.pages("/api/v1/repositories", limit=1)]

    assert names(nobody) == names(logged_in(stranger)) == ["public"]
    assert names(ci) == names(logged_in(viewer)) == ["public", "widgets"]
    assert names(token_of(public)) == ["public"]
    assert names(token_of(is_for_all_repositories=True)) == ["public", "secret", "widgets"]


def test_what_is_public_is_read_without_a_token(results: Results, ci: Caller, nobody: Caller) -> None:
    routes = read_routes(ci)
    Repository.objects.update(is_public=True)
    for path in routes:
        assert nobody.get(path).status_code == 200, path
    assert nobody.upload(b"<testsuite/>").status_code == 401


@pytest.mark.parametrize(
    "fields",
    [{"expires_at": timezone.now() - timedelta(seconds=1)}, {"revoked_at": timezone.now()}],
    ids=["expired", "revoked"],
)
def test_a_token_that_is_no_longer_good_is_told_so(
    results: Results, ci: Caller, repository: Repository, token_of: Callable[..., Caller], fields: dict[str, object]
) -> None:
    routes = read_routes(ci)
    Repository.objects.update(is_public=True)  # a bad token is told even where none is needed
    former = token_of(repository, **fields)
    for path in [*routes, "/api/v1/repositories"]:
        assert former.get(path).status_code == 401, path
    for response in (former.upload(junit([])), former.send_job_runs({}), former.attach(b"")):
        assert response.status_code == 401
        assert response["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Bearer wrong", "Basic YTpi", "bearer \xff", "Token x", "x"])
def test_a_wrong_header_is_a_401(repository: Repository, nobody: Caller, header: str) -> None:
    nobody.headers = {"Authorization": header}
    assert nobody.get("").status_code == 401
    assert nobody.get("/api/v1/repositories").status_code == 401
    assert nobody.upload(b"<testsuite/>").status_code == 401


def test_a_token_for_uploads_reads_nothing_but_what_became_of_them(
    results: Results, ci: Caller, repository: Repository, token_of: Callable[..., Caller]
) -> None:
    routes = read_routes(ci)
    uploader = token_of(repository, may_read=False)
    sent = uploader.upload(junit([("TestNew", "passed")]))
    assert sent.status_code == 202
    assert uploader.get(f"/api/v1/uploads/{sent.json()['id']}").status_code == 200
    missing = "/api/v1/repositories/acme/nothing"
    for path in [*routes, "/api/v1/repositories", missing]:
        response = uploader.get(path)
        assert (response.status_code, response.json()["detail"]) == (403, "this token may upload, not read")


def test_a_token_for_reading_uploads_nothing(
    results: Results, ci: Caller, repository: Repository, token_of: Callable[..., Caller]
) -> None:
    reader = token_of(repository, may_upload=False)
    for path in read_routes(ci):
        assert reader.get(path).status_code == 200, path
    job_run = {"commit": SHAS[0], "job": "deep"}
    for response in (
        reader.upload(junit([])),
        reader.send_job_runs(job_run),
        reader.attach(b"x"),
        reader.upload(junit([]), repository="acme/nothing"),
    ):
        assert (response.status_code, response.json()["detail"]) == (403, "this token may read, not upload")


def test_a_foreign_token_cannot_tell_a_private_repository_from_none(
    repository: Repository, token_of: Callable[..., Caller]
) -> None:
    foreign = token_of(Repository.objects.create(owner="acme", name="gadgets"))
    for name in ("widgets", "nothing"):
        full_name = f"acme/{name}"
        for response in (
            foreign.upload(junit([]), repository=full_name),
            foreign.send_job_runs({"commit": SHAS[0], "job": "deep"}, repository=full_name),
            foreign.attach(b"x", repository=full_name),
        ):
            assert response.status_code == 404
            assert response.json()["detail"] == f"there is no repository {full_name}, or this token is not for it"
    assert not Repository.objects.filter(name="nothing").exists()


def test_a_token_for_all_repositories_makes_new_ones_private(token_of: Callable[..., Caller], nobody: Caller) -> None:
    everywhere = token_of(is_for_all_repositories=True)
    assert everywhere.upload(junit([("TestA", "passed")]), repository="New/Thing").status_code == 202
    assert nobody.get("/api/v1/repositories/new/thing").status_code == 404
    assert everywhere.json("/api/v1/repositories/new/thing")["full_name"] == "New/Thing"


def test_a_session_uploads_nothing(viewer: User, maintainer: User, logged_in: Callable[[User], Caller]) -> None:
    for user in (viewer, maintainer):
        assert logged_in(user).upload(junit([])).status_code == 401


def test_the_last_use_of_a_token_is_noted(ci: Caller, repository: Repository) -> None:
    assert ApiToken.objects.get().last_used_at is None
    ci.json("")
    used = ApiToken.objects.get().last_used_at
    assert used is not None
    ci.json("")
    assert ApiToken.objects.get().last_used_at == used
