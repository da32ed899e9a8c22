"""Report formats: bytes → Report. Nothing here knows the database, Django or where the bytes came from."""

from typing import BinaryIO

from dashboard.intake.formats import ctrf, gotest, junit, tap
from dashboard.intake.formats.detect import detect
from dashboard.intake.formats.others import NotAReport
from dashboard.intake.report import Limits, Report

__all__ = ["NotAReport", "detect", "parse"]

_PARSERS = {"junit": junit.parse, "gotest": gotest.parse, "tap": tap.parse, "ctrf": ctrf.parse}


def parse(stream: BinaryIO, limits: Limits) -> Report:
    """A report in whichever of the formats its content shows; stream is seekable.

    Raises NotAReport for what is no report that is read, Refused for a report that cannot be used.
    """
    parser = _PARSERS[detect(stream, limits)]
    stream.seek(0)
    return parser(stream, limits)
