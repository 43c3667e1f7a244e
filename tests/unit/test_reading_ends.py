"""Reading ends by itself, whatever the server answers, and believes nothing that it cannot know."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from altegio_sync.domain.counts import ApiUsage
from altegio_sync.domain.period import Period
from altegio_sync.ports import Page, PageQuery
from altegio_sync.usecases.reading.allowance import most_requests
from altegio_sync.usecases.reading.period_reading import PeriodReading
from altegio_sync.usecases.reading.window import Window
from tests.fakes import ListSource, booking

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from altegio_sync.domain.appointment import Booking

    #: Makes the page for a query; the number counts the requests of the run, from 0 on.
    Answer = Callable[["PageQuery", int], Page]

ZONE = ZoneInfo("Europe/Kyiv")
DAY = Period.of_days(date(2026, 3, 2), date(2026, 3, 2))
MONTH = Period(date(2026, 3, 1), date(2026, 4, 1))
YEAR = Period(date(2026, 1, 1), date(2027, 1, 1))
SIZE = 10


class AnsweringSource(ListSource):
    """A server that answers as it likes."""

    def __init__(self, answer: Answer) -> None:
        super().__init__([])
        self._answer = answer

    async def fetch_page(self, query: PageQuery) -> Page:
        self.asked.append(query)
        return self._answer(query, len(self.asked) - 1)


@dataclass
class Outcome:
    windows: list[Window] = field(default_factory=list)
    handed_on: list[str] = field(default_factory=list)
    requests: int = 0

    @property
    def days(self) -> int:
        return sum(each.period.days for each in self.windows if each.period)


async def read(
    answer: Answer, period: Period | None = MONTH, *, proves: bool = False, page_size: int = SIZE
) -> Outcome:
    source, outcome = AnsweringSource(answer), Outcome()

    async def handle(_number: int, _page: Page, fresh: Sequence[Booking]) -> None:
        outcome.handed_on.extend(each.id for each in fresh)

    async def on_window(window: Window) -> None:
        outcome.windows.append(window)

    reading = PeriodReading(source, handle, on_window, ApiUsage(), proves=proves)
    await reading.run(PageQuery("77", period, ZONE, 1, page_size))
    outcome.requests = len(source.asked)
    return outcome


numbered = cache(lambda number: booking(str(number)))


def page(first: int, rows: int, total: int | None, unreadable: int = 0) -> Page:
    made = [numbered(first + n) for n in range(rows)]
    return Page(made, rows + unreadable, total, unreadable)


def same_page(total: int | None, rows: int = SIZE) -> Answer:
    return lambda _query, _n: page(1, rows, total)


def only_first(total: int) -> Answer:
    return lambda query, _n: page(1, SIZE, total) if query.page == 1 else page(1, 0, total)


def fresh_for_ever(total: int | None) -> Answer:
    return lambda _query, n: page(n * SIZE + 1, SIZE, total)


def honest_with_totals(totals: Callable[[int], int | None]) -> Answer:
    """The right rows of a list of 62, and another total each time."""

    def answer(query: PageQuery, n: int) -> Page:
        first = (query.page - 1) * SIZE
        return page(first + 1, max(0, min(SIZE, 62 - first)), totals(n))

    return answer


LIES = {
    "the same page, no total": same_page(None),
    "the same page, a total too small": same_page(SIZE // 2),
    "the same page, its own count": same_page(SIZE),
    "the same page, a larger total": same_page(620),
    "the same page, five million": same_page(5_000_000),
    "the same row": same_page(5_000_000, 1),
    "empty, five million": same_page(5_000_000, 0),
    "empty, a total": same_page(62, 0),
    "empty from the second page on": only_first(62),
    "empty from the second page on, five million": only_first(5_000_000),
    "fresh ids for ever, no total": fresh_for_ever(None),
    "fresh ids for ever, a total too small": fresh_for_ever(SIZE // 2),
    "fresh ids for ever, its own count": fresh_for_ever(SIZE),
    "totals that grow": honest_with_totals(lambda n: 62 + n),
    "totals that shrink": honest_with_totals(lambda n: max(11, 620 - n)),
    "totals that alternate": honest_with_totals(lambda n: (61, 600)[n % 2]),
    "totals that come and go": honest_with_totals(lambda n: (600, None)[n % 2]),
    "fewer rows on each page": lambda query, _n: page(query.page * 100, 11 - query.page, 620),
    "fewer rows each time": lambda query, n: page(query.page * 100, max(0, SIZE - n), 620),
    "rows that are repeated in part": lambda query, _n: page(query.page * 5, SIZE, 62),
    "rows without ids": lambda _query, _n: page(1, 0, 5_000_000, SIZE),
    "rows without ids, no total": lambda _query, _n: page(1, 0, None, SIZE),
}


@pytest.mark.parametrize("proves", [False, True], ids=["checks", "proves"])
@pytest.mark.parametrize("period", [None, DAY, MONTH, YEAR], ids=["all", "day", "month", "year"])
@pytest.mark.parametrize("lie", LIES)
async def test_a_lie_ends_soon_and_is_not_believed(
    lie: str, period: Period | None, proves: bool
) -> None:
    outcome = await read(LIES[lie], period, proves=proves)

    assert {each.grade for each in outcome.windows} == {None}
    assert not any(each.is_believed for each in outcome.windows)
    assert outcome.days == (period.days if period else 0)
    assert outcome.requests <= (most_requests(SIZE, SIZE) if lie.startswith("fresh") else 500)


@pytest.mark.parametrize("proves", [False, True], ids=["checks", "proves"])
async def test_a_total_that_counts_the_rows_so_far_is_not_the_querys(proves: bool) -> None:
    """Pages of 1000 are shrunk to ten; nothing tells the first of them from all there is."""

    def answer(query: PageQuery, _n: int) -> Page:
        first = (query.page - 1) * SIZE
        rows = max(0, min(SIZE, 24 - first))
        return page(first + 1, rows, first + rows)

    outcome = await read(answer, DAY, proves=proves, page_size=1000)

    assert not any(each.is_believed for each in outcome.windows)
    assert set(outcome.handed_on) >= {str(n) for n in range(1, 21)}


@pytest.mark.parametrize("period", [None, DAY, MONTH], ids=["all", "day", "month"])
async def test_a_total_far_too_large_allows_no_more_than_the_bookings_that_come(
    period: Period | None,
) -> None:
    """One of fifty on each page is new."""

    def answer(_query: PageQuery, n: int) -> Page:
        rows = [*(numbered(k) for k in range(49)), numbered(50 + n)]
        return Page(rows, 50, 5_000_000)

    outcome = await read(answer, period, page_size=50)

    assert not any(each.is_believed for each in outcome.windows)
    assert outcome.requests <= most_requests(len(set(outcome.handed_on)), 50) <= 2100


def test_the_bound_is_stated() -> None:
    assert most_requests(None, 50) == 1000
    assert most_requests(620, 50) == 1000 + 25 * 13
    assert most_requests(10**400, 50) == 250_000


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, SIZE), st.none() | st.integers(0, 120), st.integers(0, 2)),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from([None, DAY, MONTH, YEAR]),
    st.booleans(),
    st.integers(0, 60),
)
async def test_the_requests_of_any_reading_are_bounded_by_its_first_total(
    answers: list[tuple[int, int | None, int]], period: Period | None, proves: bool, known: int
) -> None:
    """A server with a few kinds of answers, in turn: so many rows, a total, and what the rows are.

    The rows are those of the page's place, or new ones each time, or always the same ones.
    """

    def answer(query: PageQuery, n: int) -> Page:
        rows, total, kind = answers[n % len(answers)]
        first = ((query.page - 1) * SIZE, 1000 + n * SIZE, known)[kind]
        return page(first + 1, rows, total)

    outcome = await read(answer, period, proves=proves)

    rows, first_total, _kind = answers[0]
    assert outcome.requests <= most_requests(first_total, rows or SIZE)
    assert outcome.days == (period.days if period else 0)
