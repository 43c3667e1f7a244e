"""Reads all pages of a query side by side, and checks that nothing was missed.

Altegio's pages are numbers over a list that moves while it is read: an insert repeats a row, a
removal hides one. A pass over the pages is believed when the distinct ids it saw are as many as
the first answer and the one asked for last announce; else it is made again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import anyio

from altegio_sync.domain.report import ApiUsage

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from altegio_sync.domain.appointment import Booking
    from altegio_sync.ports import AppointmentSource, Page, PageQuery

    # Given the number of a page, the page, and those of its bookings that are new to the run.
    Handle = Callable[[int, Page, list[Booking]], Awaitable[None]]

MAX_PASSES = 3
_MAX_IN_FLIGHT = 16
_MIN_IN_FLIGHT = 4
#: Bookings held at once are bounded by this, whatever the size of a page.
_ROWS_IN_FLIGHT = 4000


@dataclass(slots=True)
class Completeness:
    """How many distinct records the last pass saw, and how many Altegio announced at its end."""

    seen: int
    announced: int | None
    is_checked: bool


class PagedReading:
    """One query read to its end: pages side by side, each booking handed on once."""

    def __init__(
        self, source: AppointmentSource, query: PageQuery, handle: Handle, usage: ApiUsage
    ) -> None:
        self._source = source
        self._query = query
        self._handle = handle
        self._usage = usage
        self._pass_number = 0
        self._seen_in_pass: dict[str, int] = {}
        self._distinct = 0

    async def run(self, first: Page) -> Completeness:
        """Read on from the ``first`` page, in as many passes as it takes to agree.

        A pass that was still not believed at the end is the caller's to report.
        """
        result = await self._read_pass(first)
        while not result.is_checked and self._pass_number < MAX_PASSES:
            self._usage.rereads += 1
            result = await self._read_pass(await self._fetch(1))
        return result

    async def _read_pass(self, first: Page) -> Completeness:
        self._pass_number += 1
        self._distinct = 0
        await self._take(1, first)
        if first.total is None or first.total < first.rows or await self._is_only_page(first):
            return await self._walk(first)
        self._settle_page_size(first)
        last_number = -(-first.total // self._query.page_size)
        await self._read_side_by_side(iter(range(2, last_number)))
        last = first
        if last_number > 1:
            # Asked for when all others came back: its total is the one the list ended with.
            last = await self._fetch(last_number)
            await self._take(last_number, last)
        agrees = self._distinct == first.total == last.total
        return Completeness(self._distinct, last.total, is_checked=agrees)

    async def _is_only_page(self, first: Page) -> bool:
        """Whether the total may be the page's own count, as a wording of the docs allows."""
        return first.total == first.rows == self._query.page_size

    def _settle_page_size(self, first: Page) -> None:
        """Go on with the size the server really serves: one too large is shrunk silently."""
        if 0 < first.rows < min(self._query.page_size, first.total or 0):
            self._query = replace(self._query, page_size=first.rows)

    async def _walk(self, first: Page) -> Completeness:
        """One page after the other to the empty one, where no total can be relied on."""
        number, page = 1, first
        while page.rows:
            number += 1
            page = await self._fetch(number)
            await self._take(number, page)
        counts_pages = number > 2 and first.total == first.rows
        announced = None if counts_pages else page.total
        # Without a total there is nothing to hold the count against but the empty page itself.
        agrees = announced is None or announced == self._distinct
        return Completeness(self._distinct, announced, is_checked=agrees)

    async def _read_side_by_side(self, numbers: Iterator[int]) -> None:
        async def worker() -> None:
            for number in numbers:
                await self._take(number, await self._fetch(number))

        async with anyio.create_task_group() as tasks:
            for _ in range(self._in_flight()):
                tasks.start_soon(worker)

    def _in_flight(self) -> int:
        return max(_MIN_IN_FLIGHT, min(_MAX_IN_FLIGHT, _ROWS_IN_FLIGHT // self._query.page_size))

    async def _fetch(self, number: int) -> Page:
        page = await self._source.fetch_page(replace(self._query, page=number))
        self._usage.pages += 1
        return page

    async def _take(self, number: int, page: Page) -> None:
        """Hand on what is new. What was read is stored even when the run is being stopped."""
        fresh = [booking for booking in page.bookings if self._note(booking.id)]
        self._distinct += page.unreadable
        if self._pass_number > 1:
            page = replace(page, unreadable=0)  # these rows were counted in the first pass
        with anyio.CancelScope(shield=True):
            await self._handle(number, page, fresh)

    def _note(self, booking_id: str) -> bool:
        """Count the booking in this pass; whether the run sees it for the first time."""
        seen = self._seen_in_pass.get(booking_id)
        if seen != self._pass_number:
            self._distinct += 1
            self._seen_in_pass[booking_id] = self._pass_number
        return seen is None
