"""Periods, named and by dates."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from altegio_sync.domain.period import PERIOD_NAMES, NamedPeriod, Period, parse_day, parse_period
from altegio_sync.errors import ConfigError

days = st.dates(date(1970, 1, 10), date(2200, 12, 20))
DAY = timedelta(days=1)


def named(name: str, today: date) -> Period:
    period = parse_period(name)
    assert isinstance(period, NamedPeriod)
    return period.on(today)


@given(days)
def test_single_days(today: date) -> None:
    assert named("today", today) == Period(today, today + DAY)
    assert named("yesterday", today) == Period(today - DAY, today)
    assert named("tomorrow", today) == Period(today + DAY, today + 2 * DAY)


@given(days)
def test_weeks_begin_on_monday(today: date) -> None:
    this, last, following = (named(f"{which}-week", today) for which in ("this", "last", "next"))

    assert this.start.weekday() == last.start.weekday() == following.start.weekday() == 0
    assert this.last_day == today
    assert this.days == today.weekday() + 1
    assert last.days == following.days == 7
    assert last.end == this.start
    assert following.start == this.start + 7 * DAY


@given(days)
def test_months_are_whole_and_meet(today: date) -> None:
    this, last, following = (named(f"{which}-month", today) for which in ("this", "last", "next"))

    assert this == Period(today.replace(day=1), today + DAY)
    assert last.end == this.start
    assert last.start.day == following.start.day == 1
    assert 28 <= last.days <= 31
    assert 28 <= following.days <= 31
    assert (following.start - DAY).month == today.month
    assert following.end.day == 1


@given(days)
def test_spans_that_end_today(today: date) -> None:
    assert named("last-7-days", today) == Period.of_days(today - 6 * DAY, today)
    assert named("last-30-days", today) == Period.of_days(today - 29 * DAY, today)
    assert named("this-year", today) == Period.of_days(date(today.year, 1, 1), today)


@pytest.mark.parametrize(
    ("today", "name", "first", "last"),
    [
        ("2024-03-31", "last-month", "2024-02-01", "2024-02-29"),
        ("2025-03-31", "last-month", "2025-02-01", "2025-02-28"),
        ("2025-01-15", "last-month", "2024-12-01", "2024-12-31"),
        ("2025-12-31", "next-month", "2026-01-01", "2026-01-31"),
        ("2026-03-29", "this-week", "2026-03-23", "2026-03-29"),
        ("2026-03-29", "last-week", "2026-03-16", "2026-03-22"),
        ("2026-03-29", "next-week", "2026-03-30", "2026-04-05"),
        ("2025-01-01", "last-week", "2024-12-23", "2024-12-29"),
    ],
)
def test_named_periods_on_days_that_go_wrong_elsewhere(
    today: str, name: str, first: str, last: str
) -> None:
    period = named(name, date.fromisoformat(today))

    assert (str(period.start), str(period.last_day)) == (first, last)


@given(days, st.integers(0, 800), st.integers(1, 40))
def test_windows_cover_a_period_once(first: date, length: int, count: int) -> None:
    period = Period.of_days(first, first + timedelta(days=length))

    windows = list(period.windows(count))

    assert len(windows) == min(count, period.days)
    assert windows[0].start == period.start
    assert windows[-1].end == period.end
    assert all(a.end == b.start for a, b in pairwise(windows))


@given(days, days)
def test_two_dates_include_both_ends(one: date, other: date) -> None:
    first, last = sorted((one, other))

    assert parse_period(str(first), str(last)) == Period.of_days(first, last)


def test_one_date_is_one_day() -> None:
    assert parse_period("2024-02-29") == Period(date(2024, 2, 29), date(2024, 3, 1))


@pytest.mark.parametrize(
    "text",
    [
        "2025-13-01",
        "2025-02-29",
        "20250101",
        "2025-W01-1",
        "2025-1-1",
        "٢٠٢٥-٠١-٠١",
        " 2025-01-01",
        "Today",
        "",
        "9999-12-31",
        "0001-01-01",
    ],
)
def test_anything_else_is_refused_by_name(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^Invalid date format: ") as refused:
        parse_period(text)

    assert repr(text) in str(refused.value)
    assert all(name in str(refused.value) for name in PERIOD_NAMES)


def test_a_name_beside_a_date_is_refused() -> None:
    with pytest.raises(ConfigError, match="Invalid date format: 'today'"):
        parse_period("2025-01-01", "today")


def test_dates_the_wrong_way_round_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"^Start date cannot be after end date"):
        parse_period("2025-02-01", "2025-01-31")


@given(days)
def test_a_day_reads_as_it_is_written(day: date) -> None:
    assert parse_day(day.isoformat()) == day
