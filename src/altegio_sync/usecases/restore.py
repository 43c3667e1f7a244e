"""Restores the documents of a backup."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Protocol

from altegio_sync.messages import tending as texts

if TYPE_CHECKING:
    from pathlib import Path

    from altegio_sync.domain.dump import RestoreReport
    from altegio_sync.usecases.rearranging import Rearrangement


class Restorer(Protocol):
    """Restores dumps into the collection. Raises StoreError."""

    def find_dump(self, path: Path) -> Path:
        """The file of the collection's dump: the path itself, or a file in that folder.

        Raises:
            ConfigError: there is no such file, or there are several.
        """
        ...

    async def restore(self, file: Path, *, dry_run: bool) -> RestoreReport: ...


async def restore_dump(
    restorer: Restorer, run: Rearrangement, path: Path, *, dry_run: bool
) -> RestoreReport:
    """Insert missing documents, and replace different ones; a dry run only counts."""
    file = restorer.find_dump(path)
    async with nullcontext() if dry_run else run.alone():
        report = await restorer.restore(file, dry_run=dry_run)
    if report.broke_off:
        # The run has waited for MongoDB already.
        run.warn("report_not_kept", reason=texts.RUN_BROKE_OFF())
    elif not dry_run:
        await run.keep(report.to_json(), interrupted=report.interrupted)
    return report
