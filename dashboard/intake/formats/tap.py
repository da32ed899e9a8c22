"""TAP 12, 13 and 14 (testanything.org). The rules are in docs/formats.md."""

import re
from typing import BinaryIO

from dashboard.intake.formats.builder import NO_MESSAGE, Builder
from dashboard.intake.formats.durations import seconds
from dashboard.intake.formats.encoding import open_text, read_lines
from dashboard.intake.formats.locations import find_location
from dashboard.intake.formats.text import KeptText, first_words
from dashboard.intake.report import Case, Limits, Refused, Report
from dashboard.outcomes import Outcome

POINT = re.compile(r"(not )?ok(?=[\s{-]|$)(?:\s+(\d{1,18})(?=\s|$|-))?\s*(.*)")
PLAN = re.compile(r"1\.\.(\d{1,18})(?=\s|$)\s*(?:#\s*(.*))?")
BAIL_OUT = re.compile(r"\s*Bail out!\s*(.*)", re.IGNORECASE)
VERSION = re.compile(r"TAP version (\d+)\s*$", re.IGNORECASE)

_PRAGMA = re.compile(r"pragma\s+([+-])(\w+)")
_DIRECTIVE = re.compile(r"#\s*(todo|skip\w*)\b:?\s*(.*)", re.IGNORECASE)
# node-tap and bats write how long a test took where its name ends; left there, every run would be another test.
_TIME = re.compile(r"\s+(?:#\s*time=([\d.]+)\s*(ms|s)?|#?\s*in (\d+) ?(ms|s)(?:ec)?)\s*$")
_DURATION_MS = re.compile(r"\s+duration_ms:\s*([\d.]+)")
_YAML_MESSAGE = re.compile(r"^\s+(?:message|error):\s*(?:[|>][-+]?\s*\n\s*)?(\S[^\n]*)", re.MULTILINE)
_YAML_PLACE = re.compile(
    r"^\s+file:\s*['\"]?([^\n'\"]+?)['\"]?\s*$(?:.*?)^\s+line:\s*(\d{1,7})\s*$", re.MULTILINE | re.DOTALL
)
_LOCATION = re.compile(r"^\s+location:\s*['\"]?([^\n'\"]+?):(\d{1,7})(?::\d+)?['\"]?\s*$", re.MULTILINE)


def parse(stream: BinaryIO, limits: Limits) -> Report:
    """TAP → Report; stream is seekable and at its start. Only points at the left margin are tests.

    The suite of every case is "": TAP names none (of an archive, the caller knows the member's name).
    Fewer points than planned, no plan, or "Bail out!" mean that the run was cut short. Raises Refused when no line is
    TAP.
    """
    reader = _Reader(limits)
    for raw in read_lines(open_text(stream)):
        if not reader.take(raw.decode("utf-8", "replace").rstrip("\r\n")):
            break
    return reader.finish()


