"""CI history kept as JSON lists comes in through the same intake as everything else."""

import json
import os
from collections import Counter
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from dashboard.models import Commit, Failure, JobRun, Repository, Verdict, WorkflowRun

LINKERD = Path(__file__).resolve().parents[2].parent / "shared" / "linkerd"

JOBS = [
    ["KinD", "deep", "success", "2020-05-05T10:00:00Z", "2020-05-05T10:20:00Z"],
    ["KinD", "deep", "failure", "2020-05-06T10:00:00Z", "2020-05-06T10:20:00Z"],
    ["KinD", "helm", "skipped", "2020-05-06T10:00:00Z", "2020-05-06T10:00:00Z"],
    ["KinD", "deep", "success", "2020-05-06T10:00:00Z", "2020-05-06T10:30:00Z"],
]
ANNOTATIONS = [["KinD", "deep", *JOBS[1][3:], "test/install_test.go", 17, "TestInstall timed-out"]]
COMMITS = [
    {"sha": f"{day:040x}", "date": f"2020-05-0{day}T08:00:00-05:00", "subject": f"day {day}", "author": "N"}
    for day in (4, 5, 6)
]


def folder_with(tmp_path, **files):
    for name, rows in files.items():
        (tmp_path / f"ci_{name}_2020.json").write_text(json.dumps(rows))
    return tmp_path


def import_from(folder):
    call_command("import_history", str(folder), repository="linkerd/linkerd2")


@pytest.mark.usefixtures("db")
def test_runs_get_the_newest_commit_of_their_time_and_say_that_this_is_a_guess(tmp_path):
    import_from(folder_with(tmp_path, jobs=JOBS, annotations=ANNOTATIONS, commits=COMMITS))
    runs = JobRun.objects.order_by("started_at", "id").values_list("job__name", "verdict", "commit__message")
    assert sorted(runs) == sorted(
        [
            ("deep", Verdict.PASSED, "day 4"),
            ("deep", Verdict.FAILED, "day 5"),
            ("helm", Verdict.SKIPPED, "day 5"),
            ("deep", Verdict.PASSED, "day 5"),
        ]
    )
    failure = Failure.objects.get()
    assert (failure.file, failure.line, failure.message) == ("test/install_test.go", 17, "TestInstall timed-out")
    assert set(WorkflowRun.objects.values_list("is_commit_guessed", flat=True)) == {True}


@pytest.mark.usefixtures("db")
def test_a_second_import_changes_nothing(tmp_path):
    folder = folder_with(tmp_path, jobs=JOBS, commits=COMMITS)
    import_from(folder)
    import_from(folder)
    assert JobRun.objects.count() == 4


@pytest.mark.usefixtures("db")
def test_a_folder_without_history_is_told(tmp_path):
    with pytest.raises(CommandError, match=r"has no \*commits\*\.json"):
        import_from(tmp_path)
    with pytest.raises(CommandError, match=r"has no \*jobs\*\.json"):
        import_from(folder_with(tmp_path, commits=COMMITS))


@pytest.mark.usefixtures("db")
def test_a_real_month_comes_in_whole():
    if not LINKERD.exists():
        if os.environ.get("CI", "").lower() in ("1", "true"):
            pytest.fail(f"{LINKERD} is missing")
        pytest.skip(f"{LINKERD} is not there")
    import_from(LINKERD)
    assert Counter(JobRun.objects.values_list("verdict", flat=True)) == {
        Verdict.PASSED: 8519,
        Verdict.FAILED: 630,
        Verdict.SKIPPED: 37,
    }
    assert Failure.objects.filter(repository=Repository.objects.get()).count() == 398
    assert Commit.objects.count() > 100
