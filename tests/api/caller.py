"""Somebody who calls the API over Django's test client, and results to send."""

import json
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlencode
from xml.sax.saxutils import escape, quoteattr

from django.http import HttpResponse
from django.test import Client

from dashboard.intake.work import work_off
from dashboard.models import Upload

API = "/api/v1"
HERE = f"{API}/repositories/acme/widgets"
SHAS = [f"{number:040x}" for number in range(0xA1, 0xA1 + 100)]


class Caller:
    """One caller: with a token, a session of the test client, or neither."""

    def __init__(self, secret: str = "") -> None:
        self.client = Client()
        self.headers = {"Authorization": f"Bearer {secret}"} if secret else {}

    def get(self, path: str, headers: dict[str, str] | None = None, **query: object) -> HttpResponse:
        """path: below the API's root, or with it, or a whole address as `next` gives it."""
        path = path.removeprefix("http://testserver")
        path = path if path.startswith("/") else f"{HERE}/{path}".rstrip("/")
        query_string = f"?{urlencode(query, doseq=True)}" if query else ""
        response = self.client.get(path + query_string, headers=self.headers | (headers or {}))
        response.received = response.getvalue()  # a download is read to its end, which closes its file
        return response

    def json(self, path: str, **query: object) -> Any:
        """The answer of a read that must succeed."""
        response = self.get(path, **query)
        assert response.status_code == 200, (path, response.status_code, response.content[:500])
        return response.json()

    def pages(self, path: str, **query: object) -> Iterator[Any]:
        """Every item of a list, following `next` to its end."""
        answer = self.json(path, **query)
        for _ in range(1000):
            yield from answer["items"]
            if answer["next"] is None:
                return
            answer = self.json(answer["next"])
        raise AssertionError(f"{path} has no end")

    def post(
        self, path: str, body: bytes = b"", content_type: str = "application/xml", **query: object
    ) -> HttpResponse:
        query_string = urlencode({name: value for name, value in query.items() if value is not None}, doseq=True)
        return self.client.post(
            f"{API}/{path}?{query_string}", data=body, content_type=content_type, headers=self.headers
        )

    def upload(self, body: bytes, **query: object) -> HttpResponse:
        """Send a report for a run of acme/widgets."""
        run = {"repository": "acme/widgets", "commit": SHAS[0], "job": "deep"} | query
        return self.post("uploads", body, **run)

    def send_job_runs(self, *job_runs: dict[str, object], repository: str = "acme/widgets") -> HttpResponse:
        body = json.dumps({"job_runs": job_runs}).encode()
        return self.post("job-runs", body, "application/json", repository=repository)

    def attach(self, body: bytes, **query: object) -> HttpResponse:
        run = {"repository": "acme/widgets", "commit": SHAS[0], "job": "deep", "name": "pods.txt"} | query
        return self.post("attachments", body, "text/plain", **run)


def junit(cases: Iterable[tuple[str, str]], suite: str = "integration") -> bytes:
    """A JUnit report of tests by name and outcome: passed, failed, error, skipped, flaky."""
    inside = {
        "passed": "",
        "failed": '<failure message="expected 3 replicas">got 2 after 60 s</failure>',
        "error": '<error message="no cluster">dial tcp: refused</error>',
        "skipped": "<skipped/>",
    }
    lines = []
    for name, outcome in cases:
        attributes = f'classname={quoteattr(suite)} name={quoteattr(name)} time="1.5"'
        if outcome == "flaky":
            lines.append(f"<testcase {attributes}>{inside['failed']}</testcase><testcase {attributes}/>")
        else:
            lines.append(f"<testcase {attributes}>{inside[outcome]}</testcase>")
    return f"<testsuite name={quoteattr(escape(suite))}>{''.join(lines)}</testsuite>".encode()


class Results:
    """Sends results and works them off."""

    def __init__(self, ci: Caller) -> None:
        self.ci = ci

    def send_some(self) -> None:
        days = ["2026-03-01T10:00:00Z", "2026-03-02T10:00:00Z", "2026-03-03T10:00:00Z"]
        outcomes = ["passed", "failed", "flaky"]
        for sha, day, outcome in zip(SHAS, days, outcomes, strict=False):
            cases = [("TestInstall", "passed"), ("TestEdge", outcome), ("TestÜmläut ☃", "skipped")]
            facts = {"commit": sha, "committed_at": day, "message": f"Change {day[:10]}", "author": "Ada", "run": "7"}
            self.ci.upload(junit(cases), job="deep", dimension=["k8s:1.32", "cni:calico"], **facts)
            self.ci.upload(junit(cases[:1]), job="upgrade", **facts)
        step = {"name": "create cluster", "conclusion": "failure", "started_at": "2026-03-03T10:00:00Z"}
        self.ci.send_job_runs(
            {
                "commit": SHAS[2],
                "job": "smoke",
                "run": "7",
                "conclusion": "failure",
                "started_at": "2026-03-03T10:00:00Z",
                "finished_at": "2026-03-03T10:10:00Z",
                "steps": [
                    {"name": "checkout", "conclusion": "success"},
                    step | {"finished_at": "2026-03-03T10:09:00Z"},
                ],
                "annotations": [{"message": "no space left", "title": "kind", "file": "ci/kind.sh", "line": 7}],
            }
        )
        self.ci.attach(b"pod/web-1 Running\n", commit=SHAS[2], job="smoke", run="7")
        work_all_off()

    def send_many(self, *, commits: int, jobs: int, tests: int) -> None:
        """A matrix of so many results, on branch main, with failures, steps, attachments and a second attempt."""
        for commit in range(commits):
            day = f"2026-04-{commit // 24 + 1:02}T{commit % 24:02}:00:00Z"
            for job in range(jobs):
                cases = [(f"Test{number}", "failed" if number % 3 == 0 else "passed") for number in range(tests)]
                facts = {"commit": SHAS[commit], "committed_at": day, "job": f"job-{job}", "run": "7"}
                self.ci.upload(junit(cases), **facts)
                self.ci.upload(junit(cases[:1]), **facts, attempt=2)
                steps = [{"name": f"step {number}", "conclusion": "success"} for number in range(tests)]
                self.ci.send_job_runs(facts | {"steps": steps})
                self.ci.attach(f"log {commit} {job}".encode(), **facts)
                self.ci.attach(f"another log {commit} {job}".encode(), **facts)
        work_all_off()


def work_all_off() -> None:
    """Everything that waits is recorded; what was rejected fails the test."""
    work_off()
    assert not Upload.objects.exclude(state=Upload.State.RECORDED).values_list("reason", flat=True)
