"""Which format a report is in, by its content alone: a name is what a user typed, the content is what there is."""

import json
import re
from typing import BinaryIO

import msgspec

from dashboard.intake.formats import others
from dashboard.intake.formats.ctrf import read_document
from dashboard.intake.formats.encoding import open_text
from dashboard.intake.formats.gotest import event_of
from dashboard.intake.formats.others import NotAReport
from dashboard.intake.formats.tap import BAIL_OUT, PLAN, POINT, VERSION
from dashboard.intake.formats.xml_stream import DOCTYPE_REFUSED
from dashboard.intake.report import Limits, Refused

_HEAD = 64 * 1024
_EVENT_LINES = 400  # go prints downloads and compiler output before the first event

_PROLOG = re.compile(rb"\s*(?:<\?.*?\?>|<!--.*?-->)", re.DOTALL)
_DOCTYPE = re.compile(rb"\s*<!DOCTYPE\s+([\w:.-]+)", re.IGNORECASE)
_ROOT = re.compile(rb"\s*<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)")
_JUNIT_ROOTS = ("testsuites", "testsuite", "testcase")
_GO_TEXT = re.compile(
    rb"^(?:=== RUN\s|\s*--- (?:PASS|FAIL|SKIP|BENCH): |(?:ok|FAIL|---)\s+\S+\s+(?:\(cached\)|[\d.]+s\b|\[)"
    rb"|FAIL\s+\S+ \[(?:build|setup) failed\]|\?\s+\S+\s+\[no test files\]|Benchmark\S+\s+\d+\s+[\d.]+ ns/op)",
    re.MULTILINE,
)


class _Top(msgspec.Struct):
    """What tells CTRF from all other JSON."""

    results: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    reportFormat: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


def detect(stream: BinaryIO, limits: Limits) -> str:
    """ "junit", "gotest", "tap" or "ctrf". stream is seekable; it is read from its start and left anywhere.

    Raises NotAReport, naming what the file is instead where that is known.
    """
    stream.seek(0)
    head = open_text(stream).read(_HEAD)
    stripped = head.lstrip()
    if not stripped:
        raise NotAReport(others.EMPTY, "the tests wrote no report")
    if b"\x00" in head[:1024] and not stripped.startswith((b"<", b"{")):
        raise others.named_binary(head)
    if stripped.startswith(b"<"):
        return _xml(stripped)
    if _has_go_events(head):
        return "gotest"
    if stripped[:1] in (b"{", b"["):
        return _json(stream, limits)
    return _text(head)


def _xml(head: bytes) -> str:
    position = 0
    while match := _PROLOG.match(head, position):
        position = match.end()
    if doctype := _DOCTYPE.match(head, position):
        raise others.named_xml(doctype[1].decode(), head) or Refused(DOCTYPE_REFUSED)
    match = _ROOT.match(head, position)
    if not match:
        raise NotAReport("a text that starts with < and is no XML", "send one of these")
    root = match[1].decode()
    # Case matters: <testsuite> is JUnit's, <TestSuite> Boost's.
    if root in _JUNIT_ROOTS:
        return "junit"
    if named := others.named_xml(root, head):
        raise named
    if b"<testsuite" in head or b"<testcase" in head:
        return "junit"
    raise NotAReport(f"XML with the root element <{root[:60]}>", "send one of these")


def _has_go_events(head: bytes) -> bool:
    return any(event_of(line.strip()) for line in head.split(b"\n", _EVENT_LINES)[:_EVENT_LINES] if b'"Action"' in line)


def _json(stream: BinaryIO, limits: Limits) -> str:
    """CTRF, or the name of what it is; a stream of JSON objects is named by its first one."""
    stream.seek(0)
    try:
        data = read_document(stream, limits)
    except Refused:
        stream.seek(0)
        if b'"results"' in open_text(stream).read(_HEAD):
            raise
        raise NotAReport("a large JSON document, but no report", "send one of these") from None
    try:
        top = msgspec.json.decode(data, type=_Top)
    except (msgspec.MsgspecError, RecursionError):
        raise _unreadable_json(data) from None
    if top.results is not msgspec.UNSET and (b'"tests"' in data or top.reportFormat is not msgspec.UNSET):
        return "ctrf"
    if top.reportFormat is not msgspec.UNSET:
        raise Refused("This CTRF report has no results.")
    raise others.named_json(data)


def _unreadable_json(data: bytes) -> Refused:
    """Of a text that starts like JSON and is no JSON object: the name of its first object, else that it is broken."""
    head = data[:_HEAD]
    if b'"reportFormat"' in head or b'"Action"' in head:
        return Refused("This is a test report in JSON that is cut or broken: send it whole.")
    text = head.decode("utf-8", "replace").lstrip().removeprefix("[").lstrip()
    try:
        first, _ = json.JSONDecoder().raw_decode(text)
        return others.named_json(json.dumps(first).encode())
    except (ValueError, RecursionError):
        return NotAReport("no JSON object, or it is cut", "send one of these, whole")


def _text(head: bytes) -> str:
    if _GO_TEXT.search(head):
        raise NotAReport(
            "the plain output of `go test`",
            "run `go test -json`, or pipe the output of `go test -v` through `go tool test2json -t`",
        )
    if named := others.named_text(head):
        raise named
    if any(_is_tap(raw.decode("utf-8", "replace").rstrip("\r")) for raw in head.split(b"\n")):
        return "tap"
    raise NotAReport("a text without test results", "send one of these")


def _is_tap(line: str) -> bool:
    return any(pattern.match(line) for pattern in (POINT, PLAN, VERSION, BAIL_OUT)) or line.startswith("# Subtest")
