"""Small reports by hand, and the shortest way to parse them."""

import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Iterable

from dashboard.intake import formats
from dashboard.intake.parse import ParsedUpload, parse_upload
from dashboard.intake.report import Case, Limits, Report
from dashboard.outcomes import Outcome


def parsed(data: bytes | str, limits: Limits | None = None) -> Report:
    raw = data.encode() if isinstance(data, str) else data
    return formats.parse(io.BytesIO(raw), limits or Limits())


def uploaded(data: bytes, content_type: str = "", limits: Limits | None = None) -> ParsedUpload:
    return parse_upload(io.BytesIO(data), content_type, limits)


def only(report: Report) -> Case:
    (case,) = report.cases
    return case


def outcomes(report: Report) -> dict[str, Outcome]:
    return {case.name: case.outcome for case in report.cases}


def looks_green(report: Report) -> bool:
    """Whether somebody could take the report for a passed one."""
    good = {Outcome.PASSED, Outcome.SKIPPED, Outcome.EXPECTED_FAILURE}
    return report.is_complete and not report.failures_outside_tests and {case.outcome for case in report.cases} <= good


def suite(*cases: str, name: str = "s", **attributes: str) -> str:
    """A <testsuite> around <testcase> elements written as text."""
    more = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f'<testsuite name="{name}"{more}>{"".join(cases)}</testsuite>'


def case(inside: str = "", **attributes: str) -> str:
    """A <testcase>; class_ is its class attribute."""
    written = "".join(f' {key.rstrip("_")}="{value}"' for key, value in ({"name": "t"} | attributes).items())
    return f"<testcase{written}>{inside}</testcase>"


def events(*events: dict[str, object]) -> str:
    """Lines of `go test -json`; keys are written as go writes them."""
    return "".join(json.dumps({key.capitalize(): value for key, value in event.items()}) + "\n" for event in events)


def ctrf(*tests: dict[str, object], **document: object) -> str:
    return json.dumps(
        {"reportFormat": "CTRF", "specVersion": "1.0.0", "results": {"tool": {"name": "x"}, "tests": tests}} | document
    )


def zip_of(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def tar_of(members: Iterable[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for info, content in members:
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def tar_gz_of(members: dict[str, bytes]) -> bytes:
    return gzip.compress(tar_of((tarfile.TarInfo(name), content) for name, content in members.items()))


def form_of(files: dict[str, bytes], boundary: str = "boundary") -> tuple[bytes, str]:
    """(body, content type) of a form with files, as curl -F writes it."""
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="report"; filename="{name}"\r\n\r\n'.encode()
        + content
        + b"\r\n"
        for name, content in files.items()
    ]
    return b"".join(parts) + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"
