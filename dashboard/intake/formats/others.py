"""Formats that kindmap does not read: how to know them, and what to send instead.

Whoever sends one of these has test results and should learn in one sentence how to get them in.
"""

import re

import msgspec

from dashboard.intake.report import Refused

EMPTY = "an empty file"
_SMALL = 64 * 1024
READ = "kindmap reads JUnit XML, go test -json, TAP and CTRF"

_COVERAGE = "it says which lines ran, not which tests passed: send the test report"
_LINT = "it lists findings in source code, not test results: send the test report"
_NO_RESULTS = "it holds no test results: send the test report"

# Root element (lower case, without namespace) → (name of the format, what to do). Where tools share a root element,
# _XML_BY_CONTENT decides first.
_XML = {
    "testrun": (
        "a TRX report (Visual Studio, dotnet test)",
        "add the package JunitXml.TestLogger and run with --logger junit",
    ),
    "assemblies": ("an xUnit.net report", "run with -junit report.xml, or with JunitXml.TestLogger and --logger junit"),
    "assembly": ("an xUnit.net report", "run with -junit report.xml, or with JunitXml.TestLogger and --logger junit"),
    "test-run": (
        "an NUnit 3 report",
        "run with --logger junit (JunitXml.TestLogger) or transform it with nunit3-junit.xslt",
    ),
    "test-results": (
        "an NUnit 2 report",
        "run with --logger junit (JunitXml.TestLogger) or transform it with nunit-junit.xslt",
    ),
    "testlog": ("a Boost.Test log", "run with --logger=JUNIT,all,report.xml"),
    "testresult": ("a Boost.Test result", "run with --logger=JUNIT,all,report.xml"),
    "boosttest": ("a Boost.Test log", "run with --logger=JUNIT,all,report.xml"),
    "testcase": ("a QTest report", "run with -o report.xml,junitxml"),
    "site": ("a CTest dashboard file", "run ctest --output-junit report.xml"),
    "cunit_test_run_report": ("a CUnit report", "convert it to JUnit XML"),
    "cunit_test_list_report": ("a CUnit list of tests", _NO_RESULTS),
    "testng-results": ("a TestNG report", "send the files in its junitreports folder"),
    "robot": ("a Robot Framework report", "run with --xunit report.xml"),
    "catch2testrun": ("a Catch2 XML report", "run with --reporter junit"),
    "catch": ("a Catch2 XML report", "run with --reporter junit"),
    "doctest": ("a doctest (C++) report", "run with --reporters=junit"),
    "unittest-results": ("a UnitTest++ report", "convert it to JUnit XML"),
    "gtester": ("a gtester report", "run the tests with TAP output (--tap)"),
    "stylecop": ("a StyleCop report", _LINT),
    "failsafe-summary": ("a Maven Failsafe summary", "it has totals only: send the TEST-*.xml files beside it"),
    "testplanexecution": ("a CppTest report", "convert it to JUnit XML"),
    "resultssession": ("a Parasoft report", "convert it to JUnit XML"),
    "events": ("an Open Test Reporting event file", "send the JUnit XML that the console launcher writes beside it"),
    "execution": ("an Open Test Reporting file", "send JUnit XML"),
    "testexecutions": ("a SonarQube generic test report", "send JUnit XML"),
    "unittest": ("a SonarQube generic test report", "send JUnit XML"),
    "coverage": ("a coverage report", _COVERAGE),
    "report": ("a JaCoCo coverage report", _COVERAGE),
    "coveragesession": ("an OpenCover coverage report", _COVERAGE),
    "results": ("a coverage or lint report", "it is not a test report in a format that is read"),
    "checkstyle": ("a Checkstyle report", _LINT),
    "pmd": ("a PMD report", _LINT),
    "pmd-cpd": ("a CPD report", _LINT),
    "bugcollection": ("a SpotBugs report", _LINT),
    "issues": ("a lint report", _LINT),
    "lint": ("a lint report", _LINT),
    "valgrindoutput": ("a Valgrind report", _LINT),
    "project": ("a build file (Maven or Ant)", _NO_RESULTS),
    "plist": ("an Apple property list", "convert the .xcresult bundle to JUnit XML"),
    "html": ("a web page", "often a login or an error page came instead of the report: look at it in an editor"),
    "svg": ("an SVG picture", _NO_RESULTS),
    "rss": ("a news feed", _NO_RESULTS),
    "feed": ("a news feed", _NO_RESULTS),
    "envelope": ("a SOAP message", _NO_RESULTS),
    "error": ("an error message in XML", "the report could not be fetched: read what the message says"),
}
_XML_BY_CONTENT = (
    ("testrun", re.compile(rb"<(?:FailedTests|SuccessfulTests)[\s/>]"), "a CppUnit report", "convert it to JUnit XML"),
    ("testrun", re.compile(rb"<(?:UnitTestResult|TestRunConfiguration|ResultSummary)[\s/>]"), *_XML["testrun"]),
    ("testsuite", re.compile(rb"<TestSuite[\s/>]"), "a Boost.Test log", "run with --logger=JUNIT,all,report.xml"),
)

