"""The budget of requests if the user of MongoDB may not write the shared budget."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.domain.lanes import Lane
from altegio_sync.errors import StoreRightError

if TYPE_CHECKING:
    from collections.abc import Callable

    from altegio_sync.ports import LanedBudget, RequestBudget


class SharedOrOwnBudget:
    """The shared budget, or the budget of this process after MongoDB refused the right to write.

    ``on_own`` is called once when this happens: the requests of other processes are no longer
    counted, and there are no lanes.
    """

    def __init__(self, shared: LanedBudget, own: RequestBudget, on_own: Callable[[], None]) -> None:
        self._shared = shared
        self._is_shared = True
        self._own = own
        self._on_own = on_own

    async def wait_for_turn(self) -> None:
        await self.wait_in(Lane.RUNS)

    async def wait_in(self, lane: Lane) -> None:
        if not (self._is_shared and await self._was_shared(lane)):
            await self._own.wait_for_turn()

    async def _was_shared(self, lane: Lane) -> bool:
        try:
            await self._shared.wait_in(lane)
        except StoreRightError:
            if self._is_shared:  # another task was not faster
                self._is_shared = False
                self._on_own()
            return False
        return True

    async def rest(self, seconds: float) -> None:
        await (self._shared if self._is_shared else self._own).rest(seconds)
