"""Pages of lists, ETags, and what a read costs the database."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.models import Repository
from tests.api.caller import SHAS, Caller, Results, junit, work_all_off
from tests.api.routes import LISTS, read_routes


@pytest.mark.parametrize("path", LISTS)
def test_pages_of_any_size_walk_everything_once(results: Results, ci: Caller, path: str) -> None:
    results.send_many(commits=3, jobs=2, tests=4)
    whole = ci.json(path, limit=500)
    assert whole["next"] is None
    assert len(whole["items"]) == len({item["id"] for item in whole["items"]})
    for limit in (1, 2, 7):
        assert list(ci.pages(path, limit=limit)) == whole["items"]


@pytest.mark.parametrize("path", LISTS)
def test_what_arrives_while_somebody_turns_pages_moves_nothing(results: Results, ci: Caller, path: str) -> None:
    before = [item["id"] for item in ci.json(path)["items"]]
    walked, answer = [], ci.json(path, limit=1)
    for number in range(100):
        walked += [item["id"] for item in answer["items"]]
        if answer["next"] is None:
            break
        if number < 3:
            run = {"commit": SHAS[50 + number], "job": f"new-{number}", "branch": f"branch-{number}"}
            ci.upload(junit([(f"TestNew{number}", "failed")]), **run)
            work_all_off()
        answer = ci.json(answer["next"])
    assert len(walked) == len(set(walked))
    assert walked[: len(before)] == before


def test_filters_stay_on_the_following_pages(results: Results, ci: Caller) -> None:
    whole = ci.json("job-runs", job="deep", verdict=["failed", "passed"])["items"]
    assert len(whole) == 2
    assert list(ci.pages("job-runs", job="deep", verdict=["failed", "passed"], limit=1)) == whole


def test_columns_of_one_time_are_each_shown_once(ci: Caller) -> None:
    for sha in SHAS[:5]:
        ci.upload(junit([("TestA", "passed")]), commit=sha, committed_at="2026-03-01T10:00:00Z")
    work_all_off()
    job, test = ci.json("jobs")["items"][0]["id"], ci.json("tests")["items"][0]["id"]
    for path, columns in (("grid", "commits"), (f"tests/{test}/history", "commits"), (f"jobs/{job}/grid", "runs")):
        shas, address = [], f"{path}?width=2"
        while address:
            answer: Any = ci.json(address)
            shas += [each.get("commit", each)["sha"] for each in answer[columns]]
            address = answer["next"]
        assert shas == [each.get("commit", each)["sha"] for each in ci.json(path)[columns]]
        assert sorted(shas) == SHAS[:5]


def test_every_read_has_an_etag_until_something_changes(results: Results, ci: Caller) -> None:
    downloads = [path for path in read_routes(ci) if path.startswith("attachments/")]
    for path in [path for path in read_routes(ci) if path not in downloads]:
        first = ci.get(path)
        assert (first["Cache-Control"], first.has_header("ETag")) == ("private, no-cache", True)
        assert {"Authorization", "Cookie"} <= set(first["Vary"].split(", "))
        again = ci.get(path, headers={"If-None-Match": first["ETag"]})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"]), path
        assert (again["Cache-Control"], "Authorization" in again["Vary"]) == ("private, no-cache", True)
        assert ci.get(path, headers={"If-None-Match": '"something else"'}).status_code == 200


def test_a_change_changes_the_etags_of_what_shows_it(results: Results, ci: Caller) -> None:
    routes = [path for path in read_routes(ci) if not path.startswith("attachments/")]
    job = next(job for job in ci.json("jobs")["items"] if job["name"] == "deep")
    routes += [f"jobs/{job['id']}/grid"]
    routes += [f"job-runs/{run['id']}" for run in ci.json("job-runs", job_id=job["id"], commit=SHAS[0])["items"]]
    before = {path: ci.get(path) for path in routes}
    # A retry passes: the same test of the same run again, so that no row is added but outcomes change.
    facts = {"commit": SHAS[1], "job": "deep", "run": "7", "dimension": ["k8s:1.32", "cni:calico"]}
    ci.upload(junit([("TestEdge", "passed")]), **facts)
    work_all_off()
    changed = {path for path in routes if ci.get(path).content != before[path].content}
    assert {"grid", "runs", "job-runs", f"jobs/{job['id']}/grid"} <= changed
    for path in routes:
        again = ci.get(path, headers={"If-None-Match": before[path]["ETag"]})
        assert again.status_code == (200 if path in changed else 304), path


def test_a_commit_that_turns_out_older_moves_to_its_place_and_changes_the_etag(results: Results, ci: Caller) -> None:
    etag = ci.get("grid")["ETag"]
    ci.upload(junit([("TestInstall", "passed")]), commit=SHAS[60], committed_at="2026-03-01T12:00:00Z", job="deep")
    work_all_off()
    response = ci.get("grid", headers={"If-None-Match": etag})
    assert [commit["sha"] for commit in response.json()["commits"]] == [SHAS[2], SHAS[1], SHAS[60], SHAS[0]]


def queries(caller: Caller, path: str) -> list[str]:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert caller.get(path, **({"limit": 500} if path in LISTS else {})).status_code == 200
    return [query["sql"] for query in captured.captured_queries]


def test_ten_times_more_data_costs_no_more_queries(repository: Repository, ci: Caller) -> None:
    results = Results(ci)
    results.send_many(commits=2, jobs=2, tests=3)
    ci.json("")  # notes the token's use
    small = {path: queries(ci, path) for path in read_routes(ci)}
    results.send_many(commits=8, jobs=6, tests=30)
    large = {path: queries(ci, path) for path in read_routes(ci)}
    counts = [[len(found) for found in each.values()] for each in (small, large)]
    assert counts[0] == counts[1]
    assert min(counts[0]) >= 3  # the token, the repository, and what was asked for
    assert max(counts[0]) <= 9
