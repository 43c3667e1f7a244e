"""Requests the pages of one reading, within its allowance."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import anyio

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from altegio_sync.domain.appointment import Booking
    from altegio_sync.domain.counts import ApiUsage
    from altegio_sync.ports import AppointmentSource, Page, PageQuery
    from altegio_sync.usecases.reading.allowance import Allowance

    # Gets the number of a page, the page, and those of its bookings that are handed on now.
    Handle = Callable[[int, Page, list[Booking]], Awaitable[None]]

MIN_IN_FLIGHT = 4
#: The old scripts asked for pages of this size for years. Altegio may shrink a larger page.
_KNOWN_PAGE_SIZE = 50


class KnownTotals:
    """What the readings of one run know about Altegio's totals.

    By the wording of the docs, a total may also be the number of rows on the page. A page of one
    row whose total is larger shows that a total counts the whole query. One reading requests such
    a page, and the others wait for the answer.
    """

    def __init__(self) -> None:
        self.are_trusted = False
        self.is_asked = False
        self.lock = anyio.Lock()


class PageReader:
    """The pages of all windows of one reading, and what they have in common."""

    def __init__(
        self,
        source: AppointmentSource,
        handle: Handle,
        usage: ApiUsage,
        allowance: Allowance,
        totals: KnownTotals | None = None,
    ) -> None:
        self._source = source
        self.allowance = allowance
        self.hand_on = handle
        self.usage = usage
        #: A first page had a total larger than its rows. Only first pages show this: the total of
        #: a later page may be the number of rows so far.
        self.has_seen_total = False
        self._totals = totals or KnownTotals()
        self._may_ask = totals is not None
        #: Limits the pages of all windows that are being requested or stored.
        self.slots = anyio.CapacityLimiter(MIN_IN_FLIGHT)

    def take_first(self, query: PageQuery, first: Page) -> None:
        """Count a first page that was requested before."""
        self.allowance.count_request()
        self._look_at(query, 1, first)

    async def fetch(self, query: PageQuery, number: int) -> Page | None:
        """The page; None where no more requests are allowed."""
        if self.allowance.is_spent:
            return None
        self.allowance.count_request()
        page = await self._source.fetch_page(replace(query, page=number))
        self.usage.pages += 1
        self._look_at(query, number, page)
        return page

    def _look_at(self, query: PageQuery, number: int, page: Page) -> None:
        """Learn from a page whether totals can be trusted.

        A total that is larger than the rows of the first page counts the whole query. From then on
        every total is trusted.
        """
        self.allowance.open(page.total, min(query.page_size, page.rows or query.page_size))
        self.has_seen_total |= number == 1 and page.total is not None and page.total > page.rows
        self._totals.are_trusted |= self.has_seen_total

    async def doubts_total(self, query: PageQuery, total: int) -> bool:
        """Whether Altegio may have shrunk the page, so that the total is only the rows left."""
        if query.page_size <= _KNOWN_PAGE_SIZE or self._totals.are_trusted:
            return False
        if self._may_ask and total > 1:
            await self._ask_for_total(query)
        return not self._totals.are_trusted

    async def _ask_for_total(self, query: PageQuery) -> None:
        """Request one row of the query, to see whether the total counts the other rows too."""
        totals = self._totals
        async with totals.lock:
            if not totals.are_trusted and not totals.is_asked:
                await self.fetch(replace(query, page_size=1), 1)
                totals.is_asked = True
