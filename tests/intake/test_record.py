"""From results to rows: ordinals, limits, and several workers at once."""

import dataclasses
import io
import threading

import numpy as np
import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.intake.identity import RunIdentity
from dashboard.intake.process import Processor
from dashboard.intake.receive import Body, receive_report
from dashboard.models import Job, JobRun, JobTest, Repository, Test, Upload
from dashboard.packing import unpack_statuses


def receive(repository, names, *, job="deep", commit=1, run=""):
    cases = "".join(f'<testcase classname="suite" name="{name}"/>' for name in names)
    identity = RunIdentity.checked({"commit": f"{commit:040x}", "job": job, "run": run})
    body = Body(io.BytesIO(f"<testsuite>{cases}</testsuite>".encode()))
    return receive_report(repository, identity, body)[0]


def record(*uploads):
    return Processor().process({upload.pk: 1 for upload in uploads})


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(reports=st.lists(st.sets(st.integers(0, 12), min_size=1), min_size=1, max_size=6))
def test_an_ordinal_is_handed_out_once_and_kept_for_ever(repository, reports):
    JobRun.objects.all().delete()
    Upload.objects.all().delete()
    known = dict(JobTest.objects.values_list("test__name", "ordinal"))
    for number, names in enumerate(reports):
        record(receive(repository, sorted(names, reverse=number % 2 == 0), commit=number + 1))
        now = dict(JobTest.objects.values_list("test__name", "ordinal"))
        assert now.items() >= known.items()
        assert sorted(now.values()) == list(range(len(now)))
        assert Job.objects.get().test_count == len(now)
        known = now
    for number, names in enumerate(reports):
        run = JobRun.objects.get(commit__sha=f"{number + 1:040x}")
        assert np.flatnonzero(unpack_statuses(run.statuses)).tolist() == sorted(known[str(name)] for name in names)


@pytest.mark.django_db(transaction=True)
def test_workers_that_meet_the_same_new_tests_at_once_agree(repository):
    uploads = [
        receive(repository, range(60), job=f"job {number % 3}", commit=number // 3 + 1, run=str(number % 2))
        for number in range(24)
    ]

    def work(mine):
        try:
            processor = Processor()
            for upload in mine:
                assert processor.process({upload.pk: 1}) == {upload.pk}
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(uploads[number::4],)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(Upload.objects.values_list("state", flat=True)) == {Upload.State.RECORDED}
    assert Test.objects.count() == Repository.objects.get().test_count == 60
    assert {job.test_count for job in Job.objects.all()} == {60}
    assert sum(JobRun.objects.values_list("passed", flat=True)) == 24 * 60


@pytest.mark.django_db(transaction=True)
def test_an_upload_that_two_workers_have_is_recorded_once(repository):
    upload = receive(repository, range(30))
    barrier = threading.Barrier(4)

    def work():
        try:
            barrier.wait()
            Processor().process({upload.pk: 1})
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert JobRun.objects.get().passed == 30
    assert JobRun.objects.get().uploads.count() == 1


def test_a_repository_full_of_tests_says_so_and_does_not_look_green(repository, settings):
    settings.LIMITS = dataclasses.replace(settings.LIMITS, tests_per_repository=5)
    record(receive(repository, range(4)))
    upload = receive(repository, range(8), commit=2)
    record(upload)
    upload.refresh_from_db()
    assert upload.problems == [
        "3 tests are left out: acme/widgets has 5 tests already (KINDMAP_LIMIT_TESTS_PER_REPOSITORY). "
        "Are there random parts in test names?"
    ]
    run = JobRun.objects.get(commit__sha=f"{2:040x}")
    assert (run.passed, run.is_complete, run.get_verdict_display()) == (5, False, "failed")


def test_one_bad_upload_of_a_batch_does_not_hold_up_the_others(repository):
    good = [receive(repository, range(3), commit=number) for number in range(1, 4)]
    bad = receive_report(
        repository, RunIdentity.checked({"commit": f"{9:040x}", "job": "deep"}), Body(io.BytesIO(b"<html/>"))
    )[0]
    assert record(*good, bad) == {upload.pk for upload in (*good, bad)}
    bad.refresh_from_db()
    assert (bad.state, bool(bad.reason)) == (Upload.State.REJECTED, True)
    assert JobRun.objects.count() == 3


def test_an_upload_that_was_tried_too_often_is_rejected_with_the_reason(repository, settings):
    upload = receive(repository, range(3))
    Processor().process({upload.pk: settings.INTAKE_TRIES + 1})
    upload.refresh_from_db()
    assert upload.state == Upload.State.REJECTED
    assert "the worker died or failed 5 times" in upload.reason
