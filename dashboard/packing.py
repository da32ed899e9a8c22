"""How the outcomes and durations of a job run are kept: two short byte strings instead of a row for each test.

A format byte, then one element for each JobTest ordinal of the job. What lies beyond the end is absent.
Measured against one row an outcome: 3 to 5 bytes instead of 67 to 112, and a heat map of 200,000 cells in a millisecond.
Outcomes of a job run are nearly all alike, so they are deflated; durations are not, and a database can cut one test's out of
each run (SUBSTR) without reading the others.
"""

import math
import struct
import zlib
from collections.abc import Sequence

import numpy as np

HEADER = 1  # bytes before the first element

# Statuses: uint8. Durations: float32 seconds, little-endian, NaN where nothing is known.
_PLAIN = 1
# Statuses only: uint8, deflated. The same number means milliseconds for durations.
_DEFLATED = 2
# Durations that are whole numbers of a unit and fit: uint16, little-endian. Reports say milliseconds or less, mostly.
_UNITS_PER_SECOND = {2: 1000, 3: 100, 4: 10, 5: 1}
_UNKNOWN = 0xFFFF


def pack_statuses(statuses: np.ndarray) -> bytes:
    """statuses: uint8 (tests,), an outcome code for each ordinal."""
    plain = statuses.astype(np.uint8, copy=False).tobytes()
    deflated = zlib.compress(plain, 6)
    if len(deflated) < len(plain):
        return bytes([_DEFLATED]) + deflated
    return bytes([_PLAIN]) + plain


def pack_durations(durations: np.ndarray) -> bytes:
    """durations: float32 (tests,), seconds for each ordinal, NaN where unknown. Nothing is lost by packing.

    Empty when nothing is known of any.
    """
    seconds = durations.astype("<f4", copy=False)
    known = ~np.isnan(seconds)
    if not known.any():
        return b""
    values = seconds[known].astype(np.float64)
    for format_, per_second in _UNITS_PER_SECOND.items():
        units = np.rint(values * per_second)
        if (
            units.max() < _UNKNOWN
            and units.min() >= 0
            and np.array_equal((units / per_second).astype("<f4"), seconds[known])
        ):
            packed = np.full(len(seconds), _UNKNOWN, dtype="<u2")
            packed[known] = units
            return bytes([format_]) + packed.tobytes()
    return bytes([_PLAIN]) + seconds.tobytes()


def unpack_statuses(blob: bytes | memoryview, size: int | None = None) -> np.ndarray:
    """uint8 (size,): the outcome codes, absent (0) beyond what was packed. Without a size: as many as were packed."""
    values = np.frombuffer(_plain_statuses(blob), dtype=np.uint8)
    return values if size is None else _resized(values, size, 0)


def outcome_of(blob: bytes | memoryview, ordinal: int) -> int:
    """One ordinal's outcome code, absent (0) beyond what was packed."""
    plain = _plain_statuses(blob)
    return plain[ordinal] if ordinal < len(plain) else 0


def _plain_statuses(blob: bytes | memoryview) -> bytes | memoryview:
    if len(blob) < HEADER:
        return b""
    if blob[0] == _DEFLATED:
        return zlib.decompress(memoryview(blob)[HEADER:])
    if blob[0] != _PLAIN:
        raise _unknown_format(blob)
    return memoryview(blob)[HEADER:]


def unpack_durations(blob: bytes | memoryview, size: int | None = None) -> np.ndarray:
    """float32 (size,): seconds, NaN where unknown. Without a size: as many as were packed."""
    if len(blob) < HEADER:
        return np.full(size or 0, np.nan, dtype="<f4")
    if blob[0] == _PLAIN:
        values = np.frombuffer(blob, dtype="<f4", offset=HEADER)
    elif per_second := _UNITS_PER_SECOND.get(blob[0]):
        units = np.frombuffer(blob, dtype="<u2", offset=HEADER)
        values = (units / per_second).astype("<f4")
        values[units == _UNKNOWN] = np.nan
    else:
        raise _unknown_format(blob)
    return values if size is None else _resized(values, size, np.nan)


def duration_of(format_: bytes | memoryview, two: bytes | memoryview, four: bytes | memoryview) -> float:
    """Seconds, NaN where unknown, from what was cut out of packed durations for one ordinal.

    format_: the first byte; two and four: the element, as if elements had two bytes and as if they had four.
    """
    if not len(format_):
        return math.nan
    if format_[0] == _PLAIN:
        return struct.unpack("<f", four)[0] if len(four) == 4 else math.nan
    if not (per_second := _UNITS_PER_SECOND.get(format_[0])):
        raise _unknown_format(format_)
    units = int.from_bytes(two, "little") if len(two) == 2 else _UNKNOWN
    return math.nan if units == _UNKNOWN else units / per_second


def statuses_matrix(blobs: Sequence[bytes | memoryview], tests: int) -> np.ndarray:
    """uint8 (tests, runs): one column for each packed run, rows by ordinal; absent (0) where a run knew no such test."""
    matrix = np.zeros((len(blobs), tests), dtype=np.uint8)
    for row, blob in zip(matrix, blobs, strict=True):
        values = unpack_statuses(blob)[:tests]
        row[: len(values)] = values
    return matrix.T


def _unknown_format(blob: bytes | memoryview) -> ValueError:
    return ValueError(f"packed in format {blob[0]}, which this version of kindmap cannot read")


def _resized(values: np.ndarray, size: int, fill: float) -> np.ndarray:
    resized = np.full(size, fill, dtype=values.dtype)
    resized[: min(size, len(values))] = values[:size]
    return resized
