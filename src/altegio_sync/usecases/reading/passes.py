"""The passes over the pages of one window."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import anyio

from altegio_sync.domain.ledger import Grade
from altegio_sync.usecases.reading.counted import Counted, is_new_since
from altegio_sync.usecases.reading.pages import MIN_IN_FLIGHT
from altegio_sync.usecases.reading.window import Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Set
    from datetime import datetime

    from altegio_sync.domain.appointment import Booking
    from altegio_sync.domain.period import Period
    from altegio_sync.ports import Page, PageQuery
    from altegio_sync.usecases.reading.pages import PageReader

_MAX_IN_FLIGHT = 16
#: The most bookings in memory at once, for any size of a page and any number of windows.
_ROWS_IN_FLIGHT = 4000
#: Rows without an id may be new rows or the same rows again. A pass ends after this many pages
#: with no other rows.
_PAGES_WITHOUT_IDS = 20
_PAGE_AND_EMPTY_ONE = 2


@dataclass(slots=True)
class Pass:
    """The results of one pass over the pages: ids with versions, and the number of other rows.

    ``brought`` is the number of bookings that no earlier pass saw, and that did not change since
    the first pass began. The other fields are those of `Window`.
    """

    at: datetime | None
    versions: dict[str, str] = field(default_factory=dict)
    unreadable: int = 0
    announced: int | None = None
    grade: Grade | None = None
    is_cut: bool = False
    has_grown: bool = False
    requests: int = 1  # for the first page
    pages_without_ids: int = 0
    brought: int = 0

    @property
    def seen(self) -> int:
        return len(self.versions) + self.unreadable

    def take(self, page: Page) -> None:
        """Count a page. A page that brings nothing new ends the pass."""
        known = len(self.versions)
        self.versions.update({each.id: each.version for each in page.bookings})
        self.unreadable += page.unreadable
        if len(self.versions) > known or not page.rows:
            return
        self.pages_without_ids += bool(page.unreadable)
        self.is_cut |= not page.unreadable or self.pages_without_ids > _PAGES_WITHOUT_IDS

    def window(self, period: Period | None, grade: Grade | None, handed_on: Set[str]) -> Window:
        return Window(
            period,
            grade,
            frozenset(self.versions),
            self.seen,
            self.announced,
            self.at,
            handed_on,
            self.is_cut,
            self.has_grown,
        )


class WindowReading:
    """The passes over one window and over its halves. No booking is handed on twice."""

    def __init__(self, pages: PageReader) -> None:
        self._pages = pages
        self.handed_on: set[str] = set()
        self._unreadable_before = 0
        self._began_at: datetime | None = None
        self._counted: list[Counted] = []

    async def _begin(self, query: PageQuery, first: Page) -> Pass:
        self._began_at = self._began_at or first.answered_at
        if query.changed_after is not None:
            self._counted += Counted.by(first, self.handed_on)
        seen = Pass(self._began_at)
        await self._take(seen, 1, first)
        return seen

    def judge_changes(self, query: PageQuery, seen: Pass, first: Page, *, is_again: bool) -> None:
        """Judge a pass over a list of changes: set its ``has_grown`` or ``is_cut``.

        The first answer of each pass counts the list. One pass is enough when every booking that
        one of these answers counted was seen. Without a total, a pass over several pages is
        believed when it brings nothing new.
        """
        if seen.is_cut or seen.grade is not None:
            return
        seen.has_grown |= any(each.is_seen(seen.unreadable) for each in self._counted)
        is_one_page = seen.requests == _PAGE_AND_EMPTY_ONE and first.rows < query.page_size
        if seen.announced is None and not is_one_page:
            seen.is_cut = not is_again or seen.brought > 0

    async def read_pass(self, query: PageQuery, first: Page) -> Pass:
        seen = await self._begin(query, first)
        if first.total is None or first.total < first.rows:
            return await self._walk(query, seen, 1, first)
        if first.total == first.rows:
            return await self._single(query, seen, first)
        seen.announced = first.total
        if not first.rows:
            seen.is_cut = True  # empty before the announced end
            return seen
        if 0 < first.rows < query.page_size:
            # Altegio shrinks a page that is too large and does not say so. Go on with its size.
            query = replace(query, page_size=first.rows)
        last_number = -(-first.total // query.page_size)
        await self._read_side_by_side(query, seen, iter(range(2, last_number)))
        # This page is requested after all other pages arrived, so its total is the latest.
        last = None if seen.is_cut else await self._read_page(query, seen, last_number)
        if last is not None:
            seen.announced = first.total if last.total is None else last.total
            if seen.seen == first.total == last.total:
                seen.grade = Grade.CHECKED
        return seen

    async def _single(self, query: PageQuery, seen: Pass, first: Page) -> Pass:
        """The first answer seems to contain the whole list.

        By the wording of the docs, a total may also be the number of rows on the page. So where
        the page is full, or where Altegio may have shrunk it, the next page is requested too.
        """
        total = first.rows
        is_full = total == query.page_size
        if is_full or (total and await self._pages.doubts_total(query, total)):
            second = await self._read_page(query, seen, 2)
            if second is None:
                return seen
            if second.rows and second.total is not None and second.total > second.rows:
                # Totals count the whole query, and the list grew meanwhile.
                seen.announced = second.total
                return seen
            if second.rows:
                return await self._walk(query, seen, 2, second)
        seen.announced = total
        # The total is compared with the rows, not with the distinct ids. An answer that has an id
        # twice has all its rows, so nothing is hidden.
        seen.grade = Grade.PROVED
        return seen

    async def read_growing(self, query: PageQuery, first: Page) -> Pass:
        """Read one page after the other, to the end of a list that may grow meanwhile.

        An insert moves rows to later pages, and later pages are read later. So the pages of a list
        that only grows show everything that the first answer counted.
        """
        seen = await self._begin(query, first)
        total = seen.announced = first.total or 0
        size = min(query.page_size, first.rows or query.page_size)
        number, ends_at = 1, total
        while number * size < ends_at and not seen.is_cut:
            number += 1
            page = await self._read_page(query, seen, number)
            if page is None or page.total is None or page.total < ends_at:
                return seen
            seen.is_cut |= not page.rows
            seen.announced = ends_at = page.total
        if seen.seen == total == ends_at:
            seen.grade = Grade.CHECKED
        # A list that only grew has no more rows than the last answer counted.
        may_be_seen = self._counted[-1].may_be_seen(seen.unreadable)
        seen.has_grown = total < ends_at and seen.seen <= ends_at and may_be_seen
        return seen

    async def _walk(self, query: PageQuery, seen: Pass, number: int, page: Page | None) -> Pass:
        """Read one page after the other up to an empty page, where no total can be trusted."""
        # Where other answers had totals, the total of this answer is missing or wrong.
        lost_total = self._pages.has_seen_total
        while page is not None and page.rows and not seen.is_cut:
            number += 1
            page = await self._read_page(query, seen, number)
        seen.is_cut |= lost_total
        return seen

    async def _read_side_by_side(
        self, query: PageQuery, seen: Pass, numbers: Iterator[int]
    ) -> None:
        async def worker() -> None:
            for number in numbers:
                page = await self._read_page(query, seen, number)
                # Empty before the announced end: the pages after it are empty too.
                seen.is_cut |= page is not None and not page.rows
                if seen.is_cut:
                    return

        in_flight = max(MIN_IN_FLIGHT, min(_MAX_IN_FLIGHT, _ROWS_IN_FLIGHT // query.page_size))
        self._pages.slots.total_tokens = in_flight
        async with anyio.create_task_group() as tasks:
            for _ in range(in_flight):
                tasks.start_soon(worker)

    async def _read_page(self, query: PageQuery, seen: Pass, number: int) -> Page | None:
        """Request a page and hand it on. None where no more requests are allowed: the pass ends."""
        async with self._pages.slots:
            page = await self._pages.fetch(query, number)
            if page is None:
                seen.is_cut = True
                return None
            seen.requests += 1
            await self._take(seen, number, page)
        return page

    async def _take(self, seen: Pass, number: int, page: Page) -> None:
        seen.take(page)
        fresh = _newest_by_id(each for each in page.bookings if each.id not in self.handed_on)
        seen.brought += sum(not is_new_since(each, self._began_at) for each in fresh.values())
        self.handed_on.update(fresh)
        for counted in self._counted:
            counted.take(page)
        self._pages.allowance.count_page(fresh)
        # Rows without an id cannot be recognised in a later pass. So only the rows are handed on
        # that are more than any earlier pass had.
        unreadable = max(0, seen.unreadable - self._unreadable_before)
        self._unreadable_before += unreadable
        await self._pages.hand_on(
            number, replace(page, unreadable=unreadable), list(fresh.values())
        )


def _newest_by_id(bookings: Iterable[Booking]) -> dict[str, Booking]:
    """Keep one booking for each id: the newest, or the last where no time says which is newer."""
    newest: dict[str, Booking] = {}
    for each in bookings:
        known = newest.get(each.id)
        is_older = known is not None and _is_older(each, known)
        if not is_older:
            newest[each.id] = each
    return newest


def _is_older(booking: Booking, other: Booking) -> bool:
    at, other_at = booking.changed_at, other.changed_at
    return at is not None and other_at is not None and at < other_at
