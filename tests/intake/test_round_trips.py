"""Whatever is written by the rules comes back the same, and whatever comes in is either read or refused."""

import io
import json
from contextlib import suppress
from html import escape
from itertools import permutations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dashboard.intake import formats
from dashboard.intake.formats import ctrf, gotest, junit, tap
from dashboard.intake.parse import parse_upload
from dashboard.intake.report import Limits, Refused
from dashboard.outcomes import Outcome
from tests.intake.inputs import parsed, zip_of

# Names as they come out of a parser: one line, single spaces, no control characters.
WORD = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x2FF, blacklist_categories=["Cc", "Zs"]), min_size=1, max_size=12
)
NAME = st.lists(WORD, min_size=1, max_size=3).map(" ".join)
OUTCOME = st.sampled_from([Outcome.PASSED, Outcome.FAILED, Outcome.SKIPPED])
DURATION = st.integers(0, 10**6).map(lambda milliseconds: milliseconds / 1000)
Written = tuple[str, str, Outcome, float]
CASES = st.lists(st.tuples(NAME, NAME, OUTCOME, DURATION), min_size=1, max_size=20, unique_by=lambda each: each[:2])
PARSERS = [junit.parse, gotest.parse, tap.parse, ctrf.parse, formats.parse]


def as_written(data: str) -> list[Written]:
    return [(each.suite, each.name, each.outcome, each.duration_seconds or 0.0) for each in parsed(data).cases]


@given(CASES)
def test_junit_comes_back_as_it_was_written(cases: list[Written]) -> None:
    inside = {Outcome.PASSED: "", Outcome.FAILED: "<failure message='m'/>", Outcome.SKIPPED: "<skipped/>"}
    elements = [
        f'<testcase classname="{escape(suite)}" name="{escape(name)}" time="{took}">{inside[outcome]}</testcase>'
        for suite, name, outcome, took in cases
    ]
    text = f"<testsuites><testsuite>{''.join(elements)}</testsuite></testsuites>"
    assert as_written(text) == cases


@given(CASES)
def test_go_events_come_back_as_they_were_written(cases: list[Written]) -> None:
    word = {Outcome.PASSED: "pass", Outcome.FAILED: "fail", Outcome.SKIPPED: "skip"}
    lines = [{"Action": word[out], "Package": suite, "Test": name, "Elapsed": took} for suite, name, out, took in cases]
    lines += [{"Action": "pass", "Package": suite} for suite in {each[0] for each in cases}]
    # Cases come out package by package.
    packages = list(dict.fromkeys(each[0] for each in cases))
    assert as_written("\n".join(map(json.dumps, lines))) == sorted(cases, key=lambda each: packages.index(each[0]))


@given(CASES)
def test_ctrf_comes_back_as_it_was_written(cases: list[Written]) -> None:
    word = {Outcome.PASSED: "passed", Outcome.FAILED: "failed", Outcome.SKIPPED: "skipped"}
    tests = [
        {"name": name, "suite": [suite], "status": word[outcome], "duration": took * 1000, "message": "m"}
        for suite, name, outcome, took in cases
    ]
    back = as_written(json.dumps({"results": {"tool": {"name": "x"}, "tests": tests}}))
    assert [each[:3] for each in back] == [each[:3] for each in cases]
    assert [each[3] for each in back] == pytest.approx([each[3] for each in cases])


@given(st.lists(st.tuples(NAME.filter(lambda name: not name.endswith("{")), OUTCOME), min_size=1, max_size=20))
def test_tap_comes_back_as_it_was_written(cases: list[tuple[str, Outcome]]) -> None:
    words = {Outcome.PASSED: ("ok", ""), Outcome.FAILED: ("not ok", ""), Outcome.SKIPPED: ("ok", " # SKIP")}
    lines = [f"1..{len(cases)}"]
    for number, (name, outcome) in enumerate(cases, start=1):
        ok, directive = words[outcome]
        escaped = name.replace("\\", "\\\\").replace("#", "\\#")
        lines.append(f"{ok} {number} - x{escaped}{directive}")
    report = parsed("\n".join(lines))
    assert [each.outcome for each in report.cases] == [outcome for _, outcome in cases]
    assert {f"x{name}" for name, _ in cases} <= {each.name for each in report.cases}
    assert report.is_complete


@pytest.mark.parametrize("parse", PARSERS)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=400))
@example(data=b"<testsuite><testcase name='\xff'/>")
@example(data=b'{"Action":"pass","Elapsed":1e999}')
@example(data=b"1..99999999999999999999999\nok 1")
@example(data=b'{"results":' * 3000)
def test_any_bytes_are_read_or_refused(parse, data: bytes) -> None:  # type: ignore[no-untyped-def]
    with suppress(Refused):
        parse(io.BytesIO(data), Limits())


SEEDS = [
    b'<?xml version="1.0"?><testsuites><testsuite name="s" tests="2"><testcase classname="c" name="n" time="1"><failure '
    b'message="m">t</failure></testcase><testcase name="o"><![CDATA[x]]></testcase></testsuite></testsuites>',
    b'{"Action":"run","Package":"p","Test":"T"}\n{"Action":"fail","Package":"p","Test":"T","Elapsed":1}\n'
    b'{"Action":"fail","Package":"p"}\n',
    b"TAP version 13\n1..2\nok 1 - a # SKIP x\nnot ok 2 - b\n  ---\n  message: m\n  ...\n",
    b'{"reportFormat":"CTRF","results":{"tool":{"name":"x"},"tests":[{"name":"n","status":"failed","trace":"t"}]}}',
    zip_of({"a.xml": b"<testsuite><testcase name='n'/></testsuite>"}),
]


@settings(max_examples=300)
@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.integers(0, 400), st.binary(max_size=4)), max_size=4),
    st.integers(1, 400),
)
def test_damaged_reports_are_read_or_refused(seed: bytes, damages: list[tuple[int, bytes]], length: int) -> None:
    data = bytearray(seed)
    for position, replacement in damages:
        data[position : position + len(replacement)] = replacement
    with suppress(Refused):
        parse_upload(io.BytesIO(bytes(data[:length])))


@given(st.lists(OUTCOME, min_size=1, max_size=4))
def test_reports_of_an_upload_say_the_same_in_whatever_order(outcomes: list[Outcome]) -> None:
    inside = {Outcome.PASSED: "", Outcome.FAILED: "<failure/>", Outcome.SKIPPED: "<skipped/>"}
    members = [
        (f"{number}.xml", f"<testsuite><testcase name='t{number}'>{inside[outcome]}</testcase></testsuite>".encode())
        for number, outcome in enumerate(outcomes)
    ]
    results = {
        frozenset(
            (case.suite, case.name, case.outcome)
            for each in parse_upload(io.BytesIO(zip_of(dict(order)))).reports
            for case in each.report.cases
        )
        for order in permutations(members)
    }
    assert len(results) == 1
