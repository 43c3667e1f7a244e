"""`altegio-sync sync` and `altegio-sync changes`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from altegio_sync.app.school import open_school
from altegio_sync.app.syncing import sync_school, sync_school_changes
from altegio_sync.cli.all_schools import SchoolResult, refuse_options, run_schools
from altegio_sync.cli.command import execute, load, watched_run
from altegio_sync.cli.json_output import print_json
from altegio_sync.cli.progress import CliProgress
from altegio_sync.cli.render_sync import render_sync
from altegio_sync.config import SchoolOfFile, find_settings_warnings
from altegio_sync.domain.durations import parse_duration
from altegio_sync.domain.exit_code import ExitCode
from altegio_sync.domain.period_words import parse_period
from altegio_sync.domain.report import SyncMode
from altegio_sync.errors import ConfigError
from altegio_sync.log import get_logger
from altegio_sync.messages import commands as texts
from altegio_sync.messages.foreign_text import plain
from altegio_sync.usecases.changes import ChangesRequest
from altegio_sync.usecases.conditions import find_due_conditions
from altegio_sync.usecases.sync import SyncRequest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import timedelta

    from altegio_sync.app.budget import BudgetOfAll
    from altegio_sync.app.watched import RunOutcome
    from altegio_sync.cli.command import CommandOptions
    from altegio_sync.cli.skipped_list import SkippedFile
    from altegio_sync.config import SchoolConfig
    from altegio_sync.domain.period import AnyPeriod
    from altegio_sync.domain.report import SyncReport
    from altegio_sync.usecases.stopping import StopSignal

    Work = Callable[..., Awaitable[SyncReport]]

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
    skipped_file: SkippedFile | None = None

    def to_words(self) -> tuple[str, ...]:
        """The options that are needed again in the command that continues the run."""
        words = [
            name for name, is_set in (("--update", self.update), ("--prove", self.prove)) if is_set
        ]
        return (*words, *(part for each in self.companies for part in ("--company", each)))

    def parse_max_age(self) -> timedelta | None:
        if self.max_age is not None and not self.resume:
            raise ConfigError(texts.MAX_AGE_ALONE())
        return parse_duration(self.max_age or _DEFAULT_MAX_AGE) if self.resume else None


def execute_sync(
    options: CommandOptions, first: str, last: str | None, wanted: SyncOptions | None = None
) -> int:
    """Sync, and show a bar or log lines, then the summary. Returns the exit code."""
    asked = wanted or SyncOptions()

    async def body(stop: StopSignal) -> int:
        period = parse_period(first, last)
        max_age = asked.parse_max_age()
        parse_duration(asked.wait)

        def plan(config: SchoolConfig) -> Work:
            request = SyncRequest(
                companies=config.pick_companies(asked.companies),
                period=period,
                mode=SyncMode.UPDATE if asked.update else SyncMode.NEW_ONLY,
                dry_run=asked.dry_run,
                proves=asked.prove,
                max_age=max_age,
                allows_mass_delete=asked.allow_mass_delete,
                words=(first,) if last is None else (first, last),
                options=(*asked.to_words(), *_school_words(config)),
            )
            return partial(sync_school, request=request, wait=asked.wait, stop=stop)

        return await _run(options, plan, stop, asked.companies, asked.skipped_file)

    options = replace(options, is_watched=not asked.dry_run)
    return execute(options, body)


def execute_changes(
    options: CommandOptions,
    since: str | None,
    overlap: str,
    *,
    dry_run: bool,
    companies: Sequence[str],
) -> int:
    """Bring what changed since the last time. Returns the exit code."""

    async def body(stop: StopSignal) -> int:
        from_when = None if since is None else _parse_since(since)
        span = parse_duration(overlap)

        def plan(config: SchoolConfig) -> Work:
            request = ChangesRequest(
                companies=config.pick_companies(companies),
                since=from_when,
                overlap=span,
                dry_run=dry_run,
                options=(
                    *(() if since is None else ("--since", since)),
                    *_school_words(config),
                ),
            )
            return partial(sync_school_changes, request=request, stop=stop)

        return await _run(options, plan, stop, companies)

    options = replace(options, is_watched=not dry_run)
    return execute(options, body)


def _school_words(config: SchoolConfig) -> tuple[str, ...]:
    return ("--school", config.name) if isinstance(config, SchoolOfFile) else ()


def _parse_since(text: str) -> AnyPeriod | timedelta:
    """A duration back from now, a day, or a named period's first day."""
    try:
        return parse_duration(text)
    except ConfigError:
        pass
    try:
        return parse_period(text)
    except ConfigError as error:
        raise ConfigError(texts.SINCE_EXPECTED(problem=error.message)) from None


async def _run(
    options: CommandOptions,
    plan: Callable[[SchoolConfig], Work],
    stop: StopSignal,
    companies: Sequence[str],
    skipped_file: SkippedFile | None = None,
) -> int:
    """Do the planned work for the school, or for all schools. Returns the exit code."""
    if options.source.all_schools:
        refuse_options({"--company": companies, "--skipped": skipped_file})

        async def work(config: SchoolOfFile, budget: BudgetOfAll) -> SchoolResult:
            report = await _run_one(options, config, plan(config), stop, budget=budget)
            text = _render(options, report)
            return SchoolResult(report.exit_code, report.to_json(), text)

        return await run_schools(options, stop, work)
    config = load(options)
    report = await _run_one(options, config, plan(config), stop, skipped_file)
    if options.json_output:
        print_json(report.to_json())
    elif text := _render(options, report, skipped_file):
        print(text)
    return report.exit_code


async def _run_one(
    options: CommandOptions,
    config: SchoolConfig,
    work: Work,
    stop: StopSignal,
    skipped_file: SkippedFile | None = None,
    budget: BudgetOfAll | None = None,
) -> SyncReport:
    """Do the work for one school, with the progress that the options want."""
    with CliProgress.for_command(options, skipped_file) as progress:
        warnings = find_settings_warnings(config, options.source.env_file)
        for each in warnings:
            progress.warn(each.code, message=each.message)

        async with (
            watched_run(options, config, progress.warn) as outcome,
            open_school(
                config, stop=stop, warn=progress.warn, usage=progress.usage, budget=budget
            ) as school,
        ):
            report = await work(school, progress=progress, warnings=warnings)
            note_outcome(outcome, report)
            if options.quiet:
                for line in await find_due_conditions(school.conditions, report):
                    get_logger().warning("condition", message=line)
    progress.log_errors(report.errors)
    return report


def note_outcome(outcome: RunOutcome, report: SyncReport) -> None:
    """Set what pings and messages report about the run."""
    outcome.exit_code = report.exit_code
    outcome.gave_way = report.gave_way
    outcome.run_id = report.run_id
    outcome.counts = counts_of(report)
    outcome.reason = next((each.message for each in report.errors), None)
    outcome.lost_store = any(each.lost_store for each in report.companies)


def counts_of(report: SyncReport) -> dict[str, int]:
    """What a ping says about the run: numbers only."""
    records = report.records
    return {
        "requests": report.api.requests,
        "fetched": records.fetched,
        "saved": records.saved,
        "updated": records.updated,
        "skipped": sum(records.skipped.values()),
        "failed": records.failed,
        "errors": len(report.errors),
        "warnings": len(report.warnings),
    }


def _render(
    options: CommandOptions, report: SyncReport, skipped_file: SkippedFile | None = None
) -> str:
    """The summary; empty where nothing is to be shown."""
    if options.quiet and report.exit_code == ExitCode.DONE:
        return ""
    return render_sync(report, None if skipped_file is None else plain(skipped_file.path))
