"""Results without a test report: job runs with their steps and annotations, as JSON."""

import re
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from dashboard.intake.identity import CONCLUSIONS, RunIdentity, in_utc
from dashboard.intake.report import Case, Limits, Refused
from dashboard.intake.result import JobRunResult, StepResult
from dashboard.outcomes import Outcome

CONTENT_TYPE = "application/vnd.kindmap.job-runs+json"
"""How an upload of job runs is told from one of reports."""

MOST_JOB_RUNS = 20_000
MOST_STEPS = 500
MOST_ANNOTATIONS = 1_000

_Part = TypeVar("_Part")

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class _Step(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    conclusion: str | None = None
    status: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None


class _Annotation(msgspec.Struct, forbid_unknown_fields=True):
    message: str
    title: str | None = None
    file: str | None = None
    line: int | None = None
    level: str | None = None


def parse_job_runs(body: bytes, limits: Limits) -> list[JobRunResult]:
    """The job runs of a document: one object, or `{"job_runs": [objects]}`.

    An object has the fields of RunIdentity, and `steps` and `annotations`. An annotation whose level is warning or notice
    is no failure and is left out; the others make a run without a conclusion a failed one. Refused names every mistake.
    """
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Refused(f"not JSON: {error}") from None
    objects = document.get("job_runs", [document]) if isinstance(document, dict) else document
    if not isinstance(objects, list) or not objects or not all(isinstance(each, dict) for each in objects):
        raise Refused('give one object, or {"job_runs": [one object for each job run]}')
    if len(objects) > MOST_JOB_RUNS:
        raise Refused(f"{len(objects):,} job runs in one document; send at most {MOST_JOB_RUNS:,} at once")
    results, mistakes = [], []
    for number, each in enumerate(objects):
        try:
            results.append(_result(each, limits))
        except ValueError as error:
            where = f"job_runs[{number}]: " if len(objects) > 1 else ""
            mistakes += [where + line for line in str(error).splitlines()]
    if mistakes:
        more = [f"… and {len(mistakes) - limits.problems:,} more"] if len(mistakes) > limits.problems else []
        raise Refused("\n".join(mistakes[: limits.problems] + more))
    return results


def _result(values: dict[str, Any], limits: Limits) -> JobRunResult:
    values = dict(values)
    steps = _converted(values.pop("steps", None), _Step, "steps", MOST_STEPS)
    annotations = _converted(values.pop("annotations", None), _Annotation, "annotations", MOST_ANNOTATIONS)
    failures = [_failure(each, limits) for each in annotations if each.level in (None, "", "failure", "error")]
    run = RunIdentity.checked(values)
    if failures and not run.conclusion and run.status in ("", "completed"):
        run = msgspec.structs.replace(run, conclusion="failure")
    return JobRunResult(
        run=run,
        steps=[_step(number, step) for number, step in enumerate(steps, start=1)],
        annotations=failures,
    )


def _converted(values: object, struct: type[_Part], name: str, most: int) -> list[_Part]:
    try:
        parts = msgspec.convert(values or [], list[struct])  # type: ignore[valid-type]
    except msgspec.ValidationError as error:
        raise ValueError(f"{name}: {error}") from None
    if len(parts) > most:
        raise ValueError(f"{name}: {len(parts):,} are more than {most:,}")
    return parts


def _step(number: int, step: _Step) -> StepResult:
    conclusion, status = step.conclusion or "", step.status or ""
    if conclusion and conclusion not in CONCLUSIONS:
        raise ValueError(f"steps[{number - 1}].conclusion is one of {', '.join(sorted(CONCLUSIONS))}")
    if status and status not in ("queued", "in_progress", "completed"):
        raise ValueError(f"steps[{number - 1}].status is one of queued, in_progress, completed")
    name = _storable(step.name.strip(), 300) or f"Step {number}"
    return StepResult(name, conclusion, status, in_utc(step.started_at), in_utc(step.finished_at))


def _failure(annotation: _Annotation, limits: Limits) -> Case:
    line = annotation.line if annotation.line and 0 < annotation.line < 2**31 else None
    return Case(
        suite="",
        name=_storable(annotation.title or annotation.file or "annotation", limits.name_length),
        outcome=Outcome.FAILED,
        message=_storable(annotation.message, limits.message_length),
        details=_storable(annotation.message, limits.details_length),
        file=_storable(annotation.file or "", limits.name_length),
        line=line,
    )


def _storable(text: str, length: int) -> str:
    """Text that every database takes, cut to a length; what was cut says so."""
    text = _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)
    if len(text) <= length:
        return text
    return f"{text[:length]}\n… {len(text) - length:,} of {len(text):,} characters left out"
