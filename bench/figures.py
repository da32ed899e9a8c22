"""Figures of the benches: printed as a table, and merged into build/bench.json so that two commits can be compared."""

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BENCH_JSON = ROOT / "build" / "bench.json"


class Figures:
    """What was measured: `{"figure name": {"value", "unit", "goal", "peer", "ok"}}`.

    goal is a text such as `>= 20000` or `< 50`; peer is what the peer's measurement gave, or None.
    """

    def __init__(self) -> None:
        self.figures: dict[str, dict[str, object]] = {}

    def add(self, name: str, value: float, unit: str, goal: str | None = None, peer: str | None = None) -> None:
        """Note a figure; ok is None when there is no goal."""
        value = round(value, 2)
        self.figures[name] = {"value": value, "unit": unit, "goal": goal, "peer": peer, "ok": _meets(value, goal)}

    def save(self) -> None:
        """Merge them into build/bench.json; figures of other benches stay."""
        BENCH_JSON.parent.mkdir(exist_ok=True)
        kept = json.loads(BENCH_JSON.read_text()) if BENCH_JSON.exists() else {}
        BENCH_JSON.write_text(json.dumps(kept | self.figures, indent=1) + "\n")

    def print(self) -> None:
        """A table of what was measured, the goal and the peer's figure beside it."""
        width = max(map(len, self.figures))
        for name, figure in self.figures.items():
            mark = {True: "ok", False: "MISSED", None: ""}[figure["ok"]]  # type: ignore[index]
            goal, peer = figure["goal"] or "", f"SQUAD {figure['peer']}" if figure["peer"] else ""
            print(f"{name:{width}}  {figure['value']:>12,} {figure['unit']:<14} {goal:<12} {mark:<7} {peer}")


def _meets(value: float, goal: str | None) -> bool | None:
    if goal is None:
        return None
    relation, _, bound = goal.partition(" ")
    return {
        "<": value < float(bound),
        "<=": value <= float(bound),
        ">=": value >= float(bound),
        "=": value == float(bound),
    }[relation]
