"""What happened in the demo repository: sixty commits of a service mesh that does not exist, and six rows of its matrix.

Everything follows from the numbers below and one seed; the time of the newest commit is given.
"""

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

SEED = 20_200_827
COMMITS = 60

AUTHORS = ["Amina Okafor", "Bruno Keller", "Chiara Rossi", "Dmitri Volkov", "Elif Arslan"]
SUBJECTS = [
    "proxy: retry budget counts idempotent requests only",
    "install: check the node's iptables mode first",
    "identity: rotate the issuer without a restart",
    "docs: how to read a heat map",
    "cni: wait for the node before the first pod",
    "multicluster: gateway probes back off",
    "ci: one kind cluster for each row of the matrix",
    "policy: server-side apply for authorizations",
    "viz: tap survives a closed stream",
    "destination: watch EndpointSlices only",
    "build: Go 1.26",
    "ingress: keep the Host header",
]
CASES = {
    "Install": [
        "preflight",
        "control plane",
        "data plane",
        "cni plugin",
        "high availability",
        "custom domain",
        "uninstall",
    ],
    "Identity": ["certificate is issued", "issuer rotates", "trust anchor rotates", "expired certificate is refused"],
    "Routing": ["http/1", "http/2", "grpc", "websocket", "retries", "timeouts", "traffic split", "header match"],
    "Ingress": ["nginx", "contour", "gateway api", "host header", "tls passthrough"],
    "Policy": ["deny by default", "allow by identity", "allow by network", "audit mode", "route policy"],
    "Multicluster": ["link", "gateway", "mirrored service", "headless service", "failover", "unlink"],
    "Upgrade": ["from stable", "from edge", "manual certificates", "keeps config", "no lost request", "crds"],
    "Tap": ["deployment", "pod", "refused without rights", "large headers"],
    "Stats": ["success rate", "latency", "edges", "authority"],
    "Inject": ["deployment", "cron job", "opaque ports", "skip ports", "native sidecar", "already injected"],
}
LATER = ("Inject", "native sidecar", 20)  # a test that came with a commit
SLOWER = ("Upgrade", "no lost request", 35)  # a test that takes five times as long since a commit


@dataclass(frozen=True)
class Row:
    """A row of the matrix. areas are those of CASES that it runs."""

    job: str
    dimensions: dict[str, str]
    areas: tuple[str, ...]
    format: str  # "go test -json" or "junit"


_DEEP = ("Install", "Identity", "Routing", "Ingress", "Policy", "Tap", "Stats", "Inject")
MATRIX = [
    Row("deep", {"k8s": "1.30", "cni": "kindnet"}, _DEEP, "go test -json"),
    Row("deep", {"k8s": "1.32", "cni": "kindnet"}, _DEEP, "go test -json"),
    Row("deep", {"k8s": "1.34", "cni": "calico"}, _DEEP, "go test -json"),
    Row("deep", {"k8s": "1.34", "cni": "cilium"}, _DEEP, "go test -json"),
    Row("upgrade", {"k8s": "1.34", "cni": "kindnet"}, ("Install", "Upgrade", *_DEEP[1:6], "Inject"), "junit"),
    Row(
        "multicluster",
        {"k8s": "1.34", "cni": "calico"},
        ("Install", "Multicluster", *_DEEP[1:5], "Stats", "Tap"),
        "junit",
    ),
]


@dataclass(frozen=True)
class Commit:
    number: int  # 1 is the oldest
    sha: str
    author: str
    message: str
    committed_at: datetime


@dataclass
class Result:
    """One test in one run: passed, failed, flaky (failed, then passed), skipped or hung (cut off by the time limit)."""

    area: str
    case: str
    outcome: str
    seconds: float
    text: str = ""


@dataclass
class Run:
    """One execution of a row. broken_cluster: the cluster never came up, so there is no report."""

    commit: Commit
    row: Row
    attempt: int
    started_at: datetime
    results: list[Result] = field(default_factory=list)
    broken_cluster: bool = False

    @property
    def seconds(self) -> float:
        return 95 + sum(result.seconds for result in self.results)

    @property
    def conclusion(self) -> str:
        if self.broken_cluster:
            return "startup_failure"
        return "failure" if any(result.outcome in ("failed", "hung") for result in self.results) else "success"


