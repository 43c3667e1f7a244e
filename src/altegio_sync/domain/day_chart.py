"""Bars of a chart: one for each day, or for each week, month or year when the span is long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

from altegio_sync.domain.day_words import short_day, short_month, week_of, whole_day
from altegio_sync.domain.stats import EARLIEST, LATEST
from altegio_sync.messages import page as texts
from altegio_sync.messages.calendar import YEAR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from altegio_sync.domain.period import Period
    from altegio_sync.domain.stats import DayCount
    from altegio_sync.messages import Message

Unit = Literal["day", "week", "month", "year"]
_UNITS: tuple[Unit, ...] = ("day", "week", "month", "year")
#: A mistyped year must not flatten the chart, so days that are further away are only counted.
_YEARS_SHOWN = 20
_HEADINGS = {
    "day": texts.BY_DAY,
    "week": texts.BY_WEEK,
    "month": texts.BY_MONTH,
    "year": texts.BY_YEAR,
}
_UNIT_NAMES = {"day": texts.DAY, "week": texts.WEEK, "month": texts.MONTH, "year": texts.YEAR}


@dataclass(frozen=True, slots=True)
class Bar:
    """The number of appointments in the day, week, month or year that begins on ``day``."""

    first_day: date
    count: int
    #: Whether the whole unit is after today.
    is_ahead: bool


@dataclass(frozen=True, slots=True)
class DayChart:
    """Bars without a gap, in order; ``outside`` counts appointments too far from today to show."""

    unit: Unit
    bars: tuple[Bar, ...]
    outside: int = 0

    @property
    def highest(self) -> int:
        return max((bar.count for bar in self.bars), default=0)

    @property
    def heading(self) -> Message:
        return _HEADINGS[self.unit]()

    @property
    def unit_name(self) -> Message:
        return _UNIT_NAMES[self.unit]()

    def label(self, bar: Bar) -> Message:
        """The bar in short, such as `2 Mar`."""
        match self.unit:
            case "day" | "week":
                return short_day(bar.first_day)
            case "month":
                return short_month(bar.first_day)
            case "year":
                return YEAR(year=str(bar.first_day.year))

    def title(self, bar: Bar) -> Message:
        """The bar in words, such as `week of 2 Mar 2026`."""
        match self.unit:
            case "day":
                return whole_day(bar.first_day)
            case "week":
                return week_of(bar.first_day)
            case "month" | "year":
                return self.label(bar)


def draw_days(
    by_day: Sequence[DayCount], period: Period | None, today: date, *, most_bars: int
) -> DayChart:
    """At most ``most_bars`` bars. They cover the whole period if both its ends are given."""
    near = [each for each in by_day if abs(each.day.year - today.year) <= _YEARS_SHOWN]
    outside = sum(each.count for each in by_day) - sum(each.count for each in near)
    if not near:
        return DayChart("day", (), outside)
    first, last = near[0].day, near[-1].day
    if period is not None and period.start != EARLIEST and period.last_day != LATEST:
        edge = timedelta(days=366 * _YEARS_SHOWN)
        first = min(first, max(period.start, today - edge))
        last = max(last, min(period.last_day, today + edge))
    unit: Unit = next((each for each in _UNITS if _length(first, last, each) <= most_bars), "year")
    counts: dict[date, int] = {}
    for each in near:
        key = _floor(each.day, unit)
        counts[key] = counts.get(key, 0) + each.count
    bars = []
    day = _floor(first, unit)
    while day <= last:
        bars.append(Bar(day, counts.get(day, 0), is_ahead=day > today))
        day = _next(day, unit)
    return DayChart(unit, tuple(bars), outside)


def _length(first: date, last: date, unit: Unit) -> int:
    match unit:
        case "day":
            return (last - first).days + 1
        case "week":
            return (_floor(last, unit) - _floor(first, unit)).days // 7 + 1
        case "month":
            return (last.year - first.year) * 12 + last.month - first.month + 1
        case "year":
            return last.year - first.year + 1


def _floor(day: date, unit: Unit) -> date:
    match unit:
        case "day":
            return day
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "year":
            return day.replace(month=1, day=1)


def _next(day: date, unit: Unit) -> date:
    match unit:
        case "day":
            return day + timedelta(days=1)
        case "week":
            return day + timedelta(days=7)
        case "month":
            return (day + timedelta(days=31)).replace(day=1)
        case "year":
            return day.replace(year=day.year + 1)
