"""The HTML of heat maps, put together from strings.

A template loop over cells costs 30 times as much: a page of 100 rows by 200 runs is 3,300 cells. Every text is escaped
once, here.
Closing tags of cells and rows are left out, as HTML allows: they would be a third of the bytes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from itertools import groupby
from typing import NamedTuple

import numpy as np
from django.utils.safestring import SafeString, mark_safe

from dashboard.analysis.grid import cell_runs
from dashboard.models import Verdict
from dashboard.outcomes import Outcome
from dashboard.views.commits import CommitColumn
from dashboard.views.marks import OUTCOME_MARKS, VERDICT_MARKS
from dashboard.views.text import cut_name, full_name, short_name, utc, visible

ROW_HEIGHT = 22  # px; static/css/grid.css has the same number

_LETTERS = [OUTCOME_MARKS[outcome].letter for outcome in Outcome]
_CSS = [OUTCOME_MARKS[outcome].css for outcome in Outcome]


@dataclass(frozen=True, slots=True)
class Column:
    """A job run as a column of a heat map, and what its head says."""

    id: int
    place: int
    verdict: int
    is_complete: bool
    commit: int
    sha: str
    message: str  # its beginning; the head shows no more than the first line
    author: str
    committed_at: datetime
    attempt: int
    is_commit_guessed: bool

    @property
    def words(self) -> str:
        """What the head says in full, and the script beside a cell."""
        subject = self.message.partition("\n")[0]
        parts = [self.sha[:8], visible(subject), visible(self.author)]
        parts += [utc(self.committed_at), VERDICT_MARKS[Verdict(self.verdict)].words]
        if self.attempt > 1:
            parts.append(f"attempt {self.attempt}")
        if not self.is_complete:
            parts.append("report cut short")
        if self.is_commit_guessed:
            parts.append("commit chosen by time")
        return " · ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Row:
    """A test as a row of a heat map."""

    ordinal: int
    job_test: int
    test: int
    suite: str
    name: str


def columns_head(columns: Sequence[Column], base: str) -> SafeString:
    """Two rows of heads: the days, and each run with its commit and verdict. base: the repository's address."""
    days = _days(column.committed_at for column in columns)
    heads = []
    for column in columns:
        mark = VERDICT_MARKS[Verdict(column.verdict)]
        css = " class=doubt" if column.is_commit_guessed or not column.is_complete else ""
        heads.append(
            f'<th scope=col{css}><a href="{base}job-runs/{column.id}/" title="{escape(column.words)}">'
            f"<span>{escape(column.sha[:8])}</span><b class={mark.css}>{mark.letter}</b></a>"
        )
    return mark_safe(f"<tr class=days><td>{days}</tr><tr><td>{''.join(heads)}</tr>")


def rows_of_cells(
    rows: Sequence[Row],
    matrix: np.ndarray,
    columns: Sequence[Column],
    failures: Mapping[tuple[int, int], int],
    base: str,
) -> list[str]:
    """The rows of a heat map of tests by runs, each as HTML.

    matrix: uint8 (rows, columns); failures: Failure ids by (job run, job test); base: the repository's address.
    A cell that is neither a pass nor an absence links to its failure, else to its line on the job run's page.
    """
    runs = [column.id for column in columns]
    cells = cell_runs(matrix)
    drawn: list[list[str]] = []
    for index, column, length, code in zip(
        cells.rows.tolist(), cells.columns.tolist(), cells.lengths.tolist(), cells.codes.tolist(), strict=True
    ):
        if index == len(drawn):
            row = rows[index]
            out = [f"<tr>{row_head(row.suite, row.name, f'{base}tests/{row.test}/')}"]
            drawn.append(out)
        if code <= Outcome.PASSED:
            out.append(f"<td class={_CSS[code]} colspan={length}>" if length > 1 else f"<td class={_CSS[code]}>")
            continue
        failure = failures.get((runs[column], row.job_test))
        href = f"failures/{failure}/" if failure else f"job-runs/{runs[column]}/?at={row.ordinal}#test-{row.ordinal}"
        out.append(f'<td class={_CSS[code]}><a href="{base}{href}">{_LETTERS[code]}</a>')
    return ["".join(row) for row in drawn]


def drawn_rows(first: int, rows: Sequence[str]) -> SafeString:
    """Rows as a body of the table; first: the number of its first row, from 1."""
    return mark_safe(f"<tbody id=rows-{first}>{''.join(rows)}</tbody>")


def later_rows(first: int, last: int, columns: int, query: str, page: int) -> SafeString:
    """A body that stands for rows not drawn yet: as high as they are, fetched when it comes into view, a link without a script.

    query: what the address says besides rows and page, encoded and ending in & if there is anything.
    """
    fetch, link = escape(f"?{query}rows={first}-{last}"), escape(f"?{query}page={page}")
    return mark_safe(
        f'<tbody class=later id=rows-{first} hx-get="{fetch}" hx-trigger="intersect once" hx-swap=outerHTML hx-target=this>'
        f'<tr><td colspan={columns + 1} height={(last - first + 1) * ROW_HEIGHT}><a href="{link}">Rows {first} to {last}</a>'
        "</tbody>"
    )


class RunCell(NamedTuple):
    """What a test did in one run, as a part of a cell. A tuple, because a page makes thousands of them."""

    outcome: int
    job_run: int
    ordinal: int
    failure: int | None

    def link(self, base: str) -> str:
        mark = OUTCOME_MARKS[Outcome(self.outcome)]
        href = (
            f"failures/{self.failure}/"
            if self.failure
            else f"job-runs/{self.job_run}/?at={self.ordinal}#test-{self.ordinal}"
        )
        return f'<a class={mark.css} href="{base}{href}" aria-label="{mark.words}">{mark.letter}</a>'


def commit_heads(commits: Sequence[CommitColumn]) -> SafeString:
    """Two rows of heads: the days, and each commit."""
    heads = "".join(
        f'<th scope=col><a title="{escape(commit.words)}"><span>{escape(commit.sha[:8])}</span></a>'
        for commit in commits
    )
    return mark_safe(f"<tr class=days><td>{_days(commit.committed_at for commit in commits)}</tr><tr><td>{heads}</tr>")


def strip_of_cells(cells: Sequence[Sequence[RunCell]], base: str) -> SafeString:
    """One row of cells, a commit each: its runs side by side; neighbouring single passes, or absences, as one cell."""
    out = []
    for (outcome, is_single), group in groupby(
        cells, lambda runs: (runs[0].outcome if runs else Outcome.ABSENT, len(runs) < 2)
    ):
        members = list(group)
        if is_single and outcome <= Outcome.PASSED:
            span = f" colspan={len(members)}" if len(members) > 1 else ""
            out.append(f"<td class={_CSS[outcome]}{span}>")
            continue
        for runs in members:
            links = "".join(run.link(base) for run in runs)
            out.append(f"<td class=runs>{links}" if len(runs) < 2 else f"<td class=runs><div>{links}</div>")
    return mark_safe("".join(out))


def _days(moments: Iterable[datetime]) -> str:
    """Heads of the days that the columns below belong to."""
    days = groupby(utc(moment)[5:10] for moment in moments)
    return "".join(f"<th scope=colgroup colspan={len(list(group))}>{day}" for day, group in days)


def row_head(suite: str, name: str, href: str) -> str:
    """A row's name: cut before its end when there is no room, whole behind it."""
    shown, full = escape(cut_name(short_name(suite, name))), escape(full_name(suite, name))
    return f'<th scope=row><a href="{href}" title="{full}"><b>{shown}</b></a>'
