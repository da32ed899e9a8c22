"""The pages of a job run, of a failure, of a test and of an upload."""

import io
import re

import numpy as np
import pytest

from dashboard.intake.keep import keep
from dashboard.models import Attachment, Failure, FailureText, Job, JobRun, JobTest, Test, Upload, Verdict, WorkflowRun
from dashboard.outcomes import Outcome
from dashboard.packing import pack_durations, pack_statuses
from tests.pages import samples


@pytest.fixture
def get(login, viewer):
    client = login(viewer)

    def get(path: str, **headers: str) -> str:
        response = client.get(f"/acme/widgets/{path}", headers=headers)
        assert response.status_code == 200
        return response.content.decode()

    return get


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


@pytest.fixture
def run(repository):
    """A run of 250 tests, of which 3 failed, 1 flaked and 2 were skipped."""
    workflow = repository.workflows.create(name="integration")
    branch, commits = samples.make_commits(repository, "main", 3)
    job = samples.make_job(workflow, "deep", 250, k8s="1.32")
    matrix = np.full((250, 3), Outcome.PASSED, dtype=np.uint8)
    matrix[[10, 120, 240], 0] = Outcome.FAILED
    matrix[11, 0] = Outcome.FLAKY
    matrix[[12, 13], 0] = Outcome.SKIPPED
    return samples.make_runs(job, branch, commits, matrix)[0]


def failed(run: JobRun, ordinal: int) -> Failure:
    return Failure.objects.get(job_run=run, job_test__ordinal=ordinal)


# A job run


def test_the_verdict_comes_with_its_reason_and_counts(run, get):
    text = text_of(get(f"job-runs/{run.pk}/"))
    assert "failed. Of 250 tests, 3 failed and 1 failed first and then passed." in text
    assert "skipped 2" in text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"verdict": Verdict.INFRA_ERROR, "conclusion": "failure"}, "that is not a test's failure"),
        ({"verdict": Verdict.CANCELLED}, "It was cancelled before it finished."),
        ({"verdict": Verdict.RUNNING}, "It has not finished yet."),
        ({"verdict": Verdict.TIMED_OUT}, "The job as a whole ran out of time."),
        ({"failures_outside_tests": 1}, "1 failure outside the tests"),
        ({"conclusion": "failure"}, "The CI's conclusion: failure."),
        ({"is_complete": False}, "The report was cut short; tests may be missing."),
    ],
)
def test_every_verdict_has_a_reason_in_words(run, get, fields, words):
    JobRun.objects.filter(pk=run.pk).update(**fields)
    assert words in text_of(get(f"job-runs/{run.pk}/")).replace("&#x27;", "'")


def test_a_passed_run_says_how_many_passed(run, get):
    other = JobRun.objects.earliest("id")
    assert "passed. 250 of 250 tests passed, none failed." in text_of(get(f"job-runs/{other.pk}/"))


def test_failures_are_open_with_message_details_and_place(run, get):
    html = get(f"job-runs/{run.pk}/")
    assert html.count('<details class="failure" open>') == 4
    assert "expected 3 ready replicas, got 2 after 60 s" in html
    assert "linkerd-proxy[3]: connection to 10.42.0.3 refused" in html
    link = f"https://github.com/acme/widgets/blob/{run.commit.sha}/test/integration/install/install_test.go#L142"
    assert f'href="{link}"' in html


@pytest.mark.parametrize("file", ["/etc/passwd", "../../x.go", "C:\\x.go", "https://evil/x"])
def test_a_file_outside_the_repository_is_not_linked(run, get, file):
    Failure.objects.update(file=file)
    html = get(f"job-runs/{run.pk}/")
    assert "/blob/" not in html
    assert file.replace("\\", "\\") in html


def test_files_are_linked_only_when_the_run_is_from_github(run, get):
    WorkflowRun.objects.update(url="https://gitlab.example/acme/widgets/-/pipelines/1")
    assert "/blob/" not in get(f"job-runs/{run.pk}/")


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//evil", "ftp://x/", "https://"])
def test_an_address_that_is_not_of_the_web_is_not_linked(run, get, url):
    WorkflowRun.objects.update(url=url)
    assert "The run in the CI" not in get(f"job-runs/{run.pk}/")


def test_long_details_are_cut_and_say_so(run, get):
    FailureText.objects.update(packed=FailureText.pack(["x" * 9_000] * 4))
    html = get(f"job-runs/{run.pk}/")
    assert "… 6000 more characters" in html
    assert "x" * 3_001 not in html
    assert "x" * 9_000 in get(f"failures/{failed(run, 10).pk}/")


