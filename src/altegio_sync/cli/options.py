"""The options that most commands have: declared once, and passed on as one value."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_type_hints

import typer

from altegio_sync.cli.log_file import log_file
from altegio_sync.cli.typed_text import output_file, typed
from altegio_sync.domain.period_words import PERIOD_WORDS
from altegio_sync.messages import translated as _
from altegio_sync.messages.language import current_language

if TYPE_CHECKING:
    from collections.abc import Callable

    from altegio_sync.cli.command import CommandOptions

PERIOD_HELP = _(
    "A day (YYYY-MM-DD or DD.MM.YYYY), a month (YYYY-MM), or one of {names}. The periods this-… "
    "end today; around is from 30 days back to 60 days ahead."
).format(names=", ".join(PERIOD_WORDS[current_language()]))
_ALL_DAYS = _("All days when left out.")
AnyDays = Annotated[
    str | None,
    typer.Argument(callback=typed, metavar="PERIOD|FROM", help=f"{PERIOD_HELP} {_ALL_DAYS}"),
]
LastDay = Annotated[
    str | None,
    typer.Argument(
        callback=typed,
        metavar="TO",
        help=_("The last day, included: also a month's or a word's last day."),
    ),
]
Wait = Annotated[
    str,
    typer.Option(
        "--wait",
        metavar="SPAN",
        help=_("How long to wait for another run to end; 0 does not wait."),
    ),
]
Company = Annotated[
    list[str] | None,
    typer.Option(
        "--company", metavar="ID", help=_("Only this configured company; may be repeated.")
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help=_("Count what would change, write nothing."))
]
EnvFile = Annotated[
    Path | None,
    typer.Option("--env-file", metavar="PATH", help=_("Read settings from here instead of .env.")),
]
Schools = Annotated[
    Path | None,
    typer.Option(
        "--schools", metavar="FILE", help=_("Read the settings of several schools from this file.")
    ),
]
School = Annotated[
    str | None,
    typer.Option("--school", callback=typed, metavar="NAME", help=_("The school of the file.")),
]
AllSchools = Annotated[
    bool, typer.Option("--all-schools", help=_("Every school of the file, with one result."))
]
Json = Annotated[bool, typer.Option("--json", help=_("Print one JSON object on stdout."))]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help=_("Log every appointment."))]
Quiet = Annotated[
    bool, typer.Option("-q", "--quiet", help=_("For cron: print nothing while all is well."))
]
LogFormat = Annotated[
    Literal["text", "json"], typer.Option("--log-format", help=_("The format of log lines."))
]
LogFile = Annotated[
    Path | None,
    typer.Option(
        "--log-file",
        callback=log_file,
        parser=output_file,
        metavar="PATH",
        help=_("Also add the log to this file, with times, and with -q too."),
    ),
]
Lang = Annotated[
    Literal["uk", "en"] | None,
    typer.Option(
        "--lang",
        case_sensitive=False,
        help=_("The language of everything that people read; JSON is the same in both."),
    ),
]
_KEYWORD = inspect.Parameter.POSITIONAL_OR_KEYWORD


def with_common_options(
    *, json: bool = True, verbose: bool = False, all_schools: bool = False
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Add the options of all commands, and the options that are named here, to a command.

    The function gets their values as its first argument, a `CommandOptions` with the function's
    name. typer reads the options from the signature of what this returns.
    """
    common = {
        "json_output": (Json, False) if json else None,
        "verbose": (Verbose, False) if verbose else None,
        "quiet": (Quiet, False),
        "log_format": (LogFormat, "text"),
        "_log_file": (LogFile, None),
        "env_file": (EnvFile, None),
        "schools": (Schools, None),
        "school": (School, None),
        "all_schools": (AllSchools, False) if all_schools else None,
        "_lang": (Lang, None),
    }
    added = [
        inspect.Parameter(name, _KEYWORD, annotation=each[0], default=each[1])
        for name, each in common.items()
        if each is not None
    ]

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        def run(**values: Any) -> None:
            given = {each.name: values.pop(each.name) for each in added}
            function(_to_command_options(function.__name__, given), **values)

        run.__name__ = function.__name__
        own = list(inspect.signature(function).parameters.values())[1:]
        types = get_type_hints(function, localns={"CommandOptions": Any}, include_extras=True)
        parameters = [each.replace(annotation=types[each.name]) for each in own] + added
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        return run

    return decorate


def _to_command_options(name: str, given: dict[str, Any]) -> CommandOptions:
    # Imported only now, so that a help page is fast.
    from altegio_sync.cli.command import CommandOptions
    from altegio_sync.config import SettingsSource

    source = SettingsSource(
        given["env_file"], given["schools"], given["school"], given.get("all_schools", False)
    )
    return CommandOptions(
        name,
        source,
        json_output=given.get("json_output", False),
        log_format=given["log_format"],
        verbose=given.get("verbose", False),
        quiet=given["quiet"],
    )
