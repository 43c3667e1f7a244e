"""Brings what changed at Altegio since the last time, at a cost that grows with the changes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING

from altegio_sync.domain.clock import MOST_AHEAD
from altegio_sync.domain.lessons import LessonRules
from altegio_sync.domain.period import Period
from altegio_sync.domain.report import (
    CompanyReport,
    CursorMove,
    RunError,
    SyncMode,
    SyncReport,
    WritingRun,
    new_run_id,
    utc_now,
)
from altegio_sync.domain.run_marks import OpenRun
from altegio_sync.errors import ConfigError
from altegio_sync.ports import PageQuery, SilentProgress
from altegio_sync.usecases.incomplete import Shortfall
from altegio_sync.usecases.reading import MAX_WINDOW_RECORDS, PeriodReading, Window
from altegio_sync.usecases.run_book import close_book
from altegio_sync.usecases.run_clock import RunClock
from altegio_sync.usecases.stopping import StopSignal
from altegio_sync.usecases.storing import BookingIntake
from altegio_sync.usecases.sync import run_company
from altegio_sync.usecases.warning import warn_of_index
from altegio_sync.usecases.zones import fetch_zone

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from altegio_sync.domain.period import AnyPeriod
    from altegio_sync.ports import (
        AppointmentSource,
        AppointmentStore,
        CursorStore,
        Leases,
        Page,
        Progress,
        RunStore,
    )

DEFAULT_OVERLAP = timedelta(days=1)
_NO_CURSOR = (
    "There is no cursor yet for company {}: say where to begin, as in "
    "altegio-sync changes{} --since 7d (or a date), best after a sync of what is older"
)
#: Wide enough for any booking; more changes than one pass shall hold are read by days of it.
_ALL_DAYS = Period.of_days(date(2000, 1, 1), date(2099, 12, 31))


@dataclass(frozen=True, slots=True)
class ChangesRequest:
    """What changed since the cursor, less the overlap; ``since`` where there is no cursor yet.

    A day as ``since`` begins at its midnight in the location's zone.
    """

    companies: Sequence[str]
    since: AnyPeriod | timedelta | None = None
    overlap: timedelta = DEFAULT_OVERLAP
    dry_run: bool = False
    page_size: int = 50
    timezone: str | None = None
    rules: LessonRules = field(default_factory=LessonRules)
    #: ``since`` as typed, for the command that continues an interrupted run.
    options: tuple[str, ...] = ()


async def sync_changes(
    source: AppointmentSource,
    store: AppointmentStore,
    cursors: CursorStore,
    request: ChangesRequest,
    *,
    runs: RunStore | None = None,
    leases: Leases | None = None,
    progress: Progress | None = None,
    stop: StopSignal | None = None,
    run_id: str | None = None,
    complete: Callable[[SyncReport], None] | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> SyncReport:
    """Store the new ones and update the rest, of each company; then move its cursor.

    A company that another run works on is left to it. What failed stands in the report, to which
    ``complete`` adds before it is stored.

    Raises:
        ConfigError: no company has a cursor, and the request says no ``since``. Where only some
            have none, it is an error in the report of these.
        StoreError: the cursors cannot be read.
    """
    progress = progress or SilentProgress()
    stop = stop or StopSignal()
    started_at = clock()
    report = SyncReport(
        command="changes",
        run_id=run_id or new_run_id(started_at),
        mode=SyncMode.UPDATE,
        dry_run=request.dry_run,
        started_at=started_at,
        finished_at=started_at,
        companies=[],
        options=request.options,
    )
    without_cursor = await _find_without_cursor(cursors, request)
    if without_cursor and len(without_cursor) == len(set(request.companies)):
        raise ConfigError(_NO_CURSOR.format(", ".join(without_cursor), ""))
    for company_id in request.companies:
        if company_id in without_cursor:
            why = _NO_CURSOR.format(company_id, f" --company {company_id}")
            error = RunError("config", why, company_id)
            report.companies.append(CompanyReport(company_id, errors=[error], broke_off=True))
            continue
        company = _CompanyChanges(
            source, store, cursors, request, company_id, report.run_id, progress, clock
        )
        held = None if request.dry_run else leases
        opening = None
        if runs is not None and not request.dry_run:
            begun = OpenRun(report.run_id, started_at, options=request.options)
            opening = partial(runs.note_start, "changes", company_id, begun)
        await run_company(company.report, source, company.sync, stop, held, opening, work="changes")
        _give_way(company.report, progress)
        report.companies.append(company.report)
        company.intake.warn_in_the_end()
        if stop.is_set:
            break
    report.interrupted = stop.is_set
    report.finished_at = clock()
    if complete is not None:
        complete(report)
    if runs is not None and not request.dry_run:
        await close_book(runs, report, request.companies, progress)
    return report


async def _find_without_cursor(cursors: CursorStore, request: ChangesRequest) -> list[str]:
    """The companies of which nobody says where to begin."""
    if request.since is not None:
        return []
    asked = dict.fromkeys(request.companies)
    return [each for each in asked if await cursors.find_cursor(each) is None]


def _give_way(report: CompanyReport, progress: Progress) -> None:
    """Not an error here: the run that is at work brings the changes, or the next one does."""
    if [each.code for each in report.errors] == ["lease_held"]:
        progress.warn("gave_way", reason=report.errors[0].message)
        report.errors.clear()
        report.broke_off = False
        report.gave_way = True


class _CompanyChanges:
    """One company's part of a run."""

    def __init__(
        self,
        source: AppointmentSource,
        store: AppointmentStore,
        cursors: CursorStore,
        request: ChangesRequest,
        company_id: str,
        run_id: str,
        progress: Progress,
        clock: Callable[[], datetime],
    ) -> None:
        self.report = CompanyReport(company_id)
        self._source = source
        self._store = store
        self._cursors = cursors
        self._request = request
        self._run_id = run_id
        self._progress = progress
        self._clock = clock
        self._windows: list[Window] = []
        self.intake = BookingIntake(
            source,
            store,
            self.report,
            progress,
            rules=request.rules,
            mode=SyncMode.UPDATE,
            dry_run=request.dry_run,
            run=WritingRun(run_id, "changes"),
        )

    async def sync(self) -> None:
        report, request = self.report, self._request
        zone = await fetch_zone(self._source, report.company, request.timezone)
        report.timezone = zone.key
        began_at = await self._store.find_server_time()
        run_clock = RunClock(began_at)
        since = await self._since(zone, began_at)
        report.cursor = CursorMove(since)
        self._progress.begin(report.company, None, zone.key)
        problem = await self._store.prepare(dry_run=request.dry_run)
        if problem is not None:
            warn_of_index(report, self._progress, problem)
        query = PageQuery(report.company, None, zone, 1, request.page_size, since)
        first = await self._source.fetch_page(query)
        report.api.pages += 1
        if await self._read(query, first):
            await self._move(since, run_clock.believe(first.answered_at, MOST_AHEAD))

    async def _since(self, zone: ZoneInfo, now: datetime) -> datetime:
        """From where to ask: never later than the overlap before the cursor."""
        asked: datetime | None = None
        match self._request.since:
            case None:
                pass
            case timedelta() as span:
                asked = now - span
            case period:
                asked, _end = period.on(now.astimezone(zone).date()).moments(zone)
        cursor = await self._cursors.find_cursor(self.report.company)
        if cursor is None:
            assert asked is not None  # noqa: S101 - looked at before the run began
            return asked
        # One ahead of the clock would miss what changes until then.
        overlapping = min(cursor, now) - self._request.overlap
        return overlapping if asked is None else min(asked, overlapping)

    async def _read(self, query: PageQuery, first: Page) -> bool:
        """Whether all was seen that the first answer counted."""
        total = first.total or first.rows
        self._progress.expect(total, -(-total // (first.rows or 1)))
        reading = PeriodReading(self._source, self.intake.take_page, self._close, self.report.api)
        if total <= MAX_WINDOW_RECORDS:
            await reading.run(query, first)
        else:
            await reading.run(replace(query, period=_ALL_DAYS))
            self._expect_all_of(first, total)
        unsettled = [each for each in self._windows if not (each.is_believed or each.has_grown)]
        if unsettled:
            self._tell_unsettled(unsettled)
        elif not all(each.is_believed for each in self._windows):
            self._progress.warn("changes_grew")
        return not unsettled

    async def _close(self, window: Window) -> None:
        self._windows.append(replace(window, ids=frozenset(), handed_on=frozenset()))

    def _expect_all_of(self, first: Page, total: int) -> None:
        """Days that were read apart from each other must have shown what was announced for all."""
        seen = sum(each.seen for each in self._windows)
        if seen < total and all(each.is_believed for each in self._windows):
            self._windows = [Window(None, None, frozenset(), seen, total, first.answered_at)]

    def _tell_unsettled(self, windows: Sequence[Window]) -> None:
        self.report.errors.append(
            RunError(
                "incomplete",
                f"The list of changes would not settle: {Shortfall.of(windows)}. "
                "What was seen is stored, the cursor stays; run it again",
                self.report.company,
            )
        )

    async def _move(self, since: datetime, to: datetime) -> None:
        """After everything is stored; a cursor never goes back."""
        if self.report.records.failed or self._request.dry_run:
            return
        await self._cursors.move_cursor(self.report.company, to, self._run_id)
        self.report.cursor = CursorMove(since, to)
