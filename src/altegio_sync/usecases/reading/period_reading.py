"""Reads a period in passes over its pages, and grades how certain it is that nothing was missed.

The list may change while its pages are read. An insert moves rows to later pages, so that a row
comes twice. A removal moves rows to earlier pages, so that a row is never seen. A pass is believed
when the number of distinct ids that it saw equals the total in its first answer and the total in
the answer that was requested last. One answer that contains the whole list cannot miss anything. A
pass that is not believed is repeated. If this does not help, each half of the days is read.

Reading always ends. A pass ends, and is not believed, when a page brings nothing new or is empty
before the announced end. The number of requests of all passes together is limited: see
`allowance`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import anyio

from altegio_sync.domain.ledger import Grade
from altegio_sync.usecases.reading.allowance import Allowance
from altegio_sync.usecases.reading.pages import PageReader
from altegio_sync.usecases.reading.passes import WindowReading
from altegio_sync.usecases.reading.window import Window

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from anyio.abc import TaskGroup

    from altegio_sync.domain.counts import ApiUsage
    from altegio_sync.domain.period import Period
    from altegio_sync.ports import AppointmentSource, Page, PageQuery
    from altegio_sync.usecases.reading.pages import Handle, KnownTotals
    from altegio_sync.usecases.reading.passes import Pass

    OnWindow = Callable[[Window], Awaitable[None]]

#: The most passes over days that can be cut in halves (the halves are read after that), over a list
#: of changes, and over a single day.
PASSES = 2
_CHANGES_PASSES = 3
LAST_PASSES = 4
#: A longer list is read in windows of days. So the memory of a pass is limited, and a killed run
#: can be continued window by window. The pages of a window take half a minute.
MAX_WINDOW_RECORDS = 10_000
_WINDOW_PAGES = 120
#: Windows that are read at the same time: one begins while the last answer of another is awaited.
_WINDOWS_AT_ONCE = 2
_PROVED_WINDOWS_AT_ONCE = 8
#: Some days have more bookings than others, so a window is planned for 4/5 of one answer.
_PROVED_MARGIN = (5, 4)


class PeriodReading:
    """Reads a query to its end.

    ``on_window`` gets each window once, when a pass was believed or no more passes follow.
    ``handle`` gets each booking once in a window, however many passes there are. A booking that
    moves from one window to another meanwhile is handed on in both.
    """

    def __init__(
        self,
        source: AppointmentSource,
        handle: Handle,
        on_window: OnWindow,
        usage: ApiUsage,
        *,
        proves: bool = False,
        allowance: Allowance | None = None,
        totals: KnownTotals | None = None,
    ) -> None:
        self._pages = PageReader(source, handle, usage, allowance or Allowance(), totals)
        self._on_window = on_window
        self._proves = proves
        self._at_once = anyio.CapacityLimiter(
            _PROVED_WINDOWS_AT_ONCE if proves else _WINDOWS_AT_ONCE
        )

    async def run(self, query: PageQuery, first: Page | None = None) -> None:
        """Read the query. ``first`` is its first page, where that was requested already."""
        if first is not None:
            self._pages.take_first(query, first)
        async with anyio.create_task_group() as tasks:
            await self._read(tasks, query, first)

    async def _read(self, tasks: TaskGroup, query: PageQuery, first: Page | None) -> None:
        async with self._at_once:
            first = first or await self._pages.fetch(query, 1)
            if first is None:
                await self._give_up(query.period)
                return
            parts = self._parts(query, first)
            if len(parts) == 1:
                await self._settle(WindowReading(self._pages), query, first)
                return
        self._pages.allowance.count_cut(first.total or 0)
        for part in parts:
            tasks.start_soon(self._read, tasks, part, None)

    async def _give_up(self, period: Period | None) -> None:
        """Report days that were not read, because no more requests are allowed."""
        await self._on_window(Window(period, None, frozenset(), 0, None, None, is_cut=True))

    def _parts(self, query: PageQuery, first: Page) -> list[PageQuery]:
        """The query, cut into windows of days where its list is too long for one pass."""
        served = first.rows or query.page_size
        total = first.total or 0
        if self._proves:
            fits = total <= served
            more, less = _PROVED_MARGIN
            count = -(-total * more // (served * less))
        else:
            limit = min(MAX_WINDOW_RECORDS, _WINDOW_PAGES * served)
            fits = total <= limit
            count = -(-total // limit)
        if fits or query.period is None:
            return [query]
        size = min(query.page_size, served)
        windows = query.period.windows(max(2, count))
        return [replace(query, period=window, page_size=size) for window in windows]

    async def _settle(self, reading: WindowReading, query: PageQuery, first: Page) -> None:
        """Make passes until one is enough, then report the window. If none is, read its halves.

        Days that cannot be halved, and days that may not be requested again, are reported as the
        last pass saw them.
        """
        earlier: Pass | None = None
        reads_changes = query.changed_after is not None
        most = _most_passes(query)
        for number in range(1, most + 1):
            is_last = number == most
            if is_last and _ends_with_growing(query, first):
                seen = await reading.read_growing(query, first)
            else:
                seen = await reading.read_pass(query, first)
            grade = self._grade(seen, earlier)
            if reads_changes:
                reading.judge_changes(query, seen, first, is_again=earlier is not None)
            is_enough = seen.has_grown or self._is_enough(seen, grade)
            if not is_enough:
                self._pages.allowance.count_in_vain(seen.requests)
                if is_last and _can_halve(query):
                    break
            again = None if is_enough or is_last else await self._pages.fetch(query, 1)
            if again is None:
                await self._on_window(seen.window(query.period, grade, reading.handed_on))
                return
            self._pages.usage.rereads += 1
            earlier, first = seen, again
        await self._settle_halves(reading, query)

    async def _settle_halves(self, reading: WindowReading, query: PageQuery) -> None:
        assert query.period is not None  # noqa: S101 - only such a query can be halved
        for half in query.period.windows(2):
            part = replace(query, period=half)
            first = await self._pages.fetch(part, 1)
            if first is None:
                await self._give_up(half)
                continue
            self._pages.usage.rereads += 1
            await self._settle(reading, part, first)

    def _grade(self, seen: Pass, earlier: Pass | None) -> Grade | None:
        """Two passes that agree prove a list that does not fit into one answer.

        A booking that both passes saw in the same version was in the list between them. There are
        as many of these as the second pass's first answer announced, so the list had nothing else.
        Comparing ids is not enough: a booking that leaves and returns during both passes can hide
        the same other booking twice. So versions are compared too.
        """
        agree = (
            seen.grade is not None
            and earlier is not None
            and earlier.grade is not None
            and earlier.versions == seen.versions
            and earlier.unreadable == seen.unreadable
        )
        return Grade.PROVED if agree else seen.grade

    def _is_enough(self, seen: Pass, grade: Grade | None) -> bool:
        if self._proves:
            return grade is Grade.PROVED
        return grade is not None or (seen.announced is None and not seen.is_cut)


def _can_halve(query: PageQuery) -> bool:
    return query.period is not None and query.period.days > 1


def _most_passes(query: PageQuery) -> int:
    if _can_halve(query):
        return PASSES
    return LAST_PASSES if query.changed_after is None else _CHANGES_PASSES


def _ends_with_growing(query: PageQuery, first: Page) -> bool:
    """Whether the last pass reads one page after the other: a list of changes on several pages."""
    is_long = (first.total or 0) > first.rows
    return is_long and query.changed_after is not None and not _can_halve(query)
