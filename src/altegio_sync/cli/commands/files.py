"""Write files, and read backups."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from altegio_sync.cli.options import PERIOD_HELP, Company, DryRun, Wait, with_common_options
from altegio_sync.cli.typed_text import output_file, typed
from altegio_sync.cli.usage import App
from altegio_sync.messages import render
from altegio_sync.messages import translated as _
from altegio_sync.messages import usage as texts

if TYPE_CHECKING:
    from altegio_sync.cli.command import CommandOptions

app = App()


@app.command(
    help=_("Write the appointments of a period, or what teachers are paid by, into a file.")
)
@with_common_options()
def export(
    options: CommandOptions,
    first: Annotated[str, typer.Argument(callback=typed, metavar="PERIOD|FROM", help=PERIOD_HELP)],
    second: Annotated[
        str, typer.Argument(metavar="FILE|TO", help=_("The file: .xlsx, .csv or .jsonl."))
    ],
    third: Annotated[
        str | None, typer.Argument(metavar="FILE", help=_("The file, after FROM and TO."))
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            "--columns",
            metavar="NAMES",
            help=_("Only these columns, with commas between them: appointmentId,leadName …"),
        ),
    ] = None,
    by: Annotated[
        Literal["teacher"] | None,
        typer.Option("--by", help=_("Lessons and hours of each teacher, with a sheet for each.")),
    ] = None,
    company: Company = None,
) -> None:
    from altegio_sync.cli.export_command import ExportOptions, run_export

    last, file = (None, second) if third is None else (typed(second), third)
    wanted = ExportOptions(
        first, last, output_file(file), columns, by_teacher=by is not None, companies=company or []
    )
    run_export(options, wanted)


@app.command(help=_("List what needs correction in Altegio, by teacher."))
@with_common_options()
def todo(
    options: CommandOptions,
    file: Annotated[
        Path | None,
        typer.Argument(
            parser=output_file,
            metavar="FILE",
            help=_("Write the list into this file: .xlsx, .csv or .jsonl."),
        ),
    ] = None,
    period: Annotated[
        str, typer.Option("--period", callback=typed, metavar="PERIOD", help=PERIOD_HELP)
    ] = "around",
    offline: Annotated[
        bool, typer.Option("--offline", help=_("Only from what is stored: ask Altegio nothing."))
    ] = False,
    company: Company = None,
) -> None:
    from altegio_sync.cli.todo_command import run_todo

    run_todo(options, period, file, company or [], offline=offline)


@app.command(
    help=_("Write the collection into a folder, in the format of mongodump --gzip, and check it.")
)
@with_common_options()
def backup(
    options: CommandOptions,
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE|verify",
            help=_(
                "The folder to create; by default altegio-backup-DATE-TIME here. With the word "
                "verify, the backup PATH is checked instead, without MongoDB."
            ),
            show_default=False,
        ),
    ] = None,
    path: Annotated[
        Path | None,
        typer.Argument(metavar="PATH", help=_("The backup to verify."), show_default=False),
    ] = None,
    keep: Annotated[
        int | None,
        typer.Option(
            "--keep",
            metavar="NUMBER",
            min=1,
            help=_("Then remove older backups of this collection beside it, and keep this many."),
        ),
    ] = None,
) -> None:
    from altegio_sync.cli.backup_command import run_backup, run_verify

    if file == Path("verify"):
        if path is None:
            raise typer.BadParameter(render(texts.BACKUP_TO_VERIFY()), param_hint="PATH")
        run_verify(replace(options, name="backup verify"), path)
    if path is not None:
        raise typer.BadParameter(render(texts.ONE_FOLDER()), param_hint="PATH")
    run_backup(options, file, keep)


@app.command(help=_("Restore the documents of a backup by _id; other documents are not changed."))
@with_common_options()
def restore(
    options: CommandOptions,
    path: Annotated[
        Path,
        typer.Argument(metavar="PATH", help=_("A backup's folder, or its .bson.gz or .bson file.")),
    ],
    dry_run: DryRun = False,
    wait: Wait = "10m",
) -> None:
    from altegio_sync.cli.restore_command import run_restore

    run_restore(options, path, dry_run=dry_run, wait=wait)
