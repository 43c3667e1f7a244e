"""Periods, named and by dates."""

from __future__ import annotations

import unicodedata
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from altegio_sync.domain.period import PERIOD_NAMES, NamedPeriod, Period
from altegio_sync.domain.period_words import UKRAINIAN, parse_period
from altegio_sync.errors import ConfigError
from altegio_sync.messages import render
from altegio_sync.messages.language import in_language_of
from altegio_sync.messages.periods import NAMES

if TYPE_CHECKING:
    from collections.abc import Callable

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

    assert str(period.start) == first
    assert str(period.last_day) == last


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


TODAY = date(2026, 11, 25)


def clock() -> datetime:
    return datetime(2026, 11, 25, 12, tzinfo=UTC)


def on(first: str, last: str | None = None) -> str:
    period = parse_period(first, last, clock=clock).on(TODAY)
    return f"{period.start} {period.last_day}"


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["31.10.2026"], "2026-10-31 2026-10-31"),
        (["1.9.2026"], "2026-09-01 2026-09-01"),
        (["2026-10"], "2026-10-01 2026-10-31"),
        (["2024-02"], "2024-02-01 2024-02-29"),
        (["2026-11-01", "today"], "2026-11-01 2026-11-25"),
        (["2026-09", "2026-10"], "2026-09-01 2026-10-31"),
        (["2026-10-15", "2026-10"], "2026-10-15 2026-10-31"),
        (["last-month", "yesterday"], "2026-10-01 2026-11-24"),
        (["01.11.2026", "next-week"], "2026-11-01 2026-12-06"),
        (["this-month", "this-month"], "2026-11-01 2026-11-25"),
        (["yesterday", "31.12.2026"], "2026-11-24 2026-12-31"),
        (["around"], "2026-10-26 2027-01-24"),
        (["навколо"], "2026-10-26 2027-01-24"),
        (["last", "week"], "2026-11-16 2026-11-22"),
        (["минулий", "тиждень"], "2026-11-16 2026-11-22"),
        ([" 2026-10-31 "], "2026-10-31 2026-10-31"),
        (["2026-10-31\n"], "2026-10-31 2026-10-31"),
    ],
)
def test_dates_months_and_words_at_either_end(texts: list[str], expected: str) -> None:
    assert on(*texts) == expected


@pytest.mark.parametrize("name", PERIOD_NAMES)
def test_every_word_has_a_ukrainian_one(name: str) -> None:
    words = [word for word, english in UKRAINIAN.items() if english == name]

    assert len(words) == 1
    assert parse_period(words[0]) == parse_period(name) == NamedPeriod(name)


SPELLINGS: dict[str, Callable[[str], str]] = {
    "upper": str.upper,
    "title": str.title,
    "space": lambda word: word.replace("-", " "),
    "underscore": lambda word: word.replace("-", "_"),
    "dash": lambda word: word.replace("-", "\N{EN DASH}"),
    "around": lambda word: f"  {word}\t",
    "NFD": lambda word: unicodedata.normalize("NFD", word),
    "all": lambda word: unicodedata.normalize("NFD", word.upper().replace("-", " ")),
}


@pytest.mark.parametrize("word", [*PERIOD_NAMES, *UKRAINIAN, "учора"])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_word_is_known_however_it_is_typed(word: str, spelling: str) -> None:
    assert parse_period(SPELLINGS[spelling](word)) == parse_period(word)


