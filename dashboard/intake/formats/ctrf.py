"""CTRF, the Common Test Report Format (ctrf.io, specification 1.0). The rules are in docs/formats.md."""

import re
from typing import BinaryIO

import msgspec

from dashboard.intake.formats.builder import Builder
from dashboard.intake.formats.durations import seconds
from dashboard.intake.formats.encoding import open_text
from dashboard.intake.formats.locations import find_location
from dashboard.intake.formats.text import first_words
from dashboard.intake.report import Case, Limits, Refused, Report
from dashboard.outcomes import Outcome

_OUTCOMES = {
    "passed": Outcome.PASSED,
    "failed": Outcome.FAILED,
    "skipped": Outcome.SKIPPED,
    "pending": Outcome.SKIPPED,
    "other": Outcome.NOT_RUN,
}
_LONGEST_PART = 1024 * 1024  # of a suite or of the attempts of one test, in bytes
# JavaScript writes half a character when it cuts a text inside an emoji; a pair of halves is left alone.
_SURROGATES = re.compile(
    rb"(\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)


class _Test(msgspec.Struct):
    """What kindmap uses of a test; durations are in milliseconds. Unknown properties are left out."""

    name: str
    status: str
    duration: float | str | None = None
    suite: msgspec.Raw = msgspec.Raw()
    filePath: str | None = None
    line: int | str | None = None
    message: str | None = None
    trace: str | None = None
    rawStatus: str | None = None
    flaky: bool | str | None = None
    retries: int | str | None = None
    retryAttempts: msgspec.Raw = msgspec.Raw()


class _Results(msgspec.Struct):
    tests: list[_Test]
    tool: msgspec.Raw = msgspec.Raw()
    summary: msgspec.Raw = msgspec.Raw()


class _Document(msgspec.Struct):
    results: _Results
    reportFormat: str = "CTRF"


class _Attempt(msgspec.Struct):
    status: str = ""
    message: str | None = None
    trace: str | None = None


def parse(stream: BinaryIO, limits: Limits) -> Report:
    """A CTRF document → Report; stream is seekable and at its start.

    Strict in what a test's result depends on (results.tests, and of each its name and status), lenient in the rest:
    real reporters leave out what the specification requires. Raises Refused with the place of what is wrong.
    """
    tests = _document(read_document(stream, limits), limits).results.tests
    tests.reverse()
    builder = Builder("ctrf", limits)
    while tests:  # what has become a case is let go
        builder.add(_case(builder, tests.pop()))
    return builder.finish()


def _document(data: bytes, limits: Limits) -> _Document:
    if data.count(b'"status"') > limits.tests_per_report * 10:
        raise Refused(f"More than {limits.tests_per_report:,} tests in one upload (limit tests_per_report).")
    try:
        document = msgspec.json.decode(data, type=_Document)
    except msgspec.ValidationError as error:
        raise Refused(f"This CTRF report breaks the specification: {error}.") from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise Refused(f"This CTRF report is no valid JSON, or it is cut: {error}.") from error
    if document.reportFormat != "CTRF" or not (document.results.tool or document.results.summary):
        raise Refused("This JSON has results.tests but is no CTRF report: reportFormat and results.tool do not say so.")
    return document


def read_document(stream: BinaryIO, limits: Limits) -> bytes:
    """A whole JSON document as valid UTF-8 without lone surrogates. Raises Refused beyond limits.document_bytes."""
    data = open_text(stream).read(limits.document_bytes + 1)
    if len(data) > limits.document_bytes:
        raise Refused(f"A JSON document of more than {limits.document_bytes:,} bytes (limit document_bytes): split it.")
    if b"\\ud" in data or b"\\uD" in data:
        data = _SURROGATES.sub(lambda match: match[1] or rb"\ufffd", data)
    try:
        data.decode()
    except UnicodeDecodeError:
        data = data.decode("utf-8", "replace").encode()
    return data


def _case(builder: Builder, test: _Test) -> Case:
    status = test.status.lower()
    outcome = _OUTCOMES.get(status, Outcome.NOT_RUN)
    attempts = _attempts(test.retryAttempts)
    failed_before = [attempt for attempt in attempts if attempt.status == "failed"]
    is_flaky = test.flaky is True or (isinstance(test.retries, int) and test.retries > 0) or bool(failed_before)
    if outcome is Outcome.PASSED and is_flaky:
        outcome = Outcome.FLAKY
    suite = _suite(test.suite)
    duration = _duration(builder, test.duration)
    if duration is not None:
        builder.took(duration)
    case = Case(
        suite=builder.name(suite or test.filePath or ""),
        name=builder.name(test.name) or "(no name)",
        outcome=outcome,
        duration_seconds=duration,
        file=builder.name(test.filePath or ""),
        line=test.line if isinstance(test.line, int) and 0 <= test.line < 10**7 else None,
        reported_as="pending" if status == "pending" else "",
    )
    if outcome is Outcome.PASSED:
        return case
    if outcome is Outcome.NOT_RUN:
        case.message = builder.message(f'status "{test.status}"{": " + test.message if test.message else ""}')
        return case
    trace = test.trace or test.message or ""
    said = test.message or first_words(trace, builder.limits.message_length)
    if outcome is Outcome.FLAKY and failed_before:
        said = failed_before[0].message or said
        trace = "\n\n".join(
            f"An earlier attempt:\n{attempt.trace or attempt.message or ''}" for attempt in failed_before
        )
    case.message = builder.message(said)
    if outcome is not Outcome.SKIPPED:
        case.details = builder.details(trace)
        if not case.file or case.line is None:
            file, line = find_location(trace)
            case.file, case.line = (case.file or file), (line if not case.file or case.file.endswith(file) else None)
    return case


def _suite(raw: msgspec.Raw) -> str:
    """The suite's names, outermost first: an array of strings (1.0) or one string (before)."""
    if not raw or len(bytes(raw)) > _LONGEST_PART:
        return ""
    try:
        names = msgspec.json.decode(raw, type=list[str] | str | None)
    except msgspec.MsgspecError:
        return ""
    return " / ".join(names) if isinstance(names, list) else names or ""


def _attempts(raw: msgspec.Raw) -> list[_Attempt]:
    if not raw or len(bytes(raw)) > _LONGEST_PART:
        return []
    try:
        return msgspec.json.decode(raw, type=list[_Attempt] | None) or []
    except msgspec.MsgspecError:
        return []


def _duration(builder: Builder, milliseconds: float | str | None) -> float | None:
    if milliseconds is None:
        return None
    duration = seconds(f"{milliseconds}ms" if isinstance(milliseconds, str) else repr(milliseconds / 1000))
    if duration is None:
        builder.problem("a duration is none and is left out", example=str(milliseconds))
    return duration
