"""Builds the objects of a command from the settings: the one place that knows every class."""

from __future__ import annotations

import asyncio
import os
import platform
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

from altegio_sync.altegio.api import AltegioApi
from altegio_sync.altegio.environment import check_environment
from altegio_sync.altegio.pacing import Pacer
from altegio_sync.config import EMBEDDED
from altegio_sync.mongo.bookkeeping.budget import SharedBudget
from altegio_sync.mongo.bookkeeping.leases import MongoLeases
from altegio_sync.mongo.core.connection import open_database
from altegio_sync.usecases.budgets import SharedOrOwnBudget
from altegio_sync.usecases.stopping import StopSignal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import timedelta

    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.altegio.api import OnRetry
    from altegio_sync.config import Settings
    from altegio_sync.domain.report import ApiUsage
    from altegio_sync.mongo.bookkeeping.lease_document import Holder
    from altegio_sync.ports import RequestBudget

    Database = AsyncDatabase[dict[str, Any]]


def check_http_client(settings: Settings) -> None:
    """Raises ConfigError where the HTTP client cannot use what the environment sets for it."""
    check_environment(settings.api_url)


def open_altegio(
    settings: Settings,
    *,
    database: Database | None = None,
    on_retry: OnRetry | None = None,
    usage: ApiUsage | None = None,
    on_own_budget: Callable[[], None] = lambda: None,
) -> AltegioApi:
    """Altegio, within the budget that the database shares with other processes.

    Where the user may not write there, ``on_own_budget`` is called once, and the budget is this
    process's own.
    """
    return AltegioApi(
        settings.company_token.get_secret_value(),
        settings.user_token.get_secret_value(),
        url=settings.api_url,
        pacer=_budget(settings, database, on_own_budget),
        leads=settings.leads,
        on_retry=on_retry,
        usage=usage,
    )


def _budget(
    settings: Settings, database: Database | None, on_own: Callable[[], None]
) -> RequestBudget:
    limits = settings.requests_per_second, settings.requests_per_minute
    if database is None:
        return Pacer(*limits)
    shared = SharedBudget(
        database,
        settings.budget_key,
        process=f"{platform.node()}/{os.getpid()}",
        requests_per_second=limits[0],
        requests_per_minute=limits[1],
    )
    return SharedOrOwnBudget(shared, Pacer(*limits), on_own)


def build_leases(
    settings: Settings,
    database: Database,
    *,
    command: str,
    run_id: str,
    wait: timedelta,
    on_wait: Callable[[str, Holder], None] | None = None,
) -> MongoLeases:
    return MongoLeases(
        database,
        settings.collection,
        command=command,
        run_id=run_id,
        wait_s=wait.total_seconds(),
        on_wait=on_wait,
    )


@asynccontextmanager
async def open_store(settings: Settings, stop: StopSignal | None = None) -> AsyncIterator[Database]:
    """The database of the settings; an embedded one is started, and kept up until the exit.

    Where ``stop`` is set before the database is there, asyncio.CancelledError: nothing was begun.
    """
    stop = stop or StopSignal()
    async with AsyncExitStack() as stack:
        with stop.interrupting():
            uri = settings.db_uri.get_secret_value()
            if uri == EMBEDDED:
                from altegio_sync.embedded import embedded_mongod

                uri = await stack.enter_async_context(embedded_mongod(settings.data_dir))
            database = await stack.enter_async_context(open_database(uri))
        if stop.is_set:
            raise asyncio.CancelledError
        yield database
