"""How fast the heat maps are: server time and bytes of each page, and what chromium makes of them.

    .venv/bin/python bench/grid.py [--chromium /usr/bin/chromium] [--repeat 5]

It fills a scratch SQLite database through the models, starts gunicorn on a free port of this machine, prints a table and
merges its figures into build/bench.json. CPU is that of the web worker, as the kernel counts it; interactive is from
the start of the response to the second frame after the document is there.
"""

import argparse
import gzip
import http.client
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from figures import Figures

BASE = Path(__file__).resolve().parent.parent
SETTINGS = """
from kindmap.settings import *
STATIC_ROOT = DATA_DIR / "static"
LOGGING["root"]["level"] = "ERROR"
"""
CHROMIUM = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
UNTIL_INTERACTIVE = """
window.interactive = new Promise((done) => addEventListener("DOMContentLoaded", () =>
  requestAnimationFrame(() => requestAnimationFrame(() =>
    done(performance.now() - performance.getEntriesByType("navigation")[0].responseStart)))));
"""
JUMP = """
async (row) => {
  const box = document.querySelector(".grid-box");
  const body = Math.floor(row / 25) * 25 + 1;
  const start = performance.now();
  box.scrollTop = row * 22;
  const frame = () => new Promise(requestAnimationFrame);
  while (!document.querySelector(`#rows-${body}:not(.later)`)) {
    if (performance.now() - start > 5000) return -1;
    await frame();
  }
  await frame();
  return performance.now() - start;
}
"""
SCROLL = """
async () => {
  const box = document.querySelector(".grid-box");
  const frame = () => new Promise(requestAnimationFrame);
  box.scrollTop = 0;
  await frame(); await frame();
  const times = [];
  let last = await frame();
  for (let step = 0; step < 150; step++) {
    box.scrollTop += 120;
    const now = await frame();
    times.push(now - last);
    last = now;
  }
  return times;
}
"""


@dataclass
class Pages:
    """The addresses to measure."""

    repositories: str
    repository: str
    job: str
    large_job: str
    job_run: str
    failure: str
    test: str
    large_test: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    figures = Figures()
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder))
        pages = fill()
        port = free_port()
        server = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn", "kindmap.wsgi", "--bind", f"127.0.0.1:{port}"),
                *("--workers", "1", "--no-control-socket", "--log-level", "warning"),
            ],
            cwd=BASE,
        )
        try:
            wait_for(port)
            worker = child_of(server.pid)
            server_figures(figures, port, worker, pages)
            browser_figures(figures, port, pages, options)
        finally:
            server.terminate()
            server.wait()
    figures.save()
    figures.print()


def prepare(folder: Path) -> None:
    """Django on a scratch database, with the static files as production serves them."""
    (folder / "bench_settings.py").write_text(SETTINGS)
    os.environ |= {
        "DATABASE_URL": f"sqlite:///{folder / 'bench.sqlite3'}",
        "KINDMAP_DATA_DIR": str(folder),
        "DJANGO_SETTINGS_MODULE": "bench_settings",
        "PYTHONPATH": f"{folder}:{BASE}",
    }
    sys.path[:0] = [str(folder), str(BASE)]
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=["admin", "ninja", "django_rq"])


def fill() -> Pages:
    """250 and 2,000 tests by 200 runs with 4 % not green, and a test with 1,600 runs in eight jobs of each size."""
    from django.db import transaction

    from dashboard.models import Failure, Workflow
    from tests.pages import samples

    paths = {}
    with transaction.atomic():
        for tests in (250, 2000):
            repository = samples.make_repository(f"bench/tests-{tests}", is_public=True)
            sample = samples.make_sample(repository, tests=tests, runs=200, not_green=0.04)
            workflow = Workflow.objects.get(repository=repository)
            commits = [run.commit for run in sample.runs]
            for number in range(7):
                job = samples.make_job(workflow, f"deep-{number}", tests, k8s=f"1.{number}")
                matrix = samples.random_matrix(tests, 200, 0.001, seed=number)
                samples.make_runs(job, sample.branch, commits, matrix, failures=False)
            test = sample.job.job_tests.get(ordinal=0).test_id
            base = f"/{repository}/"
            failure = Failure.objects.filter(repository=repository).earliest("id")
            paths[tests] = (base, sample.job.pk, sample.runs[0].pk, failure.pk, test)
    base, job, run, failure_pk, test = paths[250]
    large_base, large_job, _run, _failure, large_test = paths[2000]
    return Pages(
        repositories="/",
        repository=base,
        job=f"{base}jobs/{job}/?width=200",
        large_job=f"{large_base}jobs/{large_job}/?width=200",
        job_run=f"{base}job-runs/{run}/",
        failure=f"{base}failures/{failure_pk}/",
        test=f"{base}tests/{test}/?width=200",
        large_test=f"{large_base}tests/{large_test}/?width=200",
    )


