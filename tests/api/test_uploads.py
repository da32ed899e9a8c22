"""The way in, through the front door: an HTTP request, the worker, and what can be read afterwards."""

import dataclasses
import gzip
import io
import itertools
import json
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import LazySettings
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.intake.work import work_off
from dashboard.models import ApiToken, JobRun, Repository, Upload
from tests.api.caller import SHAS, Caller, junit, work_all_off
from tests.api.wsgi import address, post_raw
from tests.conftest import CiToken

# As a server does, the WSGI application ends its database connection's business with each request.
a_server = pytest.mark.django_db(transaction=True)

REPORT = junit([("TestInstall", "passed"), ("TestEdge", "failed")])


def kept_files(settings: LazySettings) -> list[Path]:
    return [path for path in (settings.DATA_DIR / "files").rglob("*") if path.is_file()]


def test_an_upload_is_accepted_at_once_and_recorded_by_the_worker(ci: Caller) -> None:
    response = ci.upload(REPORT)
    assert response.status_code == 202
    accepted = response.json()
    assert accepted["state"] == "received"
    assert ci.json(accepted["state_url"])["state"] == "received"
    work_all_off()
    state = ci.json(accepted["state_url"])
    assert (state["state"], state["repository"], state["size_bytes"]) == ("recorded", "acme/widgets", len(REPORT))
    assert state["totals"] == {"tests": 2, "passed": 1, "failed": 1}
    assert ci.json(f"job-runs/{state['job_runs'][0]}")["counts"]["failed"] == 1


def test_the_same_body_twice_is_one_upload(ci: Caller, settings: LazySettings) -> None:
    first, second = ci.upload(REPORT), ci.upload(REPORT)
    assert (first.status_code, second.status_code) == (202, 200)
    assert first.json()["id"] == second.json()["id"]
    work_all_off()
    third = ci.upload(REPORT, url="https://ci.example.org/7")  # a fact about the run does not make it another run
    assert (third.status_code, third.json()["state"]) == (200, "recorded")
    work_all_off()
    assert ci.json("job-runs")["items"][0]["counts"]["tests"] == 2
    assert len(kept_files(settings)) == 1


def test_the_same_body_for_another_run_counts_again(ci: Caller) -> None:
    for other in (
        {},
        {"job": "upgrade"},
        {"attempt": 2},
        {"run": "8"},
        {"commit": SHAS[1]},
        {"dimension": ["k8s:1.3"]},
    ):
        assert ci.upload(REPORT, **other).status_code == 202
    work_all_off()
    assert len(ci.json("job-runs")["items"]) == 6


def test_shards_add_up(ci: Caller) -> None:
    for shard in range(3):
        ci.upload(junit([(f"Test{shard}{number}", "passed") for number in range(4)]))
        work_all_off()
    (run,) = ci.json("job-runs")["items"]
    assert (run["counts"]["tests"], run["verdict"]) == (12, "passed")


def test_a_shard_that_repeats_a_test_makes_it_flaky_not_two(ci: Caller) -> None:
    ci.upload(junit([("TestEdge", "failed")]))
    ci.upload(junit([("TestEdge", "passed")]))
    work_all_off()
    (run,) = ci.json("job-runs")["items"]
    assert (run["counts"]["tests"], run["counts"]["flaky"], run["verdict"]) == (1, 1, "flaky")


def test_another_attempt_stands_beside_the_first(ci: Caller) -> None:
    ci.upload(junit([("TestEdge", "failed")]), run="7")
    ci.upload(junit([("TestEdge", "passed")]), run="7", attempt=2)
    work_all_off()
    newest = ci.json("job-runs")["items"][0]
    attempts = ci.json(f"job-runs/{newest['id']}")["attempts"]
    assert [(attempt["attempt"], attempt["verdict"]) for attempt in attempts] == [(1, "failed"), (2, "passed")]
    assert ci.json("grid")["verdicts"] == ["P"]


def test_a_late_older_commit_takes_its_place(ci: Caller) -> None:
    for sha, day in ((SHAS[2], 3), (SHAS[0], 1), (SHAS[1], 2)):
        ci.upload(REPORT, commit=sha, committed_at=f"2026-03-0{day}T10:00:00+01:00")
        work_all_off()
    grid = ci.json("grid")
    assert [commit["sha"] for commit in grid["commits"]] == SHAS[2::-1]
    job = grid["jobs"][0]["id"]
    assert [run["commit"]["sha"] for run in ci.json(f"jobs/{job}/grid")["runs"]] == SHAS[2::-1]


