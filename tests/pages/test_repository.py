"""The heat map of jobs by commits, and the first page."""

import re
from datetime import timedelta

import pytest

from dashboard.models import Branch, BranchCommit, Commit, Job, JobRun, Repository, Verdict, WorkflowRun
from tests.pages import samples


@pytest.fixture
def page(login, viewer):
    def page(path: str = "/acme/widgets/") -> str:
        response = login(viewer).get(path)
        assert response.status_code == 200
        return response.content.decode()

    return page


def commits_of(html: str) -> list[str]:
    return re.findall(r"<code>([0-9a-f]{8})</code>", html)


def test_an_empty_repository_says_how_to_fill_it(login, maintainer):
    html = login(maintainer).get("/acme/widgets/", headers={"host": "localhost"}).content.decode()
    assert "curl -f --data-binary @report.xml" in html
    assert "http://localhost/api/v1/uploads?repository=acme/widgets&amp;commit=$(git rev-parse HEAD)" in html
    assert "/-/tokens/?repository=acme/widgets" in html


def test_commits_are_columns_newest_first_by_their_place_and_never_by_arrival(sample, page):
    branch, first = sample.branch, sample.runs[0].commit
    late = Commit.objects.create(
        repository=sample.repository, sha="f" * 40, committed_at=first.committed_at - timedelta(minutes=1)
    )
    BranchCommit.objects.create(branch=branch, commit=late, place=late.place)
    shas = [run.commit.short_sha for run in sample.runs]
    assert commits_of(page()) == [shas[0], "f" * 8, *shas[1:]]


def test_a_cell_leads_to_its_run_and_says_its_verdict(sample, page):
    run = sample.runs[0]
    JobRun.objects.filter(pk=run.pk).update(verdict=Verdict.FAILED, failed=3, error=0, timed_out=0)
    html = page()
    assert f'href="/acme/widgets/job-runs/{run.pk}/"' in html
    assert f"deep on {run.commit.short_sha}: failed, 3 of" in html
    assert ">F 3</a>" in html


def test_several_attempts_share_a_cell_with_the_newest_on_the_right(sample, page):
    first = sample.runs[0]
    # The second attempt came in before the first one.
    WorkflowRun.objects.filter(pk=first.workflow_run_id).update(attempt=2)
    samples.make_runs(sample.job, sample.branch, [first.commit], sample.matrix[:, :1], attempt=1)
    other = JobRun.objects.latest("id")
    cell = re.search(r"<td class=runs><div>(.*?)</div>", page())[1]
    assert [int(pk) for pk in re.findall(r"job-runs/(\d+)/", cell)] == [other.pk, first.pk]
    assert "run 1 of 2" in cell


def test_a_commit_without_a_run_of_the_job_is_a_hollow_cell_and_never_green(sample, page):
    JobRun.objects.filter(pk=sample.runs[2].pk).delete()
    assert page().count("<td class=a>") == 1


def test_dimensions_and_workflow_stand_beside_the_job(sample, page):
    html = page()
    assert "k8s=1.32" in html
    assert ">integration<" in html


def test_older_commits_are_a_page_away_and_the_newest_one_click_back(repository, page):
    workflow = repository.workflows.create(name="ci")
    branch, commits = samples.make_commits(repository, "main", 90)
    job = samples.make_job(workflow, "unit", 3)
    samples.make_runs(job, branch, commits, samples.random_matrix(3, 90, 0.0))
    shown, address = [], "/acme/widgets/"
    for _ in range(3):
        html = page(address)
        shown += commits_of(html)
        older = re.search(r'href="(\?before=[^"]+)" rel="next"', html)
        address = f"/acme/widgets/{older[1]}" if older else ""
    assert shown == [commit.short_sha for commit in commits]
    assert not address
    assert "Newest commits" in html


def test_commits_with_the_same_time_are_all_shown_once(repository, page):
    _branch, commits = samples.make_commits(repository, "main", 50)
    BranchCommit.objects.update(place=commits[0].place)
    first = page()
    older = re.search(r'href="(\?before=[^"]+)" rel="next"', first)[1]
    shown = commits_of(first) + commits_of(page(f"/acme/widgets/{older}"))
    assert sorted(shown) == sorted(commit.short_sha for commit in commits)


