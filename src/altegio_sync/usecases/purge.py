"""Deletes old entries of the trash, because they contain personal data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from altegio_sync.domain.trash import PurgeReport

if TYPE_CHECKING:
    from datetime import datetime

    from altegio_sync.usecases.kept_run import KeptRun


class OldEntries(Protocol):
    """Counts and deletes old entries of the trash. Raises StoreError."""

    async def count_before(self, before: datetime) -> int: ...

    async def purge(self, before: datetime) -> int: ...


async def purge_trash(
    trash: OldEntries, run: KeptRun, before: datetime, *, dry_run: bool
) -> PurgeReport:
    """Delete the entries that were made before the moment; a dry run only counts them.

    No lease is held, because only `undo` of the same old run would read these entries.
    """
    if dry_run:
        return PurgeReport(await trash.count_before(before), dry_run=True)
    report = PurgeReport(await trash.purge(before), dry_run=False)
    await run.keep(report.to_json())
    return report
