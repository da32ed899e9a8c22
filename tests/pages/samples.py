"""Repositories with results to look at, written straight through the models: what recording would leave behind."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

import numpy as np

from dashboard.models import (
    Branch,
    BranchCommit,
    Commit,
    Failure,
    Job,
    JobRun,
    JobTest,
    Repository,
    Step,
    Test,
    Verdict,
    Workflow,
    WorkflowRun,
)
from dashboard.models.failures import write_failures
from dashboard.models.jobs import OUTCOME_FIELDS
from dashboard.outcomes import FAILURE_CODES, Outcome
from dashboard.packing import pack_durations, pack_statuses

NEWEST = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

_AREAS = ("install", "upgrade", "inject", "multicluster", "policy", "viz", "tap", "routes", "egress", "tracing")
_CHECKS = ("reconciles after a restart", "keeps its certificates", "reports the right counts", "survives a node drain")
_SUBJECTS = (
    "Retry the port forward when the pod restarts",
    "Bump k8s.io/client-go from 0.31.2 to 0.32.0",
    "policy: do not cache a server that was deleted",
    'Revert "Use one informer for all namespaces"',
    "docs: say what the proxy does with SMTP",
    "Speed up the multicluster gateway tests",
)
_AUTHORS = ("Alejandra Pérez", "kei", "dependabot[bot]", "Olu Adeyemi", "M. van den Berg")


@dataclass
class Sample:
    """A repository with one job, and what a test may want to point at."""

    repository: Repository
    branch: Branch
    job: Job
    matrix: np.ndarray  # uint8 (tests, runs), newest run first
    runs: list[JobRun]  # newest first


def make_repository(full_name: str = "linkerd/linkerd2", **fields: object) -> Repository:
    owner, name = full_name.split("/")
    return Repository.objects.create(owner=owner, name=name, **fields)


def make_commits(repository: Repository, branch_name: str, count: int, **fields: object) -> tuple[Branch, list[Commit]]:
    """A branch and its commits, newest first, half an hour apart."""
    branch, _ = Branch.objects.get_or_create(repository=repository, name=branch_name, defaults=fields)
    rng = random.Random(f"{repository} {branch_name}")
    commits = Commit.objects.bulk_create(
        Commit(
            repository=repository,
            sha=blake2b(f"{repository} {branch_name} {number}".encode(), digest_size=20).hexdigest(),
            committed_at=NEWEST - timedelta(minutes=31 * number),
            is_time_known=True,
            author=rng.choice(_AUTHORS),
            message=f"{rng.choice(_SUBJECTS)} ({number})\n\nWith a body that pages never show.",
        )
        for number in range(count)
    )
    BranchCommit.objects.bulk_create(BranchCommit(branch=branch, commit=one, place=one.place) for one in commits)
    return branch, commits


def make_job(workflow: Workflow, name: str, tests: int, **dimensions: str) -> Job:
    """A job whose tests have names as they are: 30 to 90 characters that begin alike."""
    repository = workflow.repository
    key = ", ".join(f"{dimension}={value}" for dimension, value in sorted(dimensions.items()))
    job = Job.objects.create(workflow=workflow, name=name, dimensions=dimensions, dimensions_key=key, test_count=tests)
    names = [sample_name(number) for number in range(tests)]
    keys = [blake2b(f"{suite}\0{title}".encode(), digest_size=16).digest() for suite, title in names]
    known = {bytes(key): pk for key, pk in Test.objects.filter(repository=repository).values_list("key", "id")}
    missing = [
        Test(repository=repository, key=key, suite=suite, name=title)
        for key, (suite, title) in zip(keys, names, strict=True)
        if key not in known
    ]
    known |= {test.key: test.pk for test in Test.objects.bulk_create(missing)}
    JobTest.objects.bulk_create(
        JobTest(job=job, test_id=known[key], ordinal=ordinal) for ordinal, key in enumerate(keys)
    )
    return job


def sample_name(number: int) -> tuple[str, str]:
    area, check = _AREAS[number % len(_AREAS)], _CHECKS[number // 7 % len(_CHECKS)]
    return (
        f"github.com/linkerd/linkerd2/test/integration/{area}",
        f"Test{area.title()}/with_{number % 13}_replicas/{check.replace(' ', '_')}_{number:04d}",
    )


def random_matrix(tests: int, runs: int, not_green: float, seed: int = 1) -> np.ndarray:
    """uint8 (tests, runs): mostly passes; failures come in streaks, some tests flake, some are skipped or not there yet."""
    rng = np.random.default_rng(seed)
    matrix = np.full((tests, runs), Outcome.PASSED, dtype=np.uint8)
    wanted = int(matrix.size * not_green)
    kinds = [Outcome.FAILED, Outcome.FLAKY, Outcome.SKIPPED, Outcome.ERROR, Outcome.TIMED_OUT, Outcome.NOT_RUN]
    while (matrix != Outcome.PASSED).sum() < wanted:
        test, run = rng.integers(tests), rng.integers(runs)
        kind = rng.choice(kinds, p=[0.5, 0.2, 0.15, 0.07, 0.05, 0.03])
        length = rng.integers(1, 6) if kind in (Outcome.FAILED, Outcome.SKIPPED) else 1
        matrix[test, run : run + length] = kind
    matrix[tests - tests // 20 :, runs // 2 :] = Outcome.ABSENT
    return matrix


def verdict_of(outcomes: np.ndarray) -> Verdict:
    if np.isin(outcomes, FAILURE_CODES).any():
        return Verdict.FAILED
    return Verdict.FLAKY if (outcomes == Outcome.FLAKY).any() else Verdict.PASSED


def make_runs(
    job: Job, branch: Branch, commits: list[Commit], matrix: np.ndarray, *, attempt: int = 1, failures: bool = True
) -> list[JobRun]:
    """One run of the job for each commit, with the outcomes of the matrix's columns; newest first."""
    rng = np.random.default_rng(7)
    workflow_runs = [
        WorkflowRun(
            workflow=job.workflow,
            commit=commit,
            branch=branch,
            key=f"{job.pk}-{number}",
            attempt=attempt,
            url=f"https://github.com/{job.workflow.repository}/actions/runs/{1000 + number}",
        )
        for number, commit in enumerate(commits)
    ]
    # The oldest first, as results come in.
    WorkflowRun.objects.bulk_create(reversed(workflow_runs))
    runs = []
    for commit, workflow_run, outcomes in zip(commits, workflow_runs, matrix.T, strict=True):
        counts = np.bincount(outcomes, minlength=len(Outcome))
        durations = np.where(outcomes == Outcome.ABSENT, np.nan, rng.gamma(2.0, 0.8, len(outcomes)))
        runs.append(
            JobRun(
                job=job,
                workflow_run=workflow_run,
                branch=branch,
                commit=commit,
                place=commit.place,
                verdict=verdict_of(outcomes),
                started_at=commit.committed_at + timedelta(minutes=3),
                finished_at=commit.committed_at + timedelta(minutes=14, seconds=int(rng.integers(300))),
                statuses=pack_statuses(outcomes),
                durations=pack_durations(durations),
                **{name: int(counts[code]) for code, name in enumerate(OUTCOME_FIELDS, 1)},
            )
        )
    JobRun.objects.bulk_create(reversed(runs), batch_size=200)
    if failures:
        make_failures(job, runs, matrix)
    return runs


