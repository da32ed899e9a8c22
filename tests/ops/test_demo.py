"""The demo repository: the same every time, sent like any results, and gone when asked."""

from collections import Counter
from datetime import UTC, datetime
from io import BytesIO, StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from dashboard.demo.history import COMMITS, MATRIX, commits
from dashboard.demo.reports import body
from dashboard.demo.send import newest_first
from dashboard.intake.formats import gotest, junit
from dashboard.models import ApiToken, Commit, JobRun, Repository, Upload, Verdict
from dashboard.outcomes import Outcome

WHEN = datetime(2026, 11, 2, 12, tzinfo=UTC)
WORDS = {
    "passed": Outcome.PASSED,
    "failed": Outcome.FAILED,
    "flaky": Outcome.FLAKY,
    "skipped": Outcome.SKIPPED,
    "hung": Outcome.ERROR,
}


def test_it_is_the_same_every_time():
    once, again = ([body(run) for run in newest_first(WHEN) if not run.broken_cluster] for _ in range(2))
    assert once == again
    assert len(set(once)) == len(once)


def test_every_report_says_what_happened():
    seen = Counter()
    for run in newest_first(WHEN):
        if run.broken_cluster:
            seen["broken cluster"] += 1
            continue
        parse = gotest.parse if run.row.format == "go test -json" else junit.parse
        report = parse(BytesIO(body(run)), settings.LIMITS)
        assert report.is_complete
        assert not report.problems
        assert Counter(case.outcome for case in report.cases) == Counter(
            WORDS[result.outcome] for result in run.results
        )
        seen.update(result.outcome for result in run.results)
    assert set(seen) == {*WORDS, "broken cluster"}
    assert sum(seen.values()) > 10_000


def test_the_newest_commit_comes_first_and_none_is_in_the_future():
    order = [run.commit.number for run in newest_first(WHEN)]
    assert order == sorted(order, reverse=True)
    times = [commit.committed_at for commit in commits(WHEN)]
    assert times == sorted(times)
    assert times[-1] == WHEN


def test_it_is_sent_shown_as_a_demo_and_removed_with_its_files(live_stack):
    output = StringIO()
    call_command("demo", url=live_stack.url, stdout=output)
    assert "359 reports sent" in output.getvalue()
    live_stack.wait_until_idle(60)

    repository = Repository.objects.get()
    assert repository.is_demo
    assert repository.is_public
    assert not ApiToken.objects.get().is_active
    assert Upload.objects.filter(state=Upload.State.RECORDED).count() == 359
    assert Commit.objects.count() == COMMITS
    assert len({run.job_id for run in JobRun.objects.all()}) == len(MATRIX)
    verdicts = Counter(JobRun.objects.values_list("verdict", flat=True))
    assert verdicts[Verdict.INFRA_ERROR] == 1
    assert verdicts[Verdict.PASSED] > verdicts[Verdict.FLAKY] > 10
    assert verdicts[Verdict.FAILED] > 10

    # Once more: every report is known already.
    call_command("demo", url=live_stack.url, stdout=StringIO())
    assert Upload.objects.count() == 359

    call_command("demo", remove=True, stdout=output)
    assert not Repository.objects.exists()
    assert not ApiToken.objects.exists()
    assert not [path for path in (settings.DATA_DIR / "files").rglob("*") if path.is_file()]


def test_a_real_repository_of_its_name_is_left_alone(db):
    Repository.objects.create(owner="demo", name="kind-matrix")
    with pytest.raises(CommandError, match="is not the demo's"):
        call_command("demo")
    call_command("demo", remove=True, stdout=StringIO())
    assert Repository.objects.exists()


def test_a_server_that_is_not_there_is_named(db):
    with pytest.raises(CommandError, match=r"http://127\.0\.0\.1:1 did not take"):
        call_command("demo", url="http://127.0.0.1:1")
    assert not ApiToken.objects.get().is_active
