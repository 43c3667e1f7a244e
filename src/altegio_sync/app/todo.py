"""Collects what people have to correct in Altegio, for a school."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.app.companies import find_company_scope
from altegio_sync.app.syncing import sync_school
from altegio_sync.domain.clock import utc_now
from altegio_sync.domain.export import ExportQuery
from altegio_sync.domain.todo import TodoReport
from altegio_sync.domain.zones import find_zone
from altegio_sync.usecases.sync import SyncRequest
from altegio_sync.usecases.todo import TodoCollector, collect_stored
from altegio_sync.usecases.validate import ValidationRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from altegio_sync.app.school import School
    from altegio_sync.domain.period import AnyPeriod
    from altegio_sync.usecases.stopping import StopSignal


async def collect_todo(
    school: School,
    period: AnyPeriod,
    stop: StopSignal,
    *,
    companies: Sequence[str] = (),
    asks_altegio: bool = True,
) -> TodoReport:
    """Everything that needs correction in the period. Nothing is written.

    Without ``asks_altegio``, only stored appointments are examined: bookings that are not stored,
    for example because they have no CRM id, are missing.

    Raises:
        AltegioError: the list of locations could not be read.
        StoreError: MongoDB failed.
    """
    report = TodoReport()
    local = await school.find_zone()
    now = utc_now()
    report.period = period.on(now.astimezone(local.zone).date())
    scope = await find_company_scope(school, companies)
    request = ValidationRequest(now, local, school.config.leads, period=period, companies=scope)
    with stop.interrupting():
        names = {} if school.config.timezone else await school.find_location_zones()
        zones = {company: find_zone(name) or local.zone for company, name in names.items()}
        stored = ExportQuery(report.period, local.zone, zones, scope)
        report.unread_starts = await school.export.count_unread_starts(stored)
        await collect_stored(school.findings, request.context, stored.zone_of, report)
    if asks_altegio and not stop.is_set:
        wanted = SyncRequest(school.config.pick_companies(companies), period, dry_run=True)
        run = await sync_school(school, wanted, progress=TodoCollector(report), stop=stop)
        report.errors += run.errors
        report.out_of_reach = run.exit_code == 3
    report.interrupted = stop.is_set
    return report
