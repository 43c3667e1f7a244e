"""`altegio-sync validate`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from altegio_sync.app.companies import find_company_scope
from altegio_sync.app.repairing import repair_school
from altegio_sync.app.school import open_school
from altegio_sync.cli.command import load, run_command, watched_run
from altegio_sync.cli.failures import printing_store_errors
from altegio_sync.cli.findings import detail_lines, load_details
from altegio_sync.cli.json_output import print_json
from altegio_sync.cli.render_validation import render_validation
from altegio_sync.cli.repeated_warnings import log_warning
from altegio_sync.config import ALL_SETTINGS
from altegio_sync.domain.clock import utc_now
from altegio_sync.domain.exit_code import ExitCode
from altegio_sync.domain.export import ExportQuery
from altegio_sync.log import get_logger
from altegio_sync.messages.figures import UNREAD_STARTS
from altegio_sync.messages.sync import FETCH_FAILED
from altegio_sync.usecases.validate import ValidationRequest, validate_appointments

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import NoReturn

    from altegio_sync.app.school import School
    from altegio_sync.cli.command import CommandOptions
    from altegio_sync.cli.findings import FindingOptions
    from altegio_sync.cli.period_option import AskedDays
    from altegio_sync.domain.validation import ValidationReport
    from altegio_sync.usecases.stopping import StopSignal


@dataclass(frozen=True, slots=True)
class FixOptions:
    """The options of a repair, as typed. Without ``fix`` the other options have no effect."""

    fix: bool = False
    dry_run: bool = False
    offline: bool = False
    wait: str = "10m"

    @property
    def asks_altegio(self) -> bool:
        return self.fix and not self.offline


def run_validate(
    options: CommandOptions,
    findings: FindingOptions,
    days: AskedDays,
    wanted: FixOptions,
    companies: Sequence[str] = (),
) -> NoReturn:
    async def body(stop: StopSignal) -> int:
        findings.check()
        period = days.parse()
        config = load(options, ALL_SETTINGS if wanted.asks_altegio else ["DB_URI"])
        picked = config.pick_companies(companies) if companies else ()
        details: Mapping[str, Sequence[str]] = {}
        with findings.opened_file() as file, printing_store_errors(options):
            async with (
                watched_run(options, config, log_warning) as outcome,
                open_school(config, stop=stop, warn=log_warning) as school,
            ):
                local = await school.find_zone()
                scope = await find_company_scope(school, picked)
                request = ValidationRequest(
                    utc_now(), local, config.leads, findings.ignored, period, scope
                )
                report = await _validate(school, request, wanted, stop)
                if report is None:
                    outcome.exit_code = ExitCode.INTERRUPTED
                    return ExitCode.INTERRUPTED
                outcome.exit_code = ExitCode.INTERRUPTED if stop.is_set else report.exit_code
                outcome.counts = {
                    "checked": report.checked,
                    "errors": report.errors,
                    "warnings": report.warnings,
                    "fixed": report.fixed,
                    "trashed": report.trashed,
                }
                source = school.findings
                with stop.interrupting():
                    await _warn_about_unread_starts(school, request)
                    await load_details(source, request.context, report, findings, file, local.zone)
                    if not options.json_output:
                        details = await detail_lines(source, report, local.zone)
        _show(options, report, details)
        return ExitCode.INTERRUPTED if stop.is_set else report.exit_code

    options = replace(options, is_watched=wanted.fix and not wanted.dry_run)
    run_command(options, body)


async def _validate(
    school: School, request: ValidationRequest, wanted: FixOptions, stop: StopSignal
) -> ValidationReport | None:
    """The report; None if ``stop`` ended the reading before there was a report."""
    if wanted.fix:
        return await repair_school(
            school,
            request,
            asks_altegio=wanted.asks_altegio,
            dry_run=wanted.dry_run,
            wait=wanted.wait,
            stop=stop,
        )
    report = None
    with stop.interrupting():
        report = await validate_appointments(school.validator, request.context, request.scope)
    return report  # noqa: RET504 - None where it was interrupted


async def _warn_about_unread_starts(school: School, request: ValidationRequest) -> None:
    """A document whose start is no date is on no day, so a period never includes it."""
    scope = request.scope
    if scope is None:
        return
    query = ExportQuery(scope.period, scope.zone, companies=request.companies)
    count = await school.export.count_unread_starts(query)
    if count:
        log_warning("unread_starts", message=UNREAD_STARTS(count=count))


def _show(
    options: CommandOptions, report: ValidationReport, details: Mapping[str, Sequence[str]]
) -> None:
    if report.out_of_reach is not None:
        message = FETCH_FAILED(reason=report.out_of_reach)
        get_logger().error("failed", code="fetch_failed", message=message)
    for error in report.unrepaired.errors:
        get_logger().error("failed", code=error.code, message=error.message)
    if options.json_output:
        print_json(report.to_json())
    elif not (options.quiet and report.ok):
        print(render_validation(report, details))
