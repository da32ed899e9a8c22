"""The RQ worker of intake."""

import gc
import logging
import signal
import time
from typing import Any

from django.db import OperationalError, connections
from redis import ConnectionError as BrokerIsAway
from rq import Queue, Worker
from rq.job import Job

from dashboard.intake.work import sweep
from kindmap.children import die_with_parent

log = logging.getLogger(__name__)


class IntakeWorker(Worker):
    """RQ's worker, which also looks for uploads that no job is left for, and outlives its broker.

    It looks when it starts and every half minute: RQ itself would only notice a dead worker's job after minutes, and only if
    the broker still knew of it. And RQ's worker ends when the broker restarts while a job is at work.
    """

    SWEEP_SECONDS = 30
    OUTAGE_SECONDS = 1

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("maintenance_interval", self.SWEEP_SECONDS)
        kwargs.setdefault("job_monitoring_interval", 5)
        super().__init__(*args, **kwargs)
        # Every job forks this process: what is frozen is never touched by the collector, so they share it.
        gc.collect()
        gc.freeze()

    @property
    def dequeue_timeout(self) -> int:
        """Seconds to wait for a job before looking around: RQ's own choice is seven minutes."""
        return self.SWEEP_SECONDS

    def setup_work_horse_signals(self) -> None:
        """A job ends with its worker: RQ's would go on, with nobody left to hear of it. Its upload's lease runs out.

        tests/ops/test_supervisor.py holds this: nothing may be left when `make run` is killed.
        """
        super().setup_work_horse_signals()  # type: ignore[no-untyped-call]
        if self.pid is not None:
            die_with_parent(self.pid, signal.SIGKILL)

    def run_maintenance_tasks(self) -> None:
        try:
            super().run_maintenance_tasks()  # type: ignore[no-untyped-call]
            sweep()
        except BrokerIsAway:
            self._wait_for_broker()
        except OperationalError as error:
            log.warning("the database does not answer; the next look is in %s s: %s", self.SWEEP_SECONDS, error)
        finally:
            connections.close_all()  # a forked job must not inherit this process's connection

    def execute_job(self, job: Job, queue: Queue) -> None:
        try:
            super().execute_job(job, queue)
        except BrokerIsAway:
            self._wait_for_broker()

    def heartbeat(self, *args: Any, **kwargs: Any) -> None:
        try:
            super().heartbeat(*args, **kwargs)
        except BrokerIsAway:
            self._wait_for_broker()

    def _wait_for_broker(self) -> None:
        """Wait until the broker answers again, and be known to it. The sweep finds what it forgot."""
        log.warning("the broker is away; waiting for it")
        while not self._stop_requested:
            try:
                self.connection.ping()
                break
            except BrokerIsAway:
                time.sleep(self.OUTAGE_SECONDS)
        if self.horse_pid:
            self.wait_for_horse()
            self._horse_pid = 0
        if not self._stop_requested and not self.connection.exists(self.key):
            self.register_birth()  # type: ignore[no-untyped-call]
        self.last_cleaned_at = None  # look around at once
