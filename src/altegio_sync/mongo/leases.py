"""A lease keeps two writing runs off the same company. Only the server's clock is compared."""

from __future__ import annotations

import os
import platform
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import anyio
from pymongo import ReturnDocument

from altegio_sync.errors import (
    LeaseHeldError,
    LeaseLostError,
    StoreError,
    StoreUnavailableError,
    ungrouped,
)
from altegio_sync.mongo.connection import durable, waits_for_mongodb

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from datetime import datetime

    from pymongo.asynchronous.database import AsyncDatabase

Document = dict[str, Any]

LEASES_COLLECTION = "altegio-sync-leases"
#: Held in place of a company by commands that work on the whole collection.
ALL_COMPANIES = "*"
#: A lease whose owner died is taken over after this.
LIFETIME_S = 60.0
#: So often within a lifetime: three may fail before the lease expires.
_RENEWALS = 4
_LOOKED_EVERY_S = 1.0
_RELEASED_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a company, and since when by the server's clock."""

    company_id: str
    command: str
    run_id: str
    host: str
    pid: int
    since: datetime
    expires_at: datetime

    @classmethod
    def of(cls, lease: Mapping[str, Any]) -> Holder:
        names = ("command", "run_id", "host", "pid", "since", "expires_at")
        return cls(lease["company"], **{name: lease[name] for name in names})

    def __str__(self) -> str:
        return (
            f"{self.command} {self.run_id} ({self.host}, process {self.pid}, since "
            f"{self.since:%Y-%m-%d %H:%M:%S} UTC)"
        )