def test_many_failures_come_in_pages(repository, get):
    made = samples.make_sample(repository, tests=60, runs=1, not_green=0.0)
    samples.make_failures(made.job, made.runs, np.full((60, 1), Outcome.FAILED, dtype=np.uint8))
    first, second, third = (get(f"job-runs/{made.runs[0].pk}/?failures={page}") for page in (1, 2, 3))
    assert [page.count("<details") for page in (first, second, third)] == [20, 20, 20]
    assert "More failures" in first
    assert "More failures" not in third


def test_tests_come_in_pages_and_by_outcome(run, get):
    assert "Tests 1 to 100 of 250" in get(f"job-runs/{run.pk}/")
    assert "Tests 201 to 250 of 250" in get(f"job-runs/{run.pk}/?page=3")
    assert "Tests 201 to 250 of 250" in get(f"job-runs/{run.pk}/?page=99")
    html = get(f"job-runs/{run.pk}/?outcome=failed")
    assert re.findall(r'<tr id="test-(\d+)"', html) == ["10", "120", "240"]
    assert "Tests 1 to 100 of 250" in get(f"job-runs/{run.pk}/?outcome=nonsense")


def test_a_cell_without_a_text_leads_to_its_line(run, get):
    assert '<tr id="test-240"' in get(f"job-runs/{run.pk}/?at=240")
    assert '<tr id="test-12"' in get(f"job-runs/{run.pk}/?at=12")


def test_steps_have_times_and_bars(run, get):
    samples.make_steps(run)
    html = get(f"job-runs/{run.pk}/")
    assert "create cluster" in html
    assert "51 s" in html
    assert '<rect width="100"' in html


def test_other_attempts_on_the_commit_are_listed_in_order(run, get):
    other = samples.make_runs(run.job, run.branch, [run.commit], np.ones((250, 1), dtype=np.uint8), attempt=2)[0]
    text = text_of(get(f"job-runs/{run.pk}/"))
    assert re.search(r"failed , attempt 1, this one.*passed , attempt 2", text)
    assert f"/acme/widgets/job-runs/{other.pk}/" in get(f"job-runs/{run.pk}/")


def test_where_it_came_from_and_its_files(run, get):
    upload = Upload.objects.create(
        repository=run.job.workflow.repository,
        fingerprint=b"2" * 32,
        file="x",
        size_bytes=2048,
        state=Upload.State.RECORDED,
        problems=["2 tests of one name were told apart: <b>x</b>"],
    )
    upload.job_runs.add(run)
    Attachment.objects.create(job_run=run, name="kind.log", file="y", size_bytes=10)
    html = get(f"job-runs/{run.pk}/")
    assert f"/acme/widgets/uploads/{upload.pk}/" in html
    assert "told apart: &lt;b&gt;x&lt;/b&gt;" in html
    assert "kind.log" in html


def test_an_empty_run_says_so(repository, get):
    made = samples.make_sample(repository, tests=0, runs=1, not_green=0.0)
    JobRun.objects.update(verdict=Verdict.QUEUED)
    text = text_of(get(f"job-runs/{made.runs[0].pk}/"))
    assert "It waits for its turn." in text
    assert "The run reported no tests." in text


# A failure


def test_a_failure_can_be_shared(run, get):
    html = get(f"failures/{failed(run, 10).pk}/")
    text = text_of(html)
    suite, name = samples.sample_name(10)
    assert f"{suite} {name}" in text
    assert run.commit.short_sha in text
    assert '<meta property="og:title" content="' + suite in html
    assert 'property="og:description" content="expected 3 ready replicas' in html
    assert html.count('<li class="this"') == 1
    assert f'href="/acme/widgets/tests/{failed(run, 10).job_test.test_id}/?branch=main"' in html


def test_the_strip_shows_runs_before_and_after(run, get):
    middle = JobRun.objects.order_by("place")[1]
    JobRun.objects.filter(pk=middle.pk).update(statuses=pack_statuses(np.full(250, Outcome.FAILED, dtype=np.uint8)))
    failure = Failure.objects.create(
        repository=run.job.workflow.repository,
        job_run=middle,
        job_test=JobTest.objects.get(job=run.job, ordinal=10),
        outcome=Outcome.FAILED,
    )
    html = get(f"failures/{failure.pk}/")
    strip = re.search(r'<ol class="strip">(.*?)</ol>', html, re.S)[1]
    assert re.findall(r"<a class=(\w)", strip) == ["f", "f", "p"]
    assert "The report says nothing more than that it failed." in html


