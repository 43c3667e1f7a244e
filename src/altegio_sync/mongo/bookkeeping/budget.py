"""One budget of requests for all processes that send requests to Altegio from the same address.

Altegio counts requests by IP address. Every start of a request is reserved in one document, by the
server's clock. A start is at least the spacing after the previous start, and at least a minute
after the start that opens the minute's window. This machine's time of day is not used, only its
monotonic clock.
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
#: Requests that leave at even intervals arrive with jitter. Several processes have different
#: jitter, so their starts are further apart; this is still closer than the minute's window allows
#: in the long run. The first request after a pause arrives late, since it opens a connection.
_SPACING_SLACK = 1.01
_SHARED_SPACING_SLACK = 1.2
_COLD_SLACK = 1.15
#: A pause is a gap of so many spacings between two starts, and of a second at least.
_PAUSE = 1.5
_MINUTE_SLACK_S = 0.25
#: A reservation further in the future was made before the server's clock was set back.
_MOST_AHEAD_MS = 10 * 60_000
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


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
        self._spacing_ms = 1000 / requests_per_second if requests_per_second else 0.0
        self._per_second = ceil(requests_per_second)
        self._per_minute = requests_per_minute
        self._minute_s = minute_s
        self._resting_until = 0.0
        self._offset = ClockOffset()
        rates = rates_of(self._per_second, self._per_minute, self._minute_s)
        self._own = Limiter(rates, buffer_ms=1) if rates else None

    async def wait_for_turn(self) -> None:
        """Return when the next request may start; StoreError without MongoDB."""
        while True:
            await anyio.sleep_until(self._resting_until)
            if self._own is not None:
                await anyio.sleep_until(await self._reserve())
                # One request may start later than its reserved time, and the next one at its own
                # time: then they are too close. The server's clock may also be set meanwhile. So
                # the actual starts are counted here as well.
                await self._own.try_acquire_async("altegio")
            if anyio.current_time() >= self._resting_until:
                return

    async def rest(self, seconds: float) -> None:
        """Let no request start for ``seconds``, in all processes that share the budget."""
        self._resting_until = max(self._resting_until, anyio.current_time() + seconds)
        until = {"$max": [_sound("$resting_until"), _after("$$NOW", int(seconds * 1000))]}
        # If MongoDB fails, this process still rests, and its next turn reports the error.
        with suppress(StoreError), translated_errors():
            await self._collection.update_one(
                {"_id": self._key}, [{"$set": {"resting_until": until}}], upsert=True
            )

    async def _reserve(self) -> float:
        """Reserve a start. Returns its time by the local clock."""
        budget = await self._append_start()
        return self._offset.to_local(budget["starts"][-1]["at"])

    @waits_for_mongodb
    async def _append_start(self) -> Mapping[str, Any]:
        """Reserve a start. It is harmless to do this twice: one of the two starts stays unused."""
        asked_at = anyio.current_time()
        budget = await self._collection.find_one_and_update(
            {"_id": self._key},
            self._reservation(),
            {"asked_at": 1, "starts": {"$slice": -1}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        assert budget is not None  # noqa: S101 - the upsert creates it
        self._offset.note(asked_at, budget["asked_at"], anyio.current_time())
        return budget

    def _reservation(self) -> list[Document]:
        """An update that appends the next start to the starts of the last minute."""
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
        """The next start is the latest of these times."""
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
    second = Rate(per_second or 1, round(_SECOND_MS * _SPACING_SLACK))
    minute = Rate(per_minute or 1, round(1000 * (minute_s + _MINUTE_SLACK_S)))
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


def _start(index: int, field: str) -> Document:
    """A field of the start at the index. If there is no such start, the field is missing.

    `$max` ignores missing values, so there is no such bound then.
    """
    start = {"$arrayElemAt": ["$starts", index]}
    return {"$let": {"vars": {"start": start}, "in": f"$$start.{field}"}}


def _rounded(milliseconds: float, slack: Any) -> Document:
    return {"$round": {"$multiply": [milliseconds, slack]}}


def _each(starts: Any, field: str) -> Document:
    return {"$map": {"input": starts, "as": "start", "in": f"$$start.{field}"}}


def _is_date(value: Any) -> Document:
    return {"$eq": [{"$type": value}, "date"]}


def _sound(moment: Any) -> Document:
    """The moment; or now, if the moment is too far ahead: then the server's clock was set back."""
    return {"$cond": [{"$gt": [moment, _after("$$NOW", _MOST_AHEAD_MS)]}, "$$NOW", moment]}


def _after(moment: Any, milliseconds: int) -> Document:
    return {"$add": [moment, milliseconds]}


def _seconds(moment: datetime) -> float:
    return moment.timestamp()
