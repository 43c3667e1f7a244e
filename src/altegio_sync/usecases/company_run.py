"""The course of a run, the same for `sync` and `changes`: its companies, then its report."""

from __future__ import annotations

from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

import anyio

from altegio_sync.domain.continued import continue_run
from altegio_sync.domain.report import CompanyReport, RunError, SyncReport
from altegio_sync.errors import (
    AltegioSyncError,
    AltegioUnavailableError,
    BudgetUnavailableError,
    LeaseHeldError,
    StoreUnavailableError,
    first_error,
    ungrouped,
)
from altegio_sync.messages import sync as texts
from altegio_sync.usecases.index_check import IndexCheck
from altegio_sync.usecases.run_book import close_book
from altegio_sync.usecases.run_errors import to_run_error
from altegio_sync.usecases.storing.intake import BookingIntake
from altegio_sync.usecases.warning import warn, warn_of_index

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from altegio_sync.domain.period import Period
    from altegio_sync.ports import Page
    from altegio_sync.usecases.run_context import RunContext

    # What a command does for one company.
    Work = Callable[["CompanyRun"], Awaitable[None]]

#: How many companies are synced at the same time. While some companies wait for an answer or for
#: MongoDB, another company has a request ready, so that the request limits are used in full. More
#: companies at a time would only need more memory.
_AT_ONCE = 16


class CompanyRun:
    """One company's part of a run: its report, and the way of its bookings into the collection.

    ``context`` is that of the run, with the requests and the progress of this company alone.
    """

    def __init__(
        self, context: RunContext, company_id: str, index: IndexCheck | None = None
    ) -> None:
        self.report = CompanyReport(company_id)
        self.context = replace(
            context,
            source=context.source.counting_in(self.report.api),
            progress=context.progress.of_company(company_id),
        )
        self.intake = BookingIntake(self.context, self.report)
        self._index = index or IndexCheck(context.store, dry_run=context.dry_run)

    def reading_of(self, first: Page) -> AbstractAsyncContextManager[object]:
        """The context in which the list of this first page is read: few long lists at a time."""
        is_long = first.total is None or first.total > first.rows
        return self.context.long_readings if is_long else nullcontext()

    async def fetch_zone(self, now: datetime) -> ZoneInfo:
        """Ask Altegio for the zone. A change of the zone is a warning.

        Raises:
            AltegioError: the location cannot be fetched.
            ConfigError: Altegio names no zone, or this machine does not know it.
        """
        context, report = self.context, self.report
        fetched = await context.zones.fetch(context.source, report.company, now)
        if fetched.changed_from is not None:
            message = texts.ZONE_CHANGED(
                company=report.company, old=fetched.changed_from, new=fetched.zone.key
            )
            warn(report, context.progress, "zone_changed", message)
        return fetched.zone

    async def begin(self, zone: ZoneInfo, period: Period | None) -> None:
        """Announce that the reading begins, and make sure of the unique index."""
        context, report = self.context, self.report
        context.progress.begin(report.company, period, zone.key)
        problem = await self._index.find_problem()
        if problem is not None:
            warn_of_index(report, context.progress, problem)


async def run_companies(
    context: RunContext,
    companies: Sequence[str],
    work: Work,
    warnings: Sequence[RunError],
    refused: Mapping[str, CompanyReport] | None = None,
    errors: Sequence[RunError] = (),
) -> SyncReport:
    """Do the work for every company, then store the report of all of them, in the same order.

    ``refused`` has the reports of companies for which the work cannot begin. ``warnings`` and
    ``errors`` are about the run as a whole. So is the error about a file of the run (the list of
    skipped bookings) that could not be written.
    """
    opened = context.opened
    companies = list(dict.fromkeys(companies))
    context.progress.open(companies)
    report = SyncReport(
        command=context.command,
        run_id=opened.run_id,
        mode=context.mode,
        dry_run=context.dry_run,
        started_at=opened.started_at,
        finished_at=opened.started_at,
        companies=await _run_each(context, companies, work, refused or {}),
        words=opened.words,
        options=opened.options,
        own_warnings=list(warnings),
        own_errors=list(errors),
    )
    report.interrupted = context.stop.is_set
    report.had_outage = context.outage.is_set
    report.finished_at = context.clock()
    _warn_of_not_begun(context, report, len(companies) - len(report.companies))
    report.own_errors += context.progress.finish()
    if context.runs is not None and not context.dry_run:
        await close_book(context, context.runs, report, companies)
    return report