class MongoLeases:
    """All leases on a collection stand in one document, so that taking one is atomic.

    ``wait_s`` is how long another's is waited for; ``on_wait`` is told of its holder once.
    ``lifetime_s`` is for how long one is held without being renewed.
    """

    def __init__(
        self,
        database: AsyncDatabase[Document],
        collection: str,
        *,
        command: str,
        run_id: str,
        wait_s: float = 0.0,
        on_wait: Callable[[str, Holder], None] | None = None,
        lifetime_s: float = LIFETIME_S,
        looks_every_s: float = _LOOKED_EVERY_S,
    ) -> None:
        self._collection = durable(database)[LEASES_COLLECTION]
        self._key = {"_id": collection}
        self._wait_s = wait_s
        self._on_wait = on_wait
        self._lifetime_s = lifetime_s
        self._looks_every_s = looks_every_s
        self._owner = {
            "command": command,
            "run_id": run_id,
            "host": platform.node() or "?",
            "pid": os.getpid(),
        }

    @asynccontextmanager
    async def hold(self, company_id: str = ALL_COMPANIES) -> AsyncIterator[None]:
        """Hold it while in the context; StoreError as well where MongoDB fails us."""
        await self.take(company_id)
        async with self.keep(company_id):
            yield

    @asynccontextmanager
    async def keep(self, company_id: str = ALL_COMPANIES) -> AsyncIterator[None]:
        """Renew a lease that was taken while in the context, then give it back."""
        try:
            with ungrouped():
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(self._renew, company_id)
                    yield
                    tasks.cancel_scope.cancel()
        finally:
            # What was stored is stored: a lease that cannot be given back expires by itself.
            with (
                anyio.CancelScope(shield=True),
                anyio.move_on_after(_RELEASED_WITHIN_S),
                suppress(StoreError),
            ):
                await self._release(company_id)

    @waits_for_mongodb
    async def list_holders(self) -> list[Holder]:
        """All leases that stand there, the ones that have expired among them."""
        document = await self._collection.find_one(self._key) or {}
        return [Holder.of(lease) for lease in document.get("leases", [])]

    async def take(self, company_id: str = ALL_COMPANIES) -> None:
        """Take the lease, once it is free; LeaseHeldError where it does not become so in time."""
        deadline = anyio.current_time() + self._wait_s
        is_told = False
        while (holder := await self._try_to_take(company_id)) is not None:
            if anyio.current_time() >= deadline:
                raise LeaseHeldError(f"Another run is at work on {_told(company_id)}: {holder}")
            if not is_told and self._on_wait is not None:
                self._on_wait(company_id, holder)
            is_told = True
            await anyio.sleep(min(self._looks_every_s, max(0.0, deadline - anyio.current_time())))

    @waits_for_mongodb
    async def _try_to_take(self, company_id: str) -> Holder | None:
        """Take the lease in one step; who is in the way, where somebody is."""
        in_the_way = _leases_where(_is_in_the_way(company_id))
        term = {"since": "$$NOW", "expires_at": self._expiry}
        taken = {**self._owner, "company": company_id, **term}
        with_ours = {"$concatArrays": [_leases_where(_IS_ALIVE), [taken]]}
        change = {"$cond": [{"$eq": [in_the_way, []]}, with_ours, _LEASES]}
        document = await self._collection.find_one_and_update(
            self._key,
            [{"$set": {"leases": change}}],
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        holders = [Holder.of(lease) for lease in (document or {}).get("leases", [])]
        if any(self._is_ours(each, company_id) for each in holders):
            return None
        in_the_way_ones = (
            each
            for each in holders
            if company_id == ALL_COMPANIES or each.company_id in (company_id, ALL_COMPANIES)
        )
        # Those that have expired stand there as well, until one is taken.
        return max(in_the_way_ones, key=lambda each: each.expires_at)

    @property
    def _expiry(self) -> Document:
        return {"$add": ["$$NOW", int(self._lifetime_s * 1000)]}

    def _is_ours(self, holder: Holder, company_id: str) -> bool:
        return (holder.run_id, holder.company_id) == (self._owner["run_id"], company_id)

    async def _renew(self, company_id: str) -> None:
        """As long as the run goes on; one that was taken over must not go on writing."""
        last_at = anyio.current_time()
        while True:
            await anyio.sleep(self._lifetime_s / _RENEWALS)
            try:
                is_ours = await self._renew_once(company_id)
            except StoreUnavailableError:
                # A fail-over: the run waits for it as well. Too long a one is told by the next.
                if anyio.current_time() - last_at > self._lifetime_s:
                    raise
                continue
            if not is_ours:
                raise LeaseLostError(
                    f"Another run took {_told(company_id)} over, since this one could not reach "
                    "MongoDB in time: what was read is stored, run it again"
                )
            last_at = anyio.current_time()

    @waits_for_mongodb
    async def _renew_once(self, company_id: str) -> bool:
        renewed = {"$mergeObjects": ["$$lease", {"expires_at": self._expiry}]}
        each = {"$cond": [self._is_mine(company_id), renewed, "$$lease"]}
        document = await self._collection.find_one_and_update(
            self._key,
            [{"$set": {"leases": _each_lease(each)}}],
            return_document=ReturnDocument.AFTER,
        )
        holders = [Holder.of(lease) for lease in (document or {}).get("leases", [])]
        return any(self._is_ours(each, company_id) for each in holders)

    @waits_for_mongodb
    async def _release(self, company_id: str) -> None:
        others = _leases_where({"$not": [self._is_mine(company_id)]})
        await self._collection.update_one(self._key, [{"$set": {"leases": others}}])

    def _is_mine(self, company_id: str) -> Document:
        return {
            "$and": [
                {"$eq": ["$$lease.run_id", self._owner["run_id"]]},
                {"$eq": ["$$lease.company", company_id]},
            ]
        }


_LEASES: Document = {"$ifNull": ["$leases", []]}
_IS_ALIVE: Document = {"$gt": ["$$lease.expires_at", "$$NOW"]}


def _told(company_id: str) -> str:
    return "the collection" if company_id == ALL_COMPANIES else f"company {company_id}"


def _each_lease(expression: Document) -> Document:
    return {"$map": {"input": _LEASES, "as": "lease", "in": expression}}


def _leases_where(condition: Document) -> Document:
    return {"$filter": {"input": _LEASES, "as": "lease", "cond": condition}}


def _is_in_the_way(company_id: str) -> Document:
    if company_id == ALL_COMPANIES:
        return _IS_ALIVE
    return {"$and": [_IS_ALIVE, {"$in": ["$$lease.company", [company_id, ALL_COMPANIES]]}]}
