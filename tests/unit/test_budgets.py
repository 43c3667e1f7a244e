"""Where the user may not write to MongoDB, the process keeps the request limits by itself."""

from __future__ import annotations

import pytest

from altegio_sync.domain.lanes import Lane
from altegio_sync.errors import StoreRightError, StoreUnavailableError
from altegio_sync.usecases.budgets import SharedOrOwnBudget


class Budget:
    def __init__(self, error: Exception | None = None) -> None:
        self._error = error
        self.turns = 0
        self.lanes: list[Lane] = []

    async def wait_for_turn(self) -> None:
        self.turns += 1
        if self._error is not None:
            raise self._error

    async def wait_in(self, lane: Lane) -> None:
        self.lanes.append(lane)
        await self.wait_for_turn()

    async def rest(self, seconds: float) -> None: ...


async def test_without_the_right_the_budget_is_the_processs_own_and_said_so_once() -> None:
    shared, own, told = Budget(StoreRightError("no")), Budget(), list[str]()
    budget = SharedOrOwnBudget(shared, own, lambda: told.append("own"))

    for _ in range(3):
        await budget.wait_for_turn()

    assert shared.turns == 1
    assert own.turns == 3
    assert told == ["own"]


async def test_a_server_out_of_reach_is_no_missing_right() -> None:
    budget = SharedOrOwnBudget(Budget(StoreUnavailableError("gone")), Budget(), lambda: None)

    with pytest.raises(StoreUnavailableError):
        await budget.wait_for_turn()
