"""The reports of the demo's runs, as its test tools would write them."""

import json
from collections.abc import Iterator
from datetime import timedelta
from xml.sax.saxutils import escape, quoteattr

from dashboard.demo.history import Result, Run

PACKAGE = "example.org/kind-matrix/test/integration"


def body(run: Run) -> bytes:
    """The report file of a run that has one."""
    return (_go_test_json if run.row.format == "go test -json" else _junit)(run).encode()


def broken_cluster(run: Run) -> dict[str, object]:
    """The job run of a cluster that never came up, for the API's job-runs."""
    created = run.started_at + timedelta(seconds=50)
    failed = created + timedelta(minutes=5)
    log = (
        "ERROR: failed to create cluster: failed to init node with kubeadm: command failed with error: exit status 1\n"
        "[kubelet-check] The kubelet is not healthy after 4m0.000483203s"
    )
    return {
        "commit": run.commit.sha,
        "job": run.row.job,
        "dimensions": run.row.dimensions,
        "workflow": "integration",
        "run": str(1000 + run.commit.number),
        "attempt": run.attempt,
        "event": "push",
        "status": "completed",
        "conclusion": run.conclusion,
        "started_at": run.started_at.isoformat(),
        "finished_at": failed.isoformat(),
        "committed_at": run.commit.committed_at.isoformat(),
        "author": run.commit.author,
        "message": run.commit.message,
        "steps": [
            {
                "name": "build images",
                "conclusion": "success",
                "started_at": run.started_at.isoformat(),
                "finished_at": created.isoformat(),
            },
            {
                "name": "create cluster",
                "conclusion": "failure",
                "started_at": created.isoformat(),
                "finished_at": failed.isoformat(),
            },
            {"name": "test", "conclusion": "skipped"},
        ],
        # A notice, not a failure: a broken cluster is not a broken test.
        "annotations": [{"title": "create cluster", "message": log, "level": "warning"}],
    }


def _go_test_json(run: Run) -> str:
    return "".join(json.dumps(event) + "\n" for event in _events(run))


def _events(run: Run) -> Iterator[dict[str, object]]:
    now = run.started_at + timedelta(seconds=95)

    def event(action: str, package: str, **fields: object) -> dict[str, object]:
        return {"Time": now.isoformat(), "Action": action, "Package": package, **fields}

    for area in run.row.areas:
        package, seconds, failed = f"{PACKAGE}/{area.lower()}", 0.0, False
        yield event("start", package)
        for result in (result for result in run.results if result.area == area):
            test = f"Test{area}/{result.case.replace(' ', '_')}"
            for outcome in ("failed", "passed") if result.outcome == "flaky" else (result.outcome,):
                yield event("run", package, Test=test)
                if outcome != "passed":
                    output = f"    {area.lower()}_test.go:{_line(result)}: {result.text}\n"
                    yield event("output", package, Test=test, Output=output)
                now += timedelta(seconds=result.seconds)
                action = {"passed": "pass", "failed": "fail", "skipped": "skip"}[outcome]
                yield event(action, package, Test=test, Elapsed=result.seconds)
            seconds += result.seconds
            failed = failed or result.outcome == "failed"
        yield event("fail" if failed else "pass", package, Elapsed=round(seconds, 2))


def _junit(run: Run) -> str:
    suites = []
    for area in run.row.areas:
        results = [result for result in run.results if result.area == area]
        if results:
            cases = "".join(_testcase(result) for result in results)
            name = quoteattr(f"{run.row.job}.{area}")
            suites.append(f'  <testsuite name={name} tests="{len(results)}">\n{cases}  </testsuite>\n')
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n{"".join(suites)}</testsuites>\n'


def _testcase(result: Result) -> str:
    head = f'    <testcase classname={quoteattr(result.area)} name={quoteattr(result.case)} time="{result.seconds:.2f}"'
    message, text = quoteattr(result.text.partition("\n")[0]), escape(result.text)
    match result.outcome:
        case "passed":
            return f"{head}/>\n"
        case "skipped":
            inner = f"<skipped message={message}/>"
        case "flaky":
            inner = f"<flakyFailure message={message}>{text}</flakyFailure>"
        case "hung":
            inner = f"<error message={quoteattr(f'timed out after 10m: {result.text}')}>{text}</error>"
        case _:
            inner = f"<failure message={message}>{text}\n  at {result.area.lower()}_test.go:{_line(result)}</failure>"
    return f"{head}>{inner}</testcase>\n"


def _line(result: Result) -> int:
    return 40 + len(result.case) * 7
