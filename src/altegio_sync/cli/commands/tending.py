"""Find errors in the collection, and repair them; undo this."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from altegio_sync.cli.options import (
    AnyDays,
    Company,
    DryRun,
    Lang,
    LastDay,
    Wait,
    with_common_options,
)
from altegio_sync.cli.typed_text import output_file, typed
from altegio_sync.cli.usage import App, Commands
from altegio_sync.messages import translated as _

if TYPE_CHECKING:
    from altegio_sync.cli.command import CommandOptions

app = App()


@app.command(
    help=_(
        "Find errors in the collection, and repair them.\n\n"
        "With a period, only documents that start on its local days."
    )
)
@with_common_options()
def validate(
    options: CommandOptions,
    first: AnyDays = None,
    last: LastDay = None,
    fix: Annotated[bool, typer.Option("--fix", help=_("Repair what can be repaired."))] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=_("With --fix: show what it would do, write nothing."))
    ] = False,
    offline: Annotated[
        bool, typer.Option("--offline", help=_("With --fix: do not ask Altegio."))
    ] = False,
    listed: Annotated[
        list[str] | None,
        typer.Option(
            "--list", metavar="RULE", help=_("Show every document of this rule, not five.")
        ),
    ] = None,
    ignored: Annotated[
        list[str] | None,
        typer.Option("--ignore", metavar="RULE", help=_("Skip this rule, also in --fix.")),
    ] = None,
    report_file: Annotated[
        Path | None,
        typer.Option(
            "--report",
            parser=output_file,
            metavar="FILE",
            help=_("Save every finding to this file: .xlsx, .csv or .jsonl."),
        ),
    ] = None,
    company: Company = None,
    wait: Wait = "10m",
) -> None:
    from altegio_sync.cli.findings import FindingOptions
    from altegio_sync.cli.period_option import AskedDays
    from altegio_sync.cli.validate_command import FixOptions, run_validate

    findings = FindingOptions(tuple(listed or ()), frozenset(ignored or ()), report_file)
    wanted = FixOptions(fix, dry_run, offline, wait)
    run_validate(options, findings, AskedDays(first, last), wanted, company or [])


@app.command(help=_("Keep one document for each appointment id; move the others to the trash."))
@with_common_options()
def clean(
    options: CommandOptions,
    dry_run: DryRun = False,
    wait: Wait = "10m",
) -> None:
    from altegio_sync.cli.clean_command import run_clean

    run_clean(options, dry_run=dry_run, wait=wait)


@app.command(help=_("Restore everything that a clean or a repair changed or removed."))
@with_common_options()
def undo(
    options: CommandOptions,
    run_id: Annotated[
        str | None,
        typer.Argument(callback=typed, metavar="RUN_ID", help=_("Without it, list the runs.")),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help=_("Also overwrite documents that were changed since."))
    ] = False,
    wait: Wait = "10m",
) -> None:
    from altegio_sync.cli.undo_command import run_undo

    run_undo(options, run_id, force=force, wait=wait)


trash = App(
    cls=Commands,
    options_metavar=_("[OPTIONS]"),
    subcommand_metavar=_("COMMAND [ARGS]..."),
    help=_("Previous versions of documents, kept to undo changes."),
)
app.add_typer(trash, name="trash")


@trash.callback()
def _trash(_lang: Lang = None) -> None: ...


@trash.command(help=_("Delete old entries permanently: they contain personal data."))
@with_common_options()
def purge(
    options: CommandOptions,
    older_than: Annotated[
        str, typer.Option("--older-than", metavar="SPAN", help=_("Such as 90d, 24h."))
    ],
    yes: Annotated[
        bool, typer.Option("--yes", help=_("Do not ask for confirmation on a terminal."))
    ] = False,
    dry_run: DryRun = False,
) -> None:
    from altegio_sync.cli.purge_command import run_purge

    run_purge(replace(options, name="trash purge"), older_than, dry_run=dry_run, is_confirmed=yes)
