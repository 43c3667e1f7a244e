"""The lease of a command that writes, and how a wait for another's is told."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from altegio_sync.bootstrap import build_leases
from altegio_sync.domain.durations import parse_duration
from altegio_sync.log import get_logger
from altegio_sync.mongo.bookkeeping.lease_document import ALL_COMPANIES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from altegio_sync.bootstrap import Database
    from altegio_sync.cli.command import CommandOptions
    from altegio_sync.config import Settings
    from altegio_sync.mongo.bookkeeping.lease_document import Holder
    from altegio_sync.mongo.bookkeeping.leases import MongoLeases
    from altegio_sync.usecases.stopping import StopSignal


def open_leases(
    options: CommandOptions, settings: Settings, database: Database, run_id: str, wait: str
) -> MongoLeases:
    """Leases for the run; ``wait`` is a duration as typed, ConfigError where it is none."""

    def on_wait(company_id: str, holder: Holder) -> None:
        what = "the collection" if company_id == ALL_COMPANIES else f"company {company_id}"
        get_logger().warning("waiting_for_lease", wait=wait, what=what, holder=str(holder))

    return build_leases(
        settings,
        database,
        command=options.name,
        run_id=run_id,
        wait=parse_duration(wait),
        on_wait=on_wait,
    )


@asynccontextmanager
async def collection_held(leases: MongoLeases, stop: StopSignal) -> AsyncIterator[None]:
    """Hold the whole collection, whatever company a run may be at work on."""
    with stop.interrupting():
        await leases.take()
    if stop.is_set:
        raise asyncio.CancelledError  # nothing was begun yet
    async with leases.keep():
        yield
