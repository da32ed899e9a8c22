"""From uploads to rows: read the bytes, parse them, record them, say what became of each."""

import logging
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils import timezone

from dashboard.intake.identity import RunIdentity
from dashboard.intake.job_runs import CONTENT_TYPE as JOB_RUNS
from dashboard.intake.job_runs import parse_job_runs
from dashboard.intake.keep import kept, label_of
from dashboard.intake.locate import Locator
from dashboard.intake.merge import unique_cases
from dashboard.intake.parse import parse_upload
from dashboard.intake.receive import Label
from dashboard.intake.record import Entry, record
from dashboard.intake.report import Refused
from dashboard.intake.result import JobRunResult
from dashboard.intake.rows import RowMaps
from dashboard.models import Upload

log = logging.getLogger(__name__)


class _Read(NamedTuple):
    """An upload that was parsed."""

    upload: Upload
    results: list[JobRunResult]
    problems: list[str]


class Processor:
    """Works off uploads, and remembers between them what cannot change."""

    def __init__(self) -> None:
        self._locator = Locator()
        self._rows = RowMaps()

    def process(self, tries: dict[int, int]) -> set[int]:
        """Record or reject uploads; which of them are done, the others have to be tried again.

        tries: by upload, how often it was tried, this time included. All are recorded in one transaction, which is most
        of what a small one costs; when that fails each gets one of its own. A worker that dies here leaves the uploads as
        they were, and one that dies over the same upload each time does not get it for ever.
        """
        done = set(tries)
        read: list[_Read] = []
        waiting = Upload.objects.select_related("repository").filter(pk__in=tries, state=Upload.State.RECEIVED)
        for upload in waiting.order_by("pk"):
            try:
                if tries[upload.pk] > settings.INTAKE_TRIES:
                    raise Refused(
                        f"the worker died or failed {settings.INTAKE_TRIES} times while it read this; its log says why. "
                        "`manage.py reprocess` tries it again."
                    )
                read.append(_parsed(upload))
            except Refused as refused:
                _reject(upload, str(refused))
            except Exception as error:
                log.exception("upload %s could not be read", upload.pk)
                _reject(upload, f"a mistake in kindmap, please report it: {type(error).__name__}: {error}")
        try:
            self._record(read)
        except Exception:
            self._forget()
            for each in read:
                if not self._recorded_alone(each, tries[each.upload.pk]):
                    done.discard(each.upload.pk)
        return done

    def _recorded_alone(self, read: _Read, tried: int) -> bool:
        """Record one upload; False when it has to be tried again."""
        upload = read.upload
        try:
            self._record([read])
        except DatabaseError as error:
            self._forget()
            if tried < settings.INTAKE_TRIES:
                log.warning("upload %s is tried again (%s of %s): %s", upload.pk, tried, settings.INTAKE_TRIES, error)
                return False
            log.exception("upload %s was tried %s times", upload.pk, tried)
            _reject(upload, f"the database refused it {tried} times: {error}")
        except Exception as error:
            self._forget()
            log.exception("upload %s could not be recorded", upload.pk)
            _reject(upload, f"a mistake in kindmap, please report it: {type(error).__name__}: {error}")
        return True

    def _record(self, read: Sequence[_Read]) -> None:
        entries = [
            Entry(upload, result, self._locator.locate(upload.repository, result.run, upload.received_at))
            for upload, results, _ in read
            for result in results
        ]
        with transaction.atomic():
            left_out = record(entries, self._rows, settings.LIMITS)
            now = timezone.now()
            for upload, results, problems in read:
                upload.state = Upload.State.RECORDED
                upload.problems = problems + left_out.get(upload.pk, [])
                upload.totals = _totals(results)
                upload.finished_at = now
            fields = ["state", "problems", "totals", "finished_at"]
            Upload.objects.bulk_update([each.upload for each in read], fields, batch_size=100)

    def _forget(self) -> None:
        """After a roll-back nothing that was remembered from it is true."""
        self._locator.forget()
        self._rows.forget()


def _parsed(upload: Upload) -> _Read:
    try:
        label = Label(**label_of(upload.file))
        with kept(upload.file) as body:
            if label.content_type == JOB_RUNS:
                return _Read(upload, parse_job_runs(body.read(), settings.LIMITS), [])
            parsed = parse_upload(body, label.content_type, settings.LIMITS)
    except FileNotFoundError:
        raise Refused(f"its bytes are gone from the storage ({upload.file}); send them again") from None
    reports = [each.report for each in parsed.reports]
    cases = (
        reports[0].cases if len(reports) == 1 else unique_cases([case for report in reports for case in report.cases])
    )
    result = JobRunResult(
        run=RunIdentity.from_json(label.run),
        cases=cases,
        failures_outside_tests=[case for report in reports for case in report.failures_outside_tests],
        is_complete=parsed.is_complete,
    )
    return _Read(upload, [result], parsed.problems)


def _reject(upload: Upload, reason: str) -> None:
    Upload.objects.filter(pk=upload.pk).update(
        state=Upload.State.REJECTED, reason=reason.replace("\0", "\\0"), finished_at=timezone.now()
    )


def _totals(results: Sequence[JobRunResult]) -> dict[str, int]:
    """How many tests of an upload have each outcome; what no test has is left out."""
    counts = Counter(case.outcome for result in results for case in result.cases)
    return {"tests": counts.total(), **{outcome.label: count for outcome, count in counts.items()}}
