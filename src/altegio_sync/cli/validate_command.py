"""`altegio-sync validate`."""

from __future__ import annotations

from contextlib import AsyncExitStack, nullcontext
from typing import TYPE_CHECKING, Any

from altegio_sync.bootstrap import open_altegio, open_store
from altegio_sync.cli.command import (
    EXIT_INTERRUPTED,
    load,
    print_json,
    run_command,
    telling_store_errors,
)
from altegio_sync.cli.findings import detail_lines, load_details
from altegio_sync.cli.leasing import collection_held, open_leases
from altegio_sync.cli.local_zone import find_zone_for
from altegio_sync.cli.render_validation import render_validation
from altegio_sync.config import ALL_SETTINGS
from altegio_sync.domain.report import new_run_id, utc_now
from altegio_sync.domain.validation import RuleContext, ValidationScope
from altegio_sync.log import get_logger
from altegio_sync.mongo.bookkeeping.runs import MongoRuns
from altegio_sync.mongo.tending.findings import MongoFindings
from altegio_sync.mongo.tending.repairs import MongoRepairs
from altegio_sync.mongo.tending.validation import MongoValidator
from altegio_sync.usecases.asking import Asking, RepairRequest
from altegio_sync.usecases.repair import RepairRun
from altegio_sync.usecases.validate import validate_appointments

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import NoReturn

    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.cli.command import CommandOptions
    from altegio_sync.cli.findings import FindingOptions
    from altegio_sync.cli.period_option import AskedDays
    from altegio_sync.config import Settings
    from altegio_sync.domain.validation import ValidationReport
    from altegio_sync.usecases.stopping import StopSignal
    from altegio_sync.usecases.zones import LocalZone


def run_validate(
    options: CommandOptions,
    findings: FindingOptions,
    days: AskedDays,
    *,
    fix: bool,
    dry_run: bool,
    offline: bool,
    wait: str,
) -> NoReturn:
    async def body(stop: StopSignal) -> int:
        findings.check()
        period = days.parse()
        asks = fix and not offline
        settings = load(options, ALL_SETTINGS if asks else ["DB_URI"])
        async with AsyncExitStack() as stack:
            file = stack.enter_context(findings.opened_file())
            stack.enter_context(telling_store_errors(options))
            database = await stack.enter_async_context(open_store(settings, stop))
            local = await find_zone_for(settings, MongoRuns(database, settings.collection))
            now = utc_now()
            scope = None
            if period is not None:
                today = now.astimezone(local.zone).date()
                scope = ValidationScope(period.on(today), local.zone)
            context = RuleContext(
                now,
                leads=settings.leads.in_zone(local.zone.key),
                ignored=findings.ignored,
                scope=None if scope is None else scope.moments,
            )
            validator = MongoValidator(database, settings.collection)
            if not fix:
                with stop.interrupting():
                    report = await validate_appointments(validator, context)
                if stop.is_set:
                    return EXIT_INTERRUPTED
            else:
                run_id = new_run_id(context.now)
                leases = open_leases(options, settings, database, run_id, wait)
                store = MongoRepairs(
                    database, settings.collection, run_id=run_id, fence=leases.check
                )
                repair = await _open_repair(
                    stack, settings, database, store, context, local, stop, asks=asks
                )
                async with nullcontext() if dry_run else collection_held(leases, stop):
                    report = await _repair(
                        repair, store, validator, context, run_id, dry_run=dry_run, stop=stop
                    )
            report.scope = scope
            source = MongoFindings(database, settings.collection)
            details: Mapping[str, Sequence[str]] = {}
            with stop.interrupting():
                await load_details(source, context, report, findings, file, local.zone)
                if not options.json_output:
                    details = await detail_lines(source, report, local.zone)
        _tell(options, report, details)
        return EXIT_INTERRUPTED if stop.is_set else report.exit_code

    run_command(options, body)


async def _open_repair(
    stack: AsyncExitStack,
    settings: Settings,
    database: AsyncDatabase[dict[str, Any]],
    store: MongoRepairs,
    context: RuleContext,
    local: LocalZone,
    stop: StopSignal,
    *,
    asks: bool,
) -> RepairRun:
    request = RepairRequest(
        companies=settings.company_ids,
        local=local,
        timezone=settings.timezone,
        page_size=settings.first_page_size,
        rules=settings.rules,
    )
    asking = None
    if asks:
        api = await stack.enter_async_context(open_altegio(settings, database=database))
        asking = Asking(api, store, request)
    return RepairRun(store, asking, request, context, stop)


async def _repair(
    repair: RepairRun,
    store: MongoRepairs,
    validator: MongoValidator,
    context: RuleContext,
    run_id: str,
    *,
    dry_run: bool,
    stop: StopSignal,
) -> ValidationReport:
    if dry_run:
        report = await validate_appointments(validator, context)
        report.plan = await repair.plan()
        report.zones = repair.zones
        return report
    failure = await repair.run()
    report = await validate_appointments(validator, context)
    report.fixed, report.trashed = await store.count_done()
    report.run_id = run_id if report.fixed or report.trashed else None
    report.unrepaired = repair.unrepaired
    report.zones = repair.zones
    report.out_of_reach = None if failure is None else str(failure)
    report.interrupted = stop.is_set
    return report


def _tell(
    options: CommandOptions, report: ValidationReport, details: Mapping[str, Sequence[str]]
) -> None:
    if report.out_of_reach is not None:
        message = f"Error fetching appointments: {report.out_of_reach}"
        get_logger().error("failed", code="fetch_failed", message=message)
    for error in report.unrepaired.errors:
        get_logger().error("failed", code=error.code, message=error.message)
    if options.json_output:
        print_json(report.to_json())
    else:
        print(render_validation(report, details))
