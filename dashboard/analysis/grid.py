"""What a heat map of tests by runs is made of: functions over arrays of outcome codes.

Everywhere here a matrix is uint8 (tests, runs), newest run first, as dashboard.packing.statuses_matrix makes it.
"""

from dataclasses import dataclass

import numpy as np

from dashboard.outcomes import FAILURE_CODES, Outcome

_CODES = np.arange(256)
_IS_FAILURE = np.isin(_CODES, FAILURE_CODES)
_MERGES = np.isin(_CODES, [Outcome.PASSED, Outcome.ABSENT])


@dataclass(frozen=True, slots=True)
class CellRuns:
    """The cells of a matrix, row by row, with equal neighbouring passes (or absences) of a row merged into one.

    Every other outcome keeps a cell of its own, because it has a link of its own. All fields: int64 or uint8 (cells,).
    """

    rows: np.ndarray
    columns: np.ndarray
    lengths: np.ndarray
    codes: np.ndarray


def cell_runs(matrix: np.ndarray) -> CellRuns:
    """The cells to draw. A matrix without columns has none."""
    tests, runs = matrix.shape
    starts_cell = np.ones((tests, runs), dtype=bool)
    starts_cell[:, 1:] = (matrix[:, 1:] != matrix[:, :-1]) | ~_MERGES[matrix[:, 1:]]
    starts = np.flatnonzero(starts_cell)
    rows, columns = np.divmod(starts, max(runs, 1))
    lengths = np.diff(starts, append=matrix.size)
    return CellRuns(rows, columns, lengths, matrix.reshape(-1)[starts])


def is_present(matrix: np.ndarray) -> np.ndarray:
    """bool (tests,): the test has a result in at least one of the runs."""
    return (matrix != Outcome.ABSENT).any(axis=1)


def failure_counts(matrix: np.ndarray) -> np.ndarray:
    """int64 (tests,): in how many runs the test failed, whatever the kind of failure. Flaky is not failed."""
    return _IS_FAILURE[matrix].sum(axis=1)


def newest_failures(matrix: np.ndarray) -> np.ndarray:
    """int64 (tests,): the column of the newest failure; the number of columns where there is none."""
    failed = _IS_FAILURE[matrix]
    return np.where(failed.any(axis=1), failed.argmax(axis=1) if matrix.shape[1] else 0, matrix.shape[1])


def is_flaky(matrix: np.ndarray, commits: np.ndarray) -> np.ndarray:
    """bool (tests,): failed and passed on the same commit, inside one run or in two of them.

    commits: int64 (runs,), the commit of each run.
    """
    flaky = (matrix == Outcome.FLAKY).any(axis=1)
    for commit in np.unique(commits):
        same = matrix[:, commits == commit]
        if same.shape[1] > 1:
            flaky |= (same == Outcome.PASSED).any(axis=1) & _IS_FAILURE[same].any(axis=1)
    return flaky


def flakiness(matrix: np.ndarray) -> np.ndarray:
    """float64 (tests,): how much a test goes to and fro, for sorting; TestGrid's measure.

    Each change between passed and failed counts, and each flaky result, newer ones more: from 1 for the newest column
    down to 1/runs for the oldest. Runs without a result of the test, or with a skip, are looked through.
    """
    tests, runs = matrix.shape
    if not runs:
        return np.zeros(tests)
    failed = _IS_FAILURE[matrix]
    known = failed | (matrix == Outcome.PASSED)
    # For each cell the last known column to its left, -1 for none: a running maximum over the known columns.
    last_known = np.maximum.accumulate(np.where(known, np.arange(runs), -1), axis=1)
    newer = np.concatenate([np.full((tests, 1), -1), last_known[:, :-1]], axis=1)
    changes = known & (newer >= 0) & (np.take_along_axis(failed, np.maximum(newer, 0), axis=1) != failed)
    weights = np.arange(runs, 0, -1) / runs
    return (changes | (matrix == Outcome.FLAKY)) @ weights
