"""A small line of durations, drawn by the server as SVG."""

import math
from dataclasses import dataclass

WIDTH, HEIGHT, EDGE = 200, 28, 2


@dataclass(frozen=True, slots=True)
class Sparkline:
    """Lines to draw (one for each stretch of known values), in a box of WIDTH by HEIGHT whose top is the largest value."""

    lines: list[str]
    dots: list[tuple[float, float]]  # values without a known neighbour: a line of one point draws nothing
    largest: float
    width: int = WIDTH
    height: int = HEIGHT


def sparkline(values: list[float]) -> Sparkline:
    """values: seconds from left to right, NaN where unknown (a gap in the line)."""
    largest = max((value for value in values if not math.isnan(value)), default=0.0)
    step = (WIDTH - 2 * EDGE) / max(len(values) - 1, 1)
    stretches: list[list[tuple[float, float]]] = [[]]
    for index, value in enumerate(values):
        if math.isnan(value):
            stretches.append([])
            continue
        height = value / largest if largest else 0
        stretches[-1].append((round(EDGE + index * step, 1), round(HEIGHT - EDGE - height * (HEIGHT - 2 * EDGE), 1)))
    return Sparkline(
        lines=[" ".join(f"{x},{y}" for x, y in stretch) for stretch in stretches if len(stretch) > 1],
        dots=[stretch[0] for stretch in stretches if len(stretch) == 1],
        largest=largest,
    )
