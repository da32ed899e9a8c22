"""The web's side of the queue: a wake-up for the worker.

RQ carries the wake-up, the database says what there is to do. One job works off whatever waits, so that a burst of a
thousand uploads costs a handful of jobs (each forks a process: 15 ms), and a lost job loses nothing.
"""

import functools
import logging

import django_rq
from django.conf import settings
from redis import Redis, RedisError

log = logging.getLogger(__name__)

QUEUE = "intake"
WAKE_KEY = "kindmap:intake:wake"
_WORK_OFF = "dashboard.intake.work.work_off"  # by name: the web process never loads what parses


def wake() -> None:
    """Ask for a worker, unless one was asked for that has not started yet.

    Without a broker nothing is lost: the upload waits for the worker's next sweep.
    """
    try:
        if broker().set(WAKE_KEY, 1, nx=True, ex=settings.INTAKE_LEASE_SECONDS):
            django_rq.get_queue(QUEUE).enqueue(_WORK_OFF, result_ttl=0, failure_ttl=86_400)
    except RedisError as error:
        log.warning("the broker does not answer, so the upload waits until it does: %s", error)


@functools.cache
def broker() -> Redis:
    """The broker. One client for the process, thread-safe: opening a connection costs more than the whole rest of a wake-up."""
    return django_rq.get_connection(QUEUE)
