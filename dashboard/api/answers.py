"""What the read routes answer."""

from datetime import datetime
from typing import Literal, get_args

from ninja import Field, Schema

from dashboard.models import Verdict
from dashboard.outcomes import Outcome

OutcomeName = Literal[
    "absent", "passed", "skipped", "flaky", "failed", "error", "timed_out", "not_run", "expected_failure"
]
VerdictName = Literal[
    "missing",
    "queued",
    "running",
    "passed",
    "flaky",
    "failed",
    "infra_error",
    "timed_out",
    "cancelled",
    "skipped",
]

# A letter for each code; position is the code.
OUTCOME_LETTERS = "-PS~FETNX"
VERDICT_LETTERS = "-QRP~FITCS"
OUTCOME_ALPHABET = dict(zip(OUTCOME_LETTERS, (outcome.label for outcome in Outcome), strict=True))
VERDICT_ALPHABET = dict(zip(VERDICT_LETTERS, get_args(VerdictName), strict=True))

_OUTCOMES = ", ".join(f"`{letter}` {name}" for letter, name in OUTCOME_ALPHABET.items())
_VERDICTS = ", ".join(f"`{letter}` {name}" for letter, name in VERDICT_ALPHABET.items())
_NEXT = Field(description="the address of the next page; null on the last one")
_SHA = "5d3ab0c1f2e4968775a6b4c3d2e1f00918273645"


def verdict_name(verdict: int) -> str:
    return Verdict(verdict).name.lower()


class BranchAnswer(Schema):
    """A branch, or the head of a pull request."""

    id: int
    name: str = Field(examples=["main", "pull/123"])
    pull_request: int | None = Field(description="its number, if it is a pull request's")


class Branches(Schema):
    items: list[BranchAnswer]
    next: str | None = _NEXT


class RepositoryAnswer(Schema):
    """A repository, as on GitHub."""

    full_name: str = Field(examples=["linkerd/linkerd2"])
    owner: str
    name: str
    is_public: bool
    is_demo: bool
    url: str = Field(description="of its API")
    page_url: str = Field(description="of its page for people")


class Repositories(Schema):
    items: list[RepositoryAnswer]
    next: str | None = _NEXT


class RepositoryDetail(RepositoryAnswer):
    """A repository with the branches that most people look for."""

    default_branch: str | None = Field(description="the branch its page opens with; null until there are results")
    branches: list[BranchAnswer] = Field(
        description="the newest hundred that are no pull request's; …/branches has all"
    )
    tests: int = Field(description="how many tests it has")


class JobAnswer(Schema):
    """A row of the matrix."""

    id: int
    workflow: str = Field(examples=["ci"])
    name: str = Field(examples=["deep"])
    dimensions: dict[str, str] = Field(examples=[{"k8s": "1.32", "cni": "calico"}])


class Jobs(Schema):
    items: list[JobAnswer]
    next: str | None = _NEXT


class CommitAnswer(Schema):
    """A commit."""

    sha: str = Field(examples=[_SHA])
    subject: str
    author: str
    committed_at: datetime


class RunAnswer(Schema):
    """One execution of a workflow for a commit."""

    id: int
    workflow: str
    run: str = Field(
        description="the CI's own number of the run; empty: the commit's only one", examples=["9871234567"]
    )
    attempt: int = Field(description="counts re-runs; every attempt is kept")
    commit: CommitAnswer
    is_commit_guessed: bool = Field(description="the sender knew no commit; it was chosen by time")
    branch: str
    pull_request: int | None
    event: str = Field(examples=["push"])
    url: str = Field(description="its page in the CI, as the sender gave it")
    verdict: VerdictName = Field(description="the worst of its job runs")
    job_runs: dict[VerdictName, int] = Field(description="how many job runs have each verdict")


class Runs(Schema):
    items: list[RunAnswer]
    next: str | None = _NEXT


class Counts(Schema):
    """How many tests of a job run have each outcome."""

    tests: int = Field(description="all of them together")
    passed: int
    skipped: int
    flaky: int = Field(description="failed, then passed, inside this job run")
    failed: int
    error: int
    timed_out: int
    not_run: int
    expected_failure: int


class JobRunAnswer(Schema):
    """One execution of a job."""

    id: int
    job: JobAnswer
    run_id: int = Field(description="the workflow run that it is a part of")
    run: str
    attempt: int
    commit: str = Field(description="the full sha", examples=[_SHA])
    committed_at: datetime
    is_commit_guessed: bool
    branch: str
    pull_request: int | None
    verdict: VerdictName
    conclusion: str = Field(description="what the CI said, in GitHub's words; empty if nothing")
    is_complete: bool = Field(description="false: a report was cut short, so tests may be missing")
    counts: Counts
    failures_outside_tests: int = Field(description="of a set-up or a build: no test owns them")
    started_at: datetime | None
    finished_at: datetime | None
    duration_seconds: float | None
    url: str = Field(description="its page in the CI, as the sender gave it")
    page_url: str


class JobRuns(Schema):
    items: list[JobRunAnswer]
    next: str | None = _NEXT


class StepAnswer(Schema):
    """A part of a job run with its own time."""

    number: int
    name: str
    verdict: VerdictName
    started_at: datetime | None
    finished_at: datetime | None
    duration_seconds: float | None


