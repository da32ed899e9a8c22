"""A small line of durations, drawn by the server as SVG."""

from dataclasses import dataclass

import numpy as np

WIDTH, HEIGHT, EDGE = 200, 28, 2


@dataclass(frozen=True, slots=True)
class Sparkline:
    """Lines to draw (one for each stretch of known values), in a box of WIDTH by HEIGHT whose top is the largest value."""

    lines: list[str]
    dots: list[tuple[float, float]]  # values without a known neighbour: a line of one point draws nothing
    largest: float
    width: int = WIDTH
    height: int = HEIGHT


def sparkline(values: np.ndarray) -> Sparkline:
    """values: float (n,), seconds from left to right, NaN where unknown (a gap in the line)."""
    known = ~np.isnan(values)
    largest = float(values[known].max(initial=0.0))
    across = EDGE + np.arange(len(values)) * (WIDTH - 2 * EDGE) / max(len(values) - 1, 1)
    up = HEIGHT - EDGE - np.nan_to_num(values) / (largest or 1) * (HEIGHT - 2 * EDGE)
    points = list(zip(across.round(1).tolist(), up.round(1).tolist(), strict=True))
    # A stretch begins where a known value follows an unknown one, and ends before the next unknown one.
    edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]])))
    stretches = [points[start:end] for start, end in edges.reshape(-1, 2).tolist()]
    return Sparkline(
        lines=[" ".join([f"{x},{y}" for x, y in stretch]) for stretch in stretches if len(stretch) > 1],
        dots=[stretch[0] for stretch in stretches if len(stretch) == 1],
        largest=largest,
    )
