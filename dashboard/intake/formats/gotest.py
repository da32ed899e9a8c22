"""`go test -json`: one JSON object a line (go doc test2json). The rules are in docs/formats.md."""

import re
from dataclasses import dataclass, field
from typing import BinaryIO

import msgspec

from dashboard.intake.formats.builder import NO_MESSAGE, Builder, is_failure
from dashboard.intake.formats.encoding import open_text, read_lines
from dashboard.intake.formats.go_output import failure_message, is_frame, reported_elsewhere
from dashboard.intake.formats.locations import find_location
from dashboard.intake.formats.text import KeptText
from dashboard.intake.report import Case, Limits, Refused, Report
from dashboard.outcomes import Outcome

ACTIONS = frozenset(
    {"start", "run", "pause", "cont", "pass", "bench", "fail", "output", "skip", "attr", "artifacts"}
    | {"build-output", "build-fail"}
)
_VERDICTS = {"pass": Outcome.PASSED, "bench": Outcome.PASSED, "fail": Outcome.FAILED, "skip": Outcome.SKIPPED}
_TIMED_OUT = re.compile(r"panic: test timed out after (\S+)")
_RUNNING = re.compile(r"\s+((?:Test|Example|Fuzz|Benchmark)\S*) \([\dhmsµn.]+\)")
_NOT_BUILT = re.compile(r"FAIL\s+(\S+) \[((?:build|setup) failed)\]")


class Event(msgspec.Struct, frozen=True):
    """A line of the stream; field names are go's. Elapsed is in seconds."""

    Action: str
    Package: str = ""
    Test: str = ""
    Output: str = ""
    Elapsed: float | None = None
    ImportPath: str = ""
    FailedBuild: str = ""


decode_event = msgspec.json.Decoder(Event).decode


@dataclass(slots=True)
class _Test:
    verdict: Outcome | None = None  # of the last execution that had one
    has_failed: bool = False  # in any execution
    elapsed: float | None = None
    output: KeptText | None = None
    failure: KeptText | None = None  # the output of the last execution that failed


@dataclass(slots=True)
class _Package:
    output: KeptText
    tests: dict[str, _Test] = field(default_factory=dict)
    verdict: str = ""
    elapsed: float | None = None
    failed_build: str = ""
    timed_out_after: str = ""
    running_at_timeout: set[str] = field(default_factory=set)


def parse(stream: BinaryIO, limits: Limits) -> Report:
    """A stream of test events → Report; stream is seekable and at its start.

    Lines that are no events are kept as a problem. A package without a last word, or a last line that is cut, means
    that go was stopped: the report is not complete. Raises Refused when no line is a test event.
    """
    reader = _Reader(limits)
    for number, line in enumerate(read_lines(open_text(stream)), start=1):
        reader.take(line, number)
    return reader.finish()


def event_of(line: bytes) -> Event | None:
    """The event in a line, None when it is none. Invalid UTF-8 in a test's output does not lose the line."""
    if line[:1] != b"{":
        return None
    try:
        event = decode_event(line)
    except UnicodeDecodeError:
        return event_of(line.decode("utf-8", "replace").encode())
    except (msgspec.MsgspecError, RecursionError):
        return None
    return event if event.Action in ACTIONS else None


