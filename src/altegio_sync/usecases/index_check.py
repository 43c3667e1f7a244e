"""Makes sure that the unique index exists, once for all companies of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio

if TYPE_CHECKING:
    from altegio_sync.ports import AppointmentStore, IndexProblem


class IndexCheck:
    """The first company asks, and the other companies wait for the answer."""

    def __init__(self, store: AppointmentStore, *, dry_run: bool) -> None:
        self._store = store
        self._dry_run = dry_run
        self._lock = anyio.Lock()
        self._is_done = False

    async def find_problem(self) -> IndexProblem | None:
        """The problem, if it is found now; None if there is none or it was found before.

        Raises:
            StoreError: MongoDB failed, or the collection cannot be changed. The next company asks
                again.
        """
        async with self._lock:
            if self._is_done:
                return None
            problem = await self._store.prepare(dry_run=self._dry_run)
            self._is_done = True
            return problem
