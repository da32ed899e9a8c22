"""CI history that was kept as plain JSON lists, without commits: job runs, failure messages, and the commits of that time.

`*jobs*.json`: `[[workflow, job, conclusion, started, completed], …]`
`*annotations*.json`: `[[workflow, job, started, completed, file, line, message], …]`
`*commits*.json`: `[{"sha", "date", "subject", "author"}, …]`
"""

import bisect
import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any


class UnreadableHistory(Exception):
    """The folder does not hold what is needed; the message says what is missing or wrong."""


def job_runs_of(folder: Path) -> Iterator[dict[str, Any]]:
    """The job runs of a folder as dashboard.intake.job_runs takes them, oldest first.

    A run knows no commit: it is given the newest one that was there when it started, and says that this is a guess.
    """
    commits = sorted(_read(folder, "commits"), key=lambda commit: datetime.fromisoformat(commit["date"]))
    times = [datetime.fromisoformat(commit["date"]) for commit in commits]
    if not commits:
        raise UnreadableHistory(f"{folder} has no commits to give the runs to")
    annotations: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for workflow, job, started, completed, file, line, message in _read(folder, "annotations", optional=True):
        where = annotations.setdefault((workflow, job, started, completed), [])
        where.append({"file": file, "line": line, "message": message})
    same: Counter[tuple[str, ...]] = Counter()
    for workflow, job, conclusion, started, completed in sorted(
        _read(folder, "jobs"), key=lambda row: (row[3], row[:3])
    ):
        same[workflow, job, started] += 1
        number = same[workflow, job, started]
        commit = commits[max(0, bisect.bisect_right(times, datetime.fromisoformat(started)) - 1)]
        yield {
            "commit": commit["sha"],
            "committed_at": commit["date"],
            "message": commit.get("subject", ""),
            "author": commit.get("author", ""),
            "is_commit_guessed": True,
            "workflow": workflow,
            "job": job,
            # Jobs of a workflow that started at one moment are one run; a second one like it is another run.
            "run": started if number == 1 else f"{started} #{number}",
            "conclusion": conclusion,
            "started_at": started,
            "finished_at": completed,
            "annotations": annotations.get((workflow, job, started, completed), []),
        }


def _read(folder: Path, what: str, *, optional: bool = False) -> list[Any]:
    files = sorted(folder.glob(f"*{what}*.json"))
    if not files and not optional:
        raise UnreadableHistory(f"{folder} has no *{what}*.json")
    rows: list[Any] = []
    for file in files:
        try:
            rows += json.loads(file.read_text())
        except (ValueError, TypeError) as error:
            raise UnreadableHistory(f"{file}: {error}") from None
    return rows