def test_a_pull_request_stays_off_the_branch_of_the_same_name(ci: Caller) -> None:
    ci.upload(REPORT, branch="main", pull_request=12)
    work_all_off()
    assert [branch["name"] for branch in ci.json("branches")["items"]] == ["pull/12"]
    assert ci.json("runs", branch="pull/12")["items"][0]["pull_request"] == 12


def test_many_reports_in_one_body(ci: Caller) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("one.xml", junit([("TestA", "passed")]))
        file.writestr("two.xml", junit([("TestB", "skipped")]))
    assert ci.upload(archive.getvalue(), content_type="application/zip").status_code == 202
    assert ci.upload(gzip.compress(junit([("TestC", "passed")]))).status_code == 202
    boundary = b'--b\r\nContent-Disposition: form-data; name="file"; filename="r.xml"\r\n\r\n'
    form = boundary + junit([("TestD", "failed")]) + b"\r\n--b--\r\n"
    assert ci.upload(form, content_type="multipart/form-data; boundary=b").status_code == 202
    work_all_off()
    counts = ci.json("job-runs")["items"][0]["counts"]
    assert (counts["tests"], counts["passed"], counts["skipped"], counts["failed"]) == (4, 2, 1, 1)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b"<html>not a report</html>", ""),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><testsuite><testcase name="&a;"/></testsuite>', ""),
        (b"\x00\x01\x02 nothing known", ""),
    ],
)
def test_what_is_no_report_is_rejected_with_the_reason(ci: Caller, body: bytes, words: str) -> None:
    response = ci.upload(body)
    assert response.status_code == 202
    from_worker = work_off_and_read(ci, response.json()["state_url"])
    assert from_worker["state"] == "rejected"
    assert from_worker["reason"]
    assert words in from_worker["reason"]


def work_off_and_read(ci: Caller, state_url: str) -> Any:
    work_off()
    return ci.json(state_url)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"job": None}, "job"),
        ({"commit": None}, "commit"),
        ({"repository": None}, "repository"),
        ({"repository": "widgets"}, "owner/name"),
        ({"repository": "api/widgets"}, "cannot be an owner"),
        ({"commit": "abc123"}, "all 40 hexadecimal digits"),
        ({"brnch": "main"}, "unknown: brnch"),
        ({"attempt": "0"}, "attempt"),
        ({"attempt": "one"}, "attempt"),
        ({"attempt": str(10**30)}, "attempt"),
        ({"pull_request": str(2**70)}, "pull_request"),
        ({"dimension": ["k8s"]}, "no name:value"),
        ({"dimension": ["k8s:1", "k8s:2"]}, "given twice"),
        ({"conclusion": "fine"}, "conclusion is one of"),
        ({"started_at": "yesterday"}, "started_at"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"branch": "a\x00b"}, "branch"),
        ({"job": "\x00"}, "job"),
        ({"job": "x" * 201}, "job is longer"),
    ],
)
def test_a_mistake_in_a_parameter_is_told(
    ci: Caller, settings: LazySettings, query: dict[str, object], words: str
) -> None:
    response = ci.upload(REPORT, **query)
    assert response.status_code == 422, response.content
    assert words in response.json()["detail"]
    assert not Upload.objects.exists()
    assert not kept_files(settings)


@a_server
def test_a_time_whose_plus_became_a_blank_is_understood(ci: Caller) -> None:
    answer = post_raw(
        address("uploads") + "&committed_at=2026-03-01T10:00:00+02:00",
        ci.headers["Authorization"].removeprefix("Bearer "),
        io.BytesIO(REPORT),
        CONTENT_LENGTH=str(len(REPORT)),
    )
    assert answer.status == 202
    work_all_off()
    assert ci.json("runs")["items"][0]["commit"]["committed_at"] == "2026-03-01T08:00:00Z"


def test_a_body_that_is_too_large_leaves_nothing_behind(ci: Caller, settings: LazySettings) -> None:
    settings.LIMITS = dataclasses.replace(settings.LIMITS, upload_bytes=100, document_bytes=100)
    for response in (ci.upload(REPORT), ci.attach(REPORT)):
        assert response.status_code == 413
        assert "KINDMAP_LIMIT_UPLOAD_BYTES" in response.json()["detail"]
    response = ci.send_job_runs({"commit": SHAS[0], "job": "deep", "message": "x" * 100})
    assert response.status_code == 413
    assert "KINDMAP_LIMIT_DOCUMENT_BYTES" in response.json()["detail"]
    assert not kept_files(settings)
    assert not Upload.objects.exists()


