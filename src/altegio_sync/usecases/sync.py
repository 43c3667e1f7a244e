"""Brings the appointments of a period from Altegio into the collection."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import anyio

from altegio_sync.domain.ledger import Grade, LedgerEntry, ResumeRule, days_to_read
from altegio_sync.domain.lessons import LessonRules
from altegio_sync.domain.period import Period
from altegio_sync.domain.report import (
    CompanyReport,
    SyncMode,
    SyncReport,
    WritingRun,
    new_run_id,
    utc_now,
)
from altegio_sync.domain.run_marks import OpenRun
from altegio_sync.domain.zones import find_zone
from altegio_sync.errors import AltegioSyncError, StoreUnavailableError, first_error
from altegio_sync.ports import PageQuery, SilentProgress, StoredScope
from altegio_sync.usecases.incomplete import incomplete_errors
from altegio_sync.usecases.other_days import refuse_other_days
from altegio_sync.usecases.reading import PeriodReading, Window
from altegio_sync.usecases.run_book import close_book
from altegio_sync.usecases.run_clock import RunClock
from altegio_sync.usecases.stopping import StopSignal
from altegio_sync.usecases.storing import BookingIntake, to_run_error
from altegio_sync.usecases.vanished import VanishedSearch
from altegio_sync.usecases.warning import warn, warn_of_index
from altegio_sync.usecases.zones import fetch_zone

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime, timedelta
    from zoneinfo import ZoneInfo

    from altegio_sync.domain.period import AnyPeriod
    from altegio_sync.ports import (
        AppointmentSource,
        AppointmentStore,
        Leases,
        Ledger,
        Page,
        Progress,
        RunStore,
    )


@dataclass(frozen=True, slots=True)
class SyncRequest:
    """What to sync, and how.

    - ``timezone``: None means the location's own time zone.
    - ``max_age``: skip the days that the ledger knows as complete for no longer than this.
    - ``rules_fingerprint``: the `settings_hash` under which days are entered into the ledger.
    - ``includes_documents_without_company``: documents without a `companyId` belong to this
      company. None means: only where it is the only company of the request.
    - ``words`` and ``options``: the period and the options as the user typed them, for the
      command that continues a run which was killed.
    """

    companies: Sequence[str]
    period: AnyPeriod
    mode: SyncMode = SyncMode.NEW_ONLY
    dry_run: bool = False
    page_size: int = 50
    timezone: str | None = None
    rules: LessonRules = field(default_factory=LessonRules)
    proves: bool = False
    max_age: timedelta | None = None
    rules_fingerprint: str = ""
    includes_documents_without_company: bool | None = None
    allows_mass_delete: bool = False
    words: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


async def sync_appointments(
    source: AppointmentSource,
    store: AppointmentStore,
    request: SyncRequest,
    *,
    runs: RunStore | None = None,
    ledger: Ledger | None = None,
    leases: Leases | None = None,
    progress: Progress | None = None,
    stop: StopSignal | None = None,
    run_id: str | None = None,
    complete: Callable[[SyncReport], None] | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> SyncReport:
    """Sync every company of the request, one after another, and report on all of them.

    Nothing is stored twice, however often it is called; what failed stands in the report's
    ``errors``, so AltegioError and StoreError are not raised. A company that breaks off does not
    keep the next from being synced. ``complete`` adds to the report before it is stored.
    """
    progress = progress or SilentProgress()
    stop = stop or StopSignal()
    started_at = clock()
    report = SyncReport(
        command="sync",
        run_id=run_id or new_run_id(started_at),
        mode=request.mode,
        dry_run=request.dry_run,
        started_at=started_at,
        finished_at=started_at,
        companies=[],
        words=request.words,
        options=request.options,
    )
    for company_id in request.companies:
        company = _CompanySync(
            source, store, request, company_id, report.run_id, ledger, progress, clock
        )
        held = None if request.dry_run else leases
        opening = None
        if runs is not None and not request.dry_run:
            begun = OpenRun(report.run_id, started_at, request.words, request.options)
            opening = partial(runs.note_start, "sync", company_id, begun)
        await run_company(company.report, source, company.sync, stop, held, opening, work="sync")
        report.companies.append(company.report)
        company.intake.warn_in_the_end()
        if stop.is_set:
            break
    report.interrupted = stop.is_set
    report.finished_at = clock()
    if complete is not None:
        complete(report)
    if runs is not None and not request.dry_run:
        await close_book(
            runs,
            report,
            request.companies,
            progress,
            ledger=ledger,
            rules_fingerprint=request.rules_fingerprint,
        )
    return report


async def run_company(
    report: CompanyReport,
    source: AppointmentSource,
    body: Callable[[], Awaitable[None]],
    stop: StopSignal,
    leases: Leases | None,
    opening: Callable[[], Awaitable[None]] | None = None,
    *,
    work: str,
) -> CompanyReport:
    """One company's part of a run, with its lease; what breaks it off stands in the report.

    Runs of other ``work`` may go on beside it.
    ``opening`` notes that the run began, once it holds the lease.
    """
    before = replace(source.usage)
    try:
        with stop.interrupting():
            async with AsyncExitStack() as stack:
                if leases is not None:
                    await stack.enter_async_context(leases.hold(report.company, work))
                if opening is not None:
                    await opening()
                await body()
    except* AltegioSyncError as group:
        error = first_error(group)
        report.broke_off = True
        report.lost_store = isinstance(error, StoreUnavailableError)
        report.errors.append(to_run_error(error, report.company))
    report.api += source.usage - before
    return report


class _CompanySync:
    """One company's part of a run."""

    def __init__(
        self,
        source: AppointmentSource,
        store: AppointmentStore,
        request: SyncRequest,
        company_id: str,
        run_id: str,
        ledger: Ledger | None,
        progress: Progress,
        clock: Callable[[], datetime],
    ) -> None:
        self.report = CompanyReport(company_id)
        self._source = source
        self._store = store
        self._request = request
        self._run_id = run_id
        self._ledger = ledger
        self._progress = progress
        self._clock = clock
        self.intake = BookingIntake(
            source,
            store,
            self.report,
            progress,
            rules=request.rules,
            mode=request.mode,
            dry_run=request.dry_run,
            run=WritingRun(run_id, "sync"),
        )
        self._vanished: VanishedSearch | None = None
        self._run_clock: RunClock | None = None
        self._incomplete: list[tuple[Period, Window]] = []
        #: What was asked for before it was known to be wanted.
        self._ahead: dict[PageQuery, Page] = {}

    async def sync(self) -> None:
        report, request = self.report, self._request
        if isinstance(request.period, Period):
            report.period = request.period  # to be told also where no zone can be had
        # Before anything is asked: where Altegio tells no time, what was read is as old as this.
        began_at = await self._store.find_server_time()
        self._run_clock = RunClock(began_at)
        zone = await self._find_zone()
        report.timezone = zone.key
        period = report.period = self._period_in(zone)
        self._progress.begin(report.company, period, zone.key)
        problem = await self._store.prepare(dry_run=request.dry_run)
        if problem is not None:
            warn_of_index(report, self._progress, problem)
        if request.mode is SyncMode.UPDATE:
            self._vanished = self._search_vanished(period, zone)
        for span in await self._open_days(period, zone, began_at):
            await self._read(span, zone)
        await self._warn_of_nothing(period, zone)
        if self._vanished is not None:
            for window in await self._vanished.finish(dry_run=request.dry_run):
                await self._enter(window, zone)

    async def _find_zone(self) -> ZoneInfo:
        """The location's zone; while it is asked for, the first page is, in the zone of last time.

        So a run waits once and not twice for an answer before its pages come side by side.
        """
        request, company = self._request, self.report.company
        last: ZoneInfo | None = None
        if self._ledger is not None and request.timezone is None and request.max_age is None:
            last = find_zone(await self._ledger.find_timezone(company))
        if last is None:
            return await fetch_zone(self._source, company, request.timezone)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._read_ahead, last)
            zone = await fetch_zone(self._source, company, None)
        return zone  # noqa: RET504 - a task group may swallow errors, for all that mypy knows

    async def _read_ahead(self, zone: ZoneInfo) -> None:
        query = self._first_page(self._period_in(zone), zone)
        self._ahead[query] = await self._source.fetch_page(query)

    def _period_in(self, zone: ZoneInfo) -> Period:
        return self._request.period.on(self._clock().astimezone(zone).date())

    def _first_page(self, period: Period, zone: ZoneInfo) -> PageQuery:
        return PageQuery(self.report.company, period, zone, 1, self._request.page_size)

    def _search_vanished(self, period: Period, zone: ZoneInfo) -> VanishedSearch:
        return VanishedSearch(
            self._source,
            self._store,
            self.intake,
            self.report,
            self._progress,
            self._scope(period, zone),
            allows_mass_delete=self._request.allows_mass_delete,
        )

    def _scope(self, period: Period, zone: ZoneInfo) -> StoredScope:
        includes_documents_without_company = self._request.includes_documents_without_company
        if includes_documents_without_company is None:
            includes_documents_without_company = len(self._request.companies) == 1
        return StoredScope(self.report.company, period, zone, includes_documents_without_company)

    async def _open_days(self, period: Period, zone: ZoneInfo, now: datetime) -> list[Period]:
        """The days to read: all of them, unless an earlier run is taken up."""
        request = self._request
        if request.max_age is None or self._ledger is None:
            return [period]
        rule = ResumeRule(
            mode=request.mode,
            proves=request.proves,
            settings=request.rules_fingerprint,
            now=now,
            max_age=request.max_age,
        )
        records = await self._ledger.find_days(self.report.company, period)
        open_days = days_to_read(period, records, zone, rule)
        self.report.days.resumed = period.days - sum(span.days for span in open_days)
        self._progress.resume(self.report.days.resumed, period.days)
        return open_days

    async def _read(self, period: Period, zone: ZoneInfo) -> None:
        query = self._first_page(period, zone)
        first = self._ahead.pop(query, None) or await self._source.fetch_page(query)
        refuse_other_days(query, first)
        self.report.api.pages += 1
        total = first.total or first.rows
        self._progress.expect(total, -(-total // (first.rows or 1)))

        async def on_window(window: Window) -> None:
            await self._close(window, zone)

        reading = PeriodReading(
            self._source,
            self.intake.take_page,
            on_window,
            self.report.api,
            proves=self._request.proves,
        )
        try:
            await reading.run(query, first)
        finally:
            self.report.errors += incomplete_errors(self.report.company, self._incomplete)
            self._incomplete.clear()

    async def _close(self, window: Window, zone: ZoneInfo) -> None:
        """Decide about days that were read: told where they would not settle, else entered."""
        assert window.period is not None  # noqa: S101 - every query of ours is by days
        is_enough = window.is_believed
        if self._request.proves:
            is_enough = window.grade is Grade.PROVED
        if not is_enough:
            self._incomplete.append((window.period, window))
        if window.grade is None:
            self.report.days.unsettled += window.period.days
            if is_enough:
                self._warn_of_total()
            return
        if self._vanished is None or await self._vanished.check_window(window, window.period):
            await self._enter(window, zone)

    async def _warn_of_nothing(self, period: Period, zone: ZoneInfo) -> None:
        """An empty list where appointments are stored: the wrong company, or a lost right."""
        if self.report.records.fetched or self.report.days.resumed:
            return
        stored = await self._store.count_undeleted(self._scope(period, zone))
        if stored:
            text = (
                f"Altegio lists no bookings of {period.start} to {period.last_day}, but {stored} "
                "are stored: check ALTEGIO_COMPANY_ID and the user's rights"
            )
            warn(self.report, self._progress, "nothing_listed", text)

    def _warn_of_total(self) -> None:
        if all(each.code != "no_total" for each in self.report.warnings):
            text = "Altegio announces no total, so it is not known that nothing was missed"
            warn(self.report, self._progress, "no_total", text)

    async def _enter(self, window: Window, zone: ZoneInfo) -> None:
        """Enter the days into the ledger, after all of their appointments are stored."""
        assert window.period is not None  # noqa: S101 - every query of ours is by days
        assert window.grade is not None  # noqa: S101 - others are not entered
        if not self.intake.failed.isdisjoint(window.ids):
            self.report.days.unsettled += window.period.days
            return
        if window.grade is Grade.PROVED:
            self.report.days.proved += window.period.days
        else:
            self.report.days.checked += window.period.days
        if self._ledger is None or self._request.dry_run:
            return
        assert self._run_clock is not None  # noqa: S101 - nothing is entered before the run began
        at = self._run_clock.believe(window.at)
        entries = [
            LedgerEntry(
                day=day,
                grade=window.grade,
                at=at,
                mode=self._request.mode,
                settings=self._request.rules_fingerprint,
                timezone=zone.key,
                run_id=self._run_id,
            )
            for day in window.period.each_day()
        ]
        await self._ledger.write(self.report.company, entries)
