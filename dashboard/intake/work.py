"""The worker's side of the queue: work off what waits in the database."""

import time

from django.conf import settings
from redis import Redis

from dashboard.intake.process import Processor
from dashboard.intake.queue import WAKE_KEY, broker, wake
from dashboard.models import Upload

_LOOK_AHEAD = 1_000  # uploads looked at in one go: a few that are tried again later must not hide the others
_BATCH = 16  # uploads recorded in one transaction: on SQLite nobody else can write meanwhile
_BATCH_BYTES = 2**20
_GATHER_SECONDS = 0.2  # uploads that arrive together are recorded together, which costs a third of one by one
_LINGER_SECONDS = 0.5  # how long a job waits for more before it ends
_MOST_SECONDS = 300  # after which a job makes way for another one, with fresh memory

_LEASE, _TRIES = "kindmap:intake:lease:{}", "kindmap:intake:tries:{}"


def sweep() -> None:
    """Wake a worker when anything waits: for uploads whose wake-up was lost, or whose worker died."""
    if Upload.objects.filter(state=Upload.State.RECEIVED).exists():
        wake()


def work_off() -> int:
    """Work off what waits, oldest first; how many uploads it was. RQ's entry point."""
    connection = broker()
    connection.delete(WAKE_KEY)  # first: what arrives from here on wakes again
    processor = Processor()
    done, begun = 0, time.monotonic()
    idle_since = begun
    while (now := time.monotonic()) - begun < _MOST_SECONDS:
        worked = _work_off_waiting(connection, processor)
        done += worked
        if worked:
            idle_since = time.monotonic()
        elif now - idle_since > _LINGER_SECONDS:
            return done
        if worked < _BATCH:
            time.sleep(_GATHER_SECONDS)
    wake()
    return done


def _work_off_waiting(connection: Redis, processor: Processor) -> int:
    """Work off what waits and nobody else has; how many uploads it was."""
    waiting = Upload.objects.filter(state=Upload.State.RECEIVED).order_by("pk").values_list("pk", "size_bytes")
    worked, size = 0, 0
    batch: list[int] = []
    for pk, size_bytes in waiting[:_LOOK_AHEAD]:
        if batch and (len(batch) == _BATCH or size + size_bytes > _BATCH_BYTES):
            worked += _process(connection, processor, batch)
            batch, size = [], 0
        batch.append(pk)
        size += size_bytes
    return worked + _process(connection, processor, batch)


def _process(connection: Redis, processor: Processor, batch: list[int]) -> int:
    """Process a batch, as far as nobody else has it.

    A lease in the broker keeps two workers from doing the same work; that it would be recorded once all the same is the
    database's doing.
    """
    leases = connection.pipeline(transaction=False)
    for pk in batch:
        leases.set(_LEASE.format(pk), 1, nx=True, ex=settings.INTAKE_LEASE_SECONDS)
    mine = [pk for pk, is_mine in zip(batch, leases.execute(), strict=True) if is_mine]
    if not mine:
        return 0
    counters = connection.pipeline(transaction=False)
    for pk in mine:
        counters.incr(_TRIES.format(pk))
        counters.expire(_TRIES.format(pk), 86_400)
    tries = dict(zip(mine, counters.execute()[::2], strict=True))
    done = processor.process(tries)
    # What failed keeps its lease: the next try comes when that ends, not at once and again.
    if done:
        connection.delete(*(key.format(pk) for pk in done for key in (_LEASE, _TRIES)))
    return len(done)
