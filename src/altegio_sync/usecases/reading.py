"""Reads all of a period, in passes over its pages, and grades how surely nothing was missed.

Altegio's pages are numbers over a list that moves while it is read: an insert repeats a row, a
removal hides one. A pass is believed when the distinct ids it saw are as many as the first answer
and the one asked for last announce; one answer that held everything cannot have missed any. A pass
that is not believed is made again, then in halves.

Reading always ends. A pass ends, not believed, when a page brings nothing new or is empty before
the announced end; and the requests of all passes together are bounded: see `allowance`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import anyio

from altegio_sync.domain.ledger import Grade
from altegio_sync.usecases.allowance import Allowance
from altegio_sync.usecases.counted import Counted, is_new_since

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator, Set
    from datetime import datetime

    from anyio.abc import TaskGroup

    from altegio_sync.domain.appointment import Booking
    from altegio_sync.domain.period import Period
    from altegio_sync.domain.report import ApiUsage
    from altegio_sync.ports import AppointmentSource, Page, PageQuery

    # Given the number of a page, the page, and those of its bookings not handed on before.
    Handle = Callable[[int, Page, list[Booking]], Awaitable[None]]
    OnWindow = Callable[["Window"], Awaitable[None]]

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
_MAX_IN_FLIGHT = 16
_MIN_IN_FLIGHT = 4
#: What the old scripts asked for and were served, for years; a larger page may be shrunk.
_KNOWN_PAGE_SIZE = 50
#: Bookings held at once are bounded by this, whatever the size of a page and however many windows.
_ROWS_IN_FLIGHT = 4000
#: Rows without an id may be new ones or the same ones again. So many pages of a pass may hold
#: nothing else.
_PAGES_WITHOUT_IDS = 20
_PAGE_AND_EMPTY_ONE = 2


@dataclass(frozen=True, slots=True)
class Window:
    """Days that were read to the end. ``period`` is None for a query that is not by days.

    ``ids`` are those of the last pass, ``handed_on`` those of all. ``at`` is when the first answer
    of the first one was given, where Altegio says so: bookings are handed on as they were then, or
    later. ``grade`` is None where the pass was not believed, or Altegio announced no total to hold
    it against (``announced`` is None then). ``is_cut``: a page brought nothing new, or was empty
    before the announced end, or totals came and went, or no more requests were allowed; ``seen`` is
    then what came so far.
    ``has_grown``: all that the first answer of a pass counted was seen, and the list changed since.
    """

    period: Period | None
    grade: Grade | None
    ids: frozenset[str]
    seen: int
    announced: int | None
    at: datetime | None
    handed_on: Set[str] = frozenset()
    is_cut: bool = False
    has_grown: bool = False

    @property
    def is_believed(self) -> bool:
        return self.grade is not None or (self.announced is None and not self.is_cut)

    @property
    def period_read(self) -> Period:
        """The days that were read. Only for a query by days."""
        assert self.period is not None  # noqa: S101 - narrows for mypy
        return self.period

    def without_ids(self) -> Window:
        """The ids of many windows would fill the memory."""
        return replace(self, ids=frozenset(), handed_on=frozenset())


@dataclass(slots=True)
class _Pass:
    """What one pass over the pages saw, by id and version; rows without an id are counted alone."""

    at: datetime | None
    versions: dict[str, str] = field(default_factory=dict)
    unreadable: int = 0
    announced: int | None = None
    grade: Grade | None = None
    is_cut: bool = False
    has_grown: bool = False
    requests: int = 1  # its first page
    pages_without_ids: int = 0
    brought: int = 0  # that no earlier pass had, and that did not change since the first one began

    @property
    def seen(self) -> int:
        return len(self.versions) + self.unreadable

    def take(self, page: Page) -> None:
        """Count a page; one that brings nothing new ends the pass."""
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
        self._source = source
        self.allowance = allowance or Allowance()
        self.hand_on = handle
        self._on_window = on_window
        self._usage = usage
        self._proves = proves
        #: A first page had a total that was more than its rows. Later pages may count rows so far.
        self.has_seen_total = False
        self._at_once = anyio.CapacityLimiter(
            _PROVED_WINDOWS_AT_ONCE if proves else _WINDOWS_AT_ONCE
        )
        #: For the pages that are asked for or being stored, of all windows together.
        self.slots = anyio.CapacityLimiter(_MIN_IN_FLIGHT)

    async def run(self, query: PageQuery, first: Page | None = None) -> None:
        """Read what the query asks for, from its ``first`` page on where that is there already."""
        if first is not None:
            self.allowance.count_request()
            self._look_at(query, 1, first)
        async with anyio.create_task_group() as tasks:
            await self._read(tasks, query, first)

    async def _read(self, tasks: TaskGroup, query: PageQuery, first: Page | None) -> None:
        async with self._at_once:
            first = first or await self.fetch(query, 1)
            if first is None:
                await self._give_up(query.period)
                return
            parts = self._parts(query, first)
            if len(parts) == 1:
                await self._settle(_WindowReading(self, query), query, first)
                return
        self.allowance.count_cut(first.total or 0)
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

    async def _settle(self, reading: _WindowReading, query: PageQuery, first: Page) -> None:
        """Pass after pass until one is believed; told as it is when none is."""
        earlier: _Pass | None = None
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
                self.allowance.count_in_vain(seen.requests)
            again = None if is_enough or is_last else await self.fetch(query, 1)
            if is_enough or (again is None and not (is_last and can_halve)):
                await self._on_window(seen.window(query.period, grade, reading.handed_on))
                return
            if again is None:
                break
            self._usage.rereads += 1
            earlier, first = seen, again
        await self._settle_halves(reading, query)

    async def _settle_halves(self, reading: _WindowReading, query: PageQuery) -> None:
        assert query.period is not None  # noqa: S101 - only such a query can be halved
        for half in query.period.windows(2):
            part = replace(query, period=half)
            first = await self.fetch(part, 1)
            if first is None:
                await self._give_up(half)
                continue
            self._usage.rereads += 1
            await self._settle(reading, part, first)

    def _grade(self, seen: _Pass, earlier: _Pass | None) -> Grade | None:
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

    def _is_enough(self, seen: _Pass, grade: Grade | None) -> bool:
        if self._proves:
            return grade is Grade.PROVED
        return grade is not None or (seen.announced is None and not seen.is_cut)

    async def fetch(self, query: PageQuery, number: int) -> Page | None:
        """The page; None where no more requests are allowed."""
        if self.allowance.is_spent:
            return None
        self.allowance.count_request()
        page = await self._source.fetch_page(replace(query, page=number))
        self._usage.pages += 1
        self._look_at(query, number, page)
        return page

    def _look_at(self, query: PageQuery, number: int, page: Page) -> None:
        """A total that is more than its page's rows is the whole query's, and so are all others."""
        self.allowance.open(page.total, min(query.page_size, page.rows or query.page_size))
        self.has_seen_total |= number == 1 and page.total is not None and page.total > page.rows

    def doubts_total(self, query: PageQuery) -> bool:
        """Whether the page could have been shrunk, and its total be the rows that it was left."""
        return query.page_size > _KNOWN_PAGE_SIZE and not self.has_seen_total


class _WindowReading:
    """The passes over one window, and over its halves: what was handed on is not again."""

    def __init__(self, owner: PeriodReading, query: PageQuery) -> None:
        self._owner = owner
        self.handed_on: set[str] = set()
        self._size = query.page_size
        self._told_unreadable = 0
        self._began_at: datetime | None = None
        self._counted: list[Counted] = []

    async def _begin(self, query: PageQuery, first: Page) -> _Pass:
        self._began_at = self._began_at or first.answered_at
        if query.changed_after is not None:
            self._counted += Counted.by(first, self.handed_on)
        seen = _Pass(self._began_at)
        await self._take(seen, 1, first)
        return seen

    def judge_changes(self, query: PageQuery, seen: _Pass, first: Page, *, is_again: bool) -> None:
        """A list of changes is enough when all that was counted once was seen since.

        Without a total, a pass over several pages is believed when it repeats what was seen.
        """
        if seen.is_cut or seen.grade is not None:
            return
        seen.has_grown |= any(each.is_seen(seen.unreadable) for each in self._counted)
        is_one_page = seen.requests == _PAGE_AND_EMPTY_ONE and first.rows < query.page_size
        if seen.announced is None and not is_one_page:
            seen.is_cut = not is_again or seen.brought > 0

    async def read_pass(self, query: PageQuery, first: Page) -> _Pass:
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
            # One too large is shrunk silently: go on with the size that is really served.
            query = replace(query, page_size=first.rows)
        last_number = -(-first.total // query.page_size)
        await self._read_side_by_side(query, seen, iter(range(2, last_number)))
        # Asked for when all others came back: its total is the one the list ended with.
        last = None if seen.is_cut else await self._read_page(query, seen, last_number)
        if last is not None:
            seen.announced = first.total if last.total is None else last.total
            if seen.seen == first.total == last.total:
                seen.grade = Grade.CHECKED
        return seen

    async def _single(self, query: PageQuery, seen: _Pass, first: Page) -> _Pass:
        """One answer held all; but a total may be the page's own count, by a wording of the docs.

        A full page leaves that open, and one that may have been shrunk: then the next one tells.
        """
        total = first.rows
        if total == query.page_size or (total and self._owner.doubts_total(query)):
            second = await self._read_page(query, seen, 2)
            if second is None:
                return seen
            if second.rows and second.total is not None and second.total > second.rows:
                # So totals are the query's, and the list grew meanwhile.
                seen.announced = second.total
                return seen
            if second.rows:
                return await self._walk(query, seen, 2, second)
        seen.announced = total
        # By its rows: an id that one answer lists twice has moved nowhere, and hides no other.
        seen.grade = Grade.PROVED
        return seen

    async def read_growing(self, query: PageQuery, first: Page) -> _Pass:
        """One page after the other, to the end of a list that may grow meanwhile.

        An insert moves rows to later pages, which are read later. So a list that only grows shows
        all that its first answer counted.
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
        # A list that only grew shows no more than the last answer counted.
        may_be_seen = self._counted[-1].may_be_seen(seen.unreadable)
        seen.has_grown = total < ends_at and seen.seen <= ends_at and may_be_seen
        return seen

    async def _walk(self, query: PageQuery, seen: _Pass, number: int, page: Page | None) -> _Pass:
        """One page after the other to the empty one, where no total can be relied on."""
        # Where other answers have had totals, this one lost it or has a wrong one.
        lost_total = self._owner.has_seen_total
        while page is not None and page.rows and not seen.is_cut:
            number += 1
            page = await self._read_page(query, seen, number)
        seen.is_cut |= lost_total
        return seen

    async def _read_side_by_side(
        self, query: PageQuery, seen: _Pass, numbers: Iterator[int]
    ) -> None:
        async def worker() -> None:
            for number in numbers:
                page = await self._read_page(query, seen, number)
                # Empty before the announced end: what comes after it is empty as well.
                seen.is_cut |= page is not None and not page.rows
                if seen.is_cut:
                    return

        in_flight = max(_MIN_IN_FLIGHT, min(_MAX_IN_FLIGHT, _ROWS_IN_FLIGHT // query.page_size))
        self._owner.slots.total_tokens = in_flight
        async with anyio.create_task_group() as tasks:
            for _ in range(in_flight):
                tasks.start_soon(worker)

    async def _read_page(self, query: PageQuery, seen: _Pass, number: int) -> Page | None:
        """The page, handed on; None, and the pass cut, where no more requests are allowed."""
        async with self._owner.slots:
            page = await self._owner.fetch(query, number)
            if page is None:
                seen.is_cut = True
                return None
            seen.requests += 1
            await self._take(seen, number, page)
        return page

    async def _take(self, seen: _Pass, number: int, page: Page) -> None:
        seen.take(page)
        fresh = _newest_by_id(each for each in page.bookings if each.id not in self.handed_on)
        seen.brought += sum(not is_new_since(each, self._began_at) for each in fresh.values())
        self.handed_on.update(fresh)
        for counted in self._counted:
            counted.take(page)
        self._owner.allowance.count_page(fresh)
        # Rows that have no id to know them by are counted once, in the pass that saw most.
        unreadable = max(0, seen.unreadable - self._told_unreadable)
        self._told_unreadable += unreadable
        await self._owner.hand_on(
            number, replace(page, unreadable=unreadable), list(fresh.values())
        )


def _newest_by_id(bookings: Iterable[Booking]) -> dict[str, Booking]:
    """The one that was changed last of those with one id; the last one where nothing says so."""
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
