"""The worker's side of the queue: work off what waits in the database."""

import time

import django_rq
from django.conf import settings
from redis import Redis

from dashboard.intake.process import Processor
from dashboard.intake.queue import QUEUE, WAKE_KEY, wake
from dashboard.models import Upload

_LOOK_AHEAD = 1_000  # uploads looked at in one go: a few that are tried again later must not hide the others
_LINGER_SECONDS = 0.5  # how long a job waits for more before it ends
_MOST_SECONDS = 300  # after which a job makes way for another one, with fresh memory


def sweep() -> None:
    """Wake a worker when anything waits: for uploads whose wake-up was lost, or whose worker died."""
    if Upload.objects.filter(state=Upload.State.RECEIVED).exists():
        wake()


def work_off() -> int:
    """Work off what waits, oldest first; how many uploads it was. RQ's entry point."""
    connection = django_rq.get_connection(QUEUE)
    connection.delete(WAKE_KEY)  # first: what arrives from here on wakes again
    processor = Processor()
    done, begun = 0, time.monotonic()
    idle_since = begun
    while (now := time.monotonic()) - begun < _MOST_SECONDS:
        if worked := _work_off_waiting(connection, processor):
            done += worked
            idle_since = time.monotonic()
        elif now - idle_since > _LINGER_SECONDS:
            return done
        else:
            time.sleep(0.05)
    wake()
    return done


def _work_off_waiting(connection: Redis, processor: Processor) -> int:
    """Process uploads that nobody else has. A lease in the broker keeps two workers from doing the same work twice;
    that it would be recorded once all the same is the database's doing."""
    waiting = (
        Upload.objects.filter(state=Upload.State.RECEIVED).order_by("pk").values_list("pk", flat=True)[:_LOOK_AHEAD]
    )
    worked = 0
    for pk in waiting:
        lease, tries = f"kindmap:intake:lease:{pk}", f"kindmap:intake:tries:{pk}"
        if not connection.set(lease, 1, nx=True, ex=settings.INTAKE_LEASE_SECONDS):
            continue
        tried = connection.incr(tries)
        connection.expire(tries, 86_400)
        is_done = processor.process(pk, tried)
        # A failed try keeps its lease: the next one comes when that ends, not at once and again.
        if is_done:
            connection.delete(lease, tries)
            worked += 1
    return worked
