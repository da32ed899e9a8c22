"""The heat map of tests by runs."""

import re
import time
from datetime import timedelta

import numpy as np
import pytest

from dashboard.models import Failure, JobRun, Test, WorkflowRun
from dashboard.outcomes import Outcome
from tests.pages import samples


@pytest.fixture
def job(repository):
    """200 tests, 60 runs."""
    return samples.make_sample(repository, tests=200, runs=60, not_green=0.04)


@pytest.fixture
def get(login, viewer):
    client = login(viewer)

    def get(made: samples.Sample, **query: object):
        headers = query.pop("headers", {})
        return client.get(f"/acme/widgets/jobs/{made.job.pk}/", query, headers=headers)

    return get


def rows_of(html: str) -> list[str]:
    return re.findall(r'<th scope=row><a href="[^"]+" title="([^"]+)"', html)


def runs_of(html: str) -> list[int]:
    return [int(pk) for pk in re.findall(r'<th scope=col[^>]*><a href="/acme/widgets/job-runs/(\d+)/"', html)]


def expand(row: str) -> list[str]:
    """The classes of a row's cells, one for each column."""
    cells = re.findall(r"<td class=(\w)(?: colspan=(\d+))?>", row)
    return [css for css, span in cells for _ in range(int(span or 1))]


def test_every_cell_is_what_the_matrix_says(job, get):
    html = get(job, width=100).content.decode()
    names = rows_of(html)
    assert len(names) == 50
    by_name = {" ".join(samples.sample_name(number)): number for number in range(200)}
    assert names == sorted(by_name)[:50]
    css = "apsskfetnx"
    letters = {Outcome.ABSENT: "a", Outcome.PASSED: "p", Outcome.SKIPPED: "s", Outcome.FLAKY: "k", Outcome.FAILED: "f"}
    letters |= {Outcome.ERROR: "e", Outcome.TIMED_OUT: "t", Outcome.NOT_RUN: "n", Outcome.EXPECTED_FAILURE: "x"}
    assert set(letters.values()) <= set(css)
    rows = re.findall(r"<tr><th scope=row>.*?(?=<tr>|</tbody>)", html)
    for name, row in zip(names, rows, strict=True):
        assert expand(row) == [letters[Outcome(code)] for code in job.matrix[by_name[name]]]


def test_columns_are_runs_newest_first_by_place_then_id_and_never_by_arrival(job, get):
    assert runs_of(get(job).content.decode()) == [run.pk for run in job.runs[:50]]
    # A run of an old commit arrives last and takes its place among the old ones.
    late = samples.make_runs(job.job, job.branch, [job.runs[3].commit], job.matrix[:, :1], attempt=2)[0]
    assert runs_of(get(job).content.decode())[:5] == [*(run.pk for run in job.runs[:3]), late.pk, job.runs[3].pk]


def test_a_cell_that_is_no_pass_leads_to_its_failure_or_to_its_line_in_the_run(job, get):
    html = get(job, width=100, show="failing").content.decode()
    failure = Failure.objects.filter(job_run=job.runs[0]).first()
    assert f'href="/acme/widgets/failures/{failure.pk}/"' in html
    ordinal, column = np.argwhere(job.matrix == Outcome.SKIPPED)[0]
    line = f'href="/acme/widgets/job-runs/{job.runs[column].pk}/?at={ordinal}#test-{ordinal}"'
    pages = [get(job, width=100, rows=rows).content.decode() for rows in ("1-100", "101-200")]
    assert any(line in page for page in pages)


def test_passes_and_absences_have_no_link_and_no_letter(repository, login, viewer):
    made = samples.make_sample(repository, tests=3, runs=4, not_green=0.0)
    html = login(viewer).get(f"/acme/widgets/jobs/{made.job.pk}/").content.decode()
    assert html.count("<td class=p colspan=4>") == 3