class _Reader:
    def __init__(self, limits: Limits) -> None:
        self.builder = Builder("tap", limits)
        self.limits = limits
        self.is_tap = False
        self.planned: int | None = None
        self.skip_all = ""
        self.bailed_out = False
        self.numbers: set[int] = set()
        self.repeated: set[int] = set()
        self.next_number = 1
        self.case: Case | None = None  # the point that diagnostics belong to
        self.diagnostics = KeptText(limits.details_length)
        self.nested = KeptText(limits.details_length)  # points of a subtest, which come before its own
        self.nested_failures = 0
        self.in_yaml = False
        self.is_strict = False

    def take(self, line: str) -> bool:
        """Handles a line; False when nothing after it counts."""
        if self.in_yaml:
            self.in_yaml = line.strip() != "..." and line[:1] in ("", " ", "\t")
            if self.in_yaml or line.strip() == "...":
                self.diagnostics.add(line + "\n")
                return True
        if "!" in line and (match := BAIL_OUT.match(line)):
            self.is_tap = self.bailed_out = True
            self.builder.incomplete(f"the tests bailed out: {match[1]}" if match[1] else "the tests bailed out")
            return False
        if line[:1] in (" ", "\t"):
            self._indented(line)
        elif line[:1] in ("o", "n") and (match := POINT.match(line)):
            self._point(match)
        elif line[:1] == "1" and (match := PLAN.match(line)):
            self._plan(int(match[1]), match[2] or "")
        elif line.startswith("# Subtest") or (VERSION.match(line) and not self.is_strict):
            self.is_tap = True
        elif match := _PRAGMA.match(line):
            self.is_strict = match[1] == "+" if match[2] == "strict" else self.is_strict
        elif line and line != "}":
            self.diagnostics.add(line + "\n")
            if self.is_strict and not line.startswith("#"):
                self._plan_not_kept(f"pragma +strict, and a line is no TAP: {self.builder.message(line)[:200]}")
        return True

    def _indented(self, line: str) -> None:
        words = line.strip()
        if words == "---" and self.case is not None:
            self.in_yaml = True
            self.diagnostics.add(line + "\n")
            return
        point = POINT.match(words) if words[:1] in ("o", "n") else None
        if point or PLAN.match(words) or words.startswith("# Subtest"):
            self.nested.add(line + "\n")
        else:
            self.diagnostics.add(line + "\n")
        if point and point[1] and not _directive(point[3])[1]:
            self.nested_failures += 1

    def _plan(self, count: int, comment: str) -> None:
        self.is_tap = True
        if self.planned is not None:
            self.builder.problem("a second plan is left out", example=f"1..{count}")
            return
        self.planned = count
        if count == 0:
            self.skip_all = re.sub(r"^skip\w*:?\s*", "", comment, flags=re.IGNORECASE) or "no reason given"

    def _point(self, match: re.Match[str]) -> None:
        self._settle()
        self.is_tap = True
        number = int(match[2]) if match[2] else self.next_number
        self.next_number = number + 1
        (self.repeated if number in self.numbers else self.numbers).add(number)
        name, directive, reason = _directive(match[3])
        duration = None
        if took := _TIME.search(name):
            name, duration = name[: took.start()], seconds(f"{took[1] or took[3]}{took[2] or took[4] or 'ms'}")
        name = name.removeprefix("-").strip().removesuffix("{").strip()
        case = Case(
            suite="",
            name=self.builder.name(name) or f"test {number}",
            outcome=Outcome.FAILED if match[1] else Outcome.PASSED,
            duration_seconds=duration,
        )
        if directive == "skip":
            case.outcome, case.message = Outcome.SKIPPED, self.builder.message(reason)
        elif directive == "todo":
            said = reason if match[1] else f"passed although it is marked TODO: {reason}"
            case.outcome, case.message = Outcome.EXPECTED_FAILURE, self.builder.message(said)
        elif self.nested_failures and not match[1]:
            self.builder.problem("a point is ok although points nested in it are not ok", example=case.name)
        self.builder.add(case)
        self.case = case
        if case.outcome is Outcome.FAILED and self.nested_failures:
            self.diagnostics.add(str(self.nested))
        self.nested = KeptText(self.limits.details_length)
        self.nested_failures = 0

    def _settle(self) -> None:
        """Gives the diagnostics since the last point to it. A subtest's lines came before its point."""
        case, text = self.case, str(self.diagnostics)
        if case is not None:
            if took := _DURATION_MS.search(text):
                case.duration_seconds = seconds(took[1] + "ms")
            if case.duration_seconds is not None:
                self.builder.took(case.duration_seconds)
            if case.outcome is Outcome.FAILED:
                _explain(self.builder, case, text)
        if case is not None or self.builder.report.cases:
            self.diagnostics = KeptText(self.limits.details_length)

    def finish(self) -> Report:
        self._settle()
        if not self.is_tap:
            raise Refused("No line of this is TAP.")
        count = len(self.builder.report.cases)
        if self.bailed_out:
            return self.builder.finish()
        if self.planned is None:
            self.builder.incomplete("there is no plan (1..N): the tests ended before they could write it")
        elif count < self.planned:
            self.builder.incomplete(f"{self.planned:,} tests were planned and {count:,} ran")
        elif count > self.planned:
            self._plan_not_kept(f"{self.planned:,} tests were planned and {count:,} ran")
        elif odd := sorted(self.repeated | {number for number in self.numbers if not 1 <= number <= count}):
            self._plan_not_kept(f"the test numbers do not fit the plan 1..{count:,} (number {odd[0]:,})")
        if self.planned == 0 and not count:
            self.builder.problem(f"all tests are skipped: {self.skip_all}")
        return self.builder.finish()

    def _plan_not_kept(self, why: str) -> None:
        self.builder.add_failure_outside(Case(suite="", name="(plan)", outcome=Outcome.ERROR, message=why))


def _directive(description: str) -> tuple[str, str, str]:
    r"""(name, "skip" | "todo" | "", reason) of what stands after a point's number.

    TAP 14: the first hash that is not escaped and has a space before it ends the name; "\#" and "\\" are one character.
    A hash with a word right behind it ("#1027") belongs to the name unless the word is a directive.
    """
    position = -1
    while (position := description.find("#", position + 1)) >= 0:
        before = description[:position]
        slashes = len(before) - len(before.rstrip("\\"))
        if slashes % 2 or (not slashes and before and not before[-1].isspace()):
            continue
        if match := _DIRECTIVE.match(description, position):
            word = "skip" if match[1].lower().startswith("skip") else "todo"
            return _unescaped(before), word, _unescaped(match[2].removesuffix("{")).strip()
        if description[position + 1 : position + 2].isspace():
            break
    return _unescaped(description), "", ""


def _unescaped(text: str) -> str:
    return re.sub(r"\\([#\\])", r"\1", text).strip() if "\\" in text else text.strip()


def _explain(builder: Builder, case: Case, text: str) -> None:
    """Message, details and place of a failed point, from its YAML block or its comments."""
    plain = re.sub(r"^# ?", "", text, flags=re.MULTILINE)
    said = _YAML_MESSAGE.search(text)
    message = said[1].strip("'\"") if said else first_words(plain, builder.limits.message_length)
    case.message = builder.message(message if message != "---" else "") or NO_MESSAGE
    case.details = builder.details(plain)
    if place := _YAML_PLACE.search(text) or _LOCATION.search(text):
        case.file, case.line = builder.name(place[1]), int(place[2])
    else:
        case.file, case.line = find_location(plain)