@a_server
@pytest.mark.parametrize("path", ["uploads", "attachments"])
def test_a_body_that_breaks_off_leaves_nothing_behind(ci_token: CiToken, settings: LazySettings, path: str) -> None:
    where = address(path, **({"name": "x"} if path == "attachments" else {}))
    answer = post_raw(where, ci_token.secret, io.BytesIO(REPORT), CONTENT_LENGTH=str(len(REPORT) + 1))
    assert (answer.status, "send it again" in answer.detail) == (400, True)
    assert not kept_files(settings)
    assert not Upload.objects.exists()


@a_server
def test_job_runs_that_break_off_are_not_called_bad_json(ci_token: CiToken) -> None:
    where = "/api/v1/job-runs?repository=acme/widgets"
    answer = post_raw(where, ci_token.secret, io.BytesIO(b'{"commit": '), CONTENT_LENGTH="100")
    assert (answer.status, "send it again" in answer.detail) == (400, True)


@a_server
def test_a_body_in_chunks_is_read_to_its_end(ci: Caller, ci_token: CiToken) -> None:
    chunked = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    assert post_raw(address("uploads"), ci_token.secret, io.BytesIO(REPORT), **chunked).status == 202
    work_all_off()
    assert ci.json("job-runs")["items"][0]["counts"]["tests"] == 2


@a_server
def test_a_length_that_is_no_number_is_no_error_of_the_server(ci_token: CiToken) -> None:
    answer = post_raw(address("uploads"), ci_token.secret, io.BytesIO(REPORT), CONTENT_LENGTH="many")
    assert answer.status < 500


def test_a_full_disk_is_told_and_nothing_is_kept(ci: Caller, settings: LazySettings) -> None:
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": "tests.api.full_disk.FullDisk"}}
    for response in (
        ci.upload(REPORT),
        ci.attach(b"log"),
        ci.send_job_runs({"commit": SHAS[0], "job": "deep"}),
    ):
        assert response.status_code == 507
        assert "disk is full" in response.json()["detail"]
    assert not Upload.objects.exists()


