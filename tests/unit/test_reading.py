"""Reading all pages, and noticing when the list moved under them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import anyio.lowlevel
import pytest
from hypothesis import given
from hypothesis import strategies as st

from altegio_sync.domain.counts import ApiUsage
from altegio_sync.domain.ledger import Grade
from altegio_sync.domain.period import Period
from altegio_sync.ports import PageQuery
from altegio_sync.usecases.reading.period_reading import LAST_PASSES, PASSES, PeriodReading
from altegio_sync.usecases.reading.window import Window
from tests.fakes import START, ListSource, booking

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from altegio_sync.domain.appointment import Booking
    from altegio_sync.ports import Page

ZONE = ZoneInfo("Europe/Kyiv")
#: The bookings of `tests.fakes` all stand on this day, which cannot be cut in halves.
DAY = Period.of_days(date(2026, 3, 2), date(2026, 3, 2))
MONTH = Period(date(2026, 3, 1), date(2026, 4, 1))


def bookings(count: int, first: int = 0) -> list[Booking]:
    return [booking(str(number)) for number in range(first, first + count)]


async def read(
    source: ListSource, page_size: int, period: Period = DAY, *, proves: bool = False
) -> tuple[Sequence[Window], list[str], ApiUsage]:
    handed_on: list[str] = []
    windows: list[Window] = []

    async def handle(_number: int, _page: Page, fresh: list[Booking]) -> None:
        handed_on.extend(each.id for each in fresh)

    async def on_window(window: Window) -> None:
        windows.append(window)

    usage = ApiUsage()
    reading = PeriodReading(source, handle, on_window, usage, proves=proves)
    await reading.run(PageQuery("77", period, ZONE, 1, page_size))
    return windows, handed_on, usage


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 20, 95, 400])
@pytest.mark.parametrize("served", [1000, 7, 1])
async def test_every_booking_is_handed_on_once_whatever_a_page_holds(
    count: int, served: int
) -> None:
    source = ListSource(bookings(count), served_page_size=served)

    [window], handed_on, usage = await read(source, 10)

    size = min(10, served)
    assert sorted(handed_on, key=int) == [str(number) for number in range(count)]
    assert window.ids == set(handed_on)
    assert window.seen == count
    assert window.announced == count
    assert window.grade is (Grade.PROVED if count <= size else Grade.CHECKED)
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
async def test_without_a_total_to_rely_on_pages_are_read_to_the_empty_one_and_not_graded(
    total: Callable[[int], int | None],
) -> None:
    source = ListSource(bookings(35), total=total)

    [window], handed_on, _usage = await read(source, 10)

    assert len(handed_on) == 35
    assert window.grade is None
    assert window.is_believed is True


async def test_a_full_page_that_the_list_outgrows_is_read_again_and_not_without_a_total() -> None:
    def insert_one(rows: list[Booking], asked: PageQuery) -> None:
        if asked.page == 2 and len(rows) == 10:
            rows.insert(0, booking("10"))

    source = ListSource(bookings(10), before_page=insert_one)

    [window], handed_on, usage = await read(source, 10)

    assert window.grade == Grade.CHECKED
    assert window.announced == 11
    assert len(handed_on) == 11
    assert usage.rereads == 1


async def test_a_shrunk_page_that_announces_only_itself_is_not_taken_for_all() -> None:
    source = ListSource(bookings(420), served_page_size=200, total=lambda length: min(length, 200))

    [window], handed_on, _usage = await read(source, 1000)

    assert len(handed_on) == 420
    assert window.grade is None
    assert window.is_believed is True


async def test_a_total_is_doubted_until_one_was_more_than_its_page() -> None:
    many = [booking(str(n), starts_at=START + timedelta(days=n % 28)) for n in range(840)]

    [alone], _handed_on, few_usage = await read(ListSource(bookings(40)), 100)
    windows, _handed_on, many_usage = await read(ListSource(many), 100, MONTH, proves=True)

    assert alone.grade == Grade.PROVED
    assert few_usage.pages == 2
    assert len(windows) > 8
    assert many_usage.pages == 1 + len(windows)


async def test_the_last_page_is_asked_for_when_all_others_came_back() -> None:
    source = ListSource(bookings(95))

    await read(source, 10)

    assert source.asked[-1].page == 10


async def test_a_removal_between_pages_is_noticed_and_made_good() -> None:
    def remove_one(rows: list[Booking], asked: PageQuery) -> None:
        if asked.page == 4 and len(rows) == 95:
            del rows[0]

    source = ListSource(bookings(95), before_page=remove_one)

    [window], handed_on, usage = await read(source, 10)

    assert window.grade is Grade.CHECKED
    assert usage.rereads == 1
    assert {str(number) for number in range(1, 95)} <= set(handed_on)
    assert len(handed_on) == len(set(handed_on))


async def test_a_window_is_as_old_as_the_first_answer_about_it_also_when_read_again() -> None:
    def remove_one(rows: list[Booking], asked: PageQuery) -> None:
        source.answered_at = START + timedelta(seconds=len(source.asked))
        if asked.page == 4 and len(rows) == 95:
            del rows[0]

    source = ListSource(bookings(95), before_page=remove_one)

    [window], _handed_on, usage = await read(source, 10)

    assert usage.rereads == 1
    assert window.at == START + timedelta(seconds=1)


def insert_always(rows: list[Booking], _asked: PageQuery) -> None:
    rows.insert(0, booking(str(len(rows))))


async def test_a_day_that_never_settles_is_told_and_not_read_for_ever() -> None:
    source = ListSource(bookings(95), before_page=insert_always)

    [window], _handed_on, usage = await read(source, 10)

    assert not window.is_believed
    assert usage.rereads == LAST_PASSES - 1


async def test_what_does_not_settle_whole_is_halved_down_to_the_day_that_moves() -> None:
    quiet = [booking(str(n), starts_at=START + timedelta(days=n % 20 + 1)) for n in range(200, 400)]
    source = ListSource([*bookings(95), *quiet], before_page=insert_always)

    windows, handed_on, usage = await read(source, 10, MONTH)

    unsettled = [window.period for window in windows if not window.is_believed]
    days = [day for window in windows if window.period for day in window.period.each_day()]
    assert unsettled == [DAY]
    assert sorted(days) == list(MONTH.each_day())
    assert {each.id for each in quiet} <= set(handed_on)
    assert len(handed_on) == len(set(handed_on))
    assert usage.rereads >= PASSES


@pytest.mark.parametrize("count", [1, 30, 31, 95, 400])
@pytest.mark.parametrize("page_size", [10, 50, 1000])
async def test_a_proof_rests_on_single_answers_or_on_two_passes_that_agree(
    count: int, page_size: int
) -> None:
    source = ListSource(
        [booking(str(n), starts_at=START + timedelta(days=n % 28)) for n in range(count)]
    )

    windows, handed_on, usage = await read(source, page_size, MONTH, proves=True)

    days = [day for window in windows if window.period for day in window.period.each_day()]
    assert {window.grade for window in windows} == {Grade.PROVED}
    assert sorted(days) == list(MONTH.each_day())
    assert len(handed_on) == len(set(handed_on)) == count
    assert usage.rereads == (28 if count > 28 * page_size else 0)


def many_each_day() -> ListSource:
    return ListSource(
        [
            booking(f"{day}{n:04}", starts_at=START + timedelta(days=day))
            for day in range(20)
            for n in range(900)
        ]
    )


async def test_more_than_a_pass_shall_hold_is_read_in_windows() -> None:
    windows, handed_on, _usage = await read(many_each_day(), 1000, MONTH)

    assert len(windows) > 1
    assert max(window.seen for window in windows) <= 10_000
    assert len(handed_on) == len(set(handed_on)) == 18_000


async def test_what_is_held_at_once_is_bounded_for_all_windows_together() -> None:
    held = 0
    most = 0

    async def handle(_number: int, _page: Page, fresh: list[Booking]) -> None:
        nonlocal held, most
        held += len(fresh)
        most = max(most, held)
        for _ in range(20):
            await anyio.lowlevel.checkpoint()
        held -= len(fresh)

    async def ignore(_window: Window) -> None: ...

    reading = PeriodReading(many_each_day(), handle, ignore, ApiUsage())
    await reading.run(PageQuery("77", MONTH, ZONE, 1, 1000))

    # Four pages, and the first ones of two windows.
    assert 1000 < most <= 6000


async def test_a_removal_and_an_insert_that_cancel_out_fool_a_check_and_no_proof() -> None:
    """The one thing that a check can miss: the totals agree, and so do the distinct ids."""

    def swap(rows: list[Booking], asked: PageQuery) -> None:
        if asked.page == 2 and len(source.asked) == 2:
            del rows[0]
            rows.append(booking("9999"))

    source = ListSource(bookings(30), before_page=swap)
    [checked], seen_by_check, _usage = await read(source, 10)
    source = ListSource(bookings(30), before_page=swap)
    [proved], seen_by_proof, usage = await read(source, 10, proves=True)

    assert checked.grade is Grade.CHECKED
    assert "10" not in seen_by_check
    assert proved.grade is Grade.PROVED
    assert "10" in seen_by_proof
    assert usage.rereads == 2


Move = tuple[int, bool, int]


class MovingList:
    """Carries out moves, each ahead of the request with its number: an insert or a removal."""

    def __init__(self, moves: Sequence[Move]) -> None:
        self._moves = moves
        self._requests = 0
        self._new_ids = iter(range(10_000, 20_000))

    def __call__(self, rows: list[Booking], _asked: PageQuery) -> None:
        self._requests += 1
        for at_request, inserts, position in self._moves:
            if at_request != self._requests:
                continue
            if inserts:
                rows.insert(min(position, len(rows)), booking(str(next(self._new_ids))))
            elif rows:
                del rows[min(position, len(rows) - 1)]


MOVES = st.lists(st.tuples(st.integers(2, 30), st.booleans(), st.integers(0, 60)), max_size=12)


@given(MOVES)
async def test_nothing_that_was_there_throughout_is_missed_by_a_proof(moves: list[Move]) -> None:
    source = ListSource(bookings(60), before_page=MovingList(moves))
    before = {each.id for each in source.list}

    [window], handed_on, _usage = await read(source, 10, proves=True)

    throughout = before & {each.id for each in source.list}
    assert len(handed_on) == len(set(handed_on))
    if window.grade is Grade.PROVED:
        assert throughout <= window.ids
    else:
        assert not window.is_believed or window.grade is Grade.CHECKED


@given(MOVES, st.booleans())
async def test_a_check_misses_nothing_while_moves_are_all_of_one_kind(
    moves: list[Move], inserts: bool
) -> None:
    same = [(at_request, inserts, position) for at_request, _, position in moves]
    source = ListSource(bookings(60), before_page=MovingList(same))
    before = {each.id for each in source.list}

    [window], _handed_on, _usage = await read(source, 10)

    throughout = before & {each.id for each in source.list}
    if window.grade is not None:
        assert throughout <= window.ids


async def test_an_id_that_one_answer_lists_twice_hides_no_other() -> None:
    rows = [*bookings(8), *bookings(1)]

    windows, handed_on, _usage = await read(ListSource(rows), page_size=10)

    assert [window.grade for window in windows] == [Grade.PROVED]
    assert handed_on == [each.id for each in rows[:-1]]


@pytest.mark.parametrize("is_newer_first", [True, False])
async def test_of_two_rows_with_one_id_the_one_that_was_changed_last_is_handed_on(
    *, is_newer_first: bool
) -> None:
    older, newer = (replace(booking("1"), changed_at=START + timedelta(days=n)) for n in (0, 1))
    rows = [newer, older] if is_newer_first else [older, newer]

    handed_on: list[Booking] = []

    async def handle(_number: int, _page: Page, fresh: list[Booking]) -> None:
        handed_on.extend(fresh)

    async def ignore(_window: Window) -> None: ...

    reading = PeriodReading(ListSource(rows), handle, ignore, ApiUsage())
    await reading.run(PageQuery("77", DAY, ZONE, 1, 10))

    assert handed_on == [newer]
