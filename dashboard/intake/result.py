"""What a worker records: the result of one job run, whatever it came as."""

from dataclasses import dataclass, field
from datetime import datetime

from dashboard.intake.identity import RunIdentity
from dashboard.intake.report import Case


@dataclass(slots=True)
class StepResult:
    """A step of a job run. conclusion is GitHub's word, empty while it is not finished."""

    name: str
    conclusion: str = ""
    status: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None


@dataclass(slots=True)
class JobRunResult:
    """The result of one job run: its tests, its failures that no test owns, its steps.

    annotations are failures too, but only evidence: a job can succeed with them. Several results of the same run add up.
    is_complete is False when a report was cut short.
    """

    run: RunIdentity
    cases: list[Case] = field(default_factory=list)
    failures_outside_tests: list[Case] = field(default_factory=list)
    annotations: list[Case] = field(default_factory=list)
    steps: list[StepResult] = field(default_factory=list)
    is_complete: bool = True
