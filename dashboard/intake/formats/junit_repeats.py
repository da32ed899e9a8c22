"""Several <testcase> of one name in a JUnit report: attempts of one test, or different tests?

The XML does not say, so they are different tests (name, name [2], …) unless one of two things speaks for attempts:
the suite is pytest's and declares exactly as many tests as it has different ones (pytest-rerunfailures writes every
attempt down), or every execution in a suite but the last failed and the last passed, which is where a retry stops
(Gradle's test-retry, gotestsum --rerun-fails).
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from dashboard.intake.formats.builder import is_failure
from dashboard.intake.formats.text import short_name
from dashboard.intake.report import Case
from dashboard.outcomes import Outcome

_PYTEST = "pytest"  # junit_suite_name, unless somebody changed it


@dataclass(slots=True, eq=False)
class Suite:
    """A <testsuite>. path is its name after those of the suites around it; declared_tests is its tests attribute."""

    name: str
    path: str
    declared_tests: int | None


Place = tuple[Suite | None, str]
"""Where a <testcase> stands: its suite, and its file attribute. Attempts of one test stand in one place."""


def settle_repeats(cases: list[Case], places: list[Place], name_length: int) -> tuple[list[Case], int]:
    """cases, attempts merged and same-named tests of different places told apart; and how many were merged away.

    places[i] is where cases[i] stands. The order is kept; merged attempts stand where the last one stood.
    """
    if len({(case.suite, case.name) for case in cases}) == len(cases):
        return cases, 0
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, case in enumerate(cases):
        groups[case.suite, case.name].append(index)
    repeated = [indexes for indexes in groups.values() if len(indexes) > 1]
    attempts_say_so = _suites_that_count_attempts_once(cases, places)
    dropped: set[int] = set()
    for indexes in repeated:
        for same in _by_place(places, indexes):
            executions = [cases[index] for index in same]
            if len(same) > 1 and (places[same[0]][0] in attempts_say_so or _is_retry(executions)):
                _merge_into_last(executions)
                dropped.update(same[:-1])
        _qualify(cases, places, [index for index in indexes if index not in dropped], name_length)
    return [case for index, case in enumerate(cases) if index not in dropped], len(dropped)


def _suites_that_count_attempts_once(cases: list[Case], places: list[Place]) -> set[Suite | None]:
    executions: dict[Suite, int] = defaultdict(int)
    different: dict[Suite, set[tuple[str, str]]] = defaultdict(set)
    for case, (suite, _) in zip(cases, places, strict=True):
        if suite is not None:
            executions[suite] += 1
            different[suite].add((case.suite, case.name))
    return {
        suite
        for suite, count in executions.items()
        if suite.name == _PYTEST and count > len(different[suite]) == suite.declared_tests
    }


def _by_place(places: list[Place], indexes: list[int]) -> Iterable[list[int]]:
    groups: dict[Place, list[int]] = defaultdict(list)
    for index in indexes:
        groups[places[index]].append(index)
    return groups.values()


def _is_retry(executions: list[Case]) -> bool:
    return executions[-1].outcome is Outcome.PASSED and all(is_failure(each.outcome) for each in executions[:-1])


def _merge_into_last(attempts: list[Case]) -> None:
    """The last attempt decides. One that passed makes the test flaky: it would not have been tried again otherwise."""
    last = attempts[-1]
    if last.outcome is not Outcome.PASSED:
        return
    last.outcome = Outcome.FLAKY
    failed = next((attempt for attempt in attempts if is_failure(attempt.outcome)), None)
    if failed:
        last.message, last.details = failed.message, failed.details
        last.file, last.line = failed.file, failed.line
    else:
        last.message = f"passed at attempt {len(attempts)}; the report does not say how the earlier ones ended"


def _qualify(cases: list[Case], places: list[Place], indexes: list[int], name_length: int) -> None:
    """Puts the path of the suite, or else the file, before the name of the class where only that tells tests apart."""
    paths = {index: suite.path if (suite := places[index][0]) else "" for index in indexes}
    if len(set(paths.values())) == 1:
        paths = {index: places[index][1] for index in indexes}
    if len(set(paths.values())) == 1:
        return
    for index, path in paths.items():
        case = cases[index]
        if path and path != case.suite:
            full = path if path.endswith(case.suite) else f"{path} / {case.suite}"
            case.suite = short_name(full, name_length)
