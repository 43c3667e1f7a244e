"""Leases prevent runs from disturbing each other. Only the server's clock is compared.

Commands that rearrange documents hold the whole collection. Runs of different work share a company:
each of their writes changes a document only if nobody changed the document since it was read.
"""

from __future__ import annotations

import platform
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import anyio
from pymongo import ReturnDocument

from altegio_sync.domain.clock import steady_now
from altegio_sync.errors import (
    LeaseHeldError,
    LeaseLostError,
    StoreError,
    StoreUnavailableError,
    ungrouped,
)
from altegio_sync.messages import leases as texts
from altegio_sync.mongo.bookkeeping.lease_document import (
    ALL_COMPANIES,
    Holder,
    LeaseChange,
    Step,
    describe_scope,
    is_of,
    leases_where,
    plan_changes,
    read_holders,
)
from altegio_sync.mongo.bookkeeping.owner import Process
from altegio_sync.mongo.core.connection import durable, waits_for_mongodb
from altegio_sync.mongo.core.together import WrittenTogether

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from pymongo.asynchronous.database import AsyncDatabase

Document = dict[str, Any]

LEASES_COLLECTION = "altegio-sync-leases"
#: A lease whose owner died is taken over after this time.
LIFETIME_S = 60.0
#: The number of renewals in a lifetime: three may fail before the lease expires.
_RENEWALS = 4
_LOOKED_EVERY_S = 1.0
_RELEASED_WITHIN_S = 5.0


class MongoLeases:
    """All leases on a collection are in one document, so that taking a lease is atomic.

    ``wait_s`` is how long to wait for another run's lease; ``on_wait`` is called once with its
    holder. A lease that is not renewed expires after ``lifetime_s``.
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
        #: Companies that are worked on side by side take and give back their leases together.
        self._changes = WrittenTogether(self._change)
        #: When each lease of this run was last renewed, by `steady_now`.
        self._renewed_at: dict[str, float] = {}
        process = Process.this()
        self._owner = {
            "command": command,
            "run_id": run_id,
            "host": platform.node() or "?",
            "pid": process.pid,
            "process": process.to_fields(),
        }

    @asynccontextmanager
    async def hold(
        self, company_id: str = ALL_COMPANIES, work: str | None = None
    ) -> AsyncIterator[None]:
        """Hold the lease while in the context. Also raises StoreError if MongoDB fails.

        Two runs hold one company at once only if their ``work`` differs.
        """
        await self.take(company_id, work)
        async with self.keep(company_id):
            yield

    @asynccontextmanager
    async def keep(self, company_id: str = ALL_COMPANIES) -> AsyncIterator[None]:
        """Renew a lease, which was taken before, while in the context; then give it back."""
        try:
            with ungrouped():
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(self._renew, company_id)
                    yield
                    tasks.cancel_scope.cancel()
        finally:
            await self._give_back(company_id)

    @waits_for_mongodb
    async def list_holders(self) -> list[Holder]:
        """The holders of all leases, also of expired leases."""
        return read_holders(await self._collection.find_one(self._key))

    async def check(self) -> None:
        """Check, before a write, that this run still holds its leases.

        When a run was stopped for a while, its leases have become old: then MongoDB is asked.

        Raises:
            LeaseLostError: another run took a lease over, or may have taken it.
        """
        for company_id, renewed_at in list(self._renewed_at.items()):
            if steady_now() - renewed_at > self._lifetime_s / 2:
                await self._renew_or_lose(company_id)

    async def take(self, company_id: str = ALL_COMPANIES, work: str | None = None) -> None:
        """Wait until the lease is free, and take it; LeaseHeldError if this takes too long."""
        deadline = anyio.current_time() + self._wait_s
        is_reported = False
        try:
            while (holder := await self._try_to_take(company_id, work)) is not None:
                if anyio.current_time() >= deadline:
                    what = describe_scope(company_id)
                    raise LeaseHeldError(texts.ANOTHER_RUN(what=what, holder=holder.message))
                if not is_reported and self._on_wait is not None:
                    self._on_wait(company_id, holder)
                is_reported = True
                left_s = max(0.0, deadline - anyio.current_time())
                await anyio.sleep(min(self._looks_every_s, left_s))
        except anyio.get_cancelled_exc_class():
            # The lease may have been taken at this very moment.
            await self._give_back(company_id)
            raise

    async def _try_to_take(self, company_id: str, work: str | None) -> Holder | None:
        """Take the lease in one step. Returns None, or the holder that is in the way."""
        removed: list[Holder] = []
        while True:
            asked_at = steady_now()
            document = await self._changes.add(LeaseChange(Step.TAKE, company_id, work))
            holders = read_holders(document)
            if any(self._is_ours(each, company_id) for each in holders):
                self._renewed_at[company_id] = asked_at
                return None
            in_the_way = [
                each
                for each in holders
                if each.is_alive(document["looked_at"]) and each.is_in_the_way(company_id, work)
            ]
            # `_remove` may not find a lease that was written by hand, so each is removed only once.
            # Such a lease expires by itself.
            gone = [each for each in in_the_way if each not in removed and is_gone(each)]
            for each in gone:
                await self._remove(each)
            removed += gone
            if not in_the_way:
                raise StoreError(texts.LEASES_UNREADABLE(collection=LEASES_COLLECTION))
            if not gone:
                return max(in_the_way, key=lambda each: each.expires_at)

    @waits_for_mongodb
    async def _change(self, changes: Sequence[LeaseChange]) -> Sequence[Document]:
        """Change leases of this run in one step; the document afterwards, for each change."""
        document = await self._collection.find_one_and_update(
            self._key,
            plan_changes(changes, self._owner, self._lifetime_s),
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        return [document or {}] * len(changes)

    @waits_for_mongodb
    async def _remove(self, holder: Holder) -> None:
        """Remove the lease of a process that is gone."""
        others = leases_where({"$not": [is_of(holder.run_id, [holder.company_id])]})
        await self._collection.update_one(self._key, [{"$set": {"leases": others}}])

    def _is_ours(self, holder: Holder, company_id: str) -> bool:
        return (holder.run_id, holder.company_id) == (self._owner["run_id"], company_id)

    async def _renew(self, company_id: str) -> None:
        """Renew the lease again and again. A run whose lease was taken over must stop writing."""
        while True:
            await anyio.sleep(self._lifetime_s / _RENEWALS)
            try:
                await self._renew_or_lose(company_id)
            except StoreUnavailableError:
                # MongoDB may be back soon, and the run waits for it too. An outage that is longer
                # than the lease ends the run.
                if steady_now() - self._renewed_at[company_id] > self._lifetime_s:
                    raise

    async def _renew_or_lose(self, company_id: str) -> None:
        asked_at = steady_now()
        document = await self._changes.add(LeaseChange(Step.RENEW, company_id))
        if not any(self._is_ours(each, company_id) for each in read_holders(document)):
            raise LeaseLostError(texts.LEASE_LOST(what=describe_scope(company_id)))
        self._renewed_at[company_id] = asked_at

    async def _give_back(self, company_id: str) -> None:
        # An error here must not hide the result of the run: the lease expires by itself.
        self._renewed_at.pop(company_id, None)
        with (
            anyio.CancelScope(shield=True),
            anyio.move_on_after(_RELEASED_WITHIN_S),
            suppress(StoreError),
        ):
            await self._changes.add(LeaseChange(Step.GIVE_BACK, company_id))


def is_gone(holder: Holder) -> bool:
    """Whether the holder was a process of this machine that has certainly ended."""
    return holder.process is not None and holder.process.is_gone(Process.this())