class AttemptAnswer(Schema):
    """A run of the same job on the same commit and branch."""

    id: int = Field(description="of the job run")
    run: str
    attempt: int
    verdict: VerdictName


class UploadAnswer(Schema):
    """An upload that became a part of a job run."""

    id: int
    state: Literal["received", "recorded", "rejected"]
    received_at: datetime
    size_bytes: int


class JobRunDetail(JobRunAnswer):
    """A job run with everything but its tests, failures and attachments, which have lists of their own."""

    event: str
    head_branch: str = Field(description="what the sender called the branch")
    steps: list[StepAnswer]
    attempts: list[AttemptAnswer] = Field(description="oldest first, this one among them; the newest hundred")
    uploads: list[UploadAnswer] = Field(description="oldest first; the first thousand")


class TestAnswer(Schema):
    """A test's identity in its repository."""

    __test__ = False  # pytest would collect the class

    id: int
    suite: str
    name: str = Field(examples=["TestInstallCalico"])


class Tests(Schema):
    items: list[TestAnswer]
    next: str | None = _NEXT


class JobRunTest(TestAnswer):
    """What a test did in a job run."""

    ordinal: int = Field(description="its place in the job, for ever")
    outcome: OutcomeName
    duration_seconds: float | None = Field(description="null when the report does not say")


class JobRunTests(Schema):
    items: list[JobRunTest]
    next: str | None = _NEXT


class FailureAnswer(Schema):
    """An outcome that needs reading."""

    id: int
    job_run_id: int
    job: JobAnswer
    commit: str = Field(examples=[_SHA])
    committed_at: datetime
    branch: str
    outcome: OutcomeName
    test: TestAnswer | None = Field(description="null when no test owns the failure: a set-up, a build, an annotation")
    title: str = Field(description="what failed, when that is no test")
    message: str = Field(description="what to read first")
    file: str
    line: int | None
    page_url: str


class Failures(Schema):
    items: list[FailureAnswer]
    next: str | None = _NEXT


class FailureDetail(FailureAnswer):
    """A failure with all of its text."""

    details: str


class GridAnswer(Schema):
    """Jobs by commits: names once, one string of verdicts a commit."""

    branch: str | None = Field(description="null until there are results")
    alphabet: dict[str, VerdictName] = Field(description="what the letters mean", examples=[VERDICT_ALPHABET])
    jobs: list[JobAnswer] = Field(description="those that ran on these commits, by workflow and name")
    commits: list[CommitAnswer] = Field(description="newest first, in the order of the branch")
    verdicts: list[str] = Field(
        description=f"one string for each commit, with one letter for each job: {_VERDICTS}. "
        "Where a job ran more than once it is the newest attempt's.",
        examples=[["PPF-", "PPPP"]],
    )
    job_runs: list[list[int | None]] = Field(description="for each commit, for each job: the job run of that letter")
    next: str | None = Field(description="the address of the older commits; null at the first one")


class GridRun(Schema):
    """A column of a job's heat map."""

    id: int = Field(description="of the job run")
    commit: CommitAnswer
    attempt: int
    verdict: VerdictName
    is_complete: bool
    outcomes: str = Field(description=f"one letter for each test, in their order: {_OUTCOMES}", examples=["PPF-S"])


class JobGridAnswer(Schema):
    """A job's tests by its runs: names once, one string of outcomes a run."""

    branch: str | None = Field(description="null until there are results")
    job: JobAnswer
    alphabet: dict[str, OutcomeName] = Field(description="what the letters mean", examples=[OUTCOME_ALPHABET])
    tests: list[TestAnswer] = Field(
        description="those with a result in these runs, in the order of their first appearance"
    )
    runs: list[GridRun] = Field(description="newest first, in the order of the branch")
    next: str | None = Field(description="the address of the older runs; null at the first one")
    next_tests: str | None = Field(description="the address of the next tests of the same runs; null at the last one")


class JobHistory(Schema):
    """A test's life in one job: four arrays of one length, an element for each run, newest commit first."""

    job: JobAnswer
    job_runs: list[int] = Field(description="ids")
    commits: list[int] = Field(description="indexes into the answer's commits")
    outcomes: str = Field(description=f"one letter for each run: {_OUTCOMES}", examples=["PPFP"])
    durations_seconds: list[float | None] = Field(description="null when the report does not say")


class TestHistory(Schema):
    """A test's life over the jobs and commits of a branch."""

    __test__ = False  # pytest would collect the class

    test: TestAnswer
    branch: str | None = Field(description="null until there are results")
    alphabet: dict[str, OutcomeName] = Field(description="what the letters mean", examples=[OUTCOME_ALPHABET])
    commits: list[CommitAnswer] = Field(description="newest first, with or without a run of the test")
    jobs: list[JobHistory]
    next: str | None = Field(description="the address of the older commits; null at the first one")


class AttachmentAnswer(Schema):
    """A file kept beside a job run."""

    id: int
    job_run_id: int
    name: str = Field(examples=["cluster-export.tar.gz"])
    size_bytes: int
    created_at: datetime
    url: str = Field(description="downloads it")


class Attachments(Schema):
    items: list[AttachmentAnswer]
    next: str | None = _NEXT
