"""The section *Complete*: the calendar of `coverage`."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from altegio_sync.domain.day_words import month_heading, whole_day
from altegio_sync.domain.ledger import Grade
from altegio_sync.messages import live as texts
from altegio_sync.messages.calendar import WEEKDAYS
from altegio_sync.messages.coverage import COVERED, OUTDATED

if TYPE_CHECKING:
    from datetime import date

    from altegio_sync.domain.ledger import CompanyCoverage
    from altegio_sync.domain.live import LivePage
    from altegio_sync.messages import Message

#: The class of the colour, and a sign that does not need the colour.
_PROVED, _CHECKED, _GAP = ("proved", "✓"), ("checked", "+"), ("gap", "!")
_STATES = {"proved": texts.PROVED, "checked": texts.CHECKED, "gap": texts.GAP}


@dataclass(frozen=True, slots=True)
class _Day:
    day: date
    kind: str
    sign: str
    label: Message


def show_coverage(_page: LivePage, coverage: CompanyCoverage) -> dict[str, Any]:
    months = [
        (month_heading(first_day), _weeks([_to_day(each, coverage) for each in days]))
        for first_day, days in groupby(coverage.days, key=lambda day: day.replace(day=1))
    ]
    notes = [
        COVERED(covered=len(coverage.graded), count=len(coverage.days), proved=coverage.proved)
    ]
    if coverage.outdated:
        notes.append(OUTDATED(count=len(coverage.outdated)))
    return {
        "months": months,
        "weekdays": [day() for day in WEEKDAYS],
        "notes": notes,
        "legend": [(*each, _STATES[each[0]]()) for each in (_PROVED, _CHECKED, _GAP)],
    }


def _to_day(day: date, coverage: CompanyCoverage) -> _Day:
    entry = coverage.graded.get(day)
    if entry is None:
        kind, sign = _GAP
    else:
        kind, sign = _PROVED if entry.grade is Grade.PROVED else _CHECKED
    return _Day(day, kind, sign, texts.DAY_IS(day=whole_day(day), state=_STATES[kind]()))


def _weeks(days: list[_Day]) -> list[list[_Day | None]]:
    """Rows of seven from Monday on; None where the row has no day of the period."""
    weeks: list[list[_Day | None]] = []
    for each in days:
        if not weeks or each.day.weekday() == 0:
            weeks.append([None] * 7)
        weeks[-1][each.day.weekday()] = each
    return weeks
