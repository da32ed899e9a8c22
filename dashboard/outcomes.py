"""The outcome of a test in a job run: one byte, and how two outcomes of the same test become one."""

from enum import IntEnum

import numpy as np


class Outcome(IntEnum):
    """What a test did in a job run. The numbers are stored; they never change their meaning."""

    ABSENT = 0
    PASSED = 1
    SKIPPED = 2
    FLAKY = 3  # failed, then passed, inside one job run
    FAILED = 4
    ERROR = 5
    TIMED_OUT = 6
    NOT_RUN = 7  # started or planned, and never finished
    EXPECTED_FAILURE = 8  # failed as it was announced to: TAP's TODO, xfail

    @property
    def label(self) -> str:
        return self.name.lower()


# Worse wins among failures; among the others, what says most about the test.
_BADNESS = {Outcome.FAILED: 1, Outcome.ERROR: 2, Outcome.TIMED_OUT: 3, Outcome.NOT_RUN: 0}
_WEIGHT = {
    Outcome.ABSENT: 0,
    Outcome.NOT_RUN: 1,
    Outcome.SKIPPED: 2,
    Outcome.EXPECTED_FAILURE: 3,
    Outcome.PASSED: 4,
}
_FAILURES = frozenset({Outcome.FAILED, Outcome.ERROR, Outcome.TIMED_OUT})

FAILURE_CODES = np.array(sorted(_FAILURES), dtype=np.uint8)


def merge(one: Outcome, other: Outcome) -> Outcome:
    """The outcome of a test that a job run reports twice (a retry, or a second shard).

    Passed and failed make flaky, in whatever order they arrive; else the worse failure, or the more telling of two others.
    Commutative, associative and idempotent: the order of arrival of uploads cannot change a total.
    """
    pair = {one, other}
    failures = pair & _FAILURES
    if Outcome.FLAKY in pair or (failures and Outcome.PASSED in pair):
        return Outcome.FLAKY
    if failures:
        return max(failures, key=_BADNESS.__getitem__)
    return max(pair, key=_WEIGHT.__getitem__)


MERGED = np.array([[merge(a, b) for b in Outcome] for a in Outcome], dtype=np.uint8)
"""uint8 (9, 9): `MERGED[a, b]` is `merge(a, b)`; indexes whole arrays of outcomes at once."""
