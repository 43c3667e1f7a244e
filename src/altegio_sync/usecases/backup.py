"""Writes the collection into a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from altegio_sync.domain.dump import BackupReport
    from altegio_sync.usecases.stopping import StopSignal


class CollectionBackup(Protocol):
    """Writes a dump, and checks the dump by reading it back."""

    async def back_up(self, target: Path, keep: int | None = None, /) -> BackupReport: ...


async def back_up(
    opened: AbstractAsyncContextManager[CollectionBackup],
    target: Path,
    stop: StopSignal,
    keep: int | None = None,
) -> BackupReport | None:
    """Make the folder ``target``, complete or not at all; ``keep`` so many backups beside it.

    Returns None if ``stop`` ended the backup or the connecting. Then no file remains.
    """
    report = None
    with stop.interrupting():
        async with opened as backup:
            report = await backup.back_up(target, keep)
    return report
