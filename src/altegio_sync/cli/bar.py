"""A bar on stderr that shows how far a command is; log lines are printed above it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from altegio_sync.messages import render

if TYPE_CHECKING:
    from rich.progress import Progress

    from altegio_sync.cli.command import CommandOptions
    from altegio_sync.messages import Message


def shows_bar(options: CommandOptions) -> bool:
    """Whether to show a bar: on a terminal, if no option asks for other output."""
    is_plain = options.log_format == "text" and not options.quiet and not options.verbose
    return is_plain and sys.stderr.isatty()


def new_bar(unit: Message, *fields: str) -> Progress:
    """Counts in the ``unit``; these fields of the task are texts, shown behind the count."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(render(unit)),
        *(TextColumn(f"{{task.fields[{each}]}}") for each in fields),
        TimeRemainingColumn(),
        console=Console(file=sys.stderr),
        redirect_stdout=False,
        transient=True,
    )
