"""Days and months in words, such as 1–31 October."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from altegio_sync.messages import calendar as texts

if TYPE_CHECKING:
    from datetime import datetime

    from altegio_sync.domain.period import Period
    from altegio_sync.messages import Message


def day_range(period: Period, this_year: int) -> Message:
    """The period in words, such as 1–31 October; with the year if it is not this year."""
    first, last = period.start, period.last_day
    with_year = not first.year == last.year == this_year
    if first == last:
        return _day(first, with_year=with_year)
    if (first.year, first.month) != (last.year, last.month):
        begin = _day(first, with_year=first.year != last.year)
        return texts.DAYS_ACROSS(first=begin, last=_day(last, with_year=with_year))
    month = texts.MONTHS_OF_DAYS[last.month - 1]()
    if not with_year:
        return texts.DAYS_OF_MONTH(first=first.day, last=last.day, month=month)
    return texts.DAYS_OF_MONTH_OF_YEAR(
        first=first.day, last=last.day, month=month, year=str(last.year)
    )


def _day(day: date, *, with_year: bool) -> Message:
    month = texts.MONTHS_OF_DAYS[day.month - 1]()
    if with_year:
        return texts.DAY_OF_YEAR(day=day.day, month=month, year=str(day.year))
    return texts.DAY(day=day.day, month=month)


def month_heading(day: date) -> Message:
    """Such as October 2026."""
    return texts.MONTH_OF_YEAR(month=texts.MONTHS[day.month - 1](), year=str(day.year))


def short_day(day: date) -> Message:
    """Such as 2 Mar."""
    return texts.SHORT_DAY(day=day.day, month=_short_month(day))


def short_month(day: date) -> Message:
    """Such as Mar 2026."""
    return texts.SHORT_MONTH_OF_YEAR(month=_short_month(day), year=str(day.year))


def whole_day(day: date) -> Message:
    """Such as Mon 2 Mar 2026."""
    weekday = texts.WEEKDAYS[day.weekday()]()
    return texts.WHOLE_DAY(
        weekday=weekday, day=day.day, month=_short_month(day), year=str(day.year)
    )


def week_of(day: date) -> Message:
    """Such as week of 2 Mar 2026."""
    return texts.WEEK_OF_DAY(day=day.day, month=_short_month(day), year=str(day.year))


def _short_month(day: date) -> Message:
    return texts.SHORT_MONTHS[day.month - 1]()


def day_or_text(text: str | None) -> date | str | None:
    """The day of a stored report; a text that is no day stays as it is."""
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return text


def moment_in_table(moment: datetime) -> Message:
    """Such as 2026-03-02 10:00, in the moment's own zone."""
    return _in_table(moment, f"{moment:%H:%M}")


def _in_table(moment: datetime, time: str) -> Message:
    return texts.MOMENT_IN_TABLE(year=f"{moment:%Y}", month=moment.month, day=moment.day, time=time)


def moment_and_zone_in_table(moment: datetime) -> Message:
    """Such as 2026-03-02 10:00 EET."""
    return texts.TABLE_MOMENT_IN_ZONE(moment=moment_in_table(moment), zone=moment.tzname() or "")


def second_in_table(moment: datetime) -> Message:
    """Such as 2026-03-02 10:00:05 EET."""
    shown = _in_table(moment, f"{moment:%H:%M:%S}")
    return texts.TABLE_MOMENT_IN_ZONE(moment=shown, zone=moment.tzname() or "")


def moment_in_zone(moment: datetime) -> Message:
    """Such as 2026-03-02 10:00 EET."""
    return texts.MOMENT_IN_ZONE(
        day=moment.date(), time=f"{moment:%H:%M}", zone=moment.tzname() or ""
    )
