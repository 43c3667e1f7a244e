"""`altegio-sync status`: one screen that answers whether the collection can be trusted now."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from altegio_sync.app.school import open_school
from altegio_sync.app.status import collect_school_status
from altegio_sync.cli.all_schools import SchoolResult, refuse_options, run_schools
from altegio_sync.cli.command import leaving_at_once, load, run_command
from altegio_sync.cli.failures import printing_store_errors
from altegio_sync.cli.json_output import print_json
from altegio_sync.cli.private_file import private_file
from altegio_sync.cli.render_metrics import is_metrics, render_metrics
from altegio_sync.cli.render_status import render_status
from altegio_sync.cli.repeated_warnings import log_warning
from altegio_sync.config import SchoolOfFile, find_mistyped_settings
from altegio_sync.domain.exit_code import ExitCode
from altegio_sync.domain.metrics import metric_families, unreachable_families
from altegio_sync.errors import AltegioSyncError, ConfigError, StoreError
from altegio_sync.messages.commands import JSON_AND_PROMETHEUS
from altegio_sync.usecases.stopping import StopSignal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path
    from typing import NoReturn

    from altegio_sync.app.budget import BudgetOfAll
    from altegio_sync.cli.command import CommandOptions
    from altegio_sync.config import SchoolConfig
    from altegio_sync.domain.metrics import Family
    from altegio_sync.domain.status import StatusReport
    from altegio_sync.messages import Message


@dataclass(frozen=True, slots=True)
class MetricsOptions:
    """Where the metrics go."""

    prints: bool
    path: Path | None


def run_status(
    options: CommandOptions, metrics: MetricsOptions, companies: Sequence[str] = ()
) -> NoReturn:
    async def body() -> int:
        if metrics.prints and options.json_output:
            raise ConfigError(JSON_AND_PROMETHEUS())
        try:
            return await _run(options, metrics, companies)
        except AltegioSyncError as error:
            # The file must not say that all is well while nothing is known.
            _write_metrics(metrics.path, unreachable_families())
            if isinstance(error, StoreError) and _only_the_file_reports(options, metrics):
                return ExitCode.OUT_OF_REACH
            raise

    run_command(options, leaving_at_once(body))


def _only_the_file_reports(options: CommandOptions, metrics: MetricsOptions) -> bool:
    """Whether a MongoDB that is away is only seen in the file: cron would send a mail each time."""
    prints = metrics.prints or options.json_output
    return options.quiet and metrics.path is not None and not prints


async def _run(options: CommandOptions, metrics: MetricsOptions, companies: Sequence[str]) -> int:
    if options.source.all_schools:
        refuse_options({"--company": companies})
        return await _run_all(options, metrics)
    config = load(options, ["DB_URI"])
    picked = config.pick_companies(companies) if companies else ()
    unreachable = render_metrics(unreachable_families()) if metrics.prints else None
    is_silent = metrics.path is not None and not metrics.prints
    with nullcontext() if is_silent else printing_store_errors(options, unreachable):
        report = await _collect(options, config, picked)
    families = metric_families(report)
    _write_metrics(metrics.path, families)
    if options.json_output:
        print_json(report.to_json())
    elif metrics.prints:
        print(render_metrics(families))
    elif metrics.path is None and not _is_kept_back(options, report):
        print(render_status(report))
    return report.exit_code


async def _run_all(options: CommandOptions, metrics: MetricsOptions) -> int:
    def show(results: Mapping[str, SchoolResult]) -> None:
        """The metrics of all schools, with a label for the school."""
        families = [
            family.of_school(name)
            for name, each in results.items()
            for family in each.metrics or unreachable_families()
        ]
        _write_metrics(metrics.path, families)
        if metrics.prints:
            print(render_metrics(families))

    async def find_result(config: SchoolOfFile, budget: BudgetOfAll) -> SchoolResult:
        try:
            report = await _collect(options, config, budget=budget)
        except StoreError:
            if _only_the_file_reports(options, metrics):
                return SchoolResult(ExitCode.OUT_OF_REACH, {}, "", unreachable_families())
            raise
        text = "" if _is_kept_back(options, report) else render_status(report)
        return SchoolResult(report.exit_code, report.to_json(), text, metric_families(report))

    shown = show if metrics.prints or metrics.path is not None else None
    # A stop cancels the body, so no school sees this signal.
    return await run_schools(options, StopSignal(), find_result, ["DB_URI"], shown)


def _is_kept_back(options: CommandOptions, report: StatusReport) -> bool:
    return options.quiet and report.exit_code == ExitCode.DONE


def _write_metrics(path: Path | None, families: Iterable[Family]) -> None:
    """Replace the file at once, so that the exporter never reads half a file or an empty one.

    Raises:
        ConfigError: the path cannot be written, or has a file with something else.
    """
    if path is not None:
        # The exporter is another user.
        with private_file(path, is_metrics, mode=0o644) as file:
            file.put(f"{render_metrics(families)}\n")


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
