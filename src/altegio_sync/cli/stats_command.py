"""`altegio-sync stats`."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from altegio_sync.app.companies import find_company_scope
from altegio_sync.app.school import open_school
from altegio_sync.cli.command import execute, load
from altegio_sync.cli.failures import printing_store_errors
from altegio_sync.cli.json_output import print_json
from altegio_sync.cli.period_option import AskedDays
from altegio_sync.cli.private_file import private_file
from altegio_sync.cli.render_stats import print_stats
from altegio_sync.domain.exit_code import ExitCode
from altegio_sync.html import may_be_replaced, render_stats_page
from altegio_sync.messages import render
from altegio_sync.messages.page import AS_PAGE
from altegio_sync.usecases.stats import collect_stats
from altegio_sync.usecases.zones import find_local_zone

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from altegio_sync.cli.command import CommandOptions
    from altegio_sync.cli.private_file import PendingFile
    from altegio_sync.config import SchoolConfig
    from altegio_sync.domain.period import AnyPeriod
    from altegio_sync.domain.stats import StatsReport
    from altegio_sync.usecases.stopping import StopSignal


def execute_stats(
    options: CommandOptions,
    asked: AskedDays,
    html_file: Path | None = None,
    companies: Sequence[str] = (),
) -> int:
    """Count and show, and write a page too when a file is named; return the exit code."""

    async def body(stop: StopSignal) -> int:
        period = asked.parse()
        config = load(options, ["DB_URI"])
        picked = config.pick_companies(companies) if companies else ()
        # Whether the file can be written is checked before MongoDB is asked.
        with _page_file(html_file) as page:
            with printing_store_errors(options), stop.interrupting():
                report = await _count(config, period, picked)
            if stop.is_set:
                return ExitCode.INTERRUPTED
            if page is not None:
                page.put(render_stats_page(report))
        if options.json_output:
            print_json(report.to_json())
        else:
            print_stats(report, only_attention=options.quiet)
            if page is not None and not options.quiet:
                print(render(AS_PAGE(path=str(page.path))))
        return ExitCode.DONE

    return execute(options, body)


def _page_file(path: Path | None) -> AbstractContextManager[PendingFile | None]:
    return nullcontext() if path is None else private_file(path, may_be_replaced)


async def _count(
    config: SchoolConfig, period: AnyPeriod | None, picked: Sequence[str]
) -> StatsReport:
    async with open_school(config) as school:
        zone = await find_local_zone(config.timezone, school.runs)
        companies = await find_company_scope(school, picked)
        return await collect_stats(
            school.stats, school.runs, zone=zone, period=period, companies=companies
        )
