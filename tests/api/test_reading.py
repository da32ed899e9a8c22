"""What the read routes answer, from results that came in through the front door."""

from dashboard.models import Repository
from tests.api.caller import SHAS, Caller, Results


def test_a_repository_names_its_branches(results: Results, ci: Caller) -> None:
    answer = ci.json("")
    assert answer["full_name"] == "acme/widgets"
    assert answer["default_branch"] == "main"
    assert [branch["name"] for branch in answer["branches"]] == ["main"]
    assert answer["tests"] == 3
    assert answer["page_url"] == "http://testserver/acme/widgets/"
    assert [each["full_name"] for each in ci.json("/api/v1/repositories")["items"]] == ["acme/widgets"]
    assert answer["url"] == ci.json("/api/v1/repositories")["items"][0]["url"]


def test_a_repository_without_results_says_so_everywhere(repository: Repository, ci: Caller) -> None:
    assert ci.json("")["default_branch"] is None
    for path in ("branches", "jobs", "runs", "job-runs", "failures", "tests"):
        assert ci.json(path) == {"items": [], "next": None}
    grid = ci.json("grid")
    assert (grid["branch"], grid["jobs"], grid["commits"], grid["verdicts"]) == (None, [], [], [])


def test_jobs_have_their_dimensions(results: Results, ci: Caller) -> None:
    jobs = {job["name"]: job for job in ci.json("jobs")["items"]}
    assert jobs["deep"]["dimensions"] == {"cni": "calico", "k8s": "1.32"}
    assert jobs["upgrade"]["dimensions"] == {}
    assert jobs["deep"]["workflow"] == "ci"


def test_a_workflow_run_is_as_bad_as_its_worst_job_run(results: Results, ci: Caller) -> None:
    runs = {run["commit"]["sha"]: run for run in ci.json("runs")["items"]}
    assert [runs[sha]["verdict"] for sha in SHAS[:3]] == ["passed", "failed", "failed"]
    assert runs[SHAS[2]]["job_runs"] == {"passed": 1, "flaky": 1, "failed": 1}
    assert runs[SHAS[0]]["commit"]["subject"] == "Change 2026-03-01"


def test_job_runs_are_found_by_what_is_known_of_them(results: Results, ci: Caller) -> None:
    def found(**query: object) -> list[tuple[str, str]]:
        return [(run["job"]["name"], run["verdict"]) for run in ci.json("job-runs", **query)["items"]]

    assert len(found()) == 7
    assert found(commit=SHAS[1]) == [("upgrade", "passed"), ("deep", "failed")]
    assert found(commit=SHAS[1], job="deep") == [("deep", "failed")]
    assert found(job="smoke") == [("smoke", "failed")]
    assert sorted(found(verdict=["failed", "flaky"])) == [("deep", "failed"), ("deep", "flaky"), ("smoke", "failed")]
    assert len(found(branch="main")) == 7
    job = ci.json("jobs")["items"][0]
    assert {name for name, _verdict in found(job_id=job["id"])} == {job["name"]}


def test_what_is_not_there_is_told_and_not_an_empty_list(results: Results, ci: Caller) -> None:
    for path, query, words in (
        ("job-runs", {"branch": "mian"}, "no results for a branch called mian"),
        ("job-runs", {"commit": "ffffffffff"}, "no results for a commit ffffffffff"),
        ("runs", {"branch": "mian"}, "no results for a branch called mian"),
        ("failures", {"branch": "mian"}, "no results for a branch called mian"),
        ("grid", {"branch": "mian"}, "no results for a branch called mian"),
        ("job-runs/999999", {}, "has no job run 999999"),
        ("job-runs/999999/tests", {}, "has no job run 999999"),
        ("job-runs/999999/attachments", {}, "has no job run 999999"),
        ("failures/999999", {}, "has no failure 999999"),
        ("tests/999999/history", {}, "has no test 999999"),
        ("jobs/999999/grid", {}, "has no job 999999"),
        ("attachments/999999", {}, "has no attachment 999999"),
    ):
        response = ci.get(path, **query)
        assert response.status_code == 404
        assert words in response.json()["detail"]


def test_a_job_run_tells_everything_about_itself(results: Results, ci: Caller) -> None:
    pk = ci.json("job-runs", job="smoke")["items"][0]["id"]
    run = ci.json(f"job-runs/{pk}")
    assert (run["verdict"], run["conclusion"], run["failures_outside_tests"]) == ("failed", "failure", 0)
    assert run["duration_seconds"] == 600
    assert [(step["number"], step["name"], step["verdict"]) for step in run["steps"]] == [
        (1, "checkout", "passed"),
        (2, "create cluster", "failed"),
    ]
    assert [step["duration_seconds"] for step in run["steps"]] == [None, 540]
    assert [attempt["id"] for attempt in run["attempts"]] == [pk]
    assert [upload["state"] for upload in run["uploads"]] == ["recorded"]
    assert run["counts"]["tests"] == 0


def test_the_tests_of_a_job_run(results: Results, ci: Caller) -> None:
    pk = ci.json("job-runs", job="deep", commit=SHAS[1])["items"][0]["id"]
    assert ci.json(f"job-runs/{pk}")["counts"] == {
        "tests": 3,
        "passed": 1,
        "failed": 1,
        "skipped": 1,
        **dict.fromkeys(("flaky", "error", "timed_out", "not_run", "expected_failure"), 0),
    }
    tests = ci.json(f"job-runs/{pk}/tests")["items"]
    assert {test["name"]: test["outcome"] for test in tests} == {
        "TestInstall": "passed",
        "TestEdge": "failed",
        "TestÜmläut ☃": "skipped",
    }
    assert {test["duration_seconds"] for test in tests} == {1.5}
    failed = ci.json(f"job-runs/{pk}/tests", outcome="failed")["items"]
    assert [test["name"] for test in failed] == ["TestEdge"]
    assert list(ci.pages(f"job-runs/{pk}/tests", limit=1)) == tests


