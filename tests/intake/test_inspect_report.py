"""`manage.py inspect_report`: what kindmap makes of files, as a line each."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command

from tests.intake.inputs import case, ctrf, events, suite, zip_of

KEYS = ("passed", "failed", "errored", "skipped", "timed_out", "not_run", "expected_failure", "pending", "benchmarks")


def inspected(*paths: Path) -> list[dict[str, Any]]:
    output = StringIO()
    call_command("inspect_report", *map(str, paths), json=True, stdout=output)
    return [json.loads(line) for line in output.getvalue().splitlines()]


def test_a_report_becomes_a_line_of_totals_that_add_up(tmp_path: Path) -> None:
    path = tmp_path / "report.xml"
    path.write_text(suite(case(name="a", time="1.5"), case("<failure/>", name="b"), case("<flakyError/>", name="c")))
    (found,) = inspected(path)
    assert found["file"] == str(path)
    assert (found["format"], found["duration"], found["complete"]) == ("junit", 1.5, True)
    assert [found[key] for key in ("tests", "passed", "failed", "flaky")] == [3, 2, 1, 1]
    assert sum(found[key] for key in KEYS) == found["tests"]


def test_what_formats_count_apart_is_counted_apart(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(ctrf({"name": "a", "status": "pending"}, {"name": "b", "status": "skipped"}))
    (tmp_path / "b.tap").write_text("1..1\nnot ok 1 # TODO\n")
    (tmp_path / "c.jsonl").write_text(
        events(
            {"action": "run", "package": "p", "test": "BenchmarkA"},
            {"action": "fail", "package": "q"},
            {"action": "pass", "package": "p"},
        )
    )
    first, second, third = inspected(tmp_path)
    assert (first["pending"], first["skipped"]) == (1, 1)
    assert (second["expected_failure"], second["passed"]) == (1, 0)
    assert (third["benchmarks"], third["passed"]) == (1, 0)
    assert third["failures_outside_tests"] == ["q (package): q failed outside of its tests"]


def test_a_file_that_cannot_be_used_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text("<TestRun><Times/></TestRun>")
    refused, missing = inspected(tmp_path / "a.xml", tmp_path / "nowhere.xml")
    assert "TRX" in refused["refused"]
    assert "No such file" in missing["refused"]
    assert "tests" not in refused


def test_an_archive_is_one_line_with_sums_and_its_files(tmp_path: Path) -> None:
    path = tmp_path / "reports.zip"
    path.write_bytes(
        zip_of({"a.xml": suite(case(), case(name="u")).encode(), "b.tap": b"1..2\nok 1\n", "c.txt": b"words"})
    )
    (found,) = inspected(path)
    assert (found["format"], found["tests"], found["complete"]) == ("junit+tap", 3, False)
    assert [(each["file"], each["tests"], each["complete"]) for each in found["files"]] == [
        ("a.xml", 2, True),
        ("b.tap", 1, False),
    ]
    assert found["problems"] == [
        "c.txt: left out: a text without test results",
        "b.tap: 2 tests were planned and 1 ran",
    ]


def test_folders_are_walked_in_order(tmp_path: Path) -> None:
    for name in ("b/x.xml", "a/y.xml"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(suite(case()))
    assert [found["file"] for found in inspected(tmp_path)] == [str(tmp_path / "a/y.xml"), str(tmp_path / "b/x.xml")]


def test_the_text_output_says_what_is_not_as_it_should_be(tmp_path: Path) -> None:
    path = tmp_path / "report.tap"
    path.write_text("1..3\nok 1 - a\nnot ok 2 - b\n")
    output = StringIO()
    call_command("inspect_report", str(path), str(tmp_path / "none.tap"), stdout=output)
    said = output.getvalue()
    assert "tap: 2 tests in 0.000 s: 1 passed, 1 failed" in said
    assert "not complete: it never looks green" in said
    assert "problem: 3 tests were planned and 2 ran" in said
    assert "refused: The file cannot be opened: No such file or directory." in said
