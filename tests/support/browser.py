"""A real browser, and a record of everything in it that should not have happened."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, sync_playwright

from tests.support.missing import missing

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def launch_browser() -> Iterator[Browser]:
    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        missing("Chromium", "apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


class Watch:
    """What a page did that no page of kindmap may do: errors, refusals of its own policy, requests to other hosts."""

    def __init__(self, page: Page, url: str) -> None:
        self.host = urlsplit(url).netloc
        self.findings: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.findings.append(f"script error: {error}"))
        page.on("request", self._request)
        page.on("requestfailed", lambda request: self.findings.append(f"failed: {request.url} ({request.failure})"))
        page.on("response", self._response)

    def assert_quiet(self) -> None:
        assert not self.findings, "\n".join(self.findings)

    def _console(self, message: ConsoleMessage) -> None:
        # A violation of the content security policy is reported here too.
        if message.type in ("error", "warning"):
            self.findings.append(f"console {message.type}: {message.text} ({message.location.get('url', '')})")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and parts.netloc != self.host:
            self.findings.append(f"foreign request: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 500:
            self.findings.append(f"{response.status} from {response.url}")
