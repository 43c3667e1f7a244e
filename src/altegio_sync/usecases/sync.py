"""Brings the appointments of a period from Altegio into the collection."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import anyio

from altegio_sync.domain.lessons import LessonRules, Skipped, SkipReason, judge, needs_staff
from altegio_sync.domain.report import (
    CompanyReport,
    Outcome,
    RecordCounts,
    RunError,
    SyncMode,
    SyncReport,
    new_run_id,
    utc_now,
)
from altegio_sync.errors import (
    AltegioError,
    AltegioRejectedError,
    AltegioSyncError,
    AuthenticationError,
    RateLimitedError,
    StoreError,
    first_error,
)
from altegio_sync.ports import PageQuery, SilentProgress
from altegio_sync.usecases.reading import Completeness, PagedReading
from altegio_sync.usecases.stopping import StopSignal
from altegio_sync.usecases.zones import fetch_zone

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from altegio_sync.domain.appointment import Booking, Teacher
    from altegio_sync.domain.period import NamedPeriod, Period
    from altegio_sync.ports import AppointmentSource, AppointmentStore, Page, Progress, RunStore

#: More records than this are read in windows of days: what a pass keeps in memory is bounded.
WINDOW_RECORDS = 10_000


@dataclass(frozen=True, slots=True)
class SyncRequest:
    """What to sync, and how. Without ``timezone`` the location is asked for its own."""

    companies: Sequence[str]
    period: Period | NamedPeriod
    mode: SyncMode = SyncMode.NEW_ONLY
    dry_run: bool = False
    page_size: int = 50
    timezone: str | None = None
    rules: LessonRules = field(default_factory=LessonRules)


async def sync_appointments(
    source: AppointmentSource,
    store: AppointmentStore,
    request: SyncRequest,
    *,
    runs: RunStore | None = None,
    progress: Progress | None = None,
    stop: StopSignal | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> SyncReport:
    """Sync every company of the request, one after another, and report on all of them.

    Nothing is stored twice, however often it is called; what failed stands in the report's
    ``errors``, so AltegioError and StoreError are not raised. A company that breaks off does not
    keep the next from being synced.
    """
    progress = progress or SilentProgress()
    stop = stop or StopSignal()
    started_at = clock()
    report = SyncReport(
        run_id=new_run_id(started_at),
        mode=request.mode,
        dry_run=request.dry_run,
        started_at=started_at,
        finished_at=started_at,
        companies=[],
    )
    for company_id in request.companies:
        company = _CompanySync(source, store, request, company_id, progress, stop, clock)
        report.companies.append(await company.run())
        if stop.is_set:
            break
    report.interrupted = stop.is_set
    report.finished_at = clock()
    if runs is not None and not request.dry_run:
        await _keep_report(runs, report, progress)
    return report


async def _keep_report(runs: RunStore, report: SyncReport, progress: Progress) -> None:
    try:
        await runs.keep_report(report.to_json())
    except StoreError as error:
        progress.warn("report_not_kept", reason=str(error))


class _CompanySync:
    """One company's part of a run."""

    def __init__(
        self,
        source: AppointmentSource,
        store: AppointmentStore,
        request: SyncRequest,
        company_id: str,
        progress: Progress,
        stop: StopSignal,
        clock: Callable[[], datetime],
    ) -> None:
        self._source = source
        self._store = store
        self._request = request
        self._progress = progress
        self._stop = stop
        self._clock = clock
        self._staff: Mapping[str, Teacher] | None = None
        self._staff_lock = anyio.Lock()
        self._offset_disagreements = 0
        self._report = CompanyReport(company_id)

    async def run(self) -> CompanyReport:
        before = replace(self._source.usage)
        try:
            with self._stop.interrupting():
                await self._sync()
        except* AltegioSyncError as group:
            self._break_off(first_error(group))
        self._report.api += self._source.usage - before
        self._warn_in_the_end()
        return self._report

    async def _sync(self) -> None:
        report = self._report
        zone = await fetch_zone(self._source, report.company, self._request.timezone)
        report.timezone = zone.key
        report.period = self._request.period.on(self._clock().astimezone(zone).date())
        self._progress.begin(report.company, report.period, zone.key)
        warning = await self._store.prepare(dry_run=self._request.dry_run)
        if warning:
            self._progress.warn("no_unique_index", reason=warning)
        await self._read(report.period, zone)

    async def _read(self, period: Period, zone: ZoneInfo) -> None:
        """All of the period, in windows of days where one pass would hold too much."""
        query = PageQuery(self._report.company, period, zone, 1, self._request.page_size)
        first = await self._source.fetch_page(query)
        self._report.api.pages += 1
        total = first.total or first.rows
        windows = list(period.windows(-(-total // WINDOW_RECORDS)))
        self._progress.expect(total, -(-total // (first.rows or 1)))
        if len(windows) == 1:
            await self._read_window(query, first)
            return
        for window in windows:
            query = PageQuery(query.company_id, window, zone, 1, query.page_size)
            first = await self._source.fetch_page(query)
            self._report.api.pages += 1
            await self._read_window(query, first)

    async def _read_window(self, query: PageQuery, first: Page) -> None:
        reading = PagedReading(self._source, query, self._handle_page, self._report.api)
        result = await reading.run(first)
        if not result.is_checked:
            self._report.errors.append(_incomplete(self._report.company, query.period, result))

    async def _handle_page(self, number: int, page: Page, fresh: list[Booking]) -> None:
        counts = RecordCounts(skipped=Counter({SkipReason.INVALID: page.unreadable}))
        staff = await self._find_staff(fresh)
        verdicts = [judge(booking, self._request.rules, staff) for booking in fresh]
        if verdicts:
            result = await self._store.store_batch(
                verdicts, mode=self._request.mode, dry_run=self._request.dry_run
            )
            result.add_to(counts)
            for verdict, outcome in result.outcomes:
                self._progress.appointment(verdict, outcome)
                if isinstance(verdict, Skipped) and outcome is Outcome.SKIPPED:
                    self._tell_skipped(verdict)
            self._report.errors += [
                RunError("not_stored", message, self._report.company) for message in result.failures
            ]
        self._offset_disagreements += sum(booking.offset_disagrees for booking in fresh)
        self._report.records += counts
        self._progress.page_done(number, page.rows, counts)

    async def _find_staff(self, bookings: Sequence[Booking]) -> Mapping[str, Teacher]:
        """The location's staff, asked for once a run, and only when a booking needs it."""
        if not any(needs_staff(booking) for booking in bookings):
            return {}
        async with self._staff_lock:
            if self._staff is None:
                self._staff = await self._fetch_staff()
        return self._staff

    async def _fetch_staff(self) -> Mapping[str, Teacher]:
        try:
            return await self._source.fetch_teachers(self._report.company)
        except AltegioRejectedError as error:
            # A user without the right to the staff list can still read the timetable.
            self._progress.warn("staff_list_refused", reason=str(error))
            return {}

    def _tell_skipped(self, skipped: Skipped) -> None:
        self._progress.skipped(skipped)
        if skipped.reason is SkipReason.TEACHER_NOT_FOUND:
            self._progress.warn(
                "teacher_not_found",
                staff_id=skipped.booking.teacher_id or "none",
                appointment_id=skipped.booking.id,
            )

    def _break_off(self, error: AltegioSyncError) -> None:
        self._report.broke_off = True
        self._report.errors.append(_run_error(error, self._report.company))

    def _warn_in_the_end(self) -> None:
        if self._offset_disagreements:
            self._progress.warn("offsets_disagree", count=self._offset_disagreements)
        if self._request.mode is SyncMode.UPDATE and self._report.records.no_longer_kept:
            self._progress.warn("no_longer_kept", count=self._report.records.no_longer_kept)


def _run_error(error: AltegioSyncError, company: str) -> RunError:
    match error:
        case AuthenticationError():
            code = "unauthorized"
        case RateLimitedError():
            code = "rate_limited"
        case AltegioError():
            code = "fetch_failed"
        case StoreError():
            code = "store_failed"
        case _:
            code = "config"
    told = (
        f"Error fetching appointments: {error}" if isinstance(error, AltegioError) else f"{error}"
    )
    return RunError(code, told, company)


def _incomplete(company: str, period: Period, result: Completeness) -> RunError:
    last = period.end - timedelta(days=1)
    return RunError(
        "incomplete",
        f"The list of {period.start} to {last} would not settle: {result.seen} appointments seen, "
        f"{result.announced} announced. What was seen is stored; run it again",
        company,
    )
