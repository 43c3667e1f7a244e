"""`altegio-sync export`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from altegio_sync.app.companies import find_company_scope
from altegio_sync.app.school import open_school
from altegio_sync.cli.command import load, run_command
from altegio_sync.cli.export_tables import (
    LESSON_FIELDS,
    PAY,
    AppointmentRows,
    PaySheets,
    fields_of,
    kind_of,
    pick_columns,
)
from altegio_sync.cli.failures import printing_store_errors, report_errors
from altegio_sync.cli.json_output import print_json
from altegio_sync.cli.repeated_warnings import log_warning
from altegio_sync.cli.tables import check_ending, open_table
from altegio_sync.domain.clock import utc_now
from altegio_sync.domain.exit_code import ExitCode
from altegio_sync.domain.export import ExportQuery, ExportReport
from altegio_sync.domain.period_words import parse_period
from altegio_sync.domain.report import RunError
from altegio_sync.domain.zones import find_zone
from altegio_sync.errors import ConfigError
from altegio_sync.log import get_logger
from altegio_sync.messages import export as texts
from altegio_sync.messages import render
from altegio_sync.messages.figures import UNREAD_STARTS, WITHOUT_COMPANY
from altegio_sync.usecases.export import export_appointments, export_pay

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import NoReturn

    from altegio_sync.app.school import School
    from altegio_sync.cli.command import CommandOptions
    from altegio_sync.cli.tables import Column
    from altegio_sync.domain.period import AnyPeriod
    from altegio_sync.usecases.stopping import StopSignal


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """The arguments and options of `export`, as typed."""

    first: str
    last: str | None
    file: Path
    columns: str | None = None
    by_teacher: bool = False
    companies: Sequence[str] = ()

    def pick_columns(self) -> Sequence[Column]:
        if self.by_teacher and self.columns is not None:
            raise ConfigError(texts.COLUMNS_OF_TEACHERS())
        return pick_columns(self.columns)


def run_export(options: CommandOptions, wanted: ExportOptions) -> NoReturn:
    async def body(stop: StopSignal) -> int:
        check_ending(wanted.file)
        columns = wanted.pick_columns()
        asked = parse_period(wanted.first, wanted.last)
        config = load(options, ["DB_URI"])
        picked = config.pick_companies(wanted.companies) if wanted.companies else ()
        # Whether the file can be written is checked before MongoDB is asked.
        with open_table(wanted.file, PAY if wanted.by_teacher else kind_of(columns)) as file:
            with printing_store_errors(options):
                async with open_school(config, stop=stop, warn=log_warning) as school:
                    query = await _query(school, asked, picked)
                    report = ExportReport(wanted.file, query.period, query.zone.key)
                    report.without_company = await school.export.count_without_company(query)
                    if wanted.by_teacher:
                        tables = PaySheets(file, query)
                        await export_pay(school.export, tables, query, LESSON_FIELDS, report, stop)
                    else:
                        rows = AppointmentRows(file, columns, query)
                        fields = fields_of(columns)
                        await export_appointments(school.export, rows, query, fields, report, stop)
            if stop.is_set:
                report_errors(options, [RunError("interrupted", texts.INTERRUPTED())])
                return ExitCode.INTERRUPTED
            file.put()
        _show(options, report)
        return report.exit_code

    run_command(options, body)


async def _query(school: School, asked: AnyPeriod, companies: Sequence[str]) -> ExportQuery:
    """The days of the period, in the configured zone or in the zone of each location."""
    zone = (await school.find_zone()).zone
    names = {} if school.config.timezone else await school.find_location_zones()
    zones = {company: find_zone(name) or zone for company, name in names.items()}
    period = asked.on(utc_now().astimezone(zone).date())
    return ExportQuery(period, zone, zones, await find_company_scope(school, companies))


def _show(options: CommandOptions, report: ExportReport) -> None:
    if report.unread_starts:
        message = UNREAD_STARTS(count=report.unread_starts)
        get_logger().error("failed", code="unread_starts", message=message)
    if options.json_output:
        print_json(report.to_json())
        return
    says_all = not (options.quiet and report.ok)
    if says_all:
        file = str(report.path)
        print(render(texts.EXPORTED(count=report.appointments, path=file, zone=report.timezone)))
    if report.extra_copies:
        print(f"WARNING {render(texts.EXTRA_COPIES(count=report.extra_copies))}")
    if report.without_length:
        print(f"WARNING {render(texts.WITHOUT_LENGTH(count=report.without_length))}")
    if report.odd_flags:
        print(f"WARNING {render(texts.ODD_FLAGS(count=report.odd_flags))}")
    if report.without_company:
        print(f"WARNING {render(WITHOUT_COMPANY(count=report.without_company))}")
    if report.appointments and says_all:
        print(render(texts.FOR_YOU_ONLY()))
