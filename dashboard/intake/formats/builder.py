"""Puts a Report together: counts against the limits, tells tests of one name apart, says what was cut."""

from collections import Counter

from dashboard.intake.formats import text
from dashboard.intake.report import Case, Limits, Refused, Report
from dashboard.outcomes import Outcome

NO_MESSAGE = "failed without a message"


class Builder:
    """One report in the making. Every parser adds what it reads and calls finish() once."""

    def __init__(self, format_name: str, limits: Limits) -> None:
        self.report = Report(format=format_name)
        self.limits = limits
        self._cases = self.report.cases
        self._most_cases = limits.tests_per_report
        self._name_length = limits.name_length
        self._seconds = 0.0
        self._has_durations = False
        self._kept_text = 0
        self._texts_left_out = 0
        self._counted: Counter[str] = Counter()
        self._examples: dict[str, str] = {}

    def add(self, case: Case, took: float | None = None) -> None:
        """Adds a test, and the seconds that it took to the report's.

        Raises Refused when the report has more tests than limits.tests_per_report.
        """
        if len(self._cases) >= self._most_cases:
            raise Refused(
                f"More than {self.limits.tests_per_report:,} tests in one upload (limit tests_per_report): "
                "split it into several."
            )
        self._cases.append(case)
        if took is not None:
            self._seconds += took
            self._has_durations = True

    def add_failure_outside(self, case: Case) -> None:
        self.report.failures_outside_tests.append(case)

    def took(self, seconds: float) -> None:
        self._seconds += seconds
        self._has_durations = True

    def problem(self, what: str, example: str | None = None) -> None:
        """Notes a problem. The same `what` again is counted, not repeated; the first example is shown with it."""
        self._counted[what] += 1
        if example is not None:
            self._examples.setdefault(what, text.one_line(example)[:120])

    def incomplete(self, why: str) -> None:
        self.report.is_complete = False
        self.problem(why)

    def name(self, raw: str) -> str:
        """A name as it is kept: one line, at most limits.name_length characters."""
        if len(raw) <= self._name_length and text.is_plain(raw):
            return raw
        return text.short_name(raw, self._name_length)

    def message(self, raw: str) -> str:
        """What to read first, cut at limits.message_length."""
        if self.is_full:
            return self._keep(raw[:1])
        return self._keep(text.cut(text.clean(raw).strip(), self.limits.message_length))

    def details(self, raw: str) -> str:
        """All of a failure's text, cut at limits.details_length."""
        if self.is_full:
            return self._keep(raw[:1])
        # Cleaning 100 MB to keep 20 kB of it would be a waste: the cut comes first, generously, and again after.
        rough = text.cut(raw, self.limits.details_length * 4)
        return self._keep(text.cut(text.clean(rough).strip("\n"), self.limits.details_length))

    @property
    def is_full(self) -> bool:
        """Whether no more texts are kept: then there is no point in looking into them."""
        return self._kept_text >= self.limits.kept_text

    def _keep(self, kept: str) -> str:
        if self._kept_text + len(kept) > self.limits.kept_text:
            self._texts_left_out += bool(kept)
            self._kept_text = self.limits.kept_text
            return ""
        self._kept_text += len(kept)
        return kept

    def finish(self) -> Report:
        report = self.report
        report.duration_seconds = self._seconds if self._has_durations else None
        tell_apart(report.cases, self.limits.name_length)
        if not report.cases:
            self.problem("the report holds no test")
        if not_run := sum(case.outcome is Outcome.NOT_RUN for case in report.cases):
            self.incomplete(f"tests without a result: {not_run:,} (they did not run, or never finished)")
        if self._texts_left_out:
            self.problem(
                f"{self._texts_left_out:,} messages and details are left out: the upload holds more than "
                f"{self.limits.kept_text:,} characters of them"
            )
        report.problems = capped([self._in_words(what) for what in self._counted], self.limits.problems)
        return report

    def _in_words(self, what: str) -> str:
        example = self._examples.get(what)
        shown = f"{what} (first: {example!r})" if example is not None else what
        count = self._counted[what]
        return f"{shown}, {count:,} times" if count > 1 else shown


def capped(problems: list[str], limit: int) -> list[str]:
    """The first limit problems, and how many more there were."""
    return problems if len(problems) <= limit else [*problems[:limit], f"… and {len(problems) - limit:,} more"]


def tell_apart(cases: list[Case], name_length: int) -> None:
    """Gives tests with the same suite and name different names in the order of the report: name, name [2], name [3]."""
    taken = {(case.suite, case.name) for case in cases}
    if len(taken) == len(cases):
        return
    used: Counter[tuple[str, str]] = Counter()
    for case in cases:
        key = case.suite, case.name
        used[key] += 1
        if used[key] == 1:
            continue
        while (case.suite, name := _numbered(key[1], used[key], name_length)) in taken:
            used[key] += 1
        case.name = name
        taken.add((case.suite, name))


def _numbered(name: str, number: int, limit: int) -> str:
    suffix = f" [{number}]"
    return name[: limit - len(suffix)] + suffix


def is_failure(outcome: Outcome) -> bool:
    return outcome in (Outcome.FAILED, Outcome.ERROR, Outcome.TIMED_OUT)
