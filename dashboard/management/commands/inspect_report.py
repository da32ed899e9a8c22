"""What kindmap makes of a report, without storing anything: for whoever wonders why a number looks as it does."""

import json
import time
import traceback
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from dashboard.intake.parse import ParsedUpload, parse_upload
from dashboard.intake.report import Refused, Report
from dashboard.intake.totals import totals

_COUNTS = (
    "passed",
    "failed",
    "errored",
    "skipped",
    "timed_out",
    "not_run",
    "expected_failure",
    "pending",
    "benchmarks",
)


class Command(BaseCommand):
    help = "Reads test reports (or archives of them, or folders) and says what is in them. Stores nothing."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", metavar="PATH", help="a report, an archive of reports, or a folder")
        parser.add_argument("--json", action="store_true", help="one JSON object a line and file")

    def handle(self, *args: Any, paths: list[str], **options: Any) -> None:
        for path in _files(paths):
            found = inspect(path)
            self.stdout.write(json.dumps(found, ensure_ascii=False) if options["json"] else in_words(found))


def _files(paths: list[str]) -> Iterator[Path]:
    """The files named, and those in the folders named, sorted."""
    for path in map(Path, paths):
        if path.is_dir():
            yield from sorted(file for file in path.rglob("*") if file.is_file())
        else:
            yield path


def inspect(path: Path) -> dict[str, Any]:
    """What the command says about a file: its totals and problems, or {"file", "refused"}. Never raises."""
    started = time.perf_counter()
    try:
        found = _summary(parse_upload(path, limits=settings.LIMITS))
    except Refused as error:
        found = {"refused": str(error)}
    except OSError as error:
        found = {"refused": f"The file cannot be opened: {error.strerror}."}
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(frame.filename).name}:{frame.lineno}"
        found = {
            "refused": f"kindmap has a bug and cannot read this file ({type(error).__name__} at {place}): "
            "please report it, with the file if you can."
        }
    return {"file": str(path), **found, "parse_seconds": round(time.perf_counter() - started, 4)}


def _summary(parsed: ParsedUpload) -> dict[str, Any]:
    reports = [each.report for each in parsed.reports]
    summary = {
        "format": "+".join(sorted({report.format for report in reports})),
        **totals(case for report in reports for case in report.cases),
        "duration": _duration(reports),
        "complete": parsed.is_complete,
        "failures_outside_tests": _outside(reports),
        "problems": parsed.problems,
    }
    if len(parsed.reports) > 1 or parsed.reports[0].name:
        summary["files"] = [
            {
                "file": each.name,
                "format": each.report.format,
                **totals(each.report.cases),
                "duration": _duration([each.report]),
                "complete": each.report.is_complete,
            }
            for each in parsed.reports
        ]
    return summary


def _duration(reports: list[Report]) -> float:
    return round(sum(report.duration_seconds or 0.0 for report in reports), 6)


def _outside(reports: list[Report]) -> list[str]:
    failures = [failure for report in reports for failure in report.failures_outside_tests]
    return [f"{failure.suite} {failure.name}: {failure.message.partition(chr(10))[0]}".strip() for failure in failures]


def in_words(found: dict[str, Any]) -> str:
    """The same for people: a line of totals, and a line for everything that is not as it should be."""
    if "refused" in found:
        return f"{found['file']}\n  refused: {found['refused']}"
    counts = ", ".join(f"{found[name]:,} {name.replace('_', ' ')}" for name in _COUNTS if found[name]) or "none"
    lines = [
        found["file"],
        f"  {found['format']}: {found['tests']:,} tests in {found['duration']:,.3f} s: {counts}",
        *([f"  {found['flaky']:,} of those that passed are flaky"] if found["flaky"] else []),
        *([] if found["complete"] else ["  not complete: it never looks green"]),
        *(f"  failed outside of tests: {failure}" for failure in found["failures_outside_tests"]),
        *(f"  problem: {problem}" for problem in found["problems"]),
        *(f"  {member['file']}: {member['tests']:,} tests" for member in found.get("files", ())),
    ]
    return "\n".join(lines)
