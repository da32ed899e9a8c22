"""Whatever breaks in between: every accepted upload is recorded exactly once, or rejected with its reason."""

import os
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection

from dashboard.models import Repository, Upload
from tests.conftest import CiToken
from tests.faults.senders import assert_each_recorded_once, send, send_all
from tests.support.stack import LiveStack, wait_for


@pytest.fixture
def stack(live_stack: LiveStack) -> LiveStack:
    """Servers that give up a dead worker's uploads, and a locked database, after a second or two instead of a minute."""
    live_stack.environment |= {"KINDMAP_INTAKE_LEASE_SECONDS": "2", "KINDMAP_DATABASE_TIMEOUT_SECONDS": "1"}
    live_stack.ensure_running()
    return live_stack


def recorded() -> int:
    return Upload.objects.filter(state=Upload.State.RECORDED).count()


def wait_until_nothing_waits() -> None:
    """The broker may go on believing that a killed worker's job is at work; the database knows better."""
    waiting = Upload.objects.filter(state=Upload.State.RECEIVED)
    wait_for("everything received to be recorded", lambda: not waiting.exists(), 90)


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.parametrize("victims", ["worker", "work horse", "both"])
def test_a_worker_killed_amid_200_uploads_loses_nothing_and_counts_nothing_twice(
    stack: LiveStack, repository: Repository, ci_token: CiToken, victims: str
) -> None:
    sent = []
    sender = threading.Thread(target=lambda: sent.extend(send_all(stack, ci_token, range(200))))
    sender.start()
    for threshold in (10, 60):
        wait_for("some to be recorded", lambda threshold=threshold: recorded() >= threshold)
        assert stack.worker is not None
        horses = children(stack.worker.pid)
        if victims != "work horse":
            stack.kill_worker()
        if victims != "worker":
            for horse in horses:
                os.kill(horse, signal.SIGKILL)
        stack.ensure_running()
    sender.join()
    wait_until_nothing_waits()
    assert {status for _, status in sent} == {202}
    assert_each_recorded_once(repository, sent)


def test_a_broker_that_goes_away_delays_uploads_and_loses_none(
    stack: LiveStack, repository: Repository, ci_token: CiToken
) -> None:
    sent = send_all(stack, ci_token, range(40))
    stack.broker.kill()
    sent += send_all(stack, ci_token, range(40, 60))
    stack.broker.start()
    sent += send_all(stack, ci_token, range(60, 80))
    stack.ensure_running()
    wait_for("the worker to be back", lambda: recorded() >= 80, 90)
    assert {status for _, status in sent} == {202}
    assert_each_recorded_once(repository, sent)


def test_uploads_that_waited_while_nothing_ran_are_taken_up_by_the_next_start(
    stack: LiveStack, repository: Repository, ci_token: CiToken
) -> None:
    stack.kill_worker()
    sent = send_all(stack, ci_token, range(20))
    stack.broker.kill()
    stack.broker.start()
    stack.broker.empty()  # as if it had kept nothing
    stack.start_worker()
    wait_for("everything to be recorded", lambda: recorded() == 20)
    assert_each_recorded_once(repository, sent)


@contextmanager
def locked_database() -> Iterator[None]:
    """The database refuses writers (SQLite) or makes them wait (PostgreSQL), as a stuck backup or migration would."""
    if connection.vendor == "sqlite":
        other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
        other.execute("begin immediate")
    else:
        name, options = connection.settings_dict["NAME"], connection.settings_dict["OPTIONS"]
        user = connection.settings_dict["USER"]
        other = psycopg.connect(dbname=name, user=user, host=options["host"])
        other.execute("lock table dashboard_jobrun in access exclusive mode")
    try:
        yield
    finally:
        other.rollback()
        other.close()


def test_a_locked_database_is_told_and_harms_nothing(
    stack: LiveStack, repository: Repository, ci_token: CiToken
) -> None:
    sent = send_all(stack, ci_token, range(30))
    with locked_database():
        sent += send_all(stack, ci_token, range(30, 40))
        time.sleep(3)
    sent += send_all(stack, ci_token, range(40, 60))
    wait_until_nothing_waits()
    refused = {status for number, status in sent if 30 <= number < 40}
    assert refused <= {202, 503}
    assert {status for number, status in sent if not 30 <= number < 40} == {202}
    assert_each_recorded_once(repository, sent)
    if refused == {503}:
        assert {send(stack, ci_token, number).status for number in range(30, 40)} == {202}


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """A file system of its own for a folder; only root may mount one."""
    if os.getuid() != 0:
        pytest.skip("mounting a small file system takes root: sudo make test")
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_is_told_and_what_was_accepted_is_recorded(
    stack: LiveStack, repository: Repository, ci_token: CiToken
) -> None:
    folder = settings.DATA_DIR / "files" / "uploads"
    with small_disk(folder, "64k"):
        sent = send_all(stack, ci_token, range(40), clients=2)
        wait_until_nothing_waits()
        kept = {path.name for path in folder.rglob("*") if path.is_file()}
    statuses = [status for _, status in sent]
    assert set(statuses) == {202, 507}
    assert kept == {Path(file).name for file in Upload.objects.values_list("file", flat=True)}
    assert_each_recorded_once(repository, sent)
    again = [send(stack, ci_token, number) for number, status in sent if status == 507]
    assert {status for _, status in again} == {202}


def test_an_upload_whose_bytes_are_gone_is_rejected_with_the_reason_and_can_be_tried_again(
    stack: LiveStack, repository: Repository, ci_token: CiToken
) -> None:
    stack.kill_worker()
    sent = [send(stack, ci_token, 1)]
    upload = Upload.objects.get()
    with default_storage.open(upload.file) as file:
        content = file.read()
    path = Path(default_storage.path(upload.file))
    path.unlink()
    stack.start_worker()
    wait_for("the upload to be rejected", lambda: Upload.objects.filter(state=Upload.State.REJECTED).exists())
    assert "its bytes are gone" in Upload.objects.get().reason
    path.write_bytes(content)
    call_command("reprocess")
    wait_for("the upload to be recorded", lambda: recorded() == 1)
    assert_each_recorded_once(repository, sent)