def server_figures(figures: Figures, port: int, worker: int, pages: Pages) -> None:
    fragment = {"HX-Request": "true"}
    wanted = [
        ("repositories, server CPU", pages.repositories, {}, 30),
        ("repository 8 jobs x 40 commits, server CPU", pages.repository, {}, 30),
        ("heat map 250 x 200, server CPU", pages.job, {}, 30),
        ("heat map 2000 x 200, server CPU", pages.large_job, {}, 60),
        ("25 rows of 2000 x 200, server CPU", pages.large_job + "&rows=1001-1025", fragment, 30),
        ("heat map 2000 x 200 by flakiness, server CPU", pages.large_job + "&sort=flakiness", {}, 60),
        ("job run of 250 tests, server CPU", pages.job_run, {}, 30),
        ("failure, server CPU", pages.failure, {}, 20),
        ("a test of 250 over 1600 runs, server CPU", pages.test, {}, 20),
        ("a test of 2000 over 1600 runs, server CPU", pages.large_test, {}, 20),
    ]
    for name, path, headers, goal in wanted:
        milliseconds, size, page = measure(port, worker, path, headers)
        figures.add(name, milliseconds, "ms", f"<= {goal}")
        if path == pages.large_job:
            figures.add("heat map 2000 x 200, first screen", size / 1000, "kB gzip", "<= 25")
            figures.add("heat map 2000 x 200, first screen unpacked", len(page) / 1000, "kB")


def measure(port: int, worker: int, path: str, headers: dict[str, str], requests: int = 20) -> tuple[float, int, bytes]:
    """Milliseconds of the worker's CPU for one request, bytes as sent, and the page."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def get() -> bytes:
        connection.request("GET", path, headers={"Accept-Encoding": "gzip", **headers})
        response = connection.getresponse()
        body = response.read()
        assert response.status == 200, f"{path}: {response.status}"
        return body

    for _ in range(3):
        body = get()
    before = cpu_nanoseconds(worker)
    for _ in range(requests):
        body = get()
    return (cpu_nanoseconds(worker) - before) / requests / 1e6, len(body), gzip.decompress(body)


def browser_figures(figures: Figures, port: int, pages: Pages, options: argparse.Namespace) -> None:
    from playwright.sync_api import sync_playwright

    interactive, jumps, slowest = [], [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.chromium, args=CHROMIUM)
        for _ in range(options.repeat):
            context = browser.new_context(viewport={"width": 1600, "height": 900})
            page = context.new_page()
            page.add_init_script(UNTIL_INTERACTIVE)
            page.goto(f"http://127.0.0.1:{port}{pages.large_job}")
            interactive.append(page.evaluate("interactive"))
            page.wait_for_timeout(200)
            jumps.append(page.evaluate(JUMP, 1500))
            page.wait_for_timeout(200)
            slowest.append(max(page.evaluate(SCROLL)))
            context.close()
        browser.close()
    assert min(jumps) > 0, "a jump never showed its rows"
    figures.add("heat map 2000 x 200, interactive", statistics.median(interactive), "ms", "<= 250")
    figures.add("heat map 2000 x 200, jump to row 1500", statistics.median(jumps), "ms", "<= 150")
    figures.add("heat map 2000 x 200, slowest scroll frame", statistics.median(slowest), "ms", "<= 50")


def cpu_nanoseconds(pid: int) -> int:
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])


def child_of(pid: int) -> int:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(children[0])


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def wait_for(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("gunicorn did not start")


if __name__ == "__main__":
    main()
