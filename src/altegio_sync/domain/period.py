"""Periods of local days. `period_words` reads the words that people write for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from altegio_sync.errors import ConfigError
from altegio_sync.messages import periods as texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """Local days from ``start`` to the day before ``end``; never empty."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.start >= self.end:
            raise ValueError("a period holds one day at least")

    @classmethod
    def of_days(cls, first: date, last: date) -> Period:
        """A period from the first to the last day, both included."""
        return cls(first, last + _DAY)

    @property
    def last_day(self) -> date:
        return self.end - _DAY

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    def on(self, _today: date) -> Period:
        return self

    def each_day(self) -> Iterator[date]:
        return (self.start + timedelta(days=n) for n in range(self.days))

    def moments(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """When the period begins and ends in the zone, the end excluded."""
        return datetime.combine(self.start, time(), zone), datetime.combine(self.end, time(), zone)

    def windows(self, count: int) -> Iterator[Period]:
        """Yield at most ``count`` windows in order, of nearly the same length, without overlap."""
        count = max(1, min(count, self.days))
        edges = [self.start + timedelta(days=self.days * n // count) for n in range(count + 1)]
        yield from (Period(first, end) for first, end in pairwise(edges))


#: Contains the day of any booking.
ALL_DAYS = Period.of_days(date(2000, 1, 1), date(2099, 12, 31))


def spans(days: Iterable[date]) -> list[Period]:
    """Join days (in order) into periods of consecutive days."""
    found: list[Period] = []
    for day in days:
        if found and found[-1].end == day:
            found[-1] = Period(found[-1].start, day + _DAY)
        else:
            found.append(Period.of_days(day, day))
    return found


@dataclass(frozen=True, slots=True)
class NamedPeriod:
    """A period that depends on the current day, such as `last-month`."""

    name: str

    def on(self, today: date) -> Period:
        return Period.of_days(*_NAMED[self.name](today))


@dataclass(frozen=True, slots=True)
class FromTo:
    """The days from the first day of one period to the last day of another."""

    first: Period | NamedPeriod
    last: Period | NamedPeriod

    def on(self, today: date) -> Period:
        """Raises ConfigError if the first day is after the last."""
        first, last = self._ends(today)
        if first > last:
            raise ConfigError(texts.START_AFTER_END(first=first, last=last))
        return Period.of_days(first, last)

    def is_reversed(self, today: date) -> bool:
        first, last = self._ends(today)
        return first > last

    def _ends(self, today: date) -> tuple[date, date]:
        return self.first.on(today).start, self.last.on(today).last_day


AnyPeriod = Period | NamedPeriod | FromTo


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _week(monday: date) -> tuple[date, date]:
    return monday, monday + timedelta(days=6)


def month_of(first: date) -> tuple[date, date]:
    """The first and the last day of the month that begins on ``first``."""
    return first, (first + timedelta(days=31)).replace(day=1) - _DAY


def _month_before(day: date) -> date:
    return (day.replace(day=1) - _DAY).replace(day=1)


def _month_after(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1)


_NAMED: dict[str, Callable[[date], tuple[date, date]]] = {
    "today": lambda today: (today, today),
    "yesterday": lambda today: (today - _DAY, today - _DAY),
    "this-week": lambda today: (_monday(today), today),
    "last-week": lambda today: _week(_monday(today) - timedelta(days=7)),
    "this-month": lambda today: (today.replace(day=1), today),
    "last-month": lambda today: month_of(_month_before(today)),
    "tomorrow": lambda today: (today + _DAY, today + _DAY),
    "next-week": lambda today: _week(_monday(today) + timedelta(days=7)),
    "next-month": lambda today: month_of(_month_after(today)),
    "last-7-days": lambda today: (today - timedelta(days=6), today),
    "last-30-days": lambda today: (today - timedelta(days=29), today),
    "this-year": lambda today: (today.replace(month=1, day=1), today),
    "around": lambda today: (today - timedelta(days=30), today + timedelta(days=60)),
}
PERIOD_NAMES = tuple(_NAMED)
