"""One budget of requests for all processes that ask Altegio from the same address.

Altegio counts per IP address. Every start is reserved in one document, by the server's clock: a
start may come no sooner than the spacing after the one before, and than a minute after the one
that opens the minute's window.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

import anyio
from pymongo import ReturnDocument, WriteConcern

from altegio_sync.mongo.connection import translated_errors

if TYPE_CHECKING:
    from datetime import datetime

    from pymongo.asynchronous.database import AsyncDatabase

    Document = dict[str, Any]

BUDGET_COLLECTION = "altegio-sync-budget"
_MINUTE_MS = 60_000
#: What leaves here evenly arrives jittered. Two processes jitter apart, so that more is left
#: between their starts; the window of a minute binds in the long run all the same.
_SPACING_SLACK = 1.01
_SHARED_SPACING_SLACK = 1.1
_MINUTE_SLACK_MS = 250
#: A reservation further ahead was made before the server's clock was set back: it is void.
_VOID_AFTER_MS = 10 * _MINUTE_MS
_OFFSETS_KEPT = 64


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
    ) -> None:
        self._collection = database[BUDGET_COLLECTION].with_options(
            write_concern=WriteConcern(w=1, j=False)
        )
        self._key = key
        self._process = process
        self._spacing_ms = 1000 / requests_per_second if requests_per_second else 0.0
        self._per_minute = requests_per_minute
        self._rest_ms = 0
        self._resting_until = 0.0
        # Local time less server time at each answer; the least is the one least delayed.
        self._offsets: deque[float] = deque(maxlen=_OFFSETS_KEPT)

    async def wait_for_turn(self) -> None:
        """Return at the moment at which the next request may start; StoreError without MongoDB."""
        while True:
            await anyio.sleep_until(self._resting_until)
            if self._spacing_ms or self._per_minute:
                await anyio.sleep_until(await self._reserve())
            if anyio.current_time() >= self._resting_until:
                return

    def rest(self, seconds: float) -> None:
        """Told to the others with the next reservation; this process rests at once."""
        self._rest_ms = max(self._rest_ms, int(seconds * 1000))
        self._resting_until = max(self._resting_until, anyio.current_time() + seconds)

    async def _reserve(self) -> float:
        """The local time at which the start that was reserved may be made."""
        rest_ms, self._rest_ms = self._rest_ms, 0
        with translated_errors():
            budget = await self._collection.find_one_and_update(
                {"_id": self._key},
                self._reservation(rest_ms),
                {"asked_at": 1, "starts": {"$slice": -1}},
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
        assert budget is not None  # noqa: S101 - it was made where there was none
        now = anyio.current_time()
        self._offsets.append(now - _seconds(budget["asked_at"]))
        return _seconds(budget["starts"][-1]["at"]) + min(self._offsets)

    def _reservation(self, rest_ms: int) -> list[Document]:
        """An update that appends the next start to those of the last minute."""
        known = {
            "$filter": {
                "input": {"$ifNull": ["$starts", []]},
                "as": "start",
                "cond": {
                    "$and": [
                        {"$gt": ["$$start.at", _after("$$NOW", -2 * _MINUTE_MS)]},
                        {"$lt": ["$$start.at", _after("$$NOW", _VOID_AFTER_MS)]},
                    ]
                },
            }
        }
        resting = {"$ifNull": ["$resting_until", "$$NOW"]}
        rest = {
            "$cond": [
                {"$gt": [resting, _after("$$NOW", _VOID_AFTER_MS)]},
                _after("$$NOW", rest_ms),
                {"$max": [resting, _after("$$NOW", rest_ms)]},
            ]
        }
        next_start = {"at": {"$max": self._bounds()}, "by": self._process}
        return [
            {"$set": {"asked_at": "$$NOW", "resting_until": rest, "starts": known}},
            {"$set": {"starts": {"$concatArrays": ["$starts", [next_start]]}}},
        ]

    def _bounds(self) -> list[Any]:
        """No sooner than each of these."""
        bounds: list[Any] = ["$$NOW", "$resting_until"]
        if self._spacing_ms:
            spacing = {
                "$cond": [
                    {"$eq": [_start(-1, "by"), self._process]},
                    round(self._spacing_ms * _SPACING_SLACK),
                    round(self._spacing_ms * _SHARED_SPACING_SLACK),
                ]
            }
            bounds.append({"$add": [_start(-1, "at"), spacing]})
        if self._per_minute:
            opening = _start(-self._per_minute, "at")
            bounds.append({"$add": [opening, _MINUTE_MS + _MINUTE_SLACK_MS]})
        return bounds


async def count_starts(database: AsyncDatabase[Document], key: str, now: datetime) -> int:
    """How many starts the budget saw in the minute before ``now``, a time of the server."""
    with translated_errors():
        budget = await database[BUDGET_COLLECTION].find_one({"_id": key}) or {}
    ages = ((now - start["at"]).total_seconds() for start in budget.get("starts", []))
    return sum(0 <= age < _MINUTE_MS / 1000 for age in ages)


def _start(index: int, field: str) -> Document:
    """A field of the start at the index; missing, and so no bound, where there is none."""
    start = {"$arrayElemAt": ["$starts", index]}
    return {"$let": {"vars": {"start": start}, "in": f"$$start.{field}"}}


def _after(moment: Any, milliseconds: int) -> Document:
    return {"$add": [moment, milliseconds]}


def _seconds(moment: datetime) -> float:
    return moment.timestamp()