def make_failures(job: Job, runs: list[JobRun], matrix: np.ndarray) -> None:
    job_tests = dict(JobTest.objects.filter(job=job).values_list("ordinal", "id"))
    details = "    install_test.go:142: expected 3 ready replicas, got 2 after 60 s\n" + "\n".join(
        f"      linkerd-proxy[{line}]: connection to 10.42.0.{line} refused" for line in range(12)
    )
    has_text = np.isin(matrix, [*FAILURE_CODES, Outcome.FLAKY])
    rows = [
        Failure(
            repository=job.workflow.repository,
            job_run=runs[column],
            job_test_id=job_tests[ordinal],
            outcome=matrix[ordinal, column],
            message="expected 3 ready replicas, got 2 after 60 s",
            file="test/integration/install/install_test.go",
            line=142,
        )
        for column, ordinal in np.argwhere(has_text.T).tolist()
    ]
    write_failures([(failure, details) for failure in rows])


def make_steps(run: JobRun) -> None:
    names = ("checkout", "build", "create cluster", "load images", "test", "collect", "tear down")
    assert run.started_at is not None
    start = run.started_at
    steps = []
    for number, name in enumerate(names, 1):
        end = start + timedelta(seconds=17 * number)
        verdict = run.verdict if name == "test" else Verdict.PASSED
        steps.append(Step(job_run=run, number=number, name=name, verdict=verdict, started_at=start, finished_at=end))
        start = end
    Step.objects.bulk_create(steps)


def make_sample(
    repository: Repository, *, tests: int = 10, runs: int = 5, not_green: float = 0.1, job: str = "deep"
) -> Sample:
    """A repository's main branch with one job of so many tests and runs."""
    workflow, _ = Workflow.objects.get_or_create(repository=repository, name="integration")
    branch, commits = make_commits(repository, "main", runs)
    made = make_job(workflow, job, tests, k8s="1.32", cni="calico")
    matrix = random_matrix(tests, runs, not_green)
    return Sample(repository, branch, made, matrix, make_runs(made, branch, commits, matrix))
