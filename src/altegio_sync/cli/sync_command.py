"""`altegio-sync sync` and `altegio-sync changes`."""

from __future__ import annotations

import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from altegio_sync.bootstrap import open_altegio, open_store
from altegio_sync.cli.command import (
    EXIT_DONE,
    execute,
    load,
    pick_companies,
    print_json,
)
from altegio_sync.cli.junk import JunkWarning
from altegio_sync.cli.leasing import open_leases
from altegio_sync.cli.progress import CliProgress
from altegio_sync.cli.render import render_sync
from altegio_sync.config import NO_SERVICE_LIST, find_unknown_settings, is_set
from altegio_sync.domain.conditions import SINGLE, find_conditions, find_ended, plan_report
from altegio_sync.domain.durations import parse_duration
from altegio_sync.domain.foreign_text import shown
from altegio_sync.domain.period_words import parse_period
from altegio_sync.domain.report import ApiUsage, RunError, SyncMode, new_run_id, utc_now
from altegio_sync.errors import ConfigError, StoreError
from altegio_sync.log import get_logger
from altegio_sync.mongo.bookkeeping.conditions import MongoConditions
from altegio_sync.mongo.bookkeeping.cursors import MongoCursors
from altegio_sync.mongo.bookkeeping.ledger import MongoLedger
from altegio_sync.mongo.bookkeeping.runs import MongoRuns
from altegio_sync.mongo.stores import MongoAppointments
from altegio_sync.usecases.changes import ChangesRequest, sync_changes
from altegio_sync.usecases.sync import SyncRequest, sync_appointments

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from datetime import timedelta
    from pathlib import Path

    from altegio_sync.altegio.api import AltegioApi
    from altegio_sync.bootstrap import Database
    from altegio_sync.cli.command import CommandOptions
    from altegio_sync.config import Settings
    from altegio_sync.domain.period import AnyPeriod
    from altegio_sync.domain.report import SyncReport
    from altegio_sync.usecases.stopping import StopSignal

DEFAULT_WAIT = "10m"
_DEFAULT_MAX_AGE = "24h"


@dataclass(frozen=True, slots=True)
class SyncOptions:
    """The options of `sync`, as typed."""

    update: bool = False
    prove: bool = False
    resume: bool = False
    max_age: str | None = None
    dry_run: bool = False
    allow_mass_delete: bool = False
    wait: str = DEFAULT_WAIT
    companies: Sequence[str] = ()
    skipped_file: Path | None = None

    def to_words(self) -> tuple[str, ...]:
        """The options that the command which continues the run needs as well."""
        words = [
            name for name, is_set in (("--update", self.update), ("--prove", self.prove)) if is_set
        ]
        return (*words, *(part for each in self.companies for part in ("--company", each)))

    def parse_max_age(self) -> timedelta | None:
        if self.max_age is not None and not self.resume:
            raise ConfigError("--max-age says how old an entry --resume may skip: add --resume")
        return parse_duration(self.max_age or _DEFAULT_MAX_AGE) if self.resume else None


def execute_sync(
    options: CommandOptions, first: str, last: str | None, wanted: SyncOptions | None = None
) -> int:
    """Sync, with a bar or log lines and the summary; the exit code."""
    asked = wanted or SyncOptions()

    async def body(stop: StopSignal) -> int:
        period = parse_period(first, last)
        max_age = asked.parse_max_age()
        parse_duration(asked.wait)
        settings = load(options)
        request = SyncRequest(
            companies=pick_companies(settings, asked.companies),
            period=period,
            mode=SyncMode.UPDATE if asked.update else SyncMode.NEW_ONLY,
            dry_run=asked.dry_run,
            page_size=settings.first_page_size,
            timezone=settings.timezone,
            rules=settings.rules,
            proves=asked.prove,
            max_age=max_age,
            rules_fingerprint=settings.settings_hash,
            includes_documents_without_company=len(settings.company_ids) == 1,
            allows_mass_delete=asked.allow_mass_delete,
            words=(first,) if last is None else (first, last),
            options=asked.to_words(),
        )

        def complete(report: SyncReport) -> None:
            report.own_warnings += warnings
            # The list is closed before the report is stored: its errors belong there too.
            progress.close_list()
            if progress.list_problem is not None:
                problem = RunError("skipped_not_listed", progress.list_problem)
                report.companies[-1].errors.append(problem)

        run_id = new_run_id(utc_now())
        async with _opened(options, settings, asked.skipped_file, stop) as opened:
            database, api, progress, warnings = opened
            leases = open_leases(options, settings, database, run_id, asked.wait)
            report = await sync_appointments(
                api,
                MongoAppointments(database, settings.collection, fence=leases.check),
                request,
                runs=MongoRuns(database, settings.collection),
                ledger=MongoLedger(
                    database, settings.collection, fence=leases.check, on_junk=JunkWarning()
                ),
                leases=leases,
                progress=progress,
                stop=stop,
                run_id=run_id,
                complete=complete,
            )
            await _report_conditions(options, settings, database, report)
        _tell(options, report, asked.skipped_file)
        return report.exit_code

    return execute(options, body)


