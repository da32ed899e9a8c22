"""What kindmap reads of a corpus of real reports, against the totals that are known of each: `make corpus`.

usage: corpus.py [DIR]     DIR holds index.json and the files it names; default ../shared/corpus beside the checkout

One call of `manage.py inspect_report --json` reads everything. Every file must end in one of three ways: its totals agree
with what its source states or with an independent count (where those two differ, either is right); it is refused, and
rightly; or it is one of the cases in docs/formats.md where kindmap decided otherwise, which are counted apart.
Exit status 1 when any file ends in another way, takes more than 5 s, or all of them more than 200 MB.
"""

import json
import resource
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DEFAULT = ROOT.parent / "shared" / "corpus"
LONGEST_SECONDS, MOST_MEGABYTES = 5.0, 200.0

REPORTS = ("junit", "gotest", "tap", "ctrf")
COLUMNS = ("tests", "passed", "failed", "errored", "skipped")
FAILING = ("failed", "errored", "timed_out", "not_run")
TEN_YEARS = 10 * 366 * 86_400

MUST_BE_REFUSED = frozenset(
    {"empty-file", "empty-or-malformed", "not-junit", "billion-laughs", "quadratic-blowup", "dtd", "gzip-bomb"}
    | {"form-encoded", "truncated-json", "deep-nesting"}
)
MUST_NOT_LOOK_COMPLETE = frozenset({"truncated-xml", "incomplete-stream", "no-testcases"})
MUST_BE_READ = frozenset(
    {"utf16-bom", "crlf", "control-characters", "cdata", "hostile-names", "odd-time", "huge-message", "non-json-lines"}
    | {"duplicate-run", "encoding=ISO-8859-1", "declared-totals-differ-from-children"}
)

Entry = dict[str, Any]


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT
    entries: list[Entry] = json.loads((folder / "index.json").read_text())["files"]
    found = inspect(folder)
    table: dict[str, Counter[str]] = defaultdict(Counter)
    said: list[str] = []
    for entry in entries:
        result = found.get(str(folder / entry["file"]))
        verdict, why = judge(entry, result) if result else ("wrong", "not read at all")
        table[entry["kind"]][verdict] += 1
        if verdict in ("wrong", "decided"):
            said.append(f"{verdict}: {entry['file']}: {why}")
    slowest = max(found.values(), key=lambda result: result["parse_seconds"])
    megabytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print_table(table)
    print(*sorted(said), sep="\n")
    print(
        f"slowest file: {slowest['parse_seconds']:.2f} s, {Path(slowest['file']).name}; peak memory: {megabytes:.0f} MB"
    )
    wrong = sum(counts["wrong"] for counts in table.values())
    return int(bool(wrong) or slowest["parse_seconds"] > LONGEST_SECONDS or megabytes > MOST_MEGABYTES)


def inspect(folder: Path) -> dict[str, Entry]:
    """{path: what inspect_report says about it}, from one call."""
    command = [sys.executable, str(ROOT / "manage.py"), "inspect_report", "--json", str(folder)]
    with tempfile.TemporaryFile("w+") as output:
        subprocess.run(command, stdout=output, cwd=ROOT, check=True)
        output.seek(0)
        return {result["file"]: result for result in map(json.loads, output)}


def judge(entry: Entry, found: Entry) -> tuple[str, str]:
    """(verdict, reason): "agree", "refused" (rightly), "decided" (documented, otherwise than the count), "wrong"."""
    if "bug" in found.get("refused", "") or "Traceback" in found.get("refused", ""):
        return "wrong", found["refused"]
    if entry["kind"] in REPORTS:
        return judge_report(entry, found)
    if entry["kind"] in ("bad", "container"):
        return judge_bad(entry, found)
    return judge_other(entry, found)


def judge_report(entry: Entry, found: Entry) -> tuple[str, str]:
    expected, counted = entry.get("expected", {}), entry.get("counted", {})
    if "refused" in found:
        has_tests = all(totals.get("tests") for totals in (expected, counted))
        return ("wrong", found["refused"]) if has_tests else ("refused", "")
    differences = [difference for totals in (expected, counted) if (difference := differs(found, totals)) is not None]
    if differences and all(differences):
        decided = decided_otherwise(entry, found)
        return ("decided", decided) if decided else ("wrong", " / ".join(differences))
    if (reason := must_not_look_green(entry)) and looks_green(found):
        return "wrong", f"looks green although {reason}"
    return judge_duration(entry, found)


def differs(found: Entry, totals: Entry) -> str | None:
    """How the totals differ, "" when they do not, None when they name none of the columns."""
    known = {column: totals[column] for column in COLUMNS if isinstance(totals.get(column), int)}
    if "failed_or_errored" in totals:
        known["failed + errored"] = totals["failed_or_errored"]
    mine = {**found, "failed + errored": found["failed"] + found["errored"]}
    if not known:
        return None
    return ", ".join(f"{column} {mine[column]} not {value}" for column, value in known.items() if mine[column] != value)


