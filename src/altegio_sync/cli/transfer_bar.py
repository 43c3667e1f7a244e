"""Shows how far a backup or a restore is: a bar on a terminal, nothing elsewhere."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from altegio_sync.cli.bar import new_bar, shows_bar
from altegio_sync.domain.dump import Step, silent
from altegio_sync.messages import bars as texts
from altegio_sync.messages import render

if TYPE_CHECKING:
    from collections.abc import Iterator

    from altegio_sync.cli.command import CommandOptions
    from altegio_sync.domain.dump import OnProgress


_STEPS = {
    Step.WRITING: texts.WRITING,
    Step.CHECKING: texts.CHECKING,
    Step.COMPARING: texts.COMPARING,
    Step.RESTORING: texts.RESTORING,
}


@contextmanager
def transfer_bar(options: CommandOptions) -> Iterator[OnProgress]:
    if not shows_bar(options):
        yield silent
        return
    progress = new_bar(texts.DOCUMENTS())
    task = progress.add_task(render(texts.CONNECTING()), total=None)

    def show(step: Step, done: int, total: int | None) -> None:
        progress.update(task, description=render(_STEPS[step]()), completed=done, total=total)

    with progress:
        yield show
