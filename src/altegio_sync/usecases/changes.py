"""Brings what changed at Altegio since the last run; the cost grows with the changes only."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from altegio_sync.domain.clock import MOST_AHEAD, utc_now
from altegio_sync.domain.lessons import LessonRules
from altegio_sync.domain.period import ALL_DAYS
from altegio_sync.domain.report import (
    CompanyReport,
    CursorMove,
    RunError,
    SyncMode,
    SyncReport,
    new_run_id,
)
from altegio_sync.domain.run_marks import OpenRun
from altegio_sync.errors import ConfigError
from altegio_sync.messages import sync as texts
from altegio_sync.ports import PageQuery, SilentProgress
from altegio_sync.usecases.company_run import run_companies
from altegio_sync.usecases.location_zones import LocationZones
from altegio_sync.usecases.reading.incomplete import Shortfall
from altegio_sync.usecases.reading.period_reading import MAX_WINDOW_RECORDS, PeriodReading
from altegio_sync.usecases.reading.window import Window
from altegio_sync.usecases.run_clock import RunClock
from altegio_sync.usecases.run_context import RunContext
from altegio_sync.usecases.stopping import StopSignal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from altegio_sync.domain.period import AnyPeriod
    from altegio_sync.ports import (
        AppointmentSource,
        AppointmentStore,
        CursorStore,
        Leases,
        LocationStore,
        Page,
        Progress,
        RunStore,
        VersionStore,
    )
    from altegio_sync.usecases.company_run import CompanyRun

DEFAULT_OVERLAP = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ChangesRequest:
    """Which changes to bring: those since the cursor, and those of the ``overlap`` before it.

    ``since`` is used where there is no cursor yet, or where it is earlier. A day begins at its
    midnight in the zone of the location. ``options`` is ``since`` as the user typed it, for the
    command that continues an interrupted run.
    """

    companies: Sequence[str]
    since: AnyPeriod | timedelta | None = None
    overlap: timedelta = DEFAULT_OVERLAP
    dry_run: bool = False
    page_size: int = 50
    timezone: str | None = None
    rules: LessonRules = field(default_factory=LessonRules)
    options: tuple[str, ...] = ()


async def sync_changes(
    source: AppointmentSource,
    store: AppointmentStore,
    cursors: CursorStore,
    request: ChangesRequest,
    *,
    runs: RunStore | None = None,
    leases: Leases | None = None,
    locations: LocationStore | None = None,
    versions: VersionStore | None = None,
    progress: Progress | None = None,
    stop: StopSignal | None = None,
    run_id: str | None = None,
    warnings: Sequence[RunError] = (),
    errors: Sequence[RunError] = (),
    clock: Callable[[], datetime] = utc_now,
) -> SyncReport:
    """Store new appointments, update the others, then move the cursor: for each company.

    A company that another run of `changes` works on is left to that run. The report contains what
    failed. ``warnings`` and ``errors`` about the run as a whole are reported too.

    Raises:
        ConfigError: no company has a cursor, and the request has no ``since``. Where only some
            companies have none, this is an error in their reports.
        StoreError: the cursors cannot be read.
    """
    started_at = clock()
    run_id = run_id or new_run_id(started_at)
    context = RunContext(
        source=source,
        store=store,
        command="changes",
        opened=OpenRun(run_id, started_at, options=request.options),
        mode=SyncMode.UPDATE,
        dry_run=request.dry_run,
        rules=request.rules,
        runs=runs,
        leases=leases,
        progress=progress or SilentProgress(),
        stop=stop or StopSignal(),
        clock=clock,
        locations=locations,
        versions=versions,
        zones=LocationZones(locations, request.timezone, dry_run=request.dry_run),
        gives_way=True,  # the run that holds the lease brings the changes
    )
    known = await cursors.find_all()
    refused = _refuse_without_cursor(known, request)

    async def work(company: CompanyRun) -> None:
        cursor = known.get(company.report.company)
        await _CompanyChanges(company, cursors, cursor, request).sync()

    return await run_companies(context, request.companies, work, warnings, refused, errors)


def _refuse_without_cursor(
    known: Mapping[str, datetime], request: ChangesRequest
) -> dict[str, CompanyReport]:
    """The reports of companies for which neither a cursor nor the request says where to begin."""
    if request.since is not None:
        return {}
    companies = list(dict.fromkeys(request.companies))
    missing = [each for each in companies if each not in known]
    if missing and missing == companies:
        raise ConfigError(texts.NO_CURSOR(companies=missing))
    return {each: _report_no_cursor(each) for each in missing}


def _report_no_cursor(company: str) -> CompanyReport:
    error = RunError("config", texts.NO_CURSOR_OF_ONE(company=company), company)
    return CompanyReport(company, errors=[error], broke_off=True)


class _CompanyChanges:
    """One company's part of a run. ``cursor`` is as it was when the run began."""

    def __init__(
        self,
        company: CompanyRun,
        cursors: CursorStore,
        cursor: datetime | None,
        request: ChangesRequest,
    ) -> None:
        self._company = company
        self._context = company.context
        self._report = company.report
        self._cursors = cursors
        self._cursor = cursor
        self._request = request
        self._windows: list[Window] = []

    async def sync(self) -> None:
        report, request, source = self._report, self._request, self._context.source
        began_at = await self._context.store.find_server_time()
        clock = RunClock(began_at)
        fresh = await self._context.zones.find_fresh(report.company, began_at)
        zone = fresh or await self._company.fetch_zone(began_at)
        report.timezone = zone.key
        since = self._since(zone, began_at)
        report.cursor = CursorMove(since)
        await self._company.begin(zone, None)
        query = PageQuery(report.company, None, zone, 1, request.page_size, since)
        first = await source.fetch_page(query)
        report.api.pages += 1
        if await self._read(query, first):
            await self._move(since, clock.believe(first.answered_at, MOST_AHEAD))

    def _since(self, zone: ZoneInfo, now: datetime) -> datetime:
        """From when on to ask Altegio: never later than the cursor less the overlap."""
        asked: datetime | None = None
        match self._request.since:
            case None:
                pass
            case timedelta() as span:
                asked = now - span
            case period:
                asked, _end = period.on(now.astimezone(zone).date()).moments(zone)
        if self._cursor is None:
            assert asked is not None  # noqa: S101 - checked before the run began
            return asked
        # A cursor ahead of the clock would miss what changes until then.
        overlapping = min(self._cursor, now) - self._request.overlap
        return overlapping if asked is None else min(asked, overlapping)

    async def _read(self, query: PageQuery, first: Page) -> bool:
        """Read all pages. True where everything was seen that the first answer counted."""
        total = first.total or first.rows
        self._context.progress.expect(total, -(-total // (first.rows or 1)))
        reading = PeriodReading(
            self._context.source,
            self._company.intake.take_page,
            self._close,
            self._report.api,
            totals=self._context.totals,
        )
        async with self._company.reading_of(first):
            if total <= MAX_WINDOW_RECORDS:
                await reading.run(query, first)
            else:
                # Too many changes for one pass are read by their days.
                await reading.run(replace(query, period=ALL_DAYS))
                self._expect_all_of(first, total)
        unsettled = [each for each in self._windows if not (each.is_believed or each.has_grown)]
        if unsettled:
            self._note_unsettled(unsettled)
        elif not all(each.is_believed for each in self._windows):
            self._context.progress.warn("changes_grew")
        return not unsettled

    async def _close(self, window: Window) -> None:
        self._windows.append(window.without_ids())

    def _expect_all_of(self, first: Page, total: int) -> None:
        """Days that were read separately must have shown as much as was announced for all."""
        seen = sum(each.seen for each in self._windows)
        if seen < total and all(each.is_believed for each in self._windows):
            self._windows = [Window(None, None, frozenset(), seen, total, first.answered_at)]

    def _note_unsettled(self, windows: Sequence[Window]) -> None:
        self._report.errors.append(
            RunError(
                "incomplete",
                texts.UNSETTLED_CHANGES(seen=Shortfall.of(windows).describe()),
                self._report.company,
            )
        )

    async def _move(self, since: datetime, to: datetime) -> None:
        """Move the cursor, after everything is stored. A cursor never goes back."""
        if self._report.records.failed or self._context.dry_run:
            return
        run_id = self._context.opened.run_id
        await self._cursors.move_cursor(self._report.company, to, run_id)
        self._report.cursor = CursorMove(since, to)
