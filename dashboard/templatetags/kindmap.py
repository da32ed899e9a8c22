"""How times, durations, sizes and names are written on every page."""

import math
from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from dashboard.models import Verdict
from dashboard.outcomes import Outcome
from dashboard.views.marks import OUTCOME_MARKS, VERDICT_MARKS
from dashboard.views.text import utc, visible

register = template.Library()
register.filter("visible", visible)

_UNITS = ((365 * 86_400, "y"), (86_400, "d"), (3_600, "h"), (60, "min"))


def age(moment: datetime, now: datetime | None = None) -> str:
    """How long ago, in the largest unit that fits: `3 h ago`; `in 3 d` for what is to come."""
    seconds = ((now or timezone.now()) - moment).total_seconds()
    for size, unit in _UNITS:
        if abs(seconds) >= size:
            number = int(abs(seconds) // size)
            return f"{number} {unit} ago" if seconds > 0 else f"in {number} {unit}"
    return "just now"


@register.simple_tag
def when(moment: datetime | None, nothing: str = "—") -> str:
    """A time with its zone and its age."""
    if moment is None:
        return nothing
    return format_html(
        '<time class="nowrap" datetime="{}">{}</time> <span class="muted nowrap">({})</span>',
        moment.isoformat(),
        utc(moment),
        age(moment),
    )


@register.simple_tag
def ago(moment: datetime | None, nothing: str = "—") -> str:
    """A time's age, with the time itself behind it."""
    if moment is None:
        return nothing
    return format_html(
        '<time class="nowrap" datetime="{}" title="{}">{}</time>', moment.isoformat(), utc(moment), age(moment)
    )


@register.filter
def duration(seconds: float | None) -> str:
    """Seconds as people say them, always with a unit: `12 ms`, `1.24 s`, `3 min 20 s`, `2 h 5 min`."""
    if seconds is None or math.isnan(seconds):
        return "—"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


@register.simple_tag
def verdict(code: int) -> SafeString:
    """A verdict's cell and its words."""
    mark = VERDICT_MARKS[Verdict(code)]
    return format_html('<span class="mark {}" aria-hidden="true">{}</span> {}', mark.css, mark.letter, mark.words)


@register.simple_tag
def outcome(code: int) -> SafeString:
    """An outcome's cell and its words."""
    mark = OUTCOME_MARKS[Outcome(code)]
    return format_html('<span class="mark {}" aria-hidden="true">{}</span> {}', mark.css, mark.letter, mark.words)
