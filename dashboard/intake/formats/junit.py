"""JUnit XML: what about sixty tools write and no standard describes. The rules are in docs/formats.md."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, cast

from lxml import etree

from dashboard.intake.formats.builder import NO_MESSAGE, Builder
from dashboard.intake.formats.durations import seconds
from dashboard.intake.formats.encoding import Decoded, declared_encoding, open_text
from dashboard.intake.formats.junit_repeats import Place, Suite, settle_repeats
from dashboard.intake.formats.locations import find_location
from dashboard.intake.formats.text import first_words
from dashboard.intake.formats.xml_stream import CLOSING, clean_xml
from dashboard.intake.report import Case, Limits, Refused, Report
from dashboard.outcomes import Outcome

# What stands between two tests is in memory until the second one: a few hundred properties, a megabyte of output.
# Counted are tags and quotes: an attribute has two and takes some 160 bytes.
_MARKUP_AT_A_TIME = 1_000_000

_ERROR, _FAILURE, _SKIPPED = "error", "failure", "skipped"
_ATTEMPTS = frozenset({"flakyFailure", "flakyError", "rerunFailure", "rerunError"})
_OUTPUTS = ("system-out", "system-err")

# A status attribute is a hint and decides only where no child element does, and never towards green.
_STATUS = {
    "notrun": Outcome.SKIPPED,
    "disabled": Outcome.SKIPPED,
    "skipped": Outcome.SKIPPED,
    "suppressed": Outcome.SKIPPED,
    "ignored": Outcome.SKIPPED,
    "failed": Outcome.FAILED,
    "failure": Outcome.FAILED,
    "fail": Outcome.FAILED,
    "error": Outcome.ERROR,
    "errored": Outcome.ERROR,
}


def parse(stream: BinaryIO, limits: Limits) -> Report:
    """JUnit XML → Report; stream is seekable and at its start.

    A report that is cut or broken after its first test is kept up to there, with is_complete False.
    Raises Refused when it has a DOCTYPE, is no XML, holds no suite and no test, or is beyond a limit.
    """
    reader = _Reader(Builder("junit", limits), limits)
    head = open_text(stream).read(1024)
    stream.seek(0)
    decoded = Decoded(open_text(stream), declared_encoding(head))
    parser = etree.XMLPullParser(
        events=("end",),
        tag=("{*}testsuites", "{*}testsuite", "{*}testcase"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )
    markup = 0
    piece = b""
    try:
        for piece in clean_xml(decoded):
            parser.feed(piece)
            markup = 0 if reader.take(parser) else markup + _markup(piece)
            if markup > _MARKUP_AT_A_TIME:
                raise Refused("The XML holds hundreds of thousands of elements without a test between them.")
        parser.close()
    except etree.XMLSyntaxError as error:
        reader.take(parser)
        reader.stopped(error, is_cut=piece == CLOSING)
    if decoded.replaced:
        reader.builder.problem(
            f"{decoded.replaced:,} characters are not valid {decoded.encoding.upper()} and are shown as "
            "\N{REPLACEMENT CHARACTER}: the report is in another encoding than it says"
        )
    return reader.finish()


def _markup(piece: bytes) -> int:
    return 4 * piece.count(b"<") + piece.count(b'"') + piece.count(b"'")


@dataclass(slots=True)
class _Failure:
    outcome: Outcome
    message: str
    text: str


class _Reader:
    """Turns the elements of one document, as they end, into cases."""

    def __init__(self, builder: Builder, limits: Limits) -> None:
        self.builder = builder
        self.limits = limits
        self.is_junit = False
        self.places: list[Place] = []
        # The suite element that the last test was in (held, so that it stays the same object), and what is known of it.
        self._element: etree._Element | None = None
        self._suite: Suite | None = None
        self._suites = 0
        self._suite_names: dict[tuple[str, str], str] = {}  # by class and file

    def take(self, parser: etree.XMLPullParser) -> bool:
        """Handles the elements that ended; True when there were any, which frees memory."""
        freed = False
        for _, element in cast("Iterator[tuple[str, etree._Element]]", parser.read_events()):
            if element.tag == "testcase" or _local(element) == "testcase":
                self._case(element)
            else:
                self._failures_outside(element)
                self._suites += 1
            # Empty elements stay until the end: 100 bytes each, and there is a limit to both kinds.
            element.clear()
            freed = True
        if self._suites > self.limits.tests_per_report:
            raise Refused(f"More than {self.limits.tests_per_report:,} suites in one upload (limit tests_per_report).")
        self.is_junit = self.is_junit or freed
        return freed

    def _enter(self, element: etree._Element | None) -> None:
        """Looks up the suite that a test is in: the nearest one around it, with the names of those around that."""
        self._element, self._suite = element, None
        self._suite_names.clear()
        suites = [] if element is None else [each for each in (element, *element.iterancestors()) if _is_suite(each)]
        if len(suites) > self.limits.nesting:
            raise Refused(f"Suites are nested more than {self.limits.nesting} deep (limit nesting).")
        if suites:
            declared = suites[0].get("tests", "")
            self._suite = Suite(
                name=self.builder.name(suites[0].get("name", "")),
                path=self._path(suites),
                declared_tests=int(declared) if declared.isdecimal() and len(declared) < 10 else None,
            )

    def _path(self, suites: list[etree._Element]) -> str:
        """The suites' names, outermost first; suites has the innermost first."""
        return self.builder.name(
            " / ".join(name for suite in reversed(suites) if (name := suite.get("name", "").strip()))
        )

    def _failures_outside(self, element: etree._Element) -> None:
        """Error and failure elements of a suite itself: a set-up that broke, a test runner that died."""
        for failure in filter(None, map(_failure, element)):
            suites = [each for each in (element, *element.iterancestors()) if _is_suite(each)]
            file, line = find_location(failure.text)
            self.builder.add_failure_outside(
                Case(
                    suite=self._path(suites),
                    name="(outside of a test)",
                    outcome=failure.outcome,
                    message=self.builder.message(
                        failure.message or first_words(failure.text, self.limits.message_length)
                    ),
                    details=self.builder.details(failure.text),
                    file=file or self.builder.name(element.get("file", "")),
                    line=line,
                )
            )

    def _case(self, element: etree._Element) -> None:
        parent = element.getparent()
        if parent is not self._element:
            self._enter(parent)
        suite = self._suite
        get = cast("dict[str, str]", dict(element.items())).get
        class_name, file = get("classname") or get("class") or "", get("file") or ""
        suite_name = self._suite_names.get((class_name, file))
        if suite_name is None:
            suite_name = self._suite_names[class_name, file] = self._suite_name(class_name, suite, file)
        duration = None
        if took := get("time"):
            duration = seconds(took)
            if duration is None:
                self.builder.problem("a time is no duration and is left out", example=took)
        file = self.builder.name(file) if file else ""
        name = self.builder.name(get("name") or "") or "(no name)"
        line = _line_number(get("line"))
        case = Case(suite_name, name, Outcome.PASSED, duration, file=file, line=line)
        self.places.append((suite, file))  # before a file is taken from the failure's text
        if len(element):
            self._judge(case, element, class_name)
        if case.outcome is Outcome.PASSED and (status := get("status") or get("result")):
            self._judge_by_status(case, status, get("result"))
        self.builder.add(case, took=duration)

    def _suite_name(self, class_name: str, suite: Suite | None, file: str) -> str:
        """The class, or the suite's name where that is the class in full (go-junit-report: "b", where it is "a/b")."""
        name = self.builder.name(class_name) if class_name else ""
        if (
            suite
            and name
            and suite.name.endswith(name)
            and suite.name[: -len(name)].endswith((".", "/", ":", "\\", " "))
        ):
            return suite.name
        return name or (suite.path if suite else "") or self.builder.name(file)

    def _judge(self, case: Case, element: etree._Element, class_name: str) -> None:
        """The outcome by the child elements: error, failure, skipped, else passed; attempts alone make it flaky."""
        found: dict[str, list[_Failure]] = {}
        attempts: list[_Failure] = []
        for child in element:
            tag = _local(child)
            if tag in (_ERROR, _FAILURE, _SKIPPED):
                found.setdefault(tag, []).append(_failure(child) or _Failure(Outcome.SKIPPED, *_words(child)))
            elif tag in _ATTEMPTS:
                attempts.append(_Failure(Outcome.FLAKY, *_words(child)))
        decisive = found.get(_ERROR) or found.get(_FAILURE) or found.get(_SKIPPED) or attempts
        if not decisive:
            return
        case.outcome = decisive[0].outcome
        if case.outcome is Outcome.SKIPPED:
            case.message = self.builder.message(decisive[0].message or decisive[0].text)
            return
        texts = [failure.text for kind in (_ERROR, _FAILURE) for failure in found.get(kind, ()) if failure.text.strip()]
        texts += [f"An earlier attempt:\n{attempt.text}" for attempt in attempts if attempt.text.strip()]
        text = "\n\n".join(texts) or _output(element)
        said = next((failure.message for failure in decisive if failure.message.strip()), "")
        said = said or first_words(decisive[0].text, self.limits.message_length)
        case.message = self.builder.message(said) or NO_MESSAGE
        case.details = self.builder.details(text)
        if (not case.file or case.line is None) and not self.builder.is_full:
            file, line = find_location(f"{text}\n{said}", class_name)
            case.file, case.line = (file or case.file, line) if not case.file or line else (case.file, case.line)

    def _judge_by_status(self, case: Case, status: str, result: str | None) -> None:
        outcome = _STATUS.get(status.lower()) or _STATUS.get((result or "").lower())
        if outcome is not None:
            case.outcome = outcome
            case.reported_as = self.builder.name(status)
            case.message = self.builder.message(f'The report says status="{status}" and nothing else.')

    def stopped(self, error: etree.XMLSyntaxError, is_cut: bool) -> None:
        """The document ended before its root did, or is not XML from some point on."""
        reason = (error.msg or "").partition(", line")[0].strip()
        what = "cut off" if is_cut else f"not well-formed ({reason})"
        where = f"at line {error.lineno or 1}"
        kept = len(self.builder.report.cases)
        if not kept:
            raise Refused(f"The XML is {what} {where}, before its first test has ended.")
        self.builder.incomplete(f"report truncated: the XML is {what} {where}; the {kept:,} tests before that are kept")

    def finish(self) -> Report:
        if not self.is_junit:
            raise Refused("The XML holds no <testsuite> and no <testcase>: it is no JUnit report.")
        report = self.builder.report
        report.cases, merged = settle_repeats(report.cases, self.places, self.limits.name_length)
        if merged:
            self.builder.problem(f"{merged:,} repeated executions are attempts of a test that is counted once")
        return self.builder.finish()


def _local(element: etree._Element) -> str:
    tag = element.tag
    return tag if tag[0] != "{" else tag.rpartition("}")[2]


def _is_suite(element: etree._Element) -> bool:
    return _local(element) == "testsuite"


def _words(element: etree._Element) -> tuple[str, str]:
    """(message, text) of a failure element; cargo-nextest and surefire put the text into a stackTrace child."""
    message = element.get("message") or ""
    if not len(element):
        text = element.text or ""
    else:
        text = "".join(
            part
            for child in (element, *element)
            if _local(child) not in _OUTPUTS
            for part in (child.text, child.tail)
            if part
        )
    if not message and not text.strip():
        message = element.get("type") or ""
    return message, text


def _failure(element: etree._Element) -> _Failure | None:
    tag = _local(element)
    if tag not in (_ERROR, _FAILURE):
        return None
    return _Failure(Outcome.ERROR if tag == _ERROR else Outcome.FAILED, *_words(element))


def _output(element: etree._Element) -> str:
    """What a failed test printed: read when its failure says nothing."""
    return "\n".join(child.text for child in element if _local(child) in _OUTPUTS and child.text)


def _line_number(raw: str | None) -> int | None:
    return int(raw) if raw and raw.isdecimal() and len(raw) < 8 else None
