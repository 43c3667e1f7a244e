"""Notes which versions of bookings were read, so that lost webhooks can be counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.domain.counts import Outcome
from altegio_sync.domain.versions import to_found_version

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from altegio_sync.ports import BatchResult
    from altegio_sync.usecases.run_context import RunContext

#: With another outcome, the collection does not have the version (yet).
_STORED = (Outcome.SAVED, Outcome.UPDATED, Outcome.DUPLICATE)


async def note_versions(
    context: RunContext, result: BatchResult, zone: ZoneInfo, *, by_id: bool
) -> None:
    """Note the versions of a stored batch, except answers that may be out of date.

    If the process is killed before this, the next poll reads the bookings again.
    """
    if context.versions is None or context.dry_run:
        return
    found = [
        to_found_version(verdict.booking, zone, by_id=by_id, is_stored=outcome in _STORED)
        for verdict, outcome in result.outcomes
    ]
    await context.versions.add([each for each in found if each is not None])
