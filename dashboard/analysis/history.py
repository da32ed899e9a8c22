"""One test over many job runs, without reading the outcomes of all the others."""

from dataclasses import dataclass

import numpy as np
from django.db.models import BinaryField, Expression, F, Func

from dashboard.models import Branch, JobRun, Test
from dashboard.outcomes import Outcome
from dashboard.packing import HEADER

_DURATION_BYTES = 4


@dataclass(frozen=True, slots=True)
class TestRun:
    """What a test did in one run of a job."""

    __test__ = False  # pytest would collect the class

    job: int
    job_run: int
    job_test: int
    ordinal: int
    commit: int
    outcome: Outcome
    seconds: float  # NaN when nobody said


def outcome_byte(ordinal: Expression | F | int) -> Func:
    """The packed outcome of one ordinal as bytes; empty beyond the end of what was packed. The database cuts it out."""
    return _cut("statuses", ordinal + (HEADER + 1), 1)


def duration_bytes(ordinal: Expression | F | int) -> Func:
    """The packed duration of one ordinal as bytes."""
    return _cut("durations", ordinal * _DURATION_BYTES + (HEADER + 1), _DURATION_BYTES)


def _cut(field: str, start: Expression | F | int, length: int) -> Func:
    """SUBSTR counts bytes from 1 on blobs, on SQLite and PostgreSQL alike."""
    return Func(field, start, length, function="SUBSTR", output_field=BinaryField())


def read_outcome(packed: bytes | memoryview) -> Outcome:
    """The outcome that outcome_byte cut out; SQLite gives bytes, PostgreSQL's driver may give a memoryview."""
    return Outcome(packed[0]) if len(packed) else Outcome.ABSENT


def read_seconds(packed: bytes | memoryview) -> float:
    return float(np.frombuffer(packed, dtype="<f4")[0]) if len(packed) == _DURATION_BYTES else float("nan")


def test_history(test: Test, branch: Branch | None, commits: list[int]) -> list[TestRun]:
    """What the test did in the runs of all jobs on these commits of a branch, each commit's runs in the order they were made.

    Runs that do not know the test are left out.
    """
    ordinal = F("job__job_tests__ordinal")
    rows = (
        JobRun.objects.filter(job__job_tests__test=test, branch=branch, commit__in=commits)
        .annotate(ordinal=ordinal, test_outcome=outcome_byte(ordinal), test_duration=duration_bytes(ordinal))
        .order_by("workflow_run__key", "workflow_run__attempt", "id")
        .values_list("job_id", "id", "job__job_tests__id", "ordinal", "commit_id", "test_outcome", "test_duration")
    )
    return [
        TestRun(job, run, job_test, number, commit, read_outcome(outcome), read_seconds(seconds))
        for job, run, job_test, number, commit, outcome, seconds in rows
        if len(outcome) and bytes(outcome) != b"\0"
    ]


test_history.__test__ = False  # type: ignore[attr-defined]
