"""Show or send what is stored, how complete it is, and what ran."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from altegio_sync.cli.options import (
    PERIOD_HELP,
    AnyDays,
    Company,
    LastDay,
    Wait,
    with_common_options,
)
from altegio_sync.cli.typed_text import output_file, typed
from altegio_sync.cli.usage import App
from altegio_sync.messages import render
from altegio_sync.messages import translated as _
from altegio_sync.messages import usage as texts

if TYPE_CHECKING:
    from altegio_sync.cli.command import CommandOptions

app = App()


@app.command(
    help=_("Show a calendar of the days that are checked or proved to be complete, and the gaps.")
)
@with_common_options()
def coverage(
    options: CommandOptions,
    first: Annotated[
        str | None,
        typer.Argument(callback=typed, metavar="PERIOD|FROM", help=PERIOD_HELP),
    ] = None,
    last: LastDay = None,
    company: Company = None,
) -> None:
    from altegio_sync.cli.coverage_command import run_coverage

    run_coverage(options, first, last, company or [])


@app.command(
    help=_("Show whether the collection can be trusted now; exit 1 when something needs attention.")
)
@with_common_options(all_schools=True)
def status(
    options: CommandOptions,
    company: Company = None,
    prometheus: Annotated[
        bool,
        typer.Option("--prometheus", help=_("Print metrics for the node exporter's text files.")),
    ] = False,
    metrics_file: Annotated[
        Path | None,
        typer.Option(
            "--metrics-file",
            parser=output_file,
            metavar="PATH",
            help=_("Write the same metrics into this file, and print nothing."),
        ),
    ] = None,
) -> None:
    from altegio_sync.cli.status_command import MetricsOptions, run_status

    run_status(options, MetricsOptions(prometheus, metrics_file), company or [])


@app.command(help=_("Show what is stored, and what needs attention."))
@with_common_options()
def stats(
    options: CommandOptions,
    first: AnyDays = None,
    last: LastDay = None,
    from_option: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help=_("Only from this day on."))
    ] = None,
    to_option: Annotated[
        str | None, typer.Option("--to", metavar="DATE", help=_("Only up to this day, included."))
    ] = None,
    clean: Annotated[
        bool, typer.Option("--clean", help=_("Remove duplicates instead, as clean does."))
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=_("With --clean: count, write nothing."))
    ] = False,
    html_file: Annotated[
        Path | None,
        typer.Option(
            "--html",
            parser=output_file,
            metavar="FILE",
            help=_("Also write a page of charts, with teachers' names."),
        ),
    ] = None,
    company: Company = None,
    wait: Wait = "10m",
) -> None:

    if clean:
        if html_file is not None:
            raise typer.BadParameter(render(texts.NO_STATISTICS()), param_hint="--html")
        if company:
            raise typer.BadParameter(render(texts.WORKS_ON_ALL_COMPANIES()), param_hint="--clean")
        if any(each is not None for each in (first, last, from_option, to_option)):
            raise typer.BadParameter(render(texts.WORKS_ON_ALL_DAYS()), param_hint="--clean")
        from altegio_sync.cli.clean_command import run_clean

        run_clean(replace(options, name="clean"), dry_run=dry_run, wait=wait)
    from altegio_sync.cli.period_option import AskedDays
    from altegio_sync.cli.stats_command import execute_stats

    days = AskedDays(first, last, from_option, to_option)
    raise typer.Exit(execute_stats(options, days, html_file, company or []))


@app.command(help=_("Show what ran, when, how it ended and what it did."))
@with_common_options()
def runs(
    options: CommandOptions,
    run_id: Annotated[
        str | None,
        typer.Argument(
            callback=typed, metavar="RUN_ID", help=_("One run; the newest runs when left out.")
        ),
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", metavar="NUMBER", min=1, help=_("How many runs to list."))
    ] = 20,
) -> None:
    from altegio_sync.cli.runs_command import run_runs

    run_runs(options, run_id, limit)


@app.command(help=_("Send a message to the addresses of ALTEGIO_NOTIFY."))
@with_common_options()
def notify(
    options: CommandOptions,
    test: Annotated[bool, typer.Option("--test", help=_("Send a test message."))] = False,
    weekly: Annotated[
        bool,
        typer.Option("--weekly", help=_("Send last week's lessons and what needs correction.")),
    ] = False,
) -> None:
    from altegio_sync.cli.notify_command import run_notify

    run_notify(options, test=test, weekly=weekly)
