"""CI jobs that send results at once, and what must be true of them afterwards."""

import http.client
import urllib.parse
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from dashboard.models import JobRun, RecordedUpload, Repository, Upload
from tests.conftest import CiToken
from tests.support.stack import LiveStack

TESTS = 6


class Sent(NamedTuple):
    """An upload that was sent: its number, and the status of the answer (0: there was none)."""

    number: int
    status: int


def report(number: int) -> bytes:
    """Six tests, of which one to three fail, each report with another text."""
    cases = "".join(
        f'<testcase classname="suite" name="test {index}" time="0.25">'
        + (f"<failure message='broken {number}'>run {number}</failure>" if index <= number % 3 else "")
        + "</testcase>"
        for index in range(TESTS)
    )
    return f"<testsuite>{cases}</testsuite>".encode()


def send(stack: LiveStack, token: CiToken, number: int) -> Sent:
    """Send one upload: four jobs to a commit."""
    query = urllib.parse.urlencode(
        {
            "repository": "acme/widgets",
            "commit": f"{number // 4:040x}",
            "job": f"job {number % 4}",
            "committed_at": f"2026-03-01T{number // 4 % 24:02}:00:00Z",
        }
    )
    connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=60)
    try:
        connection.request("POST", f"/api/v1/uploads?{query}", report(number), token.headers)
        return Sent(number, connection.getresponse().status)
    except (OSError, http.client.HTTPException):
        return Sent(number, 0)
    finally:
        connection.close()


def send_all(stack: LiveStack, token: CiToken, numbers: range, clients: int = 4) -> list[Sent]:
    with ThreadPoolExecutor(clients) as pool:
        return list(pool.map(lambda number: send(stack, token, number), numbers))


def assert_each_recorded_once(repository: Repository, sent: list[Sent]) -> None:
    """Every upload that was accepted is in exactly one job run, with the totals that it should have; no other is."""
    accepted = {number for number, status in sent if status in (200, 202)}
    uploads = Upload.objects.filter(repository=repository)
    assert Counter(uploads.values_list("state", flat=True)) == {Upload.State.RECORDED: len(accepted)}
    links = Counter(RecordedUpload.objects.filter(upload__in=uploads).values_list("upload", flat=True))
    assert len(links) == len(accepted)
    assert set(links.values()) == {1}
    got = {
        int(sha, 16) * 4 + int(job.removeprefix("job ")): (passed, failed, failures)
        for sha, job, passed, failed, failures in (
            (run.commit.sha, run.job.name, run.passed, run.failed, run.failures.count())
            for run in JobRun.objects.select_related("commit", "job")
        )
    }
    assert got == {number: (TESTS - 1 - number % 3, 1 + number % 3, 1 + number % 3) for number in accepted}
