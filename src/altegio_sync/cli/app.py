"""The program on the command line: all its commands, in the order of the help page."""

from __future__ import annotations

from typing import Annotated

import typer

from altegio_sync.cli.commands import bringing, files, made_up, setting_up, showing, tending
from altegio_sync.cli.options import Lang
from altegio_sync.cli.usage import App, Commands
from altegio_sync.messages import translated as _

app = App(
    cls=Commands,
    pretty_exceptions_enable=False,  # they would show the values of variables
    context_settings={"help_option_names": ["-h", "--help"]},
    options_metavar=_("[OPTIONS]"),
    subcommand_metavar=_("COMMAND [ARGS]..."),
    help=_("Brings a school's appointments from Altegio into MongoDB, completely and repeatably."),
    epilog=_(
        "Exit codes: 0 done, 1 finished but something failed, 2 wrong command or "
        "settings, 3 Altegio or MongoDB cannot be reached, 130 interrupted."
    ),
)


def _version(value: bool) -> None:
    if value:
        from importlib.metadata import version

        print(f"altegio-sync {version('altegio-sync')}")
        raise typer.Exit


@app.callback()
def _root(
    _show_version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help=_("Show the version.")),
    ] = False,
    _lang: Lang = None,
) -> None: ...


for each in (setting_up, bringing, showing, files, tending, made_up):
    app.add_typer(each.app)

main_command = typer.main.get_command(app)