@pytest.mark.parametrize(
    "text",
    [
        "2025-13-01",
        "2025-02-29",
        "20250101",
        "2025-W01-1",
        "2025-1-1",
        "٢٠٢٥-٠١-٠١",
        "",
        "9999-12-31",
        "0001-01-01",
        "9999-12",
        "0001-01",
        "0000-00-00",
        "31.02.2026",
        "2026-00",
        "2026/10/31",
        "10/31/2026",
        "01.10.26",
        "2026",
        "week",
        "²",
        "2026-10-31T00:00",
        "2026-10-31 2026-11-01",
    ],
)
@pytest.mark.parametrize("place", [0, 1], ids=["from", "to"])
def test_anything_else_is_refused_by_name(text: str, place: int) -> None:
    with pytest.raises(ConfigError) as refused:
        parse_period(*(["2000-01-01", text] if place else [text]))

    names = ", ".join(PERIOD_NAMES)
    expected = f"Invalid date format: {text!r} (expected YYYY-MM-DD or one of {names})"
    assert str(refused.value).startswith(expected)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2026-02-30", "the day 30 does not exist: 2026-02 has 28 days"),
        ("31.11.2026", "the day 31 does not exist: 2026-11 has 30 days"),
        ("2026-11-00", "the day 00 does not exist: 2026-11 has 30 days"),
        ("2026-13", "the month 13 does not exist"),
        ("2026-13-01", "the month 13 does not exist"),
        ("01.13.2026", "the month 13 does not exist"),
        ("yesteday", "did you mean yesterday?"),
        ("last-mont", "did you mean last-month?"),
        ("Tommorow", "did you mean tomorrow?"),
        ("lastweek", "did you mean last-week?"),
        ("вчера", "did you mean вчора?"),
        ("минулий-тиждєнь", "did you mean минулий-тиждень?"),
        ("2026/10/31", "did you mean 2026-10-31?"),
        ("20261031", "did you mean 2026-10-31?"),
        ("2026-1-5", "did you mean 2026-01-05?"),
        ("\uff12026-10-31", "did you mean 2026-10-31?"),
        ("10.2026", "did you mean 2026-10?"),
        ("01.10.26", "write the year with four digits, as in 2026-10-31"),
        ("26-10-31", "write the year with four digits, as in 2026-10-31"),
        *(
            (text, "write it as 2026-10-31 or 31.10.2026, so that day and month cannot be confused")
            for text in ("10/11/2026", "31/10/2026", "10/31/2026", "31-10-2026")
        ),
    ],
)
def test_what_is_wrong_or_was_meant_is_said(text: str, why: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse_period(text)

    assert str(refused.value).endswith(f"; {why}")


@given(st.text(max_size=40))
def test_no_text_breaks_the_reading(text: str) -> None:
    with suppress(ConfigError):
        parse_period(text)


def test_a_long_text_is_cut() -> None:
    with pytest.raises(ConfigError) as refused:
        parse_period("x" * 100_000)

    assert len(str(refused.value)) < 400


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2025-02-01", "2025-01-31"),
        ("2025-02", "2025-01"),
        ("2027-01-01", "today"),
        ("tomorrow", "yesterday"),
        ("next-month", "last-month"),
        ("today", "31.12.2025"),
    ],
)
def test_days_the_wrong_way_round_are_refused_at_once(first: str, last: str) -> None:
    with pytest.raises(ConfigError, match=r"^Start date cannot be after end date"):
        parse_period(first, last, clock=clock)


def test_an_order_that_depends_on_the_zone_is_decided_where_the_day_is_known() -> None:
    period = parse_period("2026-11-26", "today", clock=clock)

    assert period.on(date(2026, 11, 26)).days == 1
    with pytest.raises(ConfigError, match=r"^Start date cannot be after end date"):
        period.on(date(2026, 11, 25))


@given(days)
def test_a_day_reads_as_it_is_written(day: date) -> None:
    assert parse_period(day.isoformat()) == Period.of_days(day, day)
    assert parse_period(f"{day:%d.%m}.{day.year}") == Period.of_days(day, day)


@pytest.mark.usefixtures("catalog")
def test_the_words_of_the_menu_are_read_in_both_languages() -> None:
    for word in NAMES:
        with in_language_of("uk"):
            translated = render(word())

        assert translated != word.english
        assert parse_period(translated) == parse_period(word.english) == NamedPeriod(word.english)
    assert tuple(each.english for each in NAMES) == PERIOD_NAMES
