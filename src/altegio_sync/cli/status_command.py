"""`altegio-sync status`: one screen that answers whether the collection can be trusted now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.app.school import open_school
from altegio_sync.app.status import collect_school_status
from altegio_sync.cli.all_schools import SchoolResult, refuse_options, run_schools
from altegio_sync.cli.command import (
    leaving_at_once,
    load,
    print_json,
    run_command,
    telling_store_errors,
)
from altegio_sync.cli.render_metrics import metric_families, render_metrics, unreachable_families
from altegio_sync.cli.render_status import render_status
from altegio_sync.cli.repeated_warnings import log_warning
from altegio_sync.config import SchoolOfFile, find_mistyped_settings
from altegio_sync.errors import ConfigError
from altegio_sync.messages.commands import JSON_AND_PROMETHEUS
from altegio_sync.usecases.stopping import StopSignal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import NoReturn

    from altegio_sync.app.budget import BudgetOfAll
    from altegio_sync.cli.command import CommandOptions
    from altegio_sync.config import SchoolConfig
    from altegio_sync.domain.status import StatusReport
    from altegio_sync.messages import Message


def run_status(
    options: CommandOptions, *, prometheus: bool, companies: Sequence[str] = ()
) -> NoReturn:
    async def body() -> int:
        if prometheus and options.json_output:
            raise ConfigError(JSON_AND_PROMETHEUS())
        if options.source.all_schools:
            refuse_options({"--company": companies})
            show = _print_metrics if prometheus else None
            # A stop cancels the body, so no school sees this signal.
            return await run_schools(options, StopSignal(), find_result, ["DB_URI"], show)
        config = load(options, ["DB_URI"])
        picked = config.pick_companies(companies) if companies else ()
        unreachable = render_metrics(unreachable_families())
        with telling_store_errors(options, unreachable if prometheus else None):
            report = await _collect(options, config, picked)
        if options.json_output:
            print_json(report.to_json())
        else:
            metrics = render_metrics(metric_families(report)) if prometheus else None
            print(metrics or render_status(report))
        return report.exit_code

    async def find_result(config: SchoolOfFile, budget: BudgetOfAll) -> SchoolResult:
        report = await _collect(options, config, budget=budget)
        text, metrics = render_status(report), metric_families(report)
        return SchoolResult(report.exit_code, report.to_json(), text, metrics)

    run_command(options, leaving_at_once(body))


def _print_metrics(results: Mapping[str, SchoolResult]) -> None:
    """The metrics of all schools, with a label for the school."""
    families = [
        family.of_school(name)
        for name, each in results.items()
        for family in each.metrics or unreachable_families()
    ]
    print(render_metrics(families))


async def _collect(
    options: CommandOptions,
    config: SchoolConfig,
    companies: Sequence[str] = (),
    budget: BudgetOfAll | None = None,
) -> StatusReport:
    async with open_school(config, warn=log_warning, budget=budget) as school:
        return await collect_school_status(school, _find_mistyped(options, config), companies)


def _find_mistyped(options: CommandOptions, config: SchoolConfig) -> list[Message]:
    """Probably mistyped names in the environment. A school of a file has no settings there."""
    if isinstance(config, SchoolOfFile):
        return []
    return [each.message for each in find_mistyped_settings(options.source.env_file)]
