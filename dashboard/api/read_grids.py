"""Reading heat maps: jobs by commits of a repository, tests by runs of a job."""

import numpy as np
from django.db.models.functions import Left
from django.http import HttpRequest
from ninja import Field, Query, Router

from dashboard.analysis.columns import older_than
from dashboard.analysis.grid import is_present
from dashboard.api.answers import (
    OUTCOME_ALPHABET,
    OUTCOME_LETTERS,
    VERDICT_ALPHABET,
    VERDICT_LETTERS,
    GridAnswer,
    JobGridAnswer,
    verdict_name,
)
from dashboard.api.auth import readable_repository
from dashboard.api.columns import ColumnsPage, CommitColumn, commit_columns, older_columns
from dashboard.api.read_repositories import job_answer, repository_job
from dashboard.api.reading import Id, Text, chosen_branch, contains_words, reads, with_parameters
from dashboard.models import Job, JobRun, JobTest
from dashboard.packing import statuses_matrix

router = Router(tags=["Heat maps"])

_LETTERS = np.frombuffer(OUTCOME_LETTERS.encode(), dtype=np.uint8)


class GridPage(ColumnsPage):
    pass


class JobGridPage(ColumnsPage):
    q: Text = Field("", description="only tests in whose suite or name all these words occur")
    after: int = Field(-1, ge=-1, le=2**31, description="only later tests; `next_tests` of an answer has it")
    limit: int = Field(2_000, ge=1, le=10_000, description="how many tests at most")


@reads(router, "/repositories/{owner}/{name}/grid", GridAnswer, summary="Get the heat map of jobs by commits")
def get_grid(request: HttpRequest, owner: str, name: str, page: Query[GridPage]) -> dict[str, object]:
    """The verdict of each job on the newest commits of a branch."""
    repository = readable_repository(request, owner, name)
    branch = chosen_branch(repository, page.branch)
    columns, has_older = commit_columns(branch, page)
    # The newest attempt comes last and stands.
    runs = {
        (commit, job): (pk, verdict)
        for commit, job, pk, verdict in JobRun.objects.filter(
            branch=branch, commit__in=[column.commit_id for column in columns]
        )
        .order_by("workflow_run__key", "workflow_run__attempt", "pk")
        .values_list("commit_id", "job_id", "pk", "verdict")
    }
    jobs = list(
        Job.objects.filter(pk__in={job for _commit, job in runs})
        .select_related("workflow")
        .order_by("workflow__name", "name", "dimensions_key")
    )
    cells = [[runs.get((column.commit_id, job.pk), (None, 0)) for job in jobs] for column in columns]
    return {
        "branch": branch.name if branch else None,
        "alphabet": VERDICT_ALPHABET,
        "jobs": [job_answer(job) for job in jobs],
        "commits": [column.commit_answer for column in columns],
        "verdicts": ["".join(VERDICT_LETTERS[verdict] for _pk, verdict in cell) for cell in cells],
        "job_runs": [[pk for pk, _verdict in cell] for cell in cells],
        "next": older_columns(request, columns[-1]) if has_older else None,
    }


@reads(
    router,
    "/repositories/{owner}/{name}/jobs/{job_id}/grid",
    JobGridAnswer,
    summary="Get the heat map of a job's tests by runs",
)
def get_job_grid(
    request: HttpRequest, owner: str, name: str, job_id: Id, page: Query[JobGridPage]
) -> dict[str, object]:
    """The outcome of each test in the newest runs of a job on a branch. Tests without a result in any of them are left out."""
    repository = readable_repository(request, owner, name)
    job = repository_job(repository, job_id)
    branch = chosen_branch(repository, page.branch)
    rows = list(
        JobRun.objects.filter(older_than(page.before, "pk"), job=job, branch=branch)
        .order_by("-place", "-pk")
        .values_list(
            *("pk", "workflow_run__attempt", "verdict", "is_complete", "statuses"),
            *("place", "commit_id", "commit__sha", Left("commit__message", 500), "commit__author"),
            "commit__committed_at",
        )[: page.width + 1]
    )
    shown = rows[: page.width]
    matrix = statuses_matrix([row[4] for row in shown], job.test_count)
    tests, last_ordinal = _tests(job, is_present(matrix), page)
    letters = (
        _LETTERS[matrix[[ordinal for ordinal, *_names in tests]]] if tests else np.zeros((0, len(shown)), np.uint8)
    )
    return {
        "branch": branch.name if branch else None,
        "job": job_answer(job),
        "alphabet": OUTCOME_ALPHABET,
        "tests": [{"id": pk, "suite": suite, "name": title} for _ordinal, pk, suite, title in tests],
        "runs": [
            {
                "id": pk,
                "commit": CommitColumn(*commit).commit_answer,
                "attempt": attempt,
                "verdict": verdict_name(verdict),
                "is_complete": is_complete,
                "outcomes": column.tobytes().decode(),
            }
            for (pk, attempt, verdict, is_complete, _blob, *commit), column in zip(shown, letters.T, strict=True)
        ],
        "next": with_parameters(request, before=f"{shown[-1][5]}-{shown[-1][0]}") if len(rows) > page.width else None,
        "next_tests": None if last_ordinal is None else with_parameters(request, after=last_ordinal),
    }


def _tests(job: Job, present: np.ndarray, page: JobGridPage) -> tuple[list[tuple[int, int, str, str]], int | None]:
    """A page of the tests with results: ordinal, id, suite, name; and the last ordinal when more follow.

    present: bool (tests,), whether the test of this ordinal has a result.
    """
    later = np.flatnonzero(present)
    later = later[later > page.after]
    if not len(later):
        return [], None
    # Without words to search for, the names of this page are all that has to be read.
    last = int(later[-1] if page.q else later[: page.limit + 1][-1])
    named = (
        JobTest.objects.filter(contains_words(page.q, "test__suite", "test__name"), job=job)
        .filter(ordinal__gt=page.after, ordinal__lte=last)
        .order_by("ordinal")
        .values_list("ordinal", "test_id", "test__suite", "test__name")
    )
    tests = [row for row in named if present[row[0]]]
    return tests[: page.limit], tests[page.limit - 1][0] if len(tests) > page.limit else None