def test_failures_are_found_and_read(results: Results, ci: Caller) -> None:
    failures = ci.json("failures")["items"]
    assert [failure["title"] for failure in failures if failure["test"] is None] == ["kind"]
    one = next(failure for failure in failures if failure["outcome"] == "failed" and failure["test"])
    assert (one["test"]["name"], one["message"], one["commit"]) == ("TestEdge", "expected 3 replicas", SHAS[1])
    assert "got 2 after 60 s" in ci.json(f"failures/{one['id']}")["details"]
    annotation = ci.json(f"failures/{failures[0]['id']}")
    assert (annotation["file"], annotation["line"], annotation["details"]) == ("ci/kind.sh", 7, "no space left")

    def count(**query: object) -> int:
        return len(ci.json("failures", **query)["items"])

    assert count(test=one["test"]["id"]) == 2  # it failed once and was flaky once
    assert count(job="smoke") == 1
    assert count(job_id=one["job"]["id"]) == 2
    assert count(since="2026-03-03T00:00:00Z") == 2
    assert count(since="2026-03-03T01:00:00+02:00") == 2  # its + is a blank by the time it arrives
    assert count(since="2026-04-01") == 0


def test_tests_are_found_by_words(results: Results, ci: Caller) -> None:
    assert [test["name"] for test in ci.json("tests", q="edge INTEGRATION")["items"]] == ["TestEdge"]
    assert ci.json("tests", q="edge nowhere")["items"] == []
    assert [test["name"] for test in ci.json("tests", q="☃")["items"]] == ["TestÜmläut ☃"]
    assert ci.json("tests", q="100%")["items"] == []


def test_the_history_of_a_test_is_arrays(results: Results, ci: Caller) -> None:
    test = ci.json("tests", q="TestEdge")["items"][0]
    history = ci.json(f"tests/{test['id']}/history", branch="main")
    assert [commit["sha"] for commit in history["commits"]] == SHAS[2::-1]
    (job,) = history["jobs"]
    assert (job["job"]["name"], job["outcomes"], job["commits"]) == ("deep", "~FP", [0, 1, 2])
    assert [history["alphabet"][letter] for letter in job["outcomes"]] == ["flaky", "failed", "passed"]
    assert job["durations_seconds"][1:] == [1.5, 1.5]
    assert len(job["job_runs"]) == 3


def test_the_grid_has_a_string_of_verdicts_for_each_commit(results: Results, ci: Caller) -> None:
    grid = ci.json("grid")
    assert [job["name"] for job in grid["jobs"]] == ["deep", "smoke", "upgrade"]
    assert [commit["sha"] for commit in grid["commits"]] == SHAS[2::-1]
    assert grid["verdicts"] == ["~FP", "F-P", "P-P"]
    assert [[pk is not None for pk in row] for row in grid["job_runs"]] == [[True, True, True]] + 2 * [
        [True, False, True]
    ]
    narrow = ci.json("grid", width=1)
    assert narrow["verdicts"] == ["~FP"]
    older = ci.json(narrow["next"])
    assert ([job["name"] for job in older["jobs"]], older["verdicts"]) == (["deep", "upgrade"], ["FP"])


def test_the_grid_of_a_job_has_a_string_of_outcomes_for_each_run(results: Results, ci: Caller) -> None:
    job = next(job for job in ci.json("jobs")["items"] if job["name"] == "deep")
    grid = ci.json(f"jobs/{job['id']}/grid")
    names = [test["name"] for test in grid["tests"]]
    outcomes = {name: "".join(run["outcomes"][row] for run in grid["runs"]) for row, name in enumerate(names)}
    assert outcomes == {"TestInstall": "PPP", "TestEdge": "~FP", "TestÜmläut ☃": "SSS"}
    assert [run["verdict"] for run in grid["runs"]] == ["flaky", "failed", "passed"]
    found = ci.json(f"jobs/{job['id']}/grid", q="edge")
    assert ([test["name"] for test in found["tests"]], [run["outcomes"] for run in found["runs"]]) == (
        ["TestEdge"],
        ["~", "F", "P"],
    )
    nothing = ci.json(f"jobs/{job['id']}/grid", q="nowhere")
    assert (nothing["tests"], [run["outcomes"] for run in nothing["runs"]]) == ([], ["", "", ""])


def test_the_grid_of_a_job_comes_in_pages_of_runs_and_of_tests(results: Results, ci: Caller) -> None:
    job = next(job for job in ci.json("jobs")["items"] if job["name"] == "deep")
    whole = ci.json(f"jobs/{job['id']}/grid")
    rows: dict[str, str] = {}
    older: str | None = f"jobs/{job['id']}/grid?width=1&limit=1"
    while older:
        page = ci.json(older)
        older = page["next"]
        while True:
            for row, test in enumerate(page["tests"]):
                rows[test["name"]] = rows.get(test["name"], "") + page["runs"][0]["outcomes"][row]
            if page["next_tests"] is None:
                break
            page = ci.json(page["next_tests"])
    assert rows == {
        test["name"]: "".join(run["outcomes"][row] for run in whole["runs"]) for row, test in enumerate(whole["tests"])
    }


def test_another_address_below_the_api_is_a_404_that_a_program_can_read(ci: Caller) -> None:
    for path in ("/api/v1/nothing", "/api/v2/", "/api/v1/repositories/acme/widgets/nothing/7"):
        response = ci.get(path)
        assert response.status_code == 404
        assert "/api/docs" in response.json()["detail"]
