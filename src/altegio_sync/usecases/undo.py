"""Restores the documents that a run changed or removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from altegio_sync.errors import ConfigError
from altegio_sync.messages import tending as texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from altegio_sync.domain.trash import UndoReport
    from altegio_sync.usecases.rearranging import Rearrangement


class UndoableRuns(Protocol):
    """The previous versions of documents, by run. Raises StoreError."""

    async def undo(
        self, run_id: str, *, force: bool, should_stop: Callable[[], bool]
    ) -> UndoReport | None: ...


async def undo_run(
    trash: UndoableRuns, run: Rearrangement, undone_run_id: str, *, force: bool
) -> UndoReport:
    """Bring back every document that nobody changed since; with ``force`` the others too.

    Raises:
        ConfigError: the trash holds nothing of such a run.
    """
    async with run.alone():
        report = await trash.undo(undone_run_id, force=force, should_stop=run.should_stop)
        if report is None:
            raise ConfigError(texts.NO_RUN_IN_TRASH(run_id=repr(undone_run_id)))
    # The report is about another run, whose own report stays.
    kept = report.to_json() | {"undone_run_id": undone_run_id}
    await run.keep(kept, interrupted=report.interrupted)
    return report
