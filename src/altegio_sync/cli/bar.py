"""A bar on stderr that shows how far a command is; log lines are printed above it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from altegio_sync.messages import render

if TYPE_CHECKING:
    from rich.progress import Progress

    from altegio_sync.cli.command import CommandOptions
    from altegio_sync.messages import Message

#: In cells.
_WIDE = 75
_BAR, _SHORT_BAR = 40, 4


def shows_bar(options: CommandOptions) -> bool:
    """Whether to show a bar: on a terminal, if no option asks for other output."""
    is_plain = options.log_format == "text" and not options.quiet and not options.verbose
    return is_plain and sys.stderr.isatty()


def new_bar(unit: Message, *fields: str) -> Progress:
    """Counts in the ``unit``; these fields of the task are texts, shown behind the count.

    In a narrow terminal they are left out, since the count would have no room.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    console = Console(file=sys.stderr)
    is_wide = console.width >= _WIDE
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(_BAR if is_wide else _SHORT_BAR),
        MofNCompleteColumn(),
        TextColumn(render(unit)),
        *(TextColumn(f"{{task.fields[{each}]}}") for each in fields if is_wide),
        TimeRemainingColumn(),
        console=console,
        redirect_stdout=False,
        transient=True,
    )
