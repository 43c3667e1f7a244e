"""`altegio-sync sync`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from altegio_sync.bootstrap import open_altegio, open_store
from altegio_sync.cli.command import execute, load, pick_companies, print_json
from altegio_sync.cli.progress import CliProgress
from altegio_sync.cli.render import render_sync
from altegio_sync.domain.period import parse_period
from altegio_sync.domain.report import SyncMode
from altegio_sync.errors import ConfigError
from altegio_sync.log import get_logger
from altegio_sync.mongo.runs import MongoRuns
from altegio_sync.mongo.stores import MongoAppointments
from altegio_sync.usecases.sync import SyncRequest, sync_appointments

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from altegio_sync.cli.command import CommandOptions
    from altegio_sync.domain.report import ApiUsage, SyncReport
    from altegio_sync.usecases.stopping import StopSignal


def execute_sync(
    options: CommandOptions,
    first: str,
    last: str | None,
    *,
    update: bool = False,
    dry_run: bool = False,
    companies: Sequence[str] = (),
    skipped_file: Path | None = None,
) -> int:
    """Sync, with a bar or log lines and the summary; the exit code."""

    async def body(stop: StopSignal) -> int:
        period = parse_period(first, last)
        settings = load(options)
        request = SyncRequest(
            companies=pick_companies(settings, companies),
            period=period,
            mode=SyncMode.UPDATE if update else SyncMode.NEW_ONLY,
            dry_run=dry_run,
            page_size=settings.first_page_size,
            timezone=settings.timezone,
            rules=settings.rules,
        )
        api = open_altegio(settings)
        with _progress(options, api.usage, skipped_file) as progress:
            api.on_retry = progress.on_retry
            if not settings.service_ids:
                progress.warn("no_service_list")
            async with api, open_store(settings) as database:
                report = await sync_appointments(
                    api,
                    MongoAppointments(database, settings.collection),
                    request,
                    runs=MongoRuns(database),
                    progress=progress,
                    stop=stop,
                )
        _tell(options, report)
        return report.exit_code

    return execute(options, body)


def _progress(options: CommandOptions, usage: ApiUsage, skipped_file: Path | None) -> CliProgress:
    shows_bar = (
        sys.stderr.isatty()
        and not options.quiet
        and not options.verbose
        and options.log_format == "text"
    )
    progress = CliProgress(shows_bar=shows_bar, is_verbose=options.verbose, usage=usage)
    if skipped_file is not None:
        try:
            progress.list_skipped_in(skipped_file)
        except OSError as error:
            raise ConfigError(f"Cannot write {skipped_file}: {error.strerror}") from error
    return progress


def _tell(options: CommandOptions, report: SyncReport) -> None:
    for error in report.errors:
        get_logger().error(
            "failed", code=error.code, message=error.message, company_id=error.company
        )
    if options.json_output:
        print_json(report.to_json())
    else:
        print(render_sync(report))
