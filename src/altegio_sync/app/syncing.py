"""Runs `sync` and `changes` on a school, with its leases, its ledger and its reports."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from altegio_sync.app.companies import ask_run_companies
from altegio_sync.app.missed_runs import store_missed_runs
from altegio_sync.domain.clock import utc_now
from altegio_sync.domain.lanes import Lane
from altegio_sync.domain.report import SyncMode, SyncReport, new_run_id
from altegio_sync.usecases.changes import sync_changes
from altegio_sync.usecases.sync import sync_appointments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from altegio_sync.app.school import School
    from altegio_sync.domain.report import RunError
    from altegio_sync.ports import Progress
    from altegio_sync.usecases.changes import ChangesRequest
    from altegio_sync.usecases.stopping import StopSignal
    from altegio_sync.usecases.sync import SyncRequest


async def sync_school(
    school: School,
    request: SyncRequest,
    *,
    wait: str = "0",
    progress: Progress | None = None,
    stop: StopSignal | None = None,
    warnings: Sequence[RunError] = (),
) -> SyncReport:
    """Bring the appointments of a period; see `sync_appointments`.

    The school's settings decide on the rules, the zone and the page size, and the report and the
    days are kept. Without companies in the request, all that Altegio lists are read where the
    setting is `all`. ``wait`` is how long another run is waited for, such as `10m`.
    """
    config = school.config
    if not request.dry_run:
        await store_missed_runs(school)
    report = _blank_report("sync", request.mode, request, request.words)
    chosen = await ask_run_companies(school, request.companies, report, progress, stop)
    request = replace(
        request,
        companies=chosen.ids,
        page_size=config.first_page_size,
        timezone=config.timezone,
        rules=config.rules,
        rules_fingerprint=config.settings_hash,
        includes_documents_without_company=config.has_single_company,
    )
    leases = school.leases(report.run_id, command="sync", wait=wait)
    stores = school.held_by(leases)
    return await sync_appointments(
        school.altegio,
        stores.appointments,
        request,
        runs=stores.runs,
        ledger=stores.ledger,
        leases=leases,
        locations=stores.locations,
        versions=stores.versions,
        progress=progress,
        stop=stop,
        run_id=report.run_id,
        warnings=[*warnings, *chosen.warnings],
        errors=chosen.errors,
    )


async def sync_school_changes(
    school: School,
    request: ChangesRequest,
    *,
    lane: Lane = Lane.RUNS,
    progress: Progress | None = None,
    stop: StopSignal | None = None,
    warnings: Sequence[RunError] = (),
) -> SyncReport:
    """Bring what changed since the last time; see `sync_changes`.

    The school's settings decide on the rules, the zone and the page size. Another run is not waited
    for: the company that it works on is left to it. The requests are in this lane of the budget.
    """
    config = school.config
    if not request.dry_run:
        await store_missed_runs(school)
    report = _blank_report("changes", SyncMode.UPDATE, request)
    chosen = await ask_run_companies(school, request.companies, report, progress, stop)
    request = replace(
        request,
        companies=chosen.ids,
        page_size=config.first_page_size,
        timezone=config.timezone,
        rules=config.rules,
    )
    leases = school.leases(report.run_id, command="changes")
    stores = school.held_by(leases)
    return await sync_changes(
        school.altegio_in(lane),
        stores.appointments,
        stores.cursors,
        request,
        runs=stores.runs,
        leases=leases,
        locations=stores.locations,
        versions=stores.versions,
        progress=progress,
        stop=stop,
        run_id=report.run_id,
        warnings=[*warnings, *chosen.warnings],
        errors=chosen.errors,
    )


def _blank_report(
    command: str, mode: SyncMode, request: SyncRequest | ChangesRequest, words: tuple[str, ...] = ()
) -> SyncReport:
    """The report of a run that has not begun."""
    now = utc_now()
    return SyncReport(
        command,
        new_run_id(now),
        mode,
        request.dry_run,
        started_at=now,
        finished_at=now,
        companies=[],
        words=words,
        options=request.options,
    )
