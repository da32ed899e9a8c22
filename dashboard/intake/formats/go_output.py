"""What go's test runner prints: which lines are its own, and which one says what went wrong."""

import re
from bisect import bisect_left

_FRAMES = ("=== RUN", "=== PAUSE", "=== CONT", "=== NAME", "--- PASS", "--- FAIL", "--- SKIP", "--- BENCH")
_LOCATED = re.compile(r"\s*\S+\.go:\d+(?::\d+)?: ?(.*)")
_FINAL = re.compile(r"(?:FAIL|PASS|exit status \d+|ok\s+\S+|FAIL\s+\S+)(?:\s|$)")
_MESSAGE_LINES = 4


def is_frame(line: str) -> bool:
    """Whether the line is the runner's and not the test's."""
    return line.lstrip(" ").startswith(_FRAMES)


def failure_message(output: str) -> str:
    """The lines of a test's output to read first: the panic, else what t.Error said, else the first line of all."""
    lines = [line for line in output.splitlines() if line.strip() and not is_frame(line)]
    panic = next((line for line in lines if line.startswith(("panic: ", "fatal error: ", "WARNING: DATA RACE"))), "")
    if panic:
        return panic
    ginkgo = next((line.strip() for line in lines if line.lstrip().startswith("[FAILED] ")), "")
    if ginkgo:
        return ginkgo.removeprefix("[FAILED] ")
    for index, line in enumerate(lines):
        if match := _LOCATED.match(line):
            told = [match[1], *_continued(lines[index + 1 :])]
            return "\n".join(part.strip() for part in told if part.strip())[:4000]
    return next((line.strip() for line in lines if not _FINAL.match(line) and not line.startswith("# ")), "")


def _continued(lines: list[str]) -> list[str]:
    """The lines that go on with a message, without testify's trace of where it was."""
    told: list[str] = []
    in_trace = False
    for line in lines:
        if _LOCATED.match(line) and not in_trace:
            break
        words = line.strip()
        if words.startswith("Error Trace:"):
            in_trace = True
        elif not in_trace or words.startswith("Error:"):
            in_trace = False
            told.append(words.removeprefix("Error:"))
        if len(told) == _MESSAGE_LINES or not line.startswith((" ", "\t")):
            break
    return told


def reported_elsewhere(name: str, failed: list[str]) -> str:
    """The message of a test that failed without a word because of its subtests, "" when that is not why.

    failed: the names of all failed tests of the package, sorted.
    """
    subtests = failed[bisect_left(failed, name + "/") : bisect_left(failed, name + "0")]  # "0" comes after "/"
    if not subtests:
        return ""
    more = f" and {len(subtests) - 3} more" if len(subtests) > 3 else ""
    return f"failed in {', '.join(sub[len(name) + 1 :] for sub in subtests[:3])}{more}"
