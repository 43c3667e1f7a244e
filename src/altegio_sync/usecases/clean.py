"""Keeps one document of each appointment that is stored more than once."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from altegio_sync.domain.cleaning import CleanReport
    from altegio_sync.usecases.rearranging import Rearrangement


class Cleaner(Protocol):
    """Removes duplicates from the collection. Raises StoreError."""

    async def clean(
        self, *, dry_run: bool, run_id: str, should_stop: Callable[[], bool]
    ) -> CleanReport: ...


async def clean_duplicates(cleaner: Cleaner, run: Rearrangement, *, dry_run: bool) -> CleanReport:
    """Merge the duplicates, and make the unique index; a dry run only counts."""
    async with nullcontext() if dry_run else run.alone():
        report = await cleaner.clean(
            dry_run=dry_run, run_id=run.run_id, should_stop=run.should_stop
        )
    if not dry_run:
        await run.keep(report.to_json(), interrupted=report.interrupted)
    return report