# Top-level keys of a JSON object (of the first one, in an array or a stream of them) → (name, what to do). The first
# that fits decides.
_JSON: tuple[tuple[frozenset[str], str, str], ...] = tuple(
    (frozenset(keys.split()), name, advice)
    for keys, name, advice in (
        ("numTotalTests testResults", "a Jest (or Vitest) JSON report", "use jest-junit, or Vitest's --reporter=junit"),
        ("stats tests passes failures", "a Mocha JSON report", "run with --reporter xunit or mocha-junit-reporter"),
        ("stats results meta", "a mochawesome report", "run with mocha-junit-reporter"),
        ("config suites errors", "a Playwright JSON report", "run with --reporter=junit"),
        ("config suites stats", "a Playwright JSON report", "run with --reporter=junit"),
        ("examples summary_line", "an RSpec JSON report", "use rspec_junit_formatter"),
        ("examples version", "an RSpec JSON report", "use rspec_junit_formatter"),
        ("exitcode root summary", "a pytest-json-report file", "run pytest --junit-xml=report.xml"),
        ("$report_type", "a pytest-reportlog file", "run pytest --junit-xml=report.xml"),
        ("pytest_version", "a pytest-reportlog file", "run pytest --junit-xml=report.xml"),
        ("elements keyword uri", "a Cucumber JSON report", "run with --format junit:report.xml"),
        ("elements keyword", "a Cucumber JSON report", "run with --format junit:report.xml"),
        ("testRunStarted", "a Cucumber message stream", "run with --format junit:report.xml"),
        ("gherkinDocument", "a Cucumber message stream", "run with --format junit:report.xml"),
        (
            "protocolVersion runnerVersion",
            "a Dart or Flutter test stream",
            "convert it with `dart pub global run junitreport:tojunit`",
        ),
        ("event suite", "a Rust libtest JSON stream", "use cargo-nextest with a junit profile"),
        ("event type", "a Rust libtest JSON stream", "use cargo-nextest with a junit profile"),
        ("uuid historyId status", "an Allure result", "send the JUnit XML of the test runner, or convert it"),
        ("uuid steps status", "an Allure result", "send the JUnit XML of the test runner, or convert it"),
        ("uuid children befores", "an Allure container", _NO_RESULTS),
        ("SuiteDescription SpecReports", "a Ginkgo JSON report", "run with --junit-report=report.xml"),
        ("collection run", "a Newman (Postman) report", "run with --reporters junit"),
        ("root_group metrics", "a k6 summary", "use handleSummary with jUnit()"),
        ("runs version", "a SARIF file", _LINT),
        ("$schema runs", "a SARIF file", _LINT),
        ("filePath messages", "an ESLint report", _LINT),
        ("check_name fingerprint", "a code quality report", _LINT),
        ("meta files totals", "a coverage.py report", _COVERAGE),
        ("path statementMap", "an Istanbul coverage report", _COVERAGE),
        ("object_kind project", "a GitLab webhook", "kindmap takes webhooks from GitHub only, at its webhook address"),
        (
            "repository pusher",
            "a webhook of a code host (push)",
            "webhooks go to kindmap's webhook address, not into an upload",
        ),
        ("repository sender", "a GitHub webhook", "webhooks go to kindmap's webhook address, not into an upload"),
        ("action sender", "a GitHub webhook", "webhooks go to kindmap's webhook address, not into an upload"),
        ("organization sender", "a GitHub webhook", "webhooks go to kindmap's webhook address, not into an upload"),
        ("hook hook_id zen", "a GitHub webhook (ping)", "webhooks go to kindmap's webhook address, not into an upload"),
        (
            "message documentation_url",
            "an error answer of GitHub's API",
            "the report could not be fetched: read its message",
        ),
        ("workflow_runs total_count", "an answer of GitHub's API", _NO_RESULTS),
        ("check_runs total_count", "an answer of GitHub's API", _NO_RESULTS),
        ("jobs total_count", "an answer of GitHub's API", _NO_RESULTS),
        ("artifacts total_count", "an answer of GitHub's API", "download the artifact and send what is in it"),
        ("total_count", "an answer of GitHub's API", _NO_RESULTS),
        ("node_id url", "an answer of GitHub's API", _NO_RESULTS),
        ("sha commit url", "an answer of GitHub's API", _NO_RESULTS),
        ("data", "a GraphQL answer", _NO_RESULTS),
        ("$schema properties", "a JSON schema", "it describes a format and holds no results: send a report"),
        ("$schema definitions", "a JSON schema", "it describes a format and holds no results: send a report"),
        ("dependencies name version", "a package manifest", _NO_RESULTS),
    )
)

