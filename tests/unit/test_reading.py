"""Reading all pages, and noticing when the list moved under them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from altegio_sync.domain.period import Period
from altegio_sync.domain.report import ApiUsage
from altegio_sync.ports import PageQuery
from altegio_sync.usecases.reading import MAX_PASSES, Completeness, PagedReading
from tests.fakes import ListSource, booking

if TYPE_CHECKING:
    from collections.abc import Callable

    from altegio_sync.domain.appointment import Booking
    from altegio_sync.ports import Page

MONTH = Period(date(2026, 3, 1), date(2026, 4, 1))


def query(page_size: int) -> PageQuery:
    return PageQuery("77", MONTH, ZoneInfo("Europe/Kyiv"), 1, page_size)


def bookings(count: int, first: int = 0) -> list[Booking]:
    return [booking(str(number)) for number in range(first, first + count)]


async def read(source: ListSource, page_size: int) -> tuple[Completeness, list[str], ApiUsage]:
    handed_on: list[str] = []

    async def handle(_number: int, _page: Page, fresh: list[Booking]) -> None:
        handed_on.extend(each.id for each in fresh)

    usage = ApiUsage()
    reading = PagedReading(source, query(page_size), handle, usage)
    result = await reading.run(await source.fetch_page(query(page_size)))
    return result, handed_on, usage


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 20, 95, 400])
@pytest.mark.parametrize("served", [1000, 7, 1])
async def test_every_booking_is_handed_on_once_whatever_a_page_holds(
    count: int, served: int
) -> None:
    source = ListSource(bookings(count), served_page_size=served)

    result, handed_on, usage = await read(source, 10)

    assert sorted(handed_on, key=int) == [str(number) for number in range(count)]
    assert result == Completeness(count, count, is_checked=True)
    size = min(10, served)
    assert len(source.asked) <= -(-count // size) + 1
    assert usage.rereads == 0


async def test_a_page_that_was_shrunk_costs_no_row_twice() -> None:
    source = ListSource(bookings(2000), served_page_size=300)

    await read(source, 1000)

    assert [(each.page, each.page_size) for each in source.asked[:2]] == [(1, 1000), (2, 300)]
    assert len(source.asked) == 7


@pytest.mark.parametrize(
    "total", [lambda _length: None, lambda _length: 10], ids=["none", "of the page"]
)
async def test_without_a_total_to_rely_on_pages_are_read_to_the_empty_one(
    total: Callable[[int], int | None],
) -> None:
    source = ListSource(bookings(35), total=total)

    result, handed_on, _usage = await read(source, 10)

    assert len(handed_on) == 35
    assert result.is_checked


async def test_the_last_page_is_asked_for_when_all_others_came_back() -> None:
    source = ListSource(bookings(95))

    await read(source, 10)

    assert source.asked[-1].page == 10


async def test_a_removal_between_pages_is_noticed_and_made_good() -> None:
    def remove_one(rows: list[Booking], asked: PageQuery) -> None:
        if asked.page == 4 and len(rows) == 95:
            del rows[0]

    source = ListSource(bookings(95), before_page=remove_one)

    result, handed_on, usage = await read(source, 10)

    assert result.is_checked
    assert usage.rereads == 1
    assert {str(number) for number in range(1, 95)} <= set(handed_on)
    assert len(handed_on) == len(set(handed_on))


async def test_a_list_that_never_settles_is_told_and_not_read_for_ever() -> None:
    def insert_always(rows: list[Booking], _asked: PageQuery) -> None:
        rows.insert(0, booking(str(len(rows))))

    source = ListSource(bookings(95), before_page=insert_always)

    result, _handed_on, usage = await read(source, 10)

    assert not result.is_checked
    assert usage.rereads == MAX_PASSES - 1


@given(st.lists(st.tuples(st.integers(1, 8), st.booleans(), st.integers(0, 60)), max_size=4))
async def test_what_was_there_throughout_is_handed_on_when_the_pass_is_believed(
    moves: list[tuple[int, bool, int]],
) -> None:
    """Inserts alone, or removals alone: the two together can cancel out and fool a check."""
    inserts = bool(moves) and moves[0][1]
    pending = list(moves)
    new_ids = iter(range(10_000, 20_000))

    def move(rows: list[Booking], asked: PageQuery) -> None:
        due = [each for each in pending if each[0] == asked.page]
        for each in due:
            pending.remove(each)
            if inserts:
                rows.insert(min(each[2], len(rows)), booking(str(next(new_ids))))
            elif rows:
                del rows[min(each[2], len(rows) - 1)]

    source = ListSource(bookings(60), before_page=move)
    there_throughout = {each.id for each in source.list}

    result, handed_on, _usage = await read(source, 10)

    there_throughout &= {each.id for each in source.list}
    assert result.is_checked
    assert there_throughout <= set(handed_on)
    assert len(handed_on) == len(set(handed_on))
