"""What is kept: one module for each noun of docs/design.md."""

from dashboard.models.commits import Branch, BranchCommit, Commit
from dashboard.models.failures import Failure, FailureText
from dashboard.models.jobs import Job, JobRun, Step, Verdict
from dashboard.models.repositories import Membership, Repository
from dashboard.models.runs import Workflow, WorkflowRun
from dashboard.models.testcases import JobTest, Test
from dashboard.models.tokens import ApiToken
from dashboard.models.uploads import Attachment, RecordedUpload, Upload

__all__ = [
    "ApiToken",
    "Attachment",
    "Branch",
    "BranchCommit",
    "Commit",
    "Failure",
    "FailureText",
    "Job",
    "JobRun",
    "JobTest",
    "Membership",
    "RecordedUpload",
    "Repository",
    "Step",
    "Test",
    "Upload",
    "Verdict",
    "Workflow",
    "WorkflowRun",
]
