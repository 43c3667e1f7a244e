"""Shows how far a backup or a restore is: a bar on a terminal, nothing elsewhere."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from altegio_sync.domain.dump import Step, silent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from altegio_sync.cli.command import CommandOptions
    from altegio_sync.domain.dump import OnProgress


@contextmanager
def transfer_bar(options: CommandOptions) -> Iterator[OnProgress]:
    if not sys.stderr.isatty() or options.quiet or options.log_format != "text":
        yield silent
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("documents"),
        TimeRemainingColumn(),
        console=Console(file=sys.stderr),
        redirect_stdout=False,
        transient=True,
    )
    task = progress.add_task("connecting", total=None)

    def tell(step: Step, done: int, total: int | None) -> None:
        progress.update(task, description=step.value, completed=done, total=total)

    with progress:
        yield tell
