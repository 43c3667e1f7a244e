"""Bring appointments into MongoDB."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from altegio_sync.cli.options import (
    PERIOD_HELP,
    Company,
    EnvFile,
    Lang,
    LastDay,
    School,
    Schools,
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
_ASKED_FOR = _("Asked for when left out.")


@app.command(help=_("Bring the appointments of a period into MongoDB."))
@with_common_options(verbose=True, all_schools=True)
def sync(
    options: CommandOptions,
    first: Annotated[
        str,
        typer.Argument(callback=typed, metavar="PERIOD|FROM", help=PERIOD_HELP),
    ],
    last: LastDay = None,
    update: Annotated[
        bool, typer.Option("--update", help=_("Also update stored appointments."))
    ] = False,
    prove: Annotated[
        bool,
        typer.Option("--prove", help=_("Slower, but guarantees that no booking is missed.")),
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help=_("Skip the days that the ledger lists as done."))
    ] = False,
    max_age: Annotated[
        str | None,
        typer.Option(
            "--max-age",
            metavar="SPAN",
            # Without the backslash, rich would read the bracket as markup.
            help=_(
                "With --resume: skip only days that were read within this time \\[default: 24h]."
            ),
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=_("Read everything, write nothing."))
    ] = False,
    allow_mass_delete: Annotated[
        bool,
        typer.Option(
            "--allow-mass-delete", help=_("With --update: skip the mass-deletion safety check.")
        ),
    ] = False,
    wait: Wait = "10m",
    company: Company = None,
    skipped: Annotated[
        Path | None,
        typer.Option(
            "--skipped",
            parser=output_file,
            metavar="FILE",
            help=_("List the bookings that need correction in this .xlsx, .csv or .jsonl file."),
        ),
    ] = None,
    skipped_all: Annotated[
        bool,
        typer.Option(
            "--skipped-all", help=_("With --skipped: list bookings of other services too.")
        ),
    ] = False,
) -> None:
    from altegio_sync.cli.skipped_list import SkippedFile
    from altegio_sync.cli.sync_command import SyncOptions, execute_sync

    if skipped_all and skipped is None:
        raise typer.BadParameter(render(texts.ADD_A_FILE()), param_hint="--skipped-all")
    wanted = SyncOptions(
        update=update,
        prove=prove,
        resume=resume,
        max_age=max_age,
        dry_run=dry_run,
        allow_mass_delete=allow_mass_delete,
        wait=wait,
        companies=company or [],
        skipped_file=None if skipped is None else SkippedFile(skipped, skipped_all),
    )
    raise typer.Exit(execute_sync(options, first, last, wanted))


@app.command(
    help=_("Bring what changed at Altegio since the last run; made for cron, every few minutes.")
)
@with_common_options(verbose=True, all_schools=True)
def changes(
    options: CommandOptions,
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            callback=typed,
            metavar="DATE|SPAN",
            help=_("For the first run: where to begin."),
        ),
    ] = None,
    overlap: Annotated[
        str,
        typer.Option(
            "--overlap", metavar="SPAN", help=_("How far before the last run to read again.")
        ),
    ] = "1d",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=_("Read everything, write nothing."))
    ] = False,
    company: Company = None,
) -> None:
    from altegio_sync.cli.sync_command import execute_changes

    code = execute_changes(options, since, overlap, dry_run=dry_run, companies=company or [])
    raise typer.Exit(code)


@app.command(help=_("Ask for a period, show what Altegio announces for it, and sync it."))
def interactive(
    first: Annotated[
        str | None,
        typer.Argument(callback=typed, metavar="PERIOD|FROM", help=f"{PERIOD_HELP} {_ASKED_FOR}"),
    ] = None,
    last: LastDay = None,
    env_file: EnvFile = None,
    schools: Schools = None,
    school: School = None,
    _lang: Lang = None,
) -> None:
    from altegio_sync.cli.interactive_command import run_interactive
    from altegio_sync.config import SettingsSource

    raise typer.Exit(run_interactive(first, last, SettingsSource(env_file, schools, school)))


@app.command(help=_("Receive webhooks and ask for changes, for as long as the process lives."))
@with_common_options(json=False, verbose=True)
def serve(
    options: CommandOptions,
    host: Annotated[str, typer.Option(help=_("The address of this machine to listen at."))] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=0, max=65535, help=_("0 uses a free port."))] = 8077,
    no_page: Annotated[bool, typer.Option("--no-page", help=_("Without the page."))] = False,
    no_poll: Annotated[
        bool, typer.Option("--no-poll", help=_("Do not ask for changes: another process does."))
    ] = False,
    new_secret: Annotated[
        bool,
        typer.Option(
            "--new-secret",
            help=_("Print a secret and the address to enter in Altegio, and serve nothing."),
        ),
    ] = False,
) -> None:
    from altegio_sync.cli.serve_command import ServeOptions, print_new_secret, run_serve

    if new_secret:
        print_new_secret(options)
    run_serve(options, ServeOptions(host, port, has_page=not no_page, polls=not no_poll))
