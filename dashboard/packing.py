"""How the outcomes and durations of a job run are kept: two short byte strings instead of a row for each test.

A format byte, then one element for each JobTest ordinal of the job. What lies beyond the end is absent.
Measured against one row an outcome: 5 bytes instead of 67 to 112, and a heat map of 200,000 cells in a millisecond.
"""

from collections.abc import Sequence

import numpy as np

RAW = 1  # statuses: uint8; durations: little-endian float32 seconds, NaN where nothing is known

HEADER = 1  # bytes before the first element


def pack_statuses(statuses: np.ndarray) -> bytes:
    """statuses: uint8 (tests,), an outcome code for each ordinal."""
    return bytes([RAW]) + statuses.astype(np.uint8, copy=False).tobytes()


def pack_durations(durations: np.ndarray) -> bytes:
    """durations: float (tests,), seconds for each ordinal, NaN where unknown. Empty when nothing is known of any."""
    if np.isnan(durations).all():
        return b""
    return bytes([RAW]) + durations.astype("<f4", copy=False).tobytes()


def unpack_statuses(blob: bytes | memoryview, size: int | None = None) -> np.ndarray:
    """uint8 (size,): the outcome codes, absent (0) beyond what was packed. Without a size: as many as were packed."""
    values = np.frombuffer(blob, dtype=np.uint8, offset=HEADER) if _checked(blob) else np.zeros(0, dtype=np.uint8)
    return values if size is None else _resized(values, size, 0)


def unpack_durations(blob: bytes | memoryview, size: int | None = None) -> np.ndarray:
    """float32 (size,): seconds, NaN where unknown. Without a size: as many as were packed."""
    values = np.frombuffer(blob, dtype="<f4", offset=HEADER) if _checked(blob) else np.zeros(0, dtype="<f4")
    return values if size is None else _resized(values, size, np.nan)


def statuses_matrix(blobs: Sequence[bytes | memoryview], tests: int) -> np.ndarray:
    """uint8 (tests, runs): one column for each packed run, rows by ordinal; absent (0) where a run knew no such test."""
    matrix = np.zeros((len(blobs), tests), dtype=np.uint8)
    for row, blob in zip(matrix, blobs, strict=True):
        values = unpack_statuses(blob)[:tests]
        row[: len(values)] = values
    return matrix.T


def _checked(blob: bytes | memoryview) -> bool:
    """Whether there is anything to read; ValueError when it was packed in a way that this version does not know."""
    if len(blob) < HEADER:
        return False
    if blob[0] != RAW:
        raise ValueError(f"packed in format {blob[0]}, which this version of kindmap cannot read")
    return True


def _resized(values: np.ndarray, size: int, fill: float) -> np.ndarray:
    resized = np.full(size, fill, dtype=values.dtype)
    resized[: min(size, len(values))] = values[:size]
    return resized