def _warn_of_not_begun(context: RunContext, report: SyncReport, count: int) -> None:
    """Report for how many companies no work began, because the run could not go on."""
    if count and report.had_outage:
        message = texts.NOT_BEGUN(count=count, rerun=continue_run(report))
        report.own_warnings.append(RunError("not_begun", message))
        context.progress.warn("not_begun", message=message)


async def _run_each(
    context: RunContext,
    companies: Sequence[str],
    work: Work,
    refused: Mapping[str, CompanyReport],
) -> list[CompanyReport]:
    """The reports in the order of the companies.

    Once the run is stopped, or MongoDB or Altegio is out of reach, no company begins.
    """
    reports: dict[str, CompanyReport] = {}
    index = IndexCheck(context.store, dry_run=context.dry_run)
    left = iter(companies)

    async def work_on_some() -> None:
        for company_id in left:
            known = refused.get(company_id)
            reports[company_id] = known or await _run_company(context, company_id, work, index)
            context.progress.end(reports[company_id])
            if context.stop.is_set or context.outage.is_set:
                return

    with ungrouped():
        async with anyio.create_task_group() as tasks:
            for _ in range(1 if context.stop.is_set else min(_AT_ONCE, len(companies))):
                tasks.start_soon(work_on_some)
    return [reports[each] for each in companies if each in reports]


async def _run_company(
    context: RunContext, company_id: str, work: Work, index: IndexCheck
) -> CompanyReport:
    """Do the work for one company while its lease is held.

    AltegioSyncError is not raised: it ends the work of this company, and the report contains it.
    """
    company = CompanyRun(context, company_id, index)
    report = company.report
    report.was_interrupted = True
    try:
        with context.stop.interrupting(), context.outage.interrupting():
            async with _opened(company.context, company_id):
                await work(company)
            report.was_interrupted = False
            context.outage.count_end(None)
    except* AltegioSyncError as group:
        report.was_interrupted = False
        _note_end(company.context, report, first_error(group))
    if report.was_interrupted and context.outage.error is not None and not context.stop.is_set:
        report.was_interrupted = False
        _note_end(company.context, report, context.outage.error)
    company.intake.warn_in_the_end()
    return report


@asynccontextmanager
async def _opened(context: RunContext, company_id: str) -> AsyncIterator[None]:
    """Hold the company's lease, and note that the run works on the company."""
    if context.dry_run:
        yield
    elif context.leases is None:
        await _note_start(context, company_id)
        yield
    else:
        async with context.leases.hold(company_id, context.command):
            await _note_start(context, company_id)
            yield


async def _note_start(context: RunContext, company_id: str) -> None:
    if context.runs is not None:
        await context.runs.note_start(context.command, company_id, context.opened)


def _note_end(context: RunContext, report: CompanyReport, error: AltegioSyncError) -> None:
    """Report the error that ended the company's run."""
    if context.gives_way and isinstance(error, LeaseHeldError):
        context.progress.warn("gave_way", reason=error.message)
        report.gave_way = True
        return
    report.broke_off = True
    context.outage.count_end(error if isinstance(error, AltegioUnavailableError) else None)
    if isinstance(error, StoreUnavailableError):
        context.outage.note(error)
        report.lost_store = not isinstance(error, BudgetUnavailableError)
    report.errors.append(to_run_error(error, report.company))
