"""Requests that Django's test client cannot make: the WSGI application called as a server calls it."""

import io
import json
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.core.wsgi import get_wsgi_application

from tests.api.caller import API, SHAS


class Answer(NamedTuple):
    status: int
    body: bytes

    @property
    def detail(self) -> str:
        return json.loads(self.body)["detail"]


def post_raw(path: str, secret: str, stream: io.BufferedIOBase, **environ: Any) -> Answer:
    """POST with a body that may be shorter than announced, or come in chunks without a length."""
    path, _, query = path.partition("?")
    statuses = []
    body = get_wsgi_application()(
        {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": "testserver",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_AUTHORIZATION": f"Bearer {secret}",
            "CONTENT_TYPE": "application/xml",
            "wsgi.url_scheme": "http",
            "wsgi.input": stream,
            "wsgi.errors": io.StringIO(),
            "wsgi.version": (1, 0),
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        | environ,
        lambda status, headers, error=None: statuses.append(int(status.split()[0])),
    )
    try:
        return Answer(statuses[0], b"".join(body))
    finally:
        body.close()


def address(path: str, **query: object) -> str:
    """The address of a write route for a run of acme/widgets."""
    run = {"repository": "acme/widgets", "commit": SHAS[0], "job": "deep"} | query
    return f"{API}/{path}?{urlencode(run, doseq=True)}"
