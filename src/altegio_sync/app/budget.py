"""The budget of requests of a school: in its own database, or at an address for many schools."""

from __future__ import annotations

import os
import platform
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import anyio

from altegio_sync.config.values import EMBEDDED
from altegio_sync.domain.lanes import Lane
from altegio_sync.errors import BudgetUnavailableError, StoreError, StoreUnavailableError
from altegio_sync.messages.schools import BUDGET_FAILED
from altegio_sync.mongo.bookkeeping.budget import SharedBudget, count_starts, try_budget
from altegio_sync.mongo.core.connection import open_database
from altegio_sync.mongo.core.server_clock import ServerClock
from altegio_sync.usecases.budgets import SharedOrOwnBudget

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from altegio_sync.app.stores import Database
    from altegio_sync.config.values import SchoolConfig
    from altegio_sync.ports import LanedBudget, RequestBudget, Warn


@asynccontextmanager
async def open_mongodb(uri: str, data_dir: Path | None) -> AsyncIterator[Database]:
    """The database at the address, where the word `embedded` starts a MongoDB until the exit."""
    async with AsyncExitStack() as stack:
        if uri == EMBEDDED:
            from altegio_sync.embedded import embedded_mongod

            uri = await stack.enter_async_context(embedded_mongod(data_dir))
        yield await stack.enter_async_context(open_database(uri))


def own_budget(config: SchoolConfig) -> RequestBudget:
    """The budget of this process alone."""
    from altegio_sync.altegio.pacing import Pacer

    return Pacer(config.requests_per_second, config.requests_per_minute)


class InLane:
    """The requests of one lane of a budget; a `RequestBudget`."""

    def __init__(self, budget: LanedBudget, lane: Lane) -> None:
        self._budget = budget
        self._lane = lane

    async def wait_for_turn(self) -> None:
        await self._budget.wait_in(self._lane)

    async def rest(self, seconds: float) -> None:
        await self._budget.rest(seconds)


class BudgetOfAll:
    """The budget that all processes with the same key share; a `LanedBudget`.

    It is stored in ``database``, else at the budget's own address. This address is opened at the
    first use, because a command that requests nothing from Altegio does not need it. If the user
    may not write there, the process uses a budget of its own, and warns once (`own_budget`).
    """

    def __init__(
        self, config: SchoolConfig, *, warn: Warn, database: Database | None = None
    ) -> None:
        self._config = config
        self._warn = warn
        self._database = database
        self._has_own_address = database is None
        self._opening = anyio.Lock()
        self._open = AsyncExitStack()
        self._budget: LanedBudget | None = None

    async def wait_for_turn(self) -> None:
        await self.wait_in(Lane.RUNS)

    async def wait_in(self, lane: Lane) -> None:
        budget = await self._find_budget()
        try:
            await budget.wait_in(lane)
        except StoreUnavailableError as error:
            if not self._has_own_address:
                raise
            message = BUDGET_FAILED(problem=error.message)
            raise BudgetUnavailableError(message) from error

    async def rest(self, seconds: float) -> None:
        await (await self._find_budget()).rest(seconds)

    async def check(self) -> None:
        """Check that requests can be counted together with other processes.

        Raises:
            StoreError: they cannot be counted.
        """
        await try_budget(await self._find_database(), self._config.budget_key)

    async def count(self) -> int:
        """How many requests were started in the last minute, by the server's clock."""
        database = await self._find_database()
        now = await ServerClock().ask(database)
        return await count_starts(database, self._config.budget_key, now)

    async def aclose(self) -> None:
        await self._open.aclose()

    async def _find_budget(self) -> LanedBudget:
        if self._budget is None:
            config = self._config
            shared = SharedBudget(
                await self._find_database(),
                config.budget_key,
                process=f"{platform.node()}/{os.getpid()}",
                requests_per_second=config.requests_per_second,
                requests_per_minute=config.requests_per_minute,
            )
            if self._budget is None:  # another task was not faster
                self._budget = SharedOrOwnBudget(
                    shared, own_budget(config), lambda: self._warn("own_budget")
                )
        return self._budget

    async def _find_database(self) -> Database:
        async with self._opening:
            if self._database is None:
                home = self._config.budget_home
                try:
                    self._database = await self._open.enter_async_context(
                        open_mongodb(home.uri.get_secret_value(), home.data_dir)
                    )
                except StoreError as error:
                    message = BUDGET_FAILED(problem=error.message)
                    is_away = isinstance(error, StoreUnavailableError)
                    kind = BudgetUnavailableError if is_away else type(error)
                    raise kind(message) from None
        return self._database


@asynccontextmanager
async def open_budget(config: SchoolConfig, warn: Warn) -> AsyncIterator[BudgetOfAll]:
    """The budget of the configuration, for several schools of one process."""
    budget = BudgetOfAll(config, warn=warn)
    try:
        yield budget
    finally:
        await budget.aclose()
