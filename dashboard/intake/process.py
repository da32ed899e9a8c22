"""From an upload to rows: read the bytes, parse them, record them, say what became of it."""

import logging
from collections import Counter
from collections.abc import Sequence

from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils import timezone

from dashboard.intake.identity import RunIdentity
from dashboard.intake.job_runs import CONTENT_TYPE as JOB_RUNS
from dashboard.intake.job_runs import parse_job_runs
from dashboard.intake.keep import kept
from dashboard.intake.locate import Locator
from dashboard.intake.parse import parse_upload
from dashboard.intake.record import record, unique_cases
from dashboard.intake.report import Refused
from dashboard.intake.result import JobRunResult
from dashboard.intake.rows import RowMaps
from dashboard.models import Upload

log = logging.getLogger(__name__)


class Processor:
    """Works off uploads one after the other, and remembers between them what cannot change."""

    def __init__(self) -> None:
        self._locator = Locator()
        self._rows = RowMaps()

    def process(self, pk: int, tried: int = 1) -> bool:
        """Record or reject an upload; False when it has to be tried again. tried counts the tries, this one included.

        A worker that dies here leaves the upload as it was. One that dies each time does not get it for ever.
        """
        upload = Upload.objects.select_related("repository").filter(pk=pk, state=Upload.State.RECEIVED).first()
        if upload is None:
            return True
        try:
            if tried > settings.INTAKE_TRIES:
                raise Refused(
                    f"the worker died or failed {tried - 1} times while it read this; its log says why. "
                    "`manage.py reprocess` tries it again."
                )
            results, problems = self._parsed(upload)
            self._record(upload, results, problems)
        except Refused as refused:
            _finish(upload, Upload.State.REJECTED, [], reason=str(refused))
        except DatabaseError as error:
            self._forget()
            if tried < settings.INTAKE_TRIES:
                log.warning("upload %s is tried again (%s of %s): %s", pk, tried, settings.INTAKE_TRIES, error)
                return False
            log.exception("upload %s was tried %s times", pk, tried)
            _finish(upload, Upload.State.REJECTED, [], reason=f"the database refused it {tried} times: {error}")
        except Exception as error:
            self._forget()
            log.exception("upload %s could not be read", pk)
            reason = f"a mistake in kindmap, please report it: {type(error).__name__}: {error}"
            _finish(upload, Upload.State.REJECTED, [], reason=reason)
        return True

    def _parsed(self, upload: Upload) -> tuple[list[JobRunResult], list[str]]:
        try:
            with kept(upload.file) as body:
                if upload.content_type == JOB_RUNS:
                    return parse_job_runs(body.read(), settings.LIMITS), []
                parsed = parse_upload(body, upload.content_type, settings.LIMITS)
        except FileNotFoundError:
            raise Refused(f"its bytes are gone from the storage ({upload.file}); send them again") from None
        reports = [each.report for each in parsed.reports]
        result = JobRunResult(
            run=RunIdentity.from_json(upload.run),
            cases=unique_cases([case for report in reports for case in report.cases]),
            failures_outside_tests=[case for report in reports for case in report.failures_outside_tests],
            is_complete=parsed.is_complete,
        )
        return [result], parsed.problems

    def _record(self, upload: Upload, results: Sequence[JobRunResult], problems: list[str]) -> None:
        for number, result in enumerate(results, start=1):
            location = self._locator.locate(upload.repository, result.run, upload.received_at)
            with transaction.atomic():
                problems += record(result, upload, upload.repository, location, self._rows, settings.LIMITS)
                if number == len(results):
                    _finish(upload, Upload.State.RECORDED, results, problems=problems)

    def _forget(self) -> None:
        """After a roll-back nothing that was remembered from it is true."""
        self._locator.forget()
        self._rows.forget()


def _finish(
    upload: Upload,
    state: Upload.State,
    results: Sequence[JobRunResult],
    *,
    reason: str = "",
    problems: Sequence[str] = (),
) -> None:
    Upload.objects.filter(pk=upload.pk).update(
        state=state, reason=reason, problems=list(problems), totals=_totals(results), finished_at=timezone.now()
    )


def _totals(results: Sequence[JobRunResult]) -> dict[str, int]:
    """How many tests of an upload have each outcome; what no test has is left out."""
    counts = Counter(case.outcome.label for result in results for case in result.cases)
    return {"tests": sum(counts.values()), **counts}