def test_rows_that_are_not_drawn_are_placeholders_of_their_height_with_a_link(job, get):
    html = get(job).content.decode()
    later = re.findall(r'<tbody class=later id=rows-(\d+) hx-get="([^"]+)".*?height=(\d+)><a href="([^"]+)"', html)
    assert [number for number, *_ in later] == ["51", "76", "101", "126", "151", "176"]
    assert {height for _, _, height, _ in later} == {str(25 * 22)}
    assert later[0][1] == "?rows=51-75"
    assert later[0][3] == "?page=2"


def test_a_placeholder_keeps_the_rest_of_the_address(job, get):
    html = get(job, sort="failures", width="100", page="2").content.decode()
    assert 'hx-get="?sort=failures&amp;width=100&amp;rows=1-25"' in html
    assert "id=rows-51" in html


def test_rows_alone_are_those_of_the_whole_page_and_nothing_else(job, get):
    whole = rows_of(get(job, page=2).content.decode())
    response = get(job, rows="76-100")
    html = response.content.decode()
    assert rows_of(html) == whole[25:50]
    assert html.startswith("<tbody id=rows-76>")
    assert "<thead" not in html


def test_unchanged_rows_are_answered_without_drawing_them(job, get):
    response = get(job, rows="1-25")
    again = get(job, rows="1-25", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304
    run = job.runs[0]
    JobRun.objects.filter(pk=run.pk).update(verdict=9)
    assert get(job, rows="1-25", headers={"If-None-Match": response.headers["ETag"]}).status_code == 200


@pytest.mark.parametrize("rows", ["x", "5", "0-5", "5-1", "1-101", "1-9999", "1-1000000000"])
def test_rows_that_are_none_are_refused(job, get, rows):
    assert get(job, rows=rows).status_code == 400


def test_rows_beyond_the_last_are_empty(job, get):
    assert rows_of(get(job, rows="901-925").content.decode()) == []


@pytest.mark.parametrize(("width", "columns"), [("20", 20), ("50", 50), ("100", 60), ("7", 50), ("x", 50), ("", 50)])
def test_the_width_is_one_of_four(job, get, width, columns):
    assert len(runs_of(get(job, width=width).content.decode())) == columns


def test_older_runs_are_a_page_away(job, get):
    html = get(job).content.decode()
    before = re.search(r'before=([\d-]+)" rel="next"', html)[1]
    older = get(job, before=before).content.decode()
    assert runs_of(older) == [run.pk for run in job.runs[50:]]
    assert "Newest runs" in older


def test_words_filter_names_whatever_their_case(job, get):
    names = rows_of(get(job, q="TESTpolicy node_DRAIN").content.decode())
    assert names
    assert all("TestPolicy" in name and "node_drain" in name for name in names)


def test_a_regular_expression_between_slashes_filters_names(job, get):
    names = rows_of(get(job, q=r"/with_1\d_.*_00[0-4]\d$/").content.decode())
    assert names
    assert all(re.search(r"with_1\d_.*_00[0-4]\d$", name) for name in names)


@pytest.mark.parametrize(
    "q", ["/(/", "/*/", "/a{99999999999}/", "/(?<=x)y/", r"/(.)\1/", "/" + "a" * 201 + "/", "/((((((a{99}){99}){99}/"]
)
def test_a_bad_expression_is_a_message_and_no_error(job, get, q):
    response = get(job, q=q)
    assert response.status_code == 200
    assert "The filter cannot be used" in response.content.decode()


def test_an_expression_made_to_hang_the_server_does_not(job, get):
    Test.objects.update(name="a" * 500)
    start = time.process_time()
    assert get(job, q="/(a+)+(a|a)*(.*)*b$/").status_code == 200
    assert time.process_time() - start < 3


def test_only_tests_that_failed_or_flaked_in_the_runs_shown(job, get):
    failed = {
        " ".join(samples.sample_name(int(number)))
        for number in np.flatnonzero(np.isin(job.matrix[:, :20], [4, 5, 6]).any(axis=1))
    }
    flaky = {
        " ".join(samples.sample_name(int(number))) for number in np.flatnonzero((job.matrix[:, :20] == 3).any(axis=1))
    }
    assert set(rows_of(get(job, width=20, show="failing").content.decode())) == failed
    assert set(rows_of(get(job, width=20, show="flaky").content.decode())) == flaky


def test_sorting_by_failures_puts_the_most_first_and_keeps_ties_stable(job, get):
    html = get(job, sort="failures").content.decode()
    counts = [
        sum(css in "fet" for css in expand(row)) for row in re.findall(r"<tr><th scope=row>.*?(?=<tr>|</tbody>)", html)
    ]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > 0
    assert rows_of(html) == rows_of(get(job, sort="failures").content.decode())


def test_sorting_by_the_last_failure_puts_the_newest_first(job, get):
    html = get(job, sort="recent").content.decode()
    rows = re.findall(r"<tr><th scope=row>.*?(?=<tr>|</tbody>)", html)
    newest = [next((i for i, css in enumerate(expand(row)) if css in "fet"), 99) for row in rows]
    assert newest == sorted(newest)


def test_sorting_by_flakiness_shows_every_test_once(job, get):
    first, second = (rows_of(get(job, sort="flakiness", page=page).content.decode()) for page in (1, 2))
    assert len(set(first + second)) == 100


def test_tests_without_a_result_in_these_runs_are_counted_and_not_drawn(repository, login, viewer):
    made = samples.make_sample(repository, tests=40, runs=10, not_green=0.0)
    html = login(viewer).get(f"/acme/widgets/jobs/{made.job.pk}/?before={made.runs[4].place}-1").content.decode()
    assert len(rows_of(html)) == 38
    assert "2 more tests have no result in these runs" in html


def test_a_filter_that_nothing_fits_says_so(job, get):
    assert "No test fits" in get(job, q="nothing like this").content.decode()


def test_a_job_without_runs_on_the_branch_says_so(job, get):
    samples.make_commits(job.repository, "other", 1)
    assert "no runs on other" in get(job, branch="other").content.decode()


def test_a_filter_in_the_page_gets_the_grid_alone(job, get):
    html = get(job, q="policy", headers={"HX-Request": "true", "HX-Target": "grid"}).content.decode()
    assert html.startswith('<div id="grid"')
    assert "<html" not in html
    restored = get(job, headers={"HX-Request": "true", "HX-History-Restore-Request": "true"}).content.decode()
    assert "<html" in restored


def test_doubtful_runs_say_so(job, get):
    assert "commit chosen by time" not in get(job).content.decode()
    WorkflowRun.objects.filter(pk=job.runs[0].workflow_run_id).update(is_commit_guessed=True)
    JobRun.objects.filter(pk=job.runs[1].pk).update(is_complete=False)
    html = get(job).content.decode()
    assert html.count("<th scope=col class=doubt>") == 2
    assert "commit chosen by time" in html
    assert "tests may be missing" in html


def test_a_number_that_no_database_knows_is_not_found(job, login, viewer):
    assert login(viewer).get(f"/acme/widgets/jobs/{'9' * 30}/").status_code == 404


def test_hostile_names_are_text(repository, login, viewer):
    made = samples.make_sample(repository, tests=3, runs=2, not_green=0.5)
    test = Test.objects.first()
    test.suite, test.name = "<script>", '"><svg onload=alert(1)>\u202e'
    test.save()
    made.job.name = "<script>"
    made.job.save()
    html = login(viewer).get(f"/acme/widgets/jobs/{made.job.pk}/?q=<script>").content.decode()
    for hostile in ("<script>", "<svg onload", "\u202e"):
        assert hostile not in html.replace('<script src="', "")
    assert "&lt;svg onload=alert(1)&gt;\\u202e" in html


def test_a_time_between_commits_is_their_own_and_not_that_of_arrival(job, get):
    newest = job.runs[0].commit
    html = get(job).content.decode()
    assert f"{newest.committed_at:%Y-%m-%d %H:%M} UTC" in html
    assert f"{newest.committed_at + timedelta(minutes=3):%Y-%m-%d %H:%M} UTC" not in html.split("</thead>")[0]