def execute_changes(
    options: CommandOptions,
    since: str | None,
    overlap: str,
    *,
    dry_run: bool,
    companies: Sequence[str],
) -> int:
    """Bring what changed since the last time; the exit code."""

    async def body(stop: StopSignal) -> int:
        from_when = None if since is None else _parse_since(since)
        span = parse_duration(overlap)
        settings = load(options)
        request = ChangesRequest(
            companies=pick_companies(settings, companies),
            since=from_when,
            overlap=span,
            dry_run=dry_run,
            page_size=settings.first_page_size,
            timezone=settings.timezone,
            rules=settings.rules,
            options=() if since is None else ("--since", since),
        )
        run_id = new_run_id(utc_now())
        async with _opened(options, settings, None, stop) as (database, api, progress, warnings):
            leases = open_leases(options, settings, database, run_id, "0")
            report = await sync_changes(
                api,
                MongoAppointments(database, settings.collection, fence=leases.check),
                MongoCursors(
                    database, settings.collection, fence=leases.check, on_junk=JunkWarning()
                ),
                request,
                runs=MongoRuns(database, settings.collection),
                leases=leases,
                progress=progress,
                stop=stop,
                run_id=run_id,
                complete=lambda report: report.own_warnings.extend(warnings),
            )
            await _report_conditions(options, settings, database, report)
        _tell(options, report)
        return report.exit_code

    return execute(options, body)


def _parse_since(text: str) -> AnyPeriod | timedelta:
    """A duration back from now, a day, or a named period's first day."""
    try:
        return parse_duration(text)
    except ConfigError:
        pass
    try:
        return parse_period(text)
    except ConfigError as error:
        raise ConfigError(
            f"{error}, or a span of time such as 90m, 24h or 7d, a century at most"
        ) from None


@asynccontextmanager
async def _opened(
    options: CommandOptions, settings: Settings, skipped_file: Path | None, stop: StopSignal
) -> AsyncIterator[tuple[Database, AltegioApi, CliProgress, list[RunError]]]:
    """The last of them are the warnings about the settings."""
    usage = ApiUsage()
    with _progress(options, usage, skipped_file) as progress:
        warnings = _check_settings(options, settings)
        for each in warnings:
            progress.warn(each.code, message=each.message)
        async with open_store(settings, stop) as database:
            api = open_altegio(
                settings,
                database=database,
                on_retry=progress.on_retry,
                usage=usage,
                on_own_budget=lambda: progress.warn("own_budget"),
            )
            async with api:
                yield database, api, progress, warnings


def _check_settings(options: CommandOptions, settings: Settings) -> list[RunError]:
    """What is odd about the settings, though a run can go on with them."""
    warnings = []
    for each in find_unknown_settings(options.env_file):
        if each.meant is not None:
            # Where the known one is set as well, the other is hardly a slip.
            is_slip = not is_set(each.meant, options.env_file)
            code = "unknown_setting" if is_slip else "similar_setting"
            warnings.append(RunError(code, str(each)))
    if not settings.service_ids:
        warnings.append(RunError("no_service_list", NO_SERVICE_LIST))
    return warnings


async def _report_conditions(
    options: CommandOptions, settings: Settings, database: Database, report: SyncReport
) -> None:
    """With `-q`, the lasting conditions: when they appear, and then once a day."""
    if not options.quiet:
        return
    lines = [str(each.message) for each in report.warnings if each.code in SINGLE]
    found = find_conditions(report)
    if report.dry_run:
        lines += [each.message for each in found]
    elif not any(each.lost_store for each in report.companies):
        conditions = MongoConditions(database, settings.collection)
        try:
            known = await conditions.find_all()
            plan = plan_report(found, list(find_ended(report, found)), known, utc_now())
            await conditions.write(plan.memory)
            lines += plan.lines
        except StoreError:
            lines += [each.message for each in found]  # better twice than never
    for line in lines:
        get_logger().warning("condition", message=line)


def _progress(options: CommandOptions, usage: ApiUsage, skipped_file: Path | None) -> CliProgress:
    shows_bar = (
        sys.stderr.isatty()
        and not options.quiet
        and not options.verbose
        and options.log_format == "text"
    )
    progress = CliProgress(
        shows_bar=shows_bar, is_verbose=options.verbose, usage=usage, is_quiet=options.quiet
    )
    if skipped_file is not None:
        progress.list_skipped_in(skipped_file)
    return progress


def _tell(options: CommandOptions, report: SyncReport, skipped_file: Path | None = None) -> None:
    several = len(report.companies) > 1
    for error in report.errors:
        which = f" (company {error.company})" if several and error.company else ""
        get_logger().error(
            "failed", code=error.code, message=f"{error.message}{which}", company_id=error.company
        )
    if options.json_output:
        print_json(report.to_json())
    elif report.exit_code != EXIT_DONE or not options.quiet:
        print(render_sync(report, None if skipped_file is None else shown(skipped_file)))