@pytest.mark.parametrize("before", ["x", "1", "1-", "9" * 40 + "-1", "-1-1", "1-1;drop"])
def test_a_place_that_is_none_is_refused_in_words(sample, login, viewer, before):
    response = login(viewer).get("/acme/widgets/", {"before": before})
    assert response.status_code == 400
    assert "cannot be understood" in response.content.decode()


def test_the_branch_is_the_default_one_then_main_then_master_then_the_newest(repository, page):
    def heading() -> str:
        return re.search(r"of <strong>(.*?)</strong>", page())[1]

    samples.make_commits(repository, "old", 1)
    Commit.objects.update(committed_at=samples.NEWEST - timedelta(days=9))
    BranchCommit.objects.update(place=1)
    samples.make_commits(repository, "release", 1)
    assert heading() == "release"
    samples.make_commits(repository, "master", 1)
    assert heading() == "master"
    samples.make_commits(repository, "main", 1)
    assert heading() == "main"
    Repository.objects.update(default_branch="old")
    assert heading() == "old"
    Repository.objects.update(default_branch="gone")
    assert heading() == "main"


def test_a_pull_request_is_a_branch_of_its_own(sample, page):
    branch, commits = samples.make_commits(sample.repository, "pull/12", 1, pull_request=12)
    samples.make_runs(sample.job, branch, commits, sample.matrix[:, :1])
    assert "#12" in page()  # to choose from
    for name in ("pull/12", "%2312"):
        html = page(f"/acme/widgets/?branch={name}")
        assert commits_of(html) == [commits[0].short_sha]
        assert f"/acme/widgets/jobs/{sample.job.pk}/?branch=pull/12" in html


def test_a_branch_without_results_is_not_found(sample, login, viewer):
    assert login(viewer).get("/acme/widgets/?branch=nope").status_code == 404


def test_a_commit_that_was_guessed_says_so(sample, page):
    assert "commit chosen by time" not in page()
    WorkflowRun.objects.filter(pk=sample.runs[0].workflow_run_id).update(is_commit_guessed=True)
    assert page().count("commit chosen by time") == 2  # above, and in the cell's words


def test_hostile_names_are_text(repository, page):
    workflow = repository.workflows.create(name="<script>alert(1)</script>")
    branch, commits = samples.make_commits(repository, '"><img src=x>', 1)
    Commit.objects.update(message="<b>\u202egnissap</b>", author="'\"><i>")
    job = Job.objects.create(workflow=workflow, name="</td><script>", dimensions={"<u>": "\u202e"}, test_count=0)
    samples.make_runs(job, branch, commits, samples.random_matrix(0, 1, 0.0))
    html = page()
    for hostile in ("<script>alert", "<img", "<b>\u202e", "<i>", "</td><script>", "<u>", "\u202e"):
        assert hostile not in html
    assert "\\u202egnissap" in html


# The first page


def test_the_first_page_shows_how_the_default_branches_are_now(sample, login, viewer):
    newest = sample.runs[0]
    JobRun.objects.filter(pk=newest.pk).update(verdict=Verdict.INFRA_ERROR)
    html = login(viewer).get("/").content.decode()
    assert "infrastructure error" in html
    assert newest.commit.short_sha in html
    assert "private" in html


def test_a_later_attempt_decides_what_a_commit_is(sample, login, viewer):
    newest = sample.runs[0]
    JobRun.objects.update(verdict=Verdict.FAILED)
    samples.make_runs(sample.job, sample.branch, [newest.commit], sample.matrix[:, :1] * 0 + 1, attempt=2)
    html = login(viewer).get("/").content.decode()
    assert re.search(r'class="nowrap"><span class="mark p"', html)


def test_an_empty_first_page_says_how_to_add_a_repository(db, login, administrator):
    html = login(None).get("/").content.decode()
    assert "manage.py create_token owner/name" in html
    assert "/-/repositories/new/" not in html
    assert "/-/repositories/new/" in login(administrator).get("/").content.decode()


def test_repositories_come_in_pages(db, login):
    for number in range(35):
        samples.make_repository(f"acme/r{number:02}", is_public=True)
    first = login(None).get("/").content.decode()
    second = login(None).get("/?page=2").content.decode()
    assert "acme/r29<" in first
    assert "acme/r30<" not in first
    assert "acme/r34<" in second


def test_a_default_branch_without_main_is_the_newest(repository, login, viewer):
    samples.make_commits(repository, "trunk", 2)
    assert Branch.objects.get().name in login(viewer).get("/").content.decode()