def decided_otherwise(entry: Entry, found: Entry) -> str:
    """The decision of docs/formats.md that explains a difference, "" when none does."""
    features, counted = entry.get("features", ()), entry["counted"]
    same = all(found[column] == counted[column] for column in ("tests", "failed", "errored"))
    not_passed = found["skipped"] + found["expected_failure"] - counted["skipped"] - counted.get("todo", 0)
    if not same or found["passed"] + not_passed != counted["passed"]:
        return ""
    if any(feature.startswith("status-attr-contradicts-children") for feature in features):
        return f"{not_passed} tests without a child element say that they did not run: skipped, not passed"
    if "escaped-hash" in features:
        return f"{not_passed} TODO after an escaped backslash, by the TAP 14 specification"
    return ""


def judge_duration(entry: Entry, found: Entry) -> tuple[str, str]:
    """Compared with the count; a source's own number is often rounded, or another clock."""
    counted = entry.get("counted", {}).get("duration")
    if counted is None or abs(found["duration"] - counted) <= 0.001 + 0.001 * counted:
        return "agree", ""
    if "odd-time" in entry.get("features", ()):
        return "decided", f"duration {found['duration']} not {counted}: times that are read otherwise"
    if counted > TEN_YEARS:
        return "decided", f"duration {found['duration']} not {counted}: no test takes ten years"
    return "wrong", f"duration {found['duration']} not {counted}"


def must_not_look_green(entry: Entry) -> str:
    """Why the report must not look green although its tests may all have passed, "" when it may."""
    counted, expected = entry.get("counted", {}), entry.get("expected", {})
    packages = counted.get("packages", {})
    if packages.get("fail") or packages.get("unterminated") or counted.get("unfinished"):
        return "a package failed or never ended"
    if counted.get("bailout") or counted.get("plan") not in (None, counted["tests"]):
        return "the plan was not kept"
    if counted.get("suite_level_failures"):
        return "a suite failed"
    # tap-parser also fails a point for the points nested in it, which kindmap reports and does not judge by.
    is_settled = not counted.get("nested_points") and "source_vs_counted" not in entry
    return "its source calls it not ok" if expected.get("ok") is False and is_settled else ""


def looks_green(found: Entry) -> bool:
    is_bad = any(found[column] for column in FAILING) or found["failures_outside_tests"]
    return bool(found["tests"]) and found["complete"] and not is_bad


def judge_bad(entry: Entry, found: Entry) -> tuple[str, str]:
    features = set(entry.get("features", ()))
    is_refused = "refused" in found
    if "root:" in json.dumps(found):
        return "wrong", "the content of a file of this machine came in"
    if features & MUST_BE_REFUSED or {"gzip-container", "truncated"} <= features:
        return ("refused", "") if is_refused else ("wrong", "must be refused")
    if features & MUST_NOT_LOOK_COMPLETE and not is_refused and found["complete"]:
        return "wrong", "looks complete"
    if "expected" in entry or features & MUST_BE_READ:
        if is_refused:
            return "wrong", found["refused"]
        difference = differs(found, entry.get("expected", {}))
        return ("wrong", difference) if difference else ("agree", "")
    if "both reports" in entry.get("behaviour_wanted", ""):
        both = not is_refused and len(found["files"]) == 2
        return ("agree", "") if both else ("wrong", "must have both reports")
    if "zip-slip" in features and (Path(tempfile.gettempdir()) / "evil.xml").exists():
        return "wrong", "a member was written outside"
    return ("refused" if is_refused else "agree"), ""


def judge_other(entry: Entry, found: Entry) -> tuple[str, str]:
    """Everything else has no results in a format that is read, and must be refused by its name."""
    reason = found.get("refused", "")
    if not reason:
        return "wrong", f"must be refused, and is read as {found['format']} with {found['tests']} tests"
    if entry["kind"] == "gotest-text" and "-json" not in reason:
        return "wrong", f"must be told of -json: {reason}"
    if entry["kind"] in ("other-format", "schema", "webhook", "webhook-other") and "no report" in reason:
        return "wrong", f"refused without its name: {reason}"
    return "refused", ""


def print_table(table: dict[str, Counter[str]]) -> None:
    columns = ("agree", "refused", "decided", "wrong")
    heads = ("kind", "files", "agree", "refused rightly", "decided otherwise", "wrong")
    print(("{:<16}" + "{:>18}" * 5).format(*heads))
    total: Counter[str] = Counter()
    for kind, counts in sorted(table.items()):
        total += counts
        print(("{:<16}" + "{:>18}" * 5).format(kind, counts.total(), *(counts[column] for column in columns)))
    print(("{:<16}" + "{:>18}" * 5).format("all", total.total(), *(total[column] for column in columns)))


if __name__ == "__main__":
    sys.exit(main())
