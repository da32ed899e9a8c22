"""What a parser hands on: plain data. No parser knows the database, no table knows a format."""

from dataclasses import dataclass, field

from dashboard.outcomes import Outcome


class Refused(Exception):
    """The input cannot be used; the message says why and what to do, and is shown to whoever sent it."""


@dataclass(slots=True)
class Case:
    """One execution of one test.

    suite and name are the test's identity in a repository (docs/formats.md says how each format makes them).
    duration_seconds is None when the report does not say or says nonsense.
    message is what to read first (a line or a few), details all of it; both are empty for a test that passed.
    reported_as is the report's own word where it says more than the outcome does: "pending", "benchmark", "notrun".
    """

    suite: str
    name: str
    outcome: Outcome
    duration_seconds: float | None = None
    message: str = ""
    details: str = ""
    file: str = ""
    line: int | None = None
    reported_as: str = ""


@dataclass(slots=True)
class Report:
    """One report file, parsed.

    cases has one element for each test: attempts of the same test inside the report are merged already (FLAKY), and two
    different tests with one name are told apart by ` [2]`, ` [3]`.
    problems says in words what was cut, skipped or repaired.
    is_complete is False when the input ends too early or says that the run was cut short: it never looks green then.
    failures_outside_tests are what failed and is no test: a package that does not build, a suite's set-up, a plan that
    was not kept. They are in no count of tests, and a report that has one never looks green either.
    duration_seconds is the time that the tests (go: the packages) took by the report's own word, added up.
    """

    format: str
    cases: list[Case] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    is_complete: bool = True
    duration_seconds: float | None = None
    failures_outside_tests: list[Case] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Limits:
    """What intake accepts. Sizes count bytes as they are read, never as a header declares them."""

    upload_bytes: int = 64 * 2**20
    unpacked_bytes: int = 256 * 2**20
    unpacked_ratio: int = 200
    archive_files: int = 5_000
    document_bytes: int = 32 * 2**20  # one JSON document, which must be held whole to be read
    tests_per_report: int = 100_000
    tests_per_repository: int = 200_000
    name_length: int = 500
    message_length: int = 2_000
    details_length: int = 20_000
    kept_text: int = 32 * 2**20  # characters of messages and details kept of one upload, all tests together
    nesting: int = 100
    problems: int = 50
