"""What the write routes take and answer."""

from datetime import datetime
from typing import Annotated, Literal

from ninja import Field, Schema

RepositoryName = Annotated[
    str,
    Field(
        description="owner/name",
        json_schema_extra={
            "example": "linkerd/linkerd2",
            "pattern": "^[A-Za-z0-9_-][A-Za-z0-9._-]*/[A-Za-z0-9_-][A-Za-z0-9._-]*$",
        },
    ),
]


class JobRunsQuery(Schema):
    """Whose results they are."""

    repository: RepositoryName


class UploadQuery(Schema):
    """Where a report belongs. Everything but repository, commit and job is optional."""

    repository: RepositoryName
    commit: str = Field(
        description="the full sha",
        json_schema_extra={
            "example": "5d3ab0c1f2e4968775a6b4c3d2e1f00918273645",
            "pattern": "^[0-9a-fA-F]{40}([0-9a-fA-F]{24})?$",
        },
    )
    job: str = Field(description="the row of the heat map", json_schema_extra={"example": "deep"})
    branch: str = Field("main", description="the branch; for a pull request, its head branch")
    workflow: str = Field("ci", description="the workflow that the job belongs to")
    run: str = Field("", description="the CI's number of the run; without it a commit has one run of each workflow")
    attempt: int = Field(
        1, description="counts re-runs; every attempt is kept", json_schema_extra={"minimum": 1, "maximum": 10_000}
    )
    dimension: list[str] = Field(
        [], description="name:value, as often as needed", json_schema_extra={"example": ["k8s:1.32", "cni:calico"]}
    )
    pull_request: int | None = Field(None, description="its number; its runs stay off the branch of the same name")
    event: str = Field("", description="what started the run: push, pull_request, schedule, …")
    conclusion: str = Field(
        "", description="how the job ended, in GitHub's words; a failure without a failed test counts"
    )
    started_at: str = Field("", description="ISO 8601")
    finished_at: str = Field("", description="ISO 8601")
    url: str = Field("", description="the run's page in the CI")
    committed_at: str = Field("", description="ISO 8601 (git show -s --format=%cI): columns are ordered by it")
    message: str = Field("", description="the commit's subject")
    author: str = Field("", description="the commit's author")
    tree: str = Field("", description="the commit's tree sha")


class StepIn(Schema):
    """A step of a job run."""

    name: str
    conclusion: str = Field("", description="success, failure, skipped, … in GitHub's words")
    status: str = Field("", description="queued, in_progress or completed")
    started_at: datetime | None = None
    finished_at: datetime | None = None


class AnnotationIn(Schema):
    """A message about a place in the code. Of level failure (the default) it becomes a failure."""

    message: str
    title: str = ""
    file: str = ""
    line: int | None = None
    level: str = "failure"


class JobRunIn(Schema):
    """A job's result without a test report."""

    commit: str
    job: str
    branch: str = "main"
    workflow: str = "ci"
    run: str = ""
    attempt: int = 1
    dimensions: dict[str, str] = {}
    pull_request: int | None = None
    event: str = ""
    status: str = Field("", description="queued, in_progress or completed")
    conclusion: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    url: str = ""
    committed_at: datetime | None = None
    message: str = ""
    author: str = ""
    tree: str = ""
    is_commit_guessed: bool = Field(
        False, description="the sender knew no commit and chose one by time; the pages say so"
    )
    steps: list[StepIn] = []
    annotations: list[AnnotationIn] = []


class UploadAccepted(Schema):
    """Where to see what becomes of an upload."""

    id: int
    state: Literal["received", "recorded", "rejected"]
    state_url: str
    page_url: str


class UploadState(UploadAccepted):
    """What became of an upload."""

    repository: str
    received_at: datetime
    finished_at: datetime | None
    size_bytes: int
    reason: str = Field(description="why it was rejected")
    problems: list[str] = Field(description="what was cut, skipped or repaired")
    totals: dict[str, int] = Field(description="how many tests it has, and how many of each outcome")
    job_runs: list[int] = Field(description="the job runs that it became a part of")


class Problem(Schema):
    """What went wrong and what to do."""

    detail: str
