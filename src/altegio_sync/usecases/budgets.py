"""A budget of requests for a user who may not write to MongoDB, where the shared one is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.errors import StoreRightError

if TYPE_CHECKING:
    from collections.abc import Callable

    from altegio_sync.ports import RequestBudget


class SharedOrOwnBudget:
    """The shared budget; this process's own from the first time that the right is refused.

    ``on_own`` is called once then: what other processes request is no longer counted.
    """

    def __init__(
        self, shared: RequestBudget, own: RequestBudget, on_own: Callable[[], None]
    ) -> None:
        self._budget = shared
        self._own = own
        self._on_own = on_own

    async def wait_for_turn(self) -> None:
        try:
            await self._budget.wait_for_turn()
        except StoreRightError:
            if self._budget is not self._own:
                self._budget = self._own
                self._on_own()
            await self._own.wait_for_turn()

    async def rest(self, seconds: float) -> None:
        await self._budget.rest(seconds)
