"""Brings the appointments of a period from Altegio into the collection."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import anyio

from altegio_sync.domain.clock import utc_now
from altegio_sync.domain.ledger import Grade
from altegio_sync.domain.lessons import LessonRules
from altegio_sync.domain.period import Period
from altegio_sync.domain.report import SyncMode, SyncReport, new_run_id
from altegio_sync.domain.run_marks import OpenRun
from altegio_sync.domain.zones import find_zone
from altegio_sync.messages import sync as texts
from altegio_sync.ports import PageQuery, SilentProgress, StoredScope
from altegio_sync.usecases.company_run import run_companies
from altegio_sync.usecases.ledger_days import LedgerDays
from altegio_sync.usecases.location_zones import LocationZones
from altegio_sync.usecases.reading.incomplete import incomplete_errors
from altegio_sync.usecases.reading.other_days import refuse_other_days
from altegio_sync.usecases.reading.period_reading import PeriodReading
from altegio_sync.usecases.reading.window import Window
from altegio_sync.usecases.run_clock import RunClock
from altegio_sync.usecases.run_context import RunContext
from altegio_sync.usecases.stopping import StopSignal
from altegio_sync.usecases.vanished import VanishedSearch
from altegio_sync.usecases.warning import warn
from altegio_sync.usecases.window_outcome import AwaitsMarking, Entered, Unsettled, count_days

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime, timedelta
    from zoneinfo import ZoneInfo

    from altegio_sync.domain.period import AnyPeriod
    from altegio_sync.domain.report import RunError
    from altegio_sync.ports import (
        AppointmentSource,
        AppointmentStore,
        Leases,
        Ledger,
        LocationStore,
        Page,
        Progress,
        RunStore,
        VersionStore,
    )
    from altegio_sync.usecases.company_run import CompanyRun
    from altegio_sync.usecases.window_outcome import WindowOutcome


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
    locations: LocationStore | None = None,
    versions: VersionStore | None = None,
    progress: Progress | None = None,
    stop: StopSignal | None = None,
    run_id: str | None = None,
    warnings: Sequence[RunError] = (),
    errors: Sequence[RunError] = (),
    clock: Callable[[], datetime] = utc_now,
) -> SyncReport:
    """Sync every company of the request, and report on all of them.

    Nothing is stored twice, however often this is called. AltegioError and StoreError are not
    raised: the ``errors`` of the report contain what failed. A company that fails does not keep
    the next company from being synced. ``warnings`` and ``errors`` about the run as a whole are
    reported too.
    """
    started_at = clock()
    run_id = run_id or new_run_id(started_at)
    context = RunContext(
        source=source,
        store=store,
        command="sync",
        opened=OpenRun(run_id, started_at, request.words, request.options),
        mode=request.mode,
        dry_run=request.dry_run,
        rules=request.rules,
        rules_fingerprint=request.rules_fingerprint,
        runs=runs,
        leases=leases,
        ledger=ledger,
        progress=progress or SilentProgress(),
        stop=stop or StopSignal(),
        clock=clock,
        locations=locations,
        versions=versions,
        zones=LocationZones(locations, request.timezone, dry_run=request.dry_run),
    )
    work = partial(_sync_company, request=request)
    return await run_companies(context, request.companies, work, warnings, errors=errors)


async def _sync_company(company: CompanyRun, request: SyncRequest) -> None:
    context, report = company.context, company.report
    if isinstance(request.period, Period):
        report.period = request.period  # reported also where the zone cannot be found
    # Before the first request: an answer without a time counts as given at this moment.
    clock = RunClock(await context.store.find_server_time())
    ahead: dict[PageQuery, Page] = {}
    zone = await _find_zone(company, request, clock.began_at, ahead)
    report.timezone = zone.key
    report.period = _period_in(zone, company, request)
    await company.begin(zone, report.period)
    is_alone = len(request.companies) == 1
    includes = request.includes_documents_without_company
    scope = StoredScope(
        report.company, report.period, zone, is_alone if includes is None else includes
    )
    days = LedgerDays(context, report.company, zone, clock)
    await _PeriodSync(company, request, scope, days, ahead).run()


async def _find_zone(
    company: CompanyRun, request: SyncRequest, now: datetime, ahead: dict[PageQuery, Page]
) -> ZoneInfo:
    """The configured zone, else the location's own.

    While the location is requested, the first page is requested too, in the zone of the last run.
    So the run waits for one answer before its pages come side by side, not for two.
    """
    zones, company_id = company.context.zones, company.report.company
    if (fresh := await zones.find_fresh(company_id, now)) is not None:
        return fresh
    last: ZoneInfo | None = None
    if request.max_age is None:
        last = await zones.find_old(company_id) or await _find_zone_of_days(company)
    if last is None:
        return await company.fetch_zone(now)

    async def read_ahead(query: PageQuery) -> None:
        ahead[query] = await company.context.source.fetch_page(query)

    period = _period_in(last, company, request)
    query = PageQuery(company_id, period, last, 1, request.page_size)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(read_ahead, query)
        zone = await company.fetch_zone(now)
    return zone  # noqa: RET504 - a task group may swallow errors, for all that mypy knows


async def _find_zone_of_days(company: CompanyRun) -> ZoneInfo | None:
    """The zone of the days in the ledger."""
    ledger = company.context.ledger
    return None if ledger is None else find_zone(await ledger.find_timezone(company.report.company))


def _period_in(zone: ZoneInfo, company: CompanyRun, request: SyncRequest) -> Period:
    return request.period.on(company.context.clock().astimezone(zone).date())


class _PeriodSync:
    """The period of one company: read, stored, and entered into the ledger window by window.

    ``ahead`` has the pages that were requested before the zone was known.
    """

    def __init__(
        self,
        company: CompanyRun,
        request: SyncRequest,
        scope: StoredScope,
        days: LedgerDays,
        ahead: dict[PageQuery, Page],
    ) -> None:
        self._company = company
        self._context = company.context
        self._report = company.report
        self._request = request
        self._scope = scope
        self._days = days
        self._ahead = ahead
        self._outcomes: list[WindowOutcome] = []
        self._vanished: VanishedSearch | None = None
        if request.mode is SyncMode.UPDATE:
            self._vanished = VanishedSearch(
                company, scope, allows_mass_delete=request.allows_mass_delete
            )

    async def run(self) -> None:
        try:
            for span in await self._find_open_days():
                await self._read(span)
            await self._warn_of_nothing()
            await self._mark_gone()
        finally:
            self._report.days += count_days(self._outcomes)

    async def _find_open_days(self) -> list[Period]:
        """The days to read: all, or with `--resume` the days that are not done yet."""
        request, period = self._request, self._scope.period
        spans = await self._days.find_open(period, request.max_age, proves=request.proves)
        if request.max_age is not None and self._context.ledger is not None:
            self._report.days.resumed = period.days - sum(span.days for span in spans)
            self._context.progress.resume(self._report.days.resumed, period.days)
        return spans

    async def _read(self, period: Period) -> None:
        scope, source = self._scope, self._context.source
        query = PageQuery(scope.company_id, period, scope.zone, 1, self._request.page_size)
        first = self._ahead.pop(query, None) or await source.fetch_page(query)
        refuse_other_days(query, first)
        self._report.api.pages += 1
        total = first.total or first.rows
        self._context.progress.expect(total, -(-total // (first.rows or 1)))
        windows: list[Window] = []

        async def on_window(window: Window) -> None:
            windows.append(window.without_ids())
            await self._close(window)

        reading = PeriodReading(
            source,
            self._company.intake.take_page,
            on_window,
            self._report.api,
            proves=self._request.proves,
            totals=self._context.totals,
        )
        try:
            async with self._company.reading_of(first):
                await reading.run(query, first)
        finally:
            incomplete = [each for each in windows if not self._is_enough(each)]
            self._report.errors += incomplete_errors(scope.company_id, incomplete)

    def _is_enough(self, window: Window) -> bool:
        """Whether the window has the grade that the request wants."""
        return window.grade is Grade.PROVED if self._request.proves else window.is_believed

    async def _close(self, window: Window) -> None:
        if window.grade is None and self._is_enough(window):
            self._warn_of_total()
        outcome = await self._decide(window)
        self._outcomes.append(outcome)
        if isinstance(outcome, Entered):
            await self._days.enter(outcome.window)

    async def _decide(self, window: Window) -> WindowOutcome:
        """Decide whether the days are complete. `run` counts all outcomes once, at the end."""
        if window.grade is None:
            return Unsettled(window.without_ids())
        if self._vanished is not None:
            return await self._vanished.check_window(window)
        if not self._company.intake.failed.isdisjoint(window.ids):
            return Unsettled(window.without_ids())
        return Entered(window.without_ids())

    async def _mark_gone(self) -> None:
        """Mark what is gone at Altegio, after all windows; then the waiting days are decided."""
        if self._vanished is None:
            return
        awaiting = [each for each in self._outcomes if isinstance(each, AwaitsMarking)]
        decided = await self._vanished.mark_gone(awaiting)
        self._outcomes = [each for each in self._outcomes if not isinstance(each, AwaitsMarking)]
        self._outcomes += decided
        for each in decided:
            if isinstance(each, Entered):
                await self._days.enter(each.window)

    async def _warn_of_nothing(self) -> None:
        """An empty list where appointments are stored: a wrong company, or a right was lost."""
        if self._report.records.fetched or self._report.days.resumed:
            return
        stored = await self._context.store.count_undeleted(self._scope)
        if stored:
            first, last = self._scope.period.start, self._scope.period.last_day
            message = texts.NOTHING_LISTED(first=first, last=last, stored=stored)
            warn(self._report, self._context.progress, "nothing_listed", message)

    def _warn_of_total(self) -> None:
        if all(each.code != "no_total" for each in self._report.warnings):
            warn(self._report, self._context.progress, "no_total", texts.NO_TOTAL())