def commits(newest_at: datetime) -> list[Commit]:
    """All commits, oldest first."""
    chance = random.Random(SEED)  # noqa: S311 (nothing here is secret)
    ages = [0.0]
    for _ in range(COMMITS - 1):
        ages.append(ages[-1] + chance.choice([0.7, 1.5, 2.6, 4.0, 9.0, 15.0]))
    found = []
    for number in range(1, COMMITS + 1):
        subject = {31: "ingress: rewrite the route table", 39: "ingress: bring the old route table back"}.get(
            number, chance.choice(SUBJECTS)
        )
        found.append(
            Commit(
                number=number,
                sha=hashlib.sha256(f"kind-matrix {SEED} {number}".encode()).hexdigest()[:40],
                author=chance.choice(AUTHORS),
                message=subject,
                committed_at=newest_at - timedelta(hours=ages[COMMITS - number]),
            )
        )
    return found


def runs(commit: Commit) -> Iterator[Run]:
    """The runs of a commit, one for each row of the matrix and one for each re-run."""
    for index, row in enumerate(MATRIX):
        if commit.number in (12, 13) and row.dimensions["cni"] == "cilium":
            continue  # the row was switched off for two commits: a gap, not a pass
        attempts = 2 if (commit.number, row.job) == (41, "multicluster") else 1
        for attempt in range(1, attempts + 1):
            yield _run(commit, row, attempt, commit.committed_at + timedelta(minutes=3 + index + 40 * (attempt - 1)))


def _run(commit: Commit, row: Row, attempt: int, started_at: datetime) -> Run:
    run = Run(commit, row, attempt, started_at)
    if commit.number == 52 and row.dimensions == {"k8s": "1.34", "cni": "cilium"}:
        run.broken_cluster = True
        return run
    key = f"{SEED} {commit.number} {row.job} {sorted(row.dimensions.items())} {attempt}"
    chance = random.Random(key)  # noqa: S311 (nothing here is secret)
    for area in row.areas:
        for case in CASES[area]:
            if (area, case) == LATER[:2] and commit.number < LATER[2]:
                continue
            usual = random.Random(f"{area} {case}").uniform(0.4, 9)  # noqa: S311 (as above)
            result = Result(area, case, "passed", round(usual * chance.uniform(0.8, 1.3), 2))
            if (area, case) == SLOWER[:2] and commit.number >= SLOWER[2]:
                result.seconds *= 5
            result.outcome, result.text = _outcome(run, result, chance)
            run.results.append(result)
            if result.outcome == "hung":
                return run  # the time limit cut off the rest
    return run


def _outcome(run: Run, result: Result, chance: random.Random) -> tuple[str, str]:
    """How a test of a run ended, and what it said when it did not pass."""
    number, row, luck = run.commit.number, run.row, chance.random()
    pod = f"web-{chance.randrange(16**8):08x}-{chance.randrange(16**5):05x}"
    match result.area, result.case:
        case "Inject", "native sidecar" if row.dimensions["k8s"] == "1.30":
            return "skipped", "native sidecars need Kubernetes 1.33"
        case "Ingress", "gateway api" | "host header" if 31 <= number < 39 and row.dimensions["cni"] == "calico":
            return "failed", f"expected status 200, got 503\n    route table of {pod} has no entry for web.emojivoto"
        case "Policy", "audit mode" if number >= 58 and row.dimensions["k8s"] == "1.34":
            return "failed", "audit log has 0 entries, expected 1: AuthorizationPolicy is not v1beta1 any more"
        case _, _ if (number, row.job, run.attempt) == (41, "multicluster", 1) and result.area == "Multicluster":
            port = chance.randrange(30_000, 32_767)
            return "failed", f"dial tcp 172.18.0.4:{port}: connect: connection refused"
        case "Upgrade", "no lost request" if number == 45:
            return "hung", "still waiting for deployment/linkerd-destination"
        case ("Tap", "large headers") | ("Routing", "websocket") if luck < 0.10:
            return "flaky" if luck < 0.07 else "failed", f"timed out waiting for {pod}: read: i/o timeout"
        case "Stats", "latency" if luck < 0.08:
            return "flaky", f"p99 of {pod} is {chance.randrange(210, 900)} ms, expected less than 200 ms"
        case "Multicluster", "failover" if luck < 0.15:
            return "failed" if luck < 0.05 else "flaky", f"no endpoint of {pod} after 30s"
    if luck > 0.9993:
        return "failed", f"unexpected error: pods {pod!r} not found"
    return "passed", ""
