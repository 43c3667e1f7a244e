"""The budget of requests if the user of MongoDB may not write the shared budget."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.errors import StoreRightError

if TYPE_CHECKING:
    from collections.abc import Callable

    from altegio_sync.ports import RequestBudget


class SharedOrOwnBudget:
    """The shared budget, or the budget of this process after MongoDB refused the right to write.

    ``on_own`` is called once when this happens: the requests of other processes are no longer
    counted.
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
