"""Which format a file is in, by its content, and what is said about all the others."""

import io
import json

import pytest

from dashboard.intake.formats import NotAReport, detect
from dashboard.intake.report import Limits, Refused
from tests.intake.inputs import case, ctrf, events, parsed, suite

EVENT = events({"action": "run", "package": "p", "test": "T"})


def detected(text: str | bytes) -> str:
    return detect(io.BytesIO(text.encode() if isinstance(text, str) else text), Limits())


@pytest.mark.parametrize(
    ("text", "format_name"),
    [
        (suite(case()), "junit"),
        (f"\n\n<?xml version='1.0'?>\n<!-- a <testrun/> -->\n<testsuites>{suite()}</testsuites>", "junit"),
        (f"<testrun name='x'>{suite(case())}</testrun>", "junit"),
        (f"<results>{suite(case())}</results>".replace("results", "anything"), "junit"),
        (EVENT, "gotest"),
        (f"go: downloading x v1\nok words\n{EVENT}", "gotest"),
        ("TAP version 13\n1..1\nok 1\n", "tap"),
        ("words\n# more words\nnot ok 7 - x\n", "tap"),
        ("1..0 # SKIP\n", "tap"),
        ("Bail out!\n", "tap"),
        (ctrf(), "ctrf"),
        (json.dumps({"results": {"tool": {"name": "x"}, "tests": []}}, indent=4), "ctrf"),
    ],
)
def test_a_format_is_known_by_its_content(text: str, format_name: str) -> None:
    assert detected(text) == format_name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("<TestRun><Times/><UnitTestResult/></TestRun>", "TRX"),
        ("<TestRun><FailedTests/></TestRun>", "CppUnit"),
        ("<assemblies/>", "xUnit.net"),
        ("<test-run/>", "NUnit 3"),
        ("<test-results><test-suite/></test-results>", "NUnit 2"),
        ("<TestLog><TestSuite/></TestLog>", "Boost.Test"),
        ("<TestSuite><TestCase/></TestSuite>", "Boost.Test"),
        ("<TestCase name='tst_QString'/>", "QTest"),
        ("<!DOCTYPE CUNIT_TEST_RUN_REPORT SYSTEM 'x.dtd'><CUNIT_TEST_RUN_REPORT/>", "CUnit"),
        ("<Site/>", "CTest"),
        ("<testng-results/>", "TestNG"),
        ("<robot/>", "Robot Framework"),
        ("<coverage line-rate='1'/>", "coverage"),
        ("<checkstyle/>", "Checkstyle"),
        ("<failsafe-summary/>", "Failsafe"),
        ("<!DOCTYPE html><html><body>502 Bad Gateway</body></html>", "web page"),
        ("<html lang='en'>", "web page"),
        ('{"numTotalTests": 1, "testResults": []}', "Jest"),
        ('{"stats": {}, "tests": [], "passes": [], "failures": []}', "Mocha"),
        ('{"config": {}, "suites": [], "errors": []}', "Playwright"),
        ('{"version": "3", "examples": [], "summary_line": ""}', "RSpec"),
        ('{"created": 1, "exitcode": 0, "root": "/", "summary": {}}', "pytest-json-report"),
        ('[{"uri": "a", "elements": [], "keyword": "Feature"}]', "Cucumber"),
        ('{"protocolVersion": "0", "runnerVersion": "1"}\n{"suite": {}}', "Dart"),
        ('{"type": "suite", "event": "started"}\n', "Rust"),
        ('{"uuid": "1", "historyId": "2", "status": "passed"}', "Allure"),
        ('{"version": "2.1.0", "$schema": "x", "runs": []}', "SARIF"),
        ('{"action": "completed", "repository": {}, "sender": {}}', "GitHub webhook"),
        ('{"ref": "main", "repository": {}, "pusher": {}}', "webhook"),
        ('{"total_count": 0, "check_runs": []}', "GitHub's API"),
        ('{"message": "Not Found", "documentation_url": "x"}', "GitHub's API"),
        ('{"$schema": "x", "properties": {}}', "JSON schema"),
        ('{"a": 1, "b": 2}', "its keys: a, b"),
        ("payload=%7B%22action%22%3A1%7D", "webhook sent as a form"),
        ("TN:\nSF:a.js\nDA:1,1\n", "LCOV"),
        ("mode: atomic\np/a.go:1.2,3.4 1 1\n", "go coverage"),
        ("this is a log\nwith words\n", "text without test results"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\x00", "picture"),
        (b"\xfd7zXZ\x00\x00\x00", "xz archive"),
        ("{", "no JSON object"),
        ("[" * 100_000, "no JSON object"),
        ("[1, 2]", "no JSON object"),
        ("<unheard-of/>", "<unheard-of>"),
        ("<", "no XML"),
        ("", "empty"),
        ("\n \n", "empty"),
        ("\ufeff", "empty"),
    ],
)
def test_what_is_not_read_is_refused_by_its_name_and_with_what_is_read(text: str | bytes, name: str) -> None:
    with pytest.raises(NotAReport) as refusal:
        detected(text)
    assert name in str(refusal.value)
    assert "JUnit XML, go test -json, TAP and CTRF" in str(refusal.value)


@pytest.mark.parametrize(
    "text",
    [
        "=== RUN   TestA\n--- PASS: TestA (0.00s)\nPASS\nok  \texample.org/p\t0.16s\n",
        "ok  \texample.org/p\t(cached)\n",
        "FAIL\texample.org/p [build failed]\n",
        "?   \texample.org/p\t[no test files]\n",
        "BenchmarkX-8   \t 1000\t 604 ns/op\nPASS\n",
        "# example.org/p\n./a.go:4:6: x declared and not used\nFAIL\texample.org/p [setup failed]\n",
    ],
)
def test_plain_go_output_is_refused_with_the_option_that_helps(text: str) -> None:
    with pytest.raises(NotAReport, match=r"go test -json.*test2json"):
        detected(text)


def test_a_report_that_is_cut_is_no_other_format() -> None:
    with pytest.raises(Refused, match="cut") as refusal:
        parsed(ctrf({"name": "t", "status": "passed"})[:-5])
    assert not isinstance(refusal.value, NotAReport)


def test_a_large_json_document_that_is_no_report_is_none() -> None:
    with pytest.raises(NotAReport, match="large JSON"):
        detect(io.BytesIO(b'{"a": "' + b"x" * 70_000 + b'"}'), Limits(document_bytes=1000))