def test_a_failure_outside_the_tests_has_a_page(run, get):
    failure = Failure.objects.create(
        repository=run.job.workflow.repository,
        job_run=run,
        outcome=Outcome.ERROR,
        title="TestMain <script>",
        message="\u202e<img src=x>",
    )
    html = get(f"failures/{failure.pk}/")
    assert "TestMain &lt;script&gt;" in html
    assert "\\u202e&lt;img" in html
    assert "<img" not in html


# A test


def test_a_test_shows_its_life_over_jobs_and_commits(run, get):
    workflow = run.job.workflow
    other = samples.make_job(workflow, "upgrade", 250)
    samples.make_runs(other, run.branch, [run.commit], np.ones((250, 1), dtype=np.uint8))
    test = JobTest.objects.get(job=run.job, ordinal=10).test
    html = get(f"tests/{test.pk}/")
    rows = re.findall(r"<tr><th scope=\"row\">.*?</tr>", html, re.S)
    assert re.findall(r"<td class=(\w+)(?: colspan=(\d+))?>", rows[0]) == [("runs", ""), ("p", "2")]
    assert re.findall(r"<td class=(\w+)(?: colspan=(\d+))?>", rows[1]) == [("p", ""), ("a", "2")]
    assert f"/acme/widgets/failures/{failed(run, 10).pk}/" in rows[0]
    assert "67 %" in html
    assert "<polyline" in html
    assert "expected 3 ready replicas" in html


def test_durations_have_units_and_gaps(run, get):
    first, second, third = JobRun.objects.order_by("-place")
    for one, seconds in ((first, 0.25), (second, float("nan")), (third, 75.0)):
        JobRun.objects.filter(pk=one.pk).update(durations=pack_durations(np.full(250, seconds)))
    test = JobTest.objects.get(job=run.job, ordinal=0).test
    text = text_of(get(f"tests/{test.pk}/"))
    assert "1 min 15 s" in text
    assert get(f"tests/{test.pk}/").count("<circle") == 2


def test_a_test_without_results_on_the_branch_says_so(run, get):
    samples.make_commits(run.job.workflow.repository, "other", 1)
    test = JobTest.objects.get(job=run.job, ordinal=0).test
    assert "has no result on these commits" in get(f"tests/{test.pk}/?branch=other")


def test_a_test_that_a_run_does_not_know_yet_is_absent_there(run, get):
    """An ordinal beyond the end of what a run packed."""
    job = Job.objects.get(pk=run.job_id)
    test = Test.objects.create(repository=job.workflow.repository, key=b"new", name="brand new")
    JobTest.objects.create(job=job, test=test, ordinal=250)
    Job.objects.filter(pk=job.pk).update(test_count=251)
    statuses = np.concatenate([np.ones(250), [Outcome.PASSED]]).astype(np.uint8)
    JobRun.objects.filter(pk=run.pk).update(statuses=pack_statuses(statuses))
    html = get(f"tests/{test.pk}/")
    assert "<td class=p><td class=a colspan=2>" in html


# An upload


@pytest.fixture
def upload(repository):
    return Upload.objects.create(
        repository=repository,
        fingerprint=b"3" * 32,
        file=keep(io.BytesIO(b"x"), "uploads/3", 10, label={"run": {"job": "deep", "branch": "<main>"}}).name,
        size_bytes=4096,
    )


def test_a_waiting_upload_looks_again_by_itself(upload, get):
    html = get(f"uploads/{upload.pk}/")
    assert 'hx-trigger="every 2s"' in html
    assert "&lt;main&gt;" in html
    fragment = get(f"uploads/{upload.pk}/", **{"HX-Request": "true"})
    assert fragment.startswith('<section id="upload"')


def test_a_recorded_upload_leads_to_its_job_runs(upload, run, get):
    upload.job_runs.add(run)
    Upload.objects.update(state=Upload.State.RECORDED, problems=["cut to 2,000 characters"], totals={"tests": 250})
    html = get(f"uploads/{upload.pk}/")
    assert "every 2s" not in html
    assert f"/acme/widgets/job-runs/{run.pk}/" in html
    assert "cut to 2,000 characters" in html
    assert "250" in html


def test_a_rejected_upload_says_why(upload, get):
    Upload.objects.update(state=Upload.State.REJECTED, reason="not <xml> at all")
    assert "It could not be used: not &lt;xml&gt; at all" in get(f"uploads/{upload.pk}/")
