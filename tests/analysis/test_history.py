"""One test over many runs: what the database cuts out is what was packed."""

import math

import numpy as np
import pytest

from dashboard.analysis.history import history_of
from dashboard.models import JobTest, WorkflowRun
from dashboard.outcomes import Outcome
from dashboard.packing import pack_durations
from tests.pages import samples


@pytest.fixture
def sample(repository):
    return samples.make_sample(repository, tests=30, runs=8, not_green=0.2)


@pytest.mark.parametrize("ordinal", [0, 7, 29])
def test_outcomes_are_those_of_the_matrix(sample, ordinal):
    test = JobTest.objects.get(job=sample.job, ordinal=ordinal).test
    history = history_of(test, sample.branch, {run.commit_id: run.place for run in sample.runs})
    by_run = {one.job_run: one for one in history}
    for column, run in enumerate(sample.runs):
        expected = sample.matrix[ordinal, column]
        if expected == Outcome.ABSENT:
            assert run.pk not in by_run
        else:
            assert by_run[run.pk].outcome == expected
            assert by_run[run.pk].ordinal == ordinal


def test_durations_are_cut_out_whatever_their_form(sample):
    test = JobTest.objects.get(job=sample.job, ordinal=3).test
    seconds = [0.125, 12.0, 1 / 3, 3600.5, float("nan")]
    for run, value in zip(sample.runs, seconds, strict=False):
        run.durations = pack_durations(np.full(30, value, dtype=np.float32))
        run.save()
    history = {
        one.job_run: one for one in history_of(test, sample.branch, {run.commit_id: run.place for run in sample.runs})
    }
    for run, value in zip(sample.runs, seconds, strict=False):
        if run.pk not in history:
            continue
        assert math.isnan(value) == math.isnan(history[run.pk].seconds)
        assert math.isnan(value) or history[run.pk].seconds == pytest.approx(value, rel=1e-6)


def test_attempts_come_in_their_order_and_other_branches_not_at_all(sample):
    commit = sample.runs[0].commit
    WorkflowRun.objects.filter(pk=sample.runs[0].workflow_run_id).update(attempt=2)
    first = samples.make_runs(sample.job, sample.branch, [commit], sample.matrix[:, :1] * 0 + 1, attempt=1)[0]
    fork, _ = samples.make_commits(sample.repository, "pull/9", 0, pull_request=9)
    samples.make_runs(sample.job, fork, [commit], sample.matrix[:, :1] * 0 + 1, attempt=3)
    test = JobTest.objects.get(job=sample.job, ordinal=0).test
    history = history_of(test, sample.branch, {commit.pk: commit.place})
    assert [one.job_run for one in history] == [first.pk, sample.runs[0].pk]