_TEXT = (
    (re.compile(rb"\A(?:TN:|SF:)", re.MULTILINE), "an LCOV coverage file", _COVERAGE),
    (re.compile(rb"\Amode: (?:set|count|atomic)\s"), "a go coverage profile", _COVERAGE),
    (
        re.compile(rb"\A(?:payload|[\w.]{1,40})=%7B", re.IGNORECASE),
        "a webhook sent as a form",
        "set its content type to application/json",
    ),
)

_MAGIC = (
    (b"\xfd7zXZ\x00", "an xz archive", "use gzip, tar or zip"),
    (b"BZh", "a bzip2 archive", "use gzip, tar or zip"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "use gzip, tar or zip"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive", "use gzip, tar or zip"),
    (b"Rar!", "a RAR archive", "use gzip, tar or zip"),
    (b"%PDF", "a PDF", _NO_RESULTS),
    (b"\x89PNG", "a picture", _NO_RESULTS),
    (b"\xff\xd8\xff", "a picture", _NO_RESULTS),
    (b"GIF8", "a picture", _NO_RESULTS),
    (b"\x7fELF", "a program", _NO_RESULTS),
    (b"MZ", "a program", _NO_RESULTS),
    (b"\xca\xfe\xba\xbe", "a compiled class", _NO_RESULTS),
    (b"SQLite format 3\x00", "an SQLite database", "coverage.py writes one: send the test report"),
)


class NotAReport(Refused):
    """The file is no report at all, or one in a format that is not read: other files of an upload do not suffer.

    what names it in a few words ("a TRX report"); the message is the sentence that whoever sent it reads.
    """

    def __init__(self, what: str, advice: str) -> None:
        super().__init__(f"This is {what}; {READ}: {advice}.")
        self.what = what

    @property
    def is_empty(self) -> bool:
        return self.what == EMPTY


def named_xml(root: str, head: bytes) -> NotAReport | None:
    """Why a document with this root element is refused, None when nothing is known about it."""
    lower = root.lower()
    for known_root, pattern, name, advice in _XML_BY_CONTENT:
        if lower == known_root and pattern.search(head):
            return NotAReport(name, advice)
    # <testcase> and <testsuite> are JUnit's, <TestCase> is QTest's, <TestRun> is Visual Studio's.
    return NotAReport(*_XML[lower]) if lower in _XML and root not in ("testcase", "testrun") else None


_KEYS = sorted(frozenset().union(*(keys for keys, _, _ in _JSON)))
# A struct of the keys that matter: a document with a million others takes no memory for them.
_Known = msgspec.defstruct(
    "_Known",
    [(f"key_{number}", msgspec.Raw | msgspec.UnsetType, msgspec.UNSET) for number in range(len(_KEYS))],
    rename={f"key_{number}": key for number, key in enumerate(_KEYS)},
)


def named_json(data: bytes) -> NotAReport:
    """Why a JSON object is refused, by its top-level keys. Raises msgspec.MsgspecError, RecursionError for anything else."""
    document = msgspec.json.decode(data, type=_Known)
    keys = {key for number, key in enumerate(_KEYS) if getattr(document, f"key_{number}") is not msgspec.UNSET}
    for known, name, advice in _JSON:
        if known <= keys:
            return NotAReport(name, advice)
    all_keys = msgspec.json.decode(data, type=dict[str, msgspec.Raw]) if len(data) < _SMALL else {}
    some = ", ".join(sorted(key[:40] for key in all_keys)[:6])
    return NotAReport(f"JSON, but no report (its keys: {some})" if some else "JSON, but no report", "send one of these")


def named_text(head: bytes) -> NotAReport | None:
    """Why a text that looks like none of the formats is refused, None when it is unknown."""
    return next((NotAReport(name, advice) for pattern, name, advice in _TEXT if pattern.search(head)), None)


def named_binary(head: bytes) -> NotAReport:
    """Why a file that is no text is refused."""
    known = next(((name, advice) for magic, name, advice in _MAGIC if head.startswith(magic)), None)
    return NotAReport(*known) if known else NotAReport("no text", "send a report, or a zip, tar or gzip of reports")
