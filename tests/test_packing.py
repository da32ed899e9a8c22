"""Packed outcomes and durations: nothing is lost, whatever the values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import packing
from dashboard.outcomes import MERGED, Outcome, merge

outcomes = st.lists(st.sampled_from(list(Outcome)), max_size=300)
seconds = st.one_of(
    st.just(float("nan")),
    st.floats(0, 1e6, width=32),
    st.integers(0, 70_000).map(lambda milliseconds: milliseconds / 1000),
    st.integers(0, 70_000).map(lambda hundredths: hundredths / 100),
    st.integers(0, 100_000).map(float),
)
# One unit for all, as a report has it, and any mixture.
durations = st.one_of(
    st.lists(seconds, max_size=300), st.lists(st.integers(0, 90_000).map(lambda ms: ms / 1000), max_size=300)
)


@given(outcomes)
def test_outcomes_come_back_as_they_were(values):
    blob = packing.pack_statuses(np.array(values, dtype=np.uint8))
    assert packing.unpack_statuses(blob).tolist() == values
    assert [packing.outcome_of(blob, ordinal) for ordinal in range(len(values))] == values


@given(outcomes, st.integers(0, 400))
def test_what_lies_beyond_the_end_is_absent(values, size):
    blob = packing.pack_statuses(np.array(values, dtype=np.uint8))
    assert packing.unpack_statuses(blob, size).tolist() == (values + [0] * size)[:size]
    assert packing.outcome_of(blob, len(values)) == Outcome.ABSENT


@given(durations)
def test_durations_come_back_as_they_were(values):
    exact = np.array(values, dtype="<f4")
    blob = packing.pack_durations(exact)
    assert np.array_equal(packing.unpack_durations(blob, len(values)), exact, equal_nan=True)


@given(durations)
def test_one_duration_cut_out_by_a_database_is_the_same(values):
    blob = packing.pack_durations(np.array(values, dtype="<f4"))
    for ordinal, value in enumerate(packing.unpack_durations(blob, len(values)).tolist()):
        cut = [blob[1 + ordinal * width : 1 + (ordinal + 1) * width] for width in (2, 4)]
        assert packing.duration_of(blob[:1], *cut) == pytest.approx(value, nan_ok=True, rel=1e-6)


def test_durations_in_whole_units_take_two_bytes():
    assert len(packing.pack_durations(np.array([0.001, 65.534], dtype="<f4"))) == 1 + 2 * 2
    assert len(packing.pack_durations(np.array([0.25, 600.0], dtype="<f4"))) == 1 + 2 * 2
    assert len(packing.pack_durations(np.array([0.0001234], dtype="<f4"))) == 1 + 4


def test_a_format_of_a_later_version_is_an_error_that_says_so():
    with pytest.raises(ValueError, match="packed in format 9"):
        packing.unpack_statuses(b"\x09abc")
    with pytest.raises(ValueError, match="packed in format 9"):
        packing.unpack_durations(b"\x09abc")


@given(st.lists(outcomes, min_size=1, max_size=20))
def test_a_matrix_has_a_column_for_each_run(runs):
    tests = max(map(len, runs))
    matrix = packing.statuses_matrix([packing.pack_statuses(np.array(run, dtype=np.uint8)) for run in runs], tests)
    assert matrix.shape == (tests, len(runs))
    assert matrix.T.tolist() == [run + [0] * (tests - len(run)) for run in runs]


@given(st.lists(st.sampled_from(list(Outcome)), min_size=1, max_size=6), st.randoms())
def test_the_order_in_which_outcomes_arrive_does_not_matter(values, random):
    def merged(order):
        outcome = Outcome.ABSENT
        for each in order:
            outcome = merge(outcome, each)
        return outcome

    shuffled = list(values)
    random.shuffle(shuffled)
    assert merged(shuffled) == merged(values) == merged([*values, *values])


def test_failed_and_passed_are_flaky_and_the_table_says_what_the_function_says():
    assert merge(Outcome.FAILED, Outcome.PASSED) == merge(Outcome.PASSED, Outcome.ERROR) == Outcome.FLAKY
    assert merge(Outcome.SKIPPED, Outcome.FAILED) == Outcome.FAILED
    assert merge(Outcome.NOT_RUN, Outcome.SKIPPED) == Outcome.SKIPPED
    assert all(MERGED[one, other] == merge(one, other) for one in Outcome for other in Outcome)
