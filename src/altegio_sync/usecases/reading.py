"""Reads all of a period, in passes over its pages, and grades how surely nothing was missed.

Altegio's pages are numbers over a list that moves while it is read: an insert repeats a row, a
removal hides one. A pass is believed when the distinct ids it saw are as many as the first answer
and the one asked for last announce; one answer that held everything cannot have missed any. A pass
that is not believed is made again, then in halves.

Reading always ends. A pass ends, not believed, when a page brings nothing new or is empty before
the announced end; and the requests of all passes together are bounded: see `allowance`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import anyio

from altegio_sync.domain.ledger import Grade
from altegio_sync.usecases.allowance import Allowance
from altegio_sync.usecases.pages import PageReader
from altegio_sync.usecases.passes import WindowReading
from altegio_sync.usecases.window import Window

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from anyio.abc import TaskGroup

    from altegio_sync.domain.period import Period
    from altegio_sync.domain.report import ApiUsage
    from altegio_sync.ports import AppointmentSource, Page, PageQuery
    from altegio_sync.usecases.pages import Handle
    from altegio_sync.usecases.passes import Pass

    OnWindow = Callable[[Window], Awaitable[None]]

#: Passes over the same days before they are cut in halves, and over what cannot be cut.
PASSES = 2
LAST_PASSES = 4
#: More than this is read in windows of days: what a pass keeps in memory is bounded, and a killed
#: run is taken up window by window; so many pages are half a minute's.
MAX_WINDOW_RECORDS = 10_000
_WINDOW_PAGES = 120
#: Windows of days side by side, so that none waits while another's last answer is under way.
_WINDOWS_AT_ONCE = 2
_PROVED_WINDOWS_AT_ONCE = 8
#: Days differ: windows are cut a little smaller than would just fit one answer (four fifths of it).
_PROVED_MARGIN = (5, 4)


class PeriodReading:
    """A query read to its end. Each window is told once it has settled, or would not settle.

    A booking is handed on once a window, however many passes that takes; one that moves from one
    window to another while they are read is handed on in both.
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
    ) -> None:
        self._pages = PageReader(source, handle, usage, allowance or Allowance())
        self._on_window = on_window
        self._proves = proves
        self._at_once = anyio.CapacityLimiter(
            _PROVED_WINDOWS_AT_ONCE if proves else _WINDOWS_AT_ONCE
        )

    async def run(self, query: PageQuery, first: Page | None = None) -> None:
        """Read what the query asks for, from its ``first`` page on where that is there already."""
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
                await self._settle(WindowReading(self._pages, query), query, first)
                return
        self._pages.allowance.count_cut(first.total or 0)
        for part in parts:
            tasks.start_soon(self._read, tasks, part, None)

    async def _give_up(self, period: Period | None) -> None:
        """Days that were not read, since no more requests are allowed."""
        await self._on_window(Window(period, None, frozenset(), 0, None, None, is_cut=True))

    def _parts(self, query: PageQuery, first: Page) -> list[PageQuery]:
        """The query, cut into windows of days where it holds more than one pass shall."""
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
        """Pass after pass until one is believed; told as it is when none is."""
        earlier: Pass | None = None
        can_halve = query.period is not None and query.period.days > 1
        reads_changes = query.changed_after is not None
        tries = PASSES if can_halve else PASSES + 1 if reads_changes else LAST_PASSES
        for attempt in range(tries):
            is_last = attempt == tries - 1
            if is_last and not can_halve and reads_changes and (first.total or 0) > first.rows:
                seen = await reading.read_growing(query, first)
            else:
                seen = await reading.read_pass(query, first)
            grade = self._grade(seen, earlier)
            if reads_changes:
                reading.judge_changes(query, seen, first, is_again=earlier is not None)
            is_enough = seen.has_grown or self._is_enough(seen, grade)
            if not is_enough:
                self._pages.allowance.count_in_vain(seen.requests)
            again = None if is_enough or is_last else await self._pages.fetch(query, 1)
            if is_enough or (again is None and not (is_last and can_halve)):
                await self._on_window(seen.window(query.period, grade, reading.handed_on))
                return
            if again is None:
                break
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
        """Two passes that agree prove what no single answer can hold.

        What both saw in the same version stood there between them, and it is as many as the second
        pass's first answer announced: nothing else stood there then. By the ids alone, what left
        and came back in both passes alike would pass for what it hid.
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
