"""Cells, filters and orders of a heat map: functions over arrays of outcomes."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from dashboard.analysis import grid
from dashboard.analysis.health import worst
from dashboard.models import Verdict
from dashboard.outcomes import Outcome

MATRICES = arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=12), elements=st.integers(0, 8))
P, F, K, S, A, E = Outcome.PASSED, Outcome.FAILED, Outcome.FLAKY, Outcome.SKIPPED, Outcome.ABSENT, Outcome.ERROR


def matrix(*rows: list[int]) -> np.ndarray:
    return np.array(rows, dtype=np.uint8)


@given(MATRICES)
def test_cells_cover_every_outcome_once_and_only_passes_and_absences_merge(given_matrix):
    cells = grid.cell_runs(given_matrix)
    drawn = np.full(given_matrix.shape, 255)
    for row, column, length, code in zip(cells.rows, cells.columns, cells.lengths, cells.codes, strict=True):
        assert (drawn[row, column : column + length] == 255).all()
        drawn[row, column : column + length] = code
        assert length == 1 or code <= Outcome.PASSED
    assert (drawn == given_matrix).all()


@given(MATRICES)
def test_no_two_neighbouring_cells_of_a_row_could_be_one(given_matrix):
    cells = grid.cell_runs(given_matrix)
    same_row = cells.rows[1:] == cells.rows[:-1]
    same_code = cells.codes[1:] == cells.codes[:-1]
    assert not (same_row & same_code & (cells.codes[1:] <= Outcome.PASSED)).any()


def test_a_matrix_without_rows_or_columns_has_no_cells():
    for shape in ((0, 5), (5, 0), (0, 0)):
        empty = np.zeros(shape, dtype=np.uint8)
        assert len(grid.cell_runs(empty).rows) == 0
        assert grid.flakiness(empty).tolist() == [0.0] * shape[0]
        assert grid.newest_failures(empty).tolist() == [shape[1]] * shape[0]
        assert grid.is_flaky(empty, np.arange(shape[1])).tolist() == [False] * shape[0]


def test_failures_are_counted_whatever_their_kind_and_flakes_are_not():
    assert grid.failure_counts(matrix([F, E, Outcome.TIMED_OUT, K, S], [P, P, A, Outcome.NOT_RUN, P])).tolist() == [
        3,
        0,
    ]


def test_the_newest_failure_is_the_leftmost():
    assert grid.newest_failures(matrix([P, F, F], [F, P, P], [P, P, P])).tolist() == [1, 0, 3]


def test_flaky_is_failed_and_passed_on_one_commit():
    commits = np.array([7, 7, 5, 3])
    rows = matrix([P, F, P, P], [P, P, F, P], [F, S, P, P], [P, K, P, P], [F, F, P, A])
    assert grid.is_flaky(rows, commits).tolist() == [True, False, False, True, False]


def test_flakiness_counts_changes_and_newer_ones_more():
    newer, older, steady, outage = grid.flakiness(
        matrix([P, F, P, P, P, P], [P, P, P, P, F, P], [P, P, P, P, P, P], [P, P, F, F, F, F])
    )
    assert newer > older > steady == 0
    assert outage < newer


def test_flakiness_looks_through_skips_and_absences():
    through, plain = grid.flakiness(matrix([F, S, A, P], [F, F, F, P]))
    assert through == plain


@given(MATRICES)
def test_flakiness_is_never_negative_and_zero_without_a_failure(given_matrix):
    flakiness = grid.flakiness(given_matrix)
    assert (flakiness >= 0).all()
    calm = ~np.isin(given_matrix, [3, 4, 5, 6]).any(axis=1)
    assert (flakiness[calm] == 0).all()


def test_present_is_any_result():
    assert grid.is_present(matrix([A, A], [A, S])).tolist() == [False, True]


def test_the_worst_verdict_wins_and_nothing_is_missing():
    assert worst([]) == Verdict.MISSING
    assert worst([Verdict.PASSED, Verdict.FLAKY]) == Verdict.FLAKY
    assert worst([Verdict.PASSED, Verdict.RUNNING]) == Verdict.RUNNING
    assert worst([Verdict.FAILED, Verdict.INFRA_ERROR, Verdict.PASSED]) == Verdict.FAILED
    assert worst([Verdict.SKIPPED]) == Verdict.SKIPPED
    assert worst([Verdict.MISSING]) == Verdict.MISSING
    # What is not known to have passed is not green.
    for verdict in Verdict:
        expected = Verdict.PASSED if verdict in (Verdict.PASSED, Verdict.SKIPPED, Verdict.MISSING) else verdict
        assert worst([Verdict.PASSED, verdict]) == expected
