"""A whole upload → its reports: what the recording worker calls."""

from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from dashboard.intake import formats
from dashboard.intake.formats.builder import capped
from dashboard.intake.formats.text import short_name
from dashboard.intake.report import Limits, Refused, Report
from dashboard.intake.unpack import Findings, Member, open_reports

_REPORT_ENDINGS = (".xml", ".json", ".jsonl", ".tap")


@dataclass(slots=True)
class ParsedReport:
    """A report and the name of the file that it was in; name is "" when the upload was the report itself."""

    name: str
    report: Report


@dataclass(slots=True)
class ParsedUpload:
    """All reports of an upload, never none.

    problems says in words what was cut, skipped, repaired or lost, in the upload and in each of its reports.
    is_complete is False when one of the reports is not, when a file that may have held results could not be read, or
    when there is no test in all of it: such an upload never looks green.
    """

    reports: list[ParsedReport]
    problems: list[str] = field(default_factory=list)
    is_complete: bool = True


def parse_upload(source: BinaryIO | Path | str, content_type: str = "", limits: Limits | None = None) -> ParsedUpload:
    """Reads an upload: a path, or a binary stream from where it stands.

    The limits hold for the upload as a whole: tests_per_report and kept_text are shared by its files.
    Raises Refused, in words for whoever sent it, when nothing in it can be used or it is beyond a limit.
    """
    limits = limits or Limits()
    left_over = limits
    findings = Findings()
    reports: list[ParsedReport] = []
    with Path(source).open("rb") if isinstance(source, str | Path) else nullcontext(source) as stream:
        for member in open_reports(stream, content_type, limits, findings):
            report = _report(member, left_over, findings)
            if report is not None:
                reports.append(ParsedReport(member.name, report))
                left_over = _left_over(left_over, report)
    if not reports:
        if len(findings.refusals) == len(findings.problems) == 1:
            raise findings.refusals[0]
        told = "; ".join(findings.problems[:3]) or "the archive holds no file"
        raise Refused(f"There is no report in this upload: {told}.")
    if not any(each.report.cases for each in reports):
        # One empty report among others is a test script that had nothing to do; nothing but empty ones is no result.
        for each in reports:
            each.report.is_complete = False
    said = [f"{each.name}: {problem}" if each.name else problem for each in reports for problem in each.report.problems]
    return ParsedUpload(
        reports=reports,
        problems=capped([*findings.problems, *said], limits.problems),
        is_complete=findings.is_complete and all(each.report.is_complete for each in reports),
    )


def _report(member: Member, limits: Limits, findings: Findings) -> Report | None:
    """The report in a file. One that is refused does not lose the others of its archive."""
    try:
        report = formats.parse(member.stream, limits)
    except formats.NotAReport as error:
        if not member.name:
            raise
        # An empty report is what a crashed test runner leaves behind; an empty file of another name means nothing.
        note = findings.lost if error.is_empty and member.name.endswith(_REPORT_ENDINGS) else findings.skipped
        note(member.name, f"left out: {error.what}")
        findings.refusals.append(error)
        return None
    except Refused as error:
        if not member.name:
            raise
        findings.lost(member.name, str(error))
        findings.refusals.append(error)
        return None
    if member.name:
        # TAP has no suites: in an archive of test scripts, the file is the suite.
        suite = short_name(member.name, limits.name_length)
        for case in (*report.cases, *report.failures_outside_tests):
            case.suite = case.suite or suite
    return report


def _left_over(limits: Limits, report: Report) -> Limits:
    kept = sum(len(case.message) + len(case.details) for case in (*report.cases, *report.failures_outside_tests))
    return replace(
        limits,
        tests_per_report=limits.tests_per_report - len(report.cases),
        kept_text=max(limits.kept_text - kept, 0),
    )
