"""One budget of requests for all processes that send requests to Altegio from the same address.

Altegio counts requests by IP address. Every start of a request is reserved in one document, by the
server's clock. A start is at least the spacing after the previous start, and at least a minute
after the start that opens the minute's window. This machine's time of day is not used, only its
monotonic clock.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from math import ceil
from typing import TYPE_CHECKING, Any

import anyio
from pymongo import ReturnDocument, WriteConcern
from pyrate_limiter import Limiter, Rate

from altegio_sync.domain.lanes import Lane
from altegio_sync.errors import StoreError
from altegio_sync.mongo.bookkeeping.budget_document import (
    AHEAD_MS,
    MINUTE_SLACK_S,
    SPACING_SLACK,
    Limits,
    plan_start,
    rest_until,
)
from altegio_sync.mongo.core.connection import translated_errors, waits_for_mongodb

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pymongo.asynchronous.collection import AsyncCollection
    from pymongo.asynchronous.database import AsyncDatabase

    Document = dict[str, Any]

BUDGET_COLLECTION = "altegio-sync-budget"
_SECOND_MS = 1000
_MINUTE_S = 60.0
#: MongoDB is asked again after this time: a start may be free earlier than it seemed.
_LONGEST_SLEEP_S = 5.0


class LaneQueue:
    """The requests of one lane that wait in this process. The first of them asks MongoDB.

    It is useless to ask before ``asks_at``. Times are in seconds, by any clock.
    """

    def __init__(self, limits: Limits, lane: Lane) -> None:
        self.first = anyio.Lock()
        self.asks_at = 0.0
        self._spacing_s = ceil(limits.spacing_ms * SPACING_SLACK) / 1000
        self._ahead_s = AHEAD_MS[lane] / 1000

    def note_answer(self, start: float, now: float, *, is_granted: bool, others: int) -> None:
        """Note when the start is that was asked for, and whether it was reserved.

        Each of the ``others`` that wait in the lane may ask before this process asks again. So no
        process is left out because its way to MongoDB is longer.
        """
        if is_granted:
            self.asks_at = start + self._spacing_s * (1 + others) - self._ahead_s
        else:
            self.asks_at = min(start - self._ahead_s, now + _LONGEST_SLEEP_S)


class SharedBudget:
    """Reserves the starts of requests; a limit of 0 turns its window off.

    If a server loses the last reservations, this does no harm. So the writes do not wait for its
    disk.
    """

    def __init__(
        self,
        database: AsyncDatabase[Document],
        key: str,
        *,
        process: str,
        requests_per_second: float,
        requests_per_minute: int,
        minute_s: float = _MINUTE_S,
    ) -> None:
        self._collection = _collection(database)
        self._key = key
        self._process = process
        self._limits = Limits(requests_per_second, requests_per_minute, minute_s)
        self._resting_until = 0.0
        self._offset = ClockOffset()
        self._queues = {lane: LaneQueue(self._limits, lane) for lane in Lane}
        rates = rates_of(self._limits.per_second, requests_per_minute, minute_s)
        self._own = Limiter(rates, buffer_ms=1) if rates else None

    async def wait_for_turn(self) -> None:
        """Return when the next request of a run may start; StoreError without MongoDB."""
        await self.wait_in(Lane.RUNS)

    async def wait_in(self, lane: Lane) -> None:
        """Return when the next request of the lane may start; StoreError without MongoDB."""
        while True:
            await anyio.sleep_until(self._resting_until)
            if self._own is not None:
                await anyio.sleep_until(await self._reserve(lane))
                # One request may start later than its reserved time, and the next one at its own
                # time: then they are too close. The server's clock may also be set meanwhile. So
                # the actual starts are counted here as well.
                await self._own.try_acquire_async("altegio")
            if anyio.current_time() >= self._resting_until:
                return

    async def rest(self, seconds: float) -> None:
        """Let no request start for ``seconds``, in all processes that share the budget."""
        self._resting_until = max(self._resting_until, anyio.current_time() + seconds)
        # If MongoDB fails, this process still rests, and its next turn reports the error.
        with suppress(StoreError), translated_errors():
            await self._collection.update_one(
                {"_id": self._key}, rest_until(int(seconds * 1000)), upsert=True
            )

    async def _reserve(self, lane: Lane) -> float:
        """Reserve a start. Returns its time by the local clock."""
        queue = self._queues[lane]
        async with queue.first:
            while True:
                await anyio.sleep_until(queue.asks_at)
                budget = await self._append_start(lane)
                start = self._offset.to_local(budget["next_at"])
                is_granted = budget["is_granted"]
                queue.note_answer(
                    start, anyio.current_time(), is_granted=is_granted, others=budget["others"]
                )
                if is_granted:
                    return start

    @waits_for_mongodb
    async def _append_start(self, lane: Lane) -> Mapping[str, Any]:
        """Reserve a start. It is harmless to do this twice: one of the two starts stays unused."""
        asked_at = anyio.current_time()
        budget = await self._collection.find_one_and_update(
            {"_id": self._key},
            plan_start(self._limits, lane, self._process),
            {"asked_at": 1, "next_at": 1, "is_granted": 1, "others": 1},
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        assert budget is not None  # noqa: S101 - the upsert creates it
        self._offset.note(asked_at, budget["asked_at"], anyio.current_time())
        return budget


class ClockOffset:
    """How far the server's clock is from the monotonic clock of this machine.

    Each answer of the server narrows this down. A converted time is never too early. It is too late
    by at most the latency of the fastest answer.
    """

    def __init__(self) -> None:
        self._most: float | None = None

    def note(self, asked_at: float, server_time: datetime, answered_at: float) -> None:
        least, most = asked_at - _seconds(server_time), answered_at - _seconds(server_time)
        # A known offset below the least possible one means that the server's clock was set back.
        is_void = self._most is None or self._most < least
        self._most = most if is_void or self._most is None else min(self._most, most)

    def to_local(self, server_time: datetime) -> float:
        assert self._most is not None  # noqa: S101 - `note` was called before
        return _seconds(server_time) + self._most


def rates_of(per_second: int, per_minute: int, minute_s: float) -> list[Rate]:
    """The limits of both windows. A limit that the other one makes superfluous is left out.

    The limiter does not accept such a limit.
    """
    second = Rate(per_second or 1, round(_SECOND_MS * SPACING_SLACK))
    minute = Rate(per_minute or 1, round(1000 * (minute_s + MINUTE_SLACK_S)))
    if not per_minute or per_minute * second.interval >= per_second * minute.interval > 0:
        return [second] if per_second else []
    return [second, minute] if 0 < per_second < per_minute else [minute]


async def try_budget(database: AsyncDatabase[Document], key: str) -> None:
    """Check that starts can be reserved, but reserve none. Raises StoreError if they cannot."""
    with translated_errors():
        await _collection(database).update_one(
            {"_id": key}, {"$setOnInsert": {"starts": []}}, upsert=True
        )


async def count_starts(database: AsyncDatabase[Document], key: str, now: datetime) -> int:
    """How many starts were reserved in the minute before ``now``, a time of the server."""
    with translated_errors():
        budget = await database[BUDGET_COLLECTION].find_one({"_id": key}) or {}
    starts = budget.get("starts")
    moments = [each.get("at") for each in starts or () if isinstance(each, dict)]
    ages = ((now - at).total_seconds() for at in moments if isinstance(at, datetime))
    return sum(0 <= age < _MINUTE_S for age in ages)


def _collection(database: AsyncDatabase[Document]) -> AsyncCollection[Document]:
    return database[BUDGET_COLLECTION].with_options(write_concern=WriteConcern(w=1, j=False))


def _seconds(moment: datetime) -> float:
    return moment.timestamp()
