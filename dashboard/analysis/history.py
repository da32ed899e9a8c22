"""One test over many job runs, without reading the outcomes of all the others."""

from operator import itemgetter
from typing import NamedTuple

from django.db.models import BinaryField, Expression, F, Func, Value

from dashboard.models import Branch, JobRun, Test
from dashboard.outcomes import Outcome
from dashboard.packing import HEADER, duration_of, outcome_of


class RunOutcome(NamedTuple):
    """What a test did in one run of a job. A tuple, because a page makes thousands of them."""

    job: int
    job_run: int
    job_test: int
    ordinal: int
    commit: int
    outcome: int  # an Outcome's code
    seconds: float  # NaN when nobody said


def duration_bytes(ordinal: Expression | F | int) -> dict[str, Func]:
    """Annotations that cut out one ordinal's packed duration, for dashboard.packing.duration_of."""
    return {
        "duration_format": _cut("durations", Value(1), HEADER),
        "duration_two": _cut("durations", ordinal * 2 + (HEADER + 1), 2),
        "duration_four": _cut("durations", ordinal * 4 + (HEADER + 1), 4),
    }


def _cut(field: str, start: Expression | F | int, length: int) -> Func:
    """SUBSTR counts bytes from 1 on blobs, on SQLite and PostgreSQL alike; of an empty blob SQLite cuts NULL."""
    return Func(field, start, length, function="SUBSTR", output_field=BinaryField())


def history_of(test: Test, branch: Branch | None, commits: dict[int, int]) -> list[RunOutcome]:
    """What the test did in the runs of all jobs on these commits of a branch, each commit's runs in the order they were made.

    commits: the place of each commit by its primary key; neighbours on the branch, since they are asked for as a range.

    Runs that do not know the test are left out.
    """
    if not commits:
        return []
    ordinal = F("job__job_tests__ordinal")
    places = (min(commits.values()), max(commits.values()))
    rows = (
        JobRun.objects.filter(job__job_tests__test=test, branch=branch, place__range=places)
        .annotate(ordinal=ordinal, **duration_bytes(ordinal))
        .values_list(
            *(
                "workflow_run__key",
                "workflow_run__attempt",
                "id",
                "job_id",
                "job__job_tests__id",
                "ordinal",
                "commit_id",
            ),
            *("statuses", "duration_format", "duration_two", "duration_four"),
        )
    )
    # Sorted here: the database would carry every run's outcomes through its sort.
    return [
        RunOutcome(job, run, job_test, number, commit, outcome, duration_of(format_ or b"", two or b"", four or b""))
        for _key, _attempt, run, job, job_test, number, commit, statuses, format_, two, four in sorted(
            rows, key=itemgetter(0, 1, 2)
        )
        if commit in commits and (outcome := outcome_of(statuses, number)) != Outcome.ABSENT
    ]
