"""A kept file as an answer. It is only ever downloaded: what strangers sent is never shown as a page of ours."""

from collections.abc import Iterator
from contextlib import ExitStack

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

from dashboard.intake.keep import kept
from dashboard.models import Attachment

_CHUNK = 2**18


def download(attachment: Attachment) -> StreamingHttpResponse:
    """The file of an attachment, as it came. FileNotFoundError when it is no longer kept."""
    response = StreamingHttpResponse(_Body(attachment.file), content_type="application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(True, attachment.name) or "attachment"
    response["Content-Length"] = str(attachment.size_bytes)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-cache"
    return response


class _Body:
    """The bytes of a kept file. It is open from the start, so that a missing one is found before the answer begins."""

    def __init__(self, name: str) -> None:
        self._open = ExitStack()
        self._file = self._open.enter_context(kept(name))

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self._file.read(_CHUNK):
            yield chunk

    def close(self) -> None:
        self._open.close()
