"""Workload W through the real servers: 1,600 uploads, 400,000 outcomes, 2 web processes, 1 worker.

    .venv/bin/python bench/intake.py [postgresql|sqlite …] [--shared DIR] [--clients 2]

Starts servers of its own on loopback and in a temporary folder, and ends only those. Prints the figures and merges them
into build/bench.json. The workload, its generator and its clients are those of ../shared/bench, so that the peer's figures
there were taken on the same bytes.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]

from figures import Figures  # noqa: E402
from stack import python, stack  # noqa: E402

UPLOAD = (
    "/api/v1/uploads?repository={project}&commit={sha}&job={env}&branch={branch}&committed_at={committed}"
    "&started_at={started}&url={job_url}"
)
# Everything but system tables, as the peer's growth was measured.
SIZE = """
from django.db import connection
cursor = connection.cursor()
if connection.vendor == "postgresql":
    cursor.execute("select pg_database_size(current_database())")
else:
    cursor.execute("pragma wal_checkpoint(truncate)")
    cursor.execute("select page_count * page_size from pragma_page_count(), pragma_page_size()")
print(cursor.fetchone()[0])
"""
WHAT_IS_THERE = """
import json
from dashboard.models import Failure, JobRun, Upload
rows = JobRun.objects.values_list("commit__sha", "job__name", "passed", "failed", "skipped")
print(json.dumps({
    "job_runs": [list(row) for row in rows], "failures": Failure.objects.count(),
    "states": sorted(set(Upload.objects.values_list("state", flat=True))),
}))
"""
MAKE_TOKEN = """
from dashboard.models import ApiToken, Repository
token, secret = ApiToken.issue("bench")
token.repositories.add(Repository.objects.create(owner="linkerd", name="linkerd2"))
print(secret)
"""
IS_DONE = """
import sys
from dashboard.models import Upload
sys.exit(Upload.objects.filter(state="received").exists())
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("databases", nargs="*", default=["postgresql", "sqlite"], help="postgresql, sqlite (both)")
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared", help="where bench/gen_workload.py is")
    parser.add_argument("--builds", type=int, default=200)
    args = parser.parse_args()
    bench = args.shared / "bench"
    if not (bench / "gen_workload.py").exists():
        raise SystemExit(f"{bench} has no gen_workload.py: give the folder with --shared")
    sys.path.append(str(bench))
    figures = Figures()
    for database in args.databases:
        for clients in (2, 8):
            with tempfile.TemporaryDirectory(prefix="kindmap-bench-", ignore_cleanup_errors=True) as folder:
                measure(figures, database, clients, args.builds, bench, Path(folder))
    figures.print()
    figures.save()


def measure(figures: Figures, database: str, clients: int, builds: int, bench: Path, folder: Path) -> None:
    """One run of the workload into an empty database. Two clients give the figures, eight show that nothing is lost."""
    import procs

    folder.chmod(0o755)  # PostgreSQL runs as another user
    with stack(database, folder) as (environment, base, pids):
        secret = python(environment, "-c", setup(MAKE_TOKEN)).strip()
        size_before = int(python(environment, "-c", setup(SIZE)))
        said = python(
            environment,
            str(bench / "post.py"),
            "junit",
            *("--base", base, "--url", UPLOAD, "--header", f"Authorization: Bearer {secret}"),
            *("--clients", str(clients), "--builds", str(builds)),
            *(f"--pid={name}={pid}" for name, pid in pids.items()),
        )
        posted = json.loads(said)
        cpu_before_wait = {name: procs.cpu_seconds(pid) for name, pid in pids.items()}
        waited = time.monotonic()
        while subprocess.run([sys.executable, "-c", setup(IS_DONE)], env=environment, cwd=ROOT).returncode:
            time.sleep(1)
        waited = time.monotonic() - waited
        cpu = {
            name: posted["server_cpu_s"][name] + procs.cpu_seconds(pid) - cpu_before_wait[name]
            for name, pid in pids.items()
        }
        memory = {name: procs.memory_mib(pid)[0] for name, pid in pids.items()}
        grown = int(python(environment, "-c", setup(SIZE))) - size_before
        there = json.loads(python(environment, "-c", setup(WHAT_IS_THERE)))
        kept = sum(file.stat().st_size for file in (folder / "data" / "files").rglob("*") if file.is_file())
    wrong = wrong_totals(there["job_runs"], builds)
    outcomes = posted["outcomes"]
    print(
        f"# {database}, {clients} clients: CPU s { ({name: round(seconds, 1) for name, seconds in cpu.items()}) }, "
        f"memory MiB {memory}, errors {posted['errors']} {posted['first_error']}, states {there['states']}, "
        f"posted in {posted['wall_accepted_s']} s, then {waited:.1f} s",
        flush=True,
    )
    where = f"{database}, {clients} clients: "
    figures.add(f"{where}wrong totals of {builds} builds", wrong + posted["errors"], "builds", "= 0", "0-4 of 200")
    figures.add(
        f"{where}upload answered, p95", posted["request_ms"]["p95"], "ms", "< 50" if clients == 2 else None, "933"
    )
    figures.add(
        f"{where}outcomes per server CPU second", outcomes / sum(cpu.values()), "outcomes/s", ">= 20000", "1,140"
    )
    if clients == 2:
        figures.add(f"{where}database bytes an outcome", grown / outcomes, "B", "<= 15", "171, no durations")
        figures.add(f"{where}kept uploads, bytes an outcome", kept / outcomes, "B", None, "91")
        figures.add(f"{where}memory of all processes", sum(memory.values()), "MiB PSS", "<= 300", "480-550")


def setup(code: str) -> str:
    """Code that runs with Django set up."""
    return f"import django\ndjango.setup()\n{code}"


def wrong_totals(job_runs: list[list[Any]], builds: int) -> int:
    """How many builds have a count that is not the workload's own."""
    import gen_workload

    expected = {}
    for run in gen_workload.Workload(builds).runs():
        counts = Counter(outcome.status for outcome in run.outcomes)
        expected[run.sha, run.env] = [counts["pass"], counts["fail"], counts["skip"]]
    got = {(sha, job): counts for sha, job, *counts in job_runs}
    wrong = {key[0] for key in expected.keys() | got.keys() if expected.get(key) != got.get(key)}
    return len(wrong) + (len(job_runs) != len(expected))


if __name__ == "__main__":
    main()