class _Reader:
    def __init__(self, limits: Limits) -> None:
        self.builder = Builder("gotest", limits)
        self.limits = limits
        self.packages: dict[str, _Package] = {}
        self.builds: dict[str, KeptText] = {}
        self.failed_builds: set[str] = set()
        self.held = 0
        self.held_text = 0  # characters of output of tests that have not ended
        self.last_line_is_cut = False

    def take(self, line: bytes, number: int) -> None:
        line = line.strip()
        event = event_of(line)
        if event is None:
            self._no_event(line, number)
            return
        self.last_line_is_cut = False
        if event.Action == "build-output":
            self._build(event.ImportPath).add(event.Output)
        elif event.Action == "build-fail":
            self._build(event.ImportPath)
            self.failed_builds.add(event.ImportPath)
        else:
            package = self._package(event.Package)
            if event.Test:
                self._test_event(package, event)
            else:
                self._package_event(package, event)

    def _no_event(self, line: bytes, number: int) -> None:
        if not line:
            return
        self.last_line_is_cut = line.startswith(b"{")
        text = line[:500].decode("utf-8", "replace")
        if match := _NOT_BUILT.match(text):
            package = self._package(match[1])
            package.verdict = "fail"
            package.output.add(text + "\n")
        else:
            self.builder.problem("a line is no test event and is left out", example=f"line {number}: {text}")

    def _build(self, import_path: str) -> KeptText:
        if import_path not in self.builds:
            self._room_for_one_more()
            self.builds[import_path] = KeptText(self.limits.details_length)
        return self.builds[import_path]

    def _package(self, name: str) -> _Package:
        if name not in self.packages:
            self._room_for_one_more()
            self.packages[name] = _Package(KeptText(self.limits.details_length))
        return self.packages[name]

    def _room_for_one_more(self) -> None:
        """Tests are counted together with packages and builds, which take more memory."""
        self.held += 1
        if self.held > self.limits.tests_per_report + 1000:
            raise Refused(f"More than {self.limits.tests_per_report:,} tests in one upload (limit tests_per_report).")

    def _test_event(self, package: _Package, event: Event) -> None:
        test = package.tests.get(event.Test)
        if test is None:
            self._room_for_one_more()
            test = package.tests[event.Test] = _Test()
        if event.Action == "output":
            self._test_output(package, test, event.Output)
        elif event.Action == "run":
            self._forget_output(test)
        elif event.Action in _VERDICTS:
            test.verdict = _VERDICTS[event.Action]
            test.elapsed = event.Elapsed
            if test.verdict is Outcome.FAILED:
                test.has_failed = True
                test.failure = test.output
                test.output = None
            elif test.verdict is not Outcome.SKIPPED:
                self._forget_output(test)

    def _test_output(self, package: _Package, test: _Test, output: str) -> None:
        # test2json gives a panic to the test that was running, which is not always the one that hangs.
        self._look_for_timeout(package, output)
        if is_frame(output) or self.held_text > self.limits.kept_text:
            return
        if test.output is None:
            test.output = KeptText(self.limits.details_length)
        test.output.add(output)
        self.held_text += len(output)

    def _forget_output(self, test: _Test) -> None:
        if test.output is not None:
            self.held_text -= test.output.total
            test.output = None

    def _package_event(self, package: _Package, event: Event) -> None:
        if event.Action == "output":
            self._look_for_timeout(package, event.Output)
            package.output.add(event.Output)
        elif event.Action in ("pass", "fail", "skip"):
            package.verdict = event.Action
            package.elapsed = event.Elapsed
            package.failed_build = event.FailedBuild

    def _look_for_timeout(self, package: _Package, output: str) -> None:
        if package.timed_out_after:
            if match := _RUNNING.match(output):
                package.running_at_timeout.add(match[1])
        elif output.startswith("panic: ") and (match := _TIMED_OUT.match(output)):
            package.timed_out_after = match[1]

    def finish(self) -> Report:
        if not self.packages and not self.builds:
            raise Refused("No line of this is a test event of `go test -json`.")
        for name, package in self.packages.items():
            self._finish_package(name, package)
        shown = {package.failed_build for package in self.packages.values()}
        for import_path in sorted(self.failed_builds - shown):
            if import_path.partition(" ")[0] not in self.packages:
                self._failed_outside(import_path, f"{import_path} does not build", str(self.builds[import_path]))
        if self.last_line_is_cut:
            self.builder.incomplete("the last line is cut: the stream is not complete")
        return self.builder.finish()

    def _finish_package(self, name: str, package: _Package) -> None:
        failed = sorted(test_name for test_name, test in package.tests.items() if test.has_failed)
        for test_name, test in package.tests.items():
            self.builder.add(self._case(name, package, test_name, test, failed))
        if package.elapsed is not None and package.elapsed >= 0:
            self.builder.took(package.elapsed)
        if not package.verdict:
            self.builder.incomplete(
                f"package {name or '(unnamed)'} has no result: go test was stopped, or the stream is cut"
            )
        elif package.verdict == "fail" and not failed and not package.running_at_timeout & package.tests.keys():
            build = self.builds.get(package.failed_build)
            text = f"{build or ''}{package.output}"
            what = (
                "does not build" if package.failed_build or _NOT_BUILT.search(text) else "failed outside of its tests"
            )
            self._failed_outside(name, f"{name or 'The package'} {what}", text)

    def _failed_outside(self, package: str, headline: str, text: str) -> None:
        said = failure_message(text)
        file, line = find_location(text)
        self.builder.add_failure_outside(
            Case(
                suite=self.builder.name(package),
                name="(package)",
                outcome=Outcome.ERROR,
                message=self.builder.message(f"{headline}: {said}" if said else headline),
                details=self.builder.details(text),
                file=file,
                line=line,
            )
        )

    def _case(self, package_name: str, package: _Package, name: str, test: _Test, failed: list[str]) -> Case:
        case = Case(
            suite=self.builder.name(package_name),
            name=self.builder.name(name),
            outcome=self._outcome(package, name, test),
            duration_seconds=test.elapsed if test.elapsed is not None and test.elapsed >= 0 else None,
        )
        text = str(test.failure or test.output or "")
        if is_failure(case.outcome) or case.outcome is Outcome.FLAKY:
            said = failure_message(text) or reported_elsewhere(name, failed)
            if case.outcome is Outcome.TIMED_OUT:
                said = f"timed out: the package ran longer than {package.timed_out_after}"
            case.message, case.details = self.builder.message(said) or NO_MESSAGE, self.builder.details(text)
            case.file, case.line = find_location(text)
        elif case.outcome is Outcome.SKIPPED and test.verdict is None:
            case.reported_as = "benchmark"
            case.message = "ran, without a verdict: go reports none for a benchmark"
        elif case.outcome is Outcome.SKIPPED:
            case.message = self.builder.message(failure_message(text))
        elif case.outcome is Outcome.NOT_RUN:
            case.message = self.builder.message(f"started and never finished: {failure_message(text)}".rstrip(": "))
            case.details = self.builder.details(text)
        return case

    def _outcome(self, package: _Package, name: str, test: _Test) -> Outcome:
        """The last verdict; passed after a failure is flaky. Without one, the test was cut off, or is a benchmark."""
        if test.verdict is Outcome.PASSED and test.has_failed:
            return Outcome.FLAKY
        if test.verdict is not None:
            return test.verdict
        if name in package.running_at_timeout:
            return Outcome.TIMED_OUT
        if name.startswith("Benchmark") and package.verdict == "pass":
            return Outcome.SKIPPED
        return Outcome.NOT_RUN
