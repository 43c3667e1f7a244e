"""One budget of requests for all processes that ask Altegio from the same address.

Altegio counts per IP address. Every start is reserved in one document, by the server's clock: a
start may come no sooner than the spacing after the one before, and than a minute after the one
that opens the minute's window. No clock of this machine is relied on but the one that measures
spans.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from math import ceil
from typing import TYPE_CHECKING, Any

import anyio
from pymongo import ReturnDocument, WriteConcern
from pyrate_limiter import Limiter, Rate

from altegio_sync.errors import StoreError
from altegio_sync.mongo.core.connection import translated_errors, waits_for_mongodb

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pymongo.asynchronous.collection import AsyncCollection
    from pymongo.asynchronous.database import AsyncDatabase

    Document = dict[str, Any]

BUDGET_COLLECTION = "altegio-sync-budget"
_SECOND_MS = 1000
_MINUTE_S = 60.0
#: What leaves here evenly arrives jittered. Two processes jitter apart, so that more is left
#: between their starts: still less than a minute's window leaves in the long run. The first start
#: after a pause arrives late, since it opens a connection.
_SPACING_SLACK = 1.01
_SHARED_SPACING_SLACK = 1.2
_COLD_SLACK = 1.15
#: So many times the spacing between two starts is a pause, and a second at the least.
_PAUSE = 1.5
_MINUTE_SLACK_S = 0.25
#: A reservation further ahead was made before the server's clock was set back.
_MOST_AHEAD_MS = 10 * 60_000
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class SharedBudget:
    """Reserves the starts of requests; a limit of 0 turns its window off.

    Losing the last reservations with a server does no harm, so they are not awaited on its disk.
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
        self._spacing_ms = 1000 / requests_per_second if requests_per_second else 0.0
        self._per_second = ceil(requests_per_second)
        self._per_minute = requests_per_minute
        self._minute_s = minute_s
        self._resting_until = 0.0
        self._clock = ServerClock()
        rates = rates_of(self._per_second, self._per_minute, self._minute_s)
        self._own = Limiter(rates, buffer_ms=1) if rates else None

    async def wait_for_turn(self) -> None:
        """Return at the moment at which the next request may start; StoreError without MongoDB."""
        while True:
            await anyio.sleep_until(self._resting_until)
            if self._own is not None:
                await anyio.sleep_until(await self._reserve())
                # A start that was reserved in time may be made late, and the next one in time; and
                # the server's clock may be set meanwhile. So the starts made here are counted too.
                await self._own.try_acquire_async("altegio")
            if anyio.current_time() >= self._resting_until:
                return

    async def rest(self, seconds: float) -> None:
        """Let no request start for so long, here and wherever the budget is shared."""
        self._resting_until = max(self._resting_until, anyio.current_time() + seconds)
        until = {"$max": [_sound("$resting_until"), _after("$$NOW", int(seconds * 1000))]}
        # Without MongoDB this process rests all the same, and its next turn tells of it.
        with suppress(StoreError), translated_errors():
            await self._collection.update_one(
                {"_id": self._key}, [{"$set": {"resting_until": until}}], upsert=True
            )

    async def _reserve(self) -> float:
        """The local time at which the start that was reserved may be made."""
        budget = await self._append_start()
        return self._clock.to_local(budget["starts"][-1]["at"])

    @waits_for_mongodb
    async def _append_start(self) -> Mapping[str, Any]:
        """One reservation; carried out twice it leaves a start unused, which harms nobody."""
        asked_at = anyio.current_time()
        budget = await self._collection.find_one_and_update(
            {"_id": self._key},
            self._reservation(),
            {"asked_at": 1, "starts": {"$slice": -1}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        assert budget is not None  # noqa: S101 - it was made where there was none
        self._clock.note(asked_at, budget["asked_at"], anyio.current_time())
        return budget

    def _reservation(self) -> list[Document]:
        """An update that appends the next start to those of the last minute."""
        starts = {
            "$map": {
                "input": {"$cond": [{"$isArray": "$starts"}, "$starts", []]},
                "as": "start",
                "in": {"at": _sound("$$start.at"), "by": "$$start.by"},
            }
        }
        recent = {
            "$filter": {
                "input": starts,
                "as": "start",
                "cond": {
                    "$and": [
                        _is_date("$$start.at"),
                        {"$gt": ["$$start.at", _after("$$NOW", -int(2000 * self._minute_s))]},
                    ]
                },
            }
        }
        next_start = {"at": {"$max": self._bounds()}, "by": self._process}
        resting = _sound({"$cond": [_is_date("$resting_until"), "$resting_until", "$$NOW"]})
        return [
            {"$set": {"asked_at": "$$NOW", "resting_until": resting, "starts": recent}},
            {"$set": {"starts": {"$concatArrays": ["$starts", [next_start]]}}},
        ]

    def _bounds(self) -> list[Any]:
        """No sooner than each of these."""
        bounds: list[Any] = ["$$NOW", "$resting_until"]
        if self._per_second:
            latest = {"$slice": ["$starts", -self._per_second]}
            ours = [self._process]
            is_shared = {"$ne": [{"$setUnion": [_each(latest, "by"), ours]}, ours]}
            opening, before = _start(-self._per_second, "at"), _start(-self._per_second - 1, "at")
            gap = {"$subtract": [opening, {"$ifNull": [before, _LONG_AGO]}]}
            is_cold = {"$gt": [gap, max(1000, _PAUSE * self._spacing_ms)]}
            slack = {"$cond": [is_shared, _SHARED_SPACING_SLACK, _SPACING_SLACK]}
            window_slack = {"$cond": [is_cold, {"$max": [slack, _COLD_SLACK]}, slack]}
            bounds.append({"$add": [_start(-1, "at"), _rounded(self._spacing_ms, slack)]})
            bounds.append({"$add": [opening, _rounded(1000, window_slack)]})
        if self._per_minute:
            opening = _start(-self._per_minute, "at")
            bounds.append({"$add": [opening, int(1000 * (self._minute_s + _MINUTE_SLACK_S))]})
        return bounds


class ServerClock:
    """Turns times of the server into local ones, from when it was asked and when it answered.

    A local time is late by at most the fastest answer's latency, and never early.
    """

    def __init__(self) -> None:
        self._offset: float | None = None

    def note(self, asked_at: float, server_time: datetime, answered_at: float) -> None:
        least, most = asked_at - _seconds(server_time), answered_at - _seconds(server_time)
        # Less than the least means that the server's clock was set back since.
        is_void = self._offset is None or self._offset < least
        self._offset = most if is_void or self._offset is None else min(self._offset, most)

    def to_local(self, server_time: datetime) -> float:
        assert self._offset is not None  # noqa: S101 - noted before it is asked
        return _seconds(server_time) + self._offset


def rates_of(per_second: int, per_minute: int, minute_s: float) -> list[Rate]:
    """The two windows, without one that the other makes idle: the limiter does not accept it."""
    second = Rate(per_second or 1, round(_SECOND_MS * _SPACING_SLACK))
    minute = Rate(per_minute or 1, round(1000 * (minute_s + _MINUTE_SLACK_S)))
    if not per_minute or per_minute * second.interval >= per_second * minute.interval > 0:
        return [second] if per_second else []
    return [second, minute] if 0 < per_second < per_minute else [minute]


async def try_budget(database: AsyncDatabase[Document], key: str) -> None:
    """Return where starts can be reserved, and reserve none; StoreError where they cannot."""
    with translated_errors():
        await _collection(database).update_one(
            {"_id": key}, {"$setOnInsert": {"starts": []}}, upsert=True
        )


async def count_starts(database: AsyncDatabase[Document], key: str, now: datetime) -> int:
    """How many starts the budget saw in the minute before ``now``, a time of the server."""
    with translated_errors():
        budget = await database[BUDGET_COLLECTION].find_one({"_id": key}) or {}
    starts = budget.get("starts")
    moments = [each.get("at") for each in starts or () if isinstance(each, dict)]
    ages = ((now - at).total_seconds() for at in moments if isinstance(at, datetime))
    return sum(0 <= age < _MINUTE_S for age in ages)


def _collection(database: AsyncDatabase[Document]) -> AsyncCollection[Document]:
    return database[BUDGET_COLLECTION].with_options(write_concern=WriteConcern(w=1, j=False))


def _start(index: int, field: str) -> Document:
    """A field of the start at the index; missing, and so no bound, where there is none."""
    start = {"$arrayElemAt": ["$starts", index]}
    return {"$let": {"vars": {"start": start}, "in": f"$$start.{field}"}}


def _rounded(milliseconds: float, slack: Any) -> Document:
    return {"$round": {"$multiply": [milliseconds, slack]}}


def _each(starts: Any, field: str) -> Document:
    return {"$map": {"input": starts, "as": "start", "in": f"$$start.{field}"}}


def _is_date(value: Any) -> Document:
    return {"$eq": [{"$type": value}, "date"]}


def _sound(moment: Any) -> Document:
    """The moment; now, where it lies so far ahead that the server's clock was set back since."""
    return {"$cond": [{"$gt": [moment, _after("$$NOW", _MOST_AHEAD_MS)]}, "$$NOW", moment]}


def _after(moment: Any, milliseconds: int) -> Document:
    return {"$add": [moment, milliseconds]}


def _seconds(moment: datetime) -> float:
    return moment.timestamp()
