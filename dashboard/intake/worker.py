"""The RQ worker of intake."""

import signal
from typing import Any

from django.db import connections
from rq import Worker

from dashboard.intake.work import sweep
from kindmap.children import die_with_parent


class IntakeWorker(Worker):
    """RQ's worker, which also looks for uploads that no job is left for.

    It looks when it starts and every half minute: RQ itself would only notice a dead worker's job after minutes, and only
    if the broker still knew of it.
    """

    SWEEP_SECONDS = 30

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("maintenance_interval", self.SWEEP_SECONDS)
        kwargs.setdefault("job_monitoring_interval", 5)
        super().__init__(*args, **kwargs)

    @property
    def dequeue_timeout(self) -> int:
        """Seconds to wait for a job before looking around: RQ's own choice is seven minutes."""
        return self.SWEEP_SECONDS

    def setup_work_horse_signals(self) -> None:
        """A job ends with its worker: RQ's would go on, with nobody left to hear of it. Its upload's lease runs out."""
        super().setup_work_horse_signals()  # type: ignore[no-untyped-call]
        if self.pid is not None:
            die_with_parent(self.pid, signal.SIGKILL)

    def run_maintenance_tasks(self) -> None:
        super().run_maintenance_tasks()  # type: ignore[no-untyped-call]
        sweep()
        connections.close_all()  # a forked job must not inherit this process's connection
