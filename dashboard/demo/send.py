"""Send the demo's reports as any CI would: over HTTP, to the upload API."""

import http.client
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import islice
from threading import local
from urllib.parse import urlencode, urlsplit

from dashboard.demo.history import Run, commits, runs
from dashboard.demo.reports import body, broken_cluster

# As many as the web server has threads for: more would only wait.
SENDERS = 4
_TIMEOUT_SECONDS = 60


class NotAccepted(Exception):
    """The server's answer to a report of ours, when it was not a success."""


def newest_first(newest_at: datetime) -> Iterator[Run]:
    """Every run, the newest commit's first: what somebody looks at meanwhile is complete from its top."""
    for commit in reversed(commits(newest_at)):
        yield from runs(commit)


def send_all(site: str, repository: str, secret: str, newest_at: datetime, sent: Callable[[int], None]) -> int:
    """Send every run; sent(n) is told how many have been sent, now and then. How many there were."""
    sender = _Sender(site, repository, secret)
    everything, count = newest_first(newest_at), 0
    with ThreadPoolExecutor(SENDERS) as pool:
        while batch := list(islice(everything, 60)):
            for _ in pool.map(sender.send, batch):
                count += 1
            sent(count)
        sender.close()
    return count


class _Sender:
    """One connection for each thread, kept open."""

    def __init__(self, site: str, repository: str, secret: str) -> None:
        parts = urlsplit(site)
        self._make = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._host = parts.netloc
        self._repository = repository
        # A site whose address is https is served by a proxy; we talk to the server behind it, as the proxy does.
        self._headers = {"Authorization": f"Bearer {secret}", "X-Forwarded-Proto": "https"}
        self._thread = local()
        self._connections: list[http.client.HTTPConnection] = []

    def send(self, run: Run) -> None:
        if run.broken_cluster:
            path = f"/api/v1/job-runs?{urlencode({'repository': self._repository})}"
            self._post(path, json.dumps(broken_cluster(run)).encode(), "application/json")
            return
        query = [
            ("repository", self._repository),
            ("commit", run.commit.sha),
            ("branch", "main"),
            ("workflow", "integration"),
            ("job", run.row.job),
            *(("dimension", f"{name}:{value}") for name, value in run.row.dimensions.items()),
            ("run", str(1000 + run.commit.number)),
            ("attempt", str(run.attempt)),
            ("event", "push"),
            ("conclusion", run.conclusion),
            ("started_at", run.started_at.isoformat()),
            ("finished_at", (run.started_at + timedelta(seconds=run.seconds)).isoformat()),
            ("committed_at", run.commit.committed_at.isoformat()),
            ("author", run.commit.author),
            ("message", run.commit.message),
        ]
        self._post(f"/api/v1/uploads?{urlencode(query)}", body(run), "application/octet-stream")

    def close(self) -> None:
        for connection in self._connections:
            connection.close()

    def _post(self, path: str, content: bytes, content_type: str) -> None:
        headers = {**self._headers, "Content-Type": content_type}
        for is_last_try in (False, True):
            connection = self._connection()
            try:
                connection.request("POST", path, content, headers)
                response = connection.getresponse()
                answer = response.read()
                break
            except (http.client.HTTPException, ConnectionError):
                # The server closed a connection that had been idle, which is its right. The same body is the same upload.
                connection.close()
                if is_last_try:
                    raise
        if response.status not in (200, 202):
            raise NotAccepted(f"{response.status} {response.reason}: {answer[:500].decode(errors='replace')}")

    def _connection(self) -> http.client.HTTPConnection:
        if not hasattr(self._thread, "connection"):
            self._thread.connection = self._make(self._host, timeout=_TIMEOUT_SECONDS)
            self._connections.append(self._thread.connection)
        found: http.client.HTTPConnection = self._thread.connection
        return found