@contextmanager
def database_taken() -> Iterator[None]:
    """Somebody else holds what an upload needs, and nobody wants to wait long."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA busy_timeout = 50")
            other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
        else:
            cursor.execute("SET lock_timeout = '50ms'")
            other = psycopg.connect(**connection.get_connection_params() | {"cursor_factory": None})
            other.execute("LOCK TABLE dashboard_upload, dashboard_attachment IN ACCESS EXCLUSIVE MODE")
    try:
        yield
    finally:
        other.rollback()
        other.close()
        connection.close()


@a_server
def test_a_busy_database_is_a_503_and_nothing_is_kept(settings: LazySettings) -> None:
    repository = Repository.objects.create(owner="acme", name="widgets")
    token, secret = ApiToken.issue("ci", last_used_at="2100-01-01T00:00:00Z")
    token.repositories.add(repository)
    ci = Caller(secret)
    with database_taken():
        for response in (ci.upload(REPORT), ci.attach(b"log")):
            assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert not kept_files(settings)
    assert ci.upload(REPORT).status_code == 202


def test_results_without_a_report(ci: Caller) -> None:
    steps = [
        {"name": "checkout", "conclusion": "success", "started_at": "2026-03-01T10:00:00Z"},
        {"name": "create cluster", "conclusion": "failure"},
        {"name": "test", "conclusion": "skipped"},
    ]
    annotations = [
        {"message": "no space left on device", "file": "ci/kind.sh", "line": 7},
        {"message": "Node 16 is old", "level": "warning"},
    ]
    facts = {"commit": SHAS[0], "run": "7"}
    response = ci.send_job_runs(
        facts | {"job": "deep", "conclusion": "failure", "steps": steps, "annotations": annotations},
        facts | {"job": "upgrade", "conclusion": "success"},
        facts | {"job": "arm", "status": "in_progress"},
    )
    assert response.status_code == 202
    work_all_off()
    runs = {run["job"]["name"]: run for run in ci.json("job-runs")["items"]}
    assert {name: run["verdict"] for name, run in runs.items()} == {
        "deep": "failed",
        "upgrade": "passed",
        "arm": "running",
    }
    deep = ci.json(f"job-runs/{runs['deep']['id']}")
    assert [step["verdict"] for step in deep["steps"]] == ["passed", "failed", "skipped"]
    (failure,) = ci.json("failures")["items"]
    assert (failure["message"], failure["file"], failure["line"]) == ("no space left on device", "ci/kind.sh", 7)
    assert ci.json("runs")["items"][0]["verdict"] == "failed"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "not JSON"),
        (b"[]", "give one object"),
        (b"7", "give one object"),
        (b'{"job_runs": [7]}', "give one object"),
        (b'{"job": "deep"}', "commit is missing"),
        (b'{"commit": "%s", "job": "deep", "stpes": []}' % SHAS[0].encode(), "unknown: stpes"),
        (b'{"commit": "%s", "job": "deep", "steps": 7}' % SHAS[0].encode(), "steps"),
        (b'{"commit": "%s", "job": "deep", "attempt": 1e400}' % SHAS[0].encode(), ""),
        (b'{"commit": "%s", "job": "\\ud800"}' % SHAS[0].encode(), ""),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_a_mistake_in_job_runs_is_told_at_once(ci: Caller, body: bytes, words: str) -> None:
    response = ci.post("job-runs", body, "application/json", repository="acme/widgets")
    assert response.status_code == 422, response.content
    assert words in response.json()["detail"]


SENT: list[tuple[str, bytes | dict[str, object]]] = [
    ("upload", junit([("TestA", "passed"), ("TestB", "failed")])),
    ("upload", junit([("TestB", "passed"), ("TestC", "skipped")])),
    ("upload", junit([("TestC", "error"), ("TestD", "skipped")])),
    ("upload", junit([("TestD", "passed"), ("TestA", "passed")], suite="other")),
    ("job_run", {"conclusion": "failure", "started_at": "2026-03-01T10:00:00Z"}),
    ("job_run", {"conclusion": "success", "finished_at": "2026-03-01T11:00:00Z"}),
    ("job_run", {"status": "in_progress"}),
    ("attachment", b"a log"),
]
_numbers = itertools.count()


def totals_after(everywhere: Caller, order: list[int], worked_off_at: set[int]) -> dict[str, object]:
    """What can be read of a job run when these were sent in this order, the worker being awake in between."""
    name = f"order-{next(_numbers)}"
    full_name = f"acme/{name}"
    for step, index in enumerate(order):
        kind, body = SENT[index]
        if kind == "upload":
            response = everywhere.upload(body, repository=full_name)
        elif kind == "attachment":
            response = everywhere.attach(body, repository=full_name)
        else:
            response = everywhere.send_job_runs({"commit": SHAS[0], "job": "deep"} | body, repository=full_name)
        assert response.status_code in (201, 202)
        if step in worked_off_at:
            work_all_off()
    work_all_off()
    here = f"/api/v1/repositories/{full_name}"
    (run,) = everywhere.json(f"{here}/job-runs")["items"]
    tests = everywhere.json(f"{here}/job-runs/{run['id']}/tests")["items"]
    return {
        "counts": run["counts"],
        "verdict": run["verdict"],
        "times": (run["started_at"], run["finished_at"]),
        "outcomes": {(test["suite"], test["name"]): test["outcome"] for test in tests},
        "seconds": {(test["suite"], test["name"]): test["duration_seconds"] for test in tests},
        "failures": len(everywhere.json(f"{here}/failures")["items"]),
    }


@pytest.fixture
def expected(everywhere: Caller) -> dict[str, object]:
    return totals_after(everywhere, list(range(len(SENT))), set())


@pytest.fixture
def everywhere(db: None) -> Caller:
    return Caller(ApiToken.issue("everywhere", is_for_all_repositories=True)[1])


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(len(SENT))), worked_off_at=st.sets(st.integers(0, len(SENT) - 1), max_size=2))
def test_uploads_in_any_order_give_the_same_totals(
    everywhere: Caller, expected: dict[str, object], order: list[int], worked_off_at: set[int]
) -> None:
    assert totals_after(everywhere, order, worked_off_at) == expected


def test_the_totals_that_any_order_gives_are_the_right_ones(expected: dict[str, object]) -> None:
    assert expected["verdict"] == "failed"
    assert expected["outcomes"] == {
        ("integration", "TestA"): "passed",
        ("integration", "TestB"): "flaky",
        ("integration", "TestC"): "error",
        ("integration", "TestD"): "skipped",
        ("other", "TestD"): "passed",
        ("other", "TestA"): "passed",
    }
    assert JobRun.objects.count() == 1


def test_job_runs_sent_twice_are_one_upload(ci: Caller) -> None:
    one = {"commit": SHAS[0], "job": "deep", "conclusion": "success"}
    assert [ci.send_job_runs(one).status_code for _ in range(2)] == [202, 200]
    assert json.loads(ci.send_job_runs(one).content)["id"] == Upload.objects.get().pk
