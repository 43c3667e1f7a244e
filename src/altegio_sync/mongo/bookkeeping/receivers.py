"""Stores when receivers of webhooks ran, and since when each company sends webhooks.

Only the server's clock is used.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pymongo import UpdateOne

from altegio_sync.domain.versions import ANNOUNCED_BEFORE, UpTime
from altegio_sync.mongo.bookkeeping.notices import NOTICES_COLLECTION
from altegio_sync.mongo.core.bulk import write_all
from altegio_sync.mongo.core.connection import durable, waits_for_mongodb
from altegio_sync.mongo.core.junk import EARLIEST, IS_MOMENT, IS_TEXT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from pymongo.asynchronous.database import AsyncDatabase

    Document = dict[str, Any]

UPTIMES_COLLECTION = "altegio-sync-uptimes"
STARTS_COLLECTION = "altegio-sync-webhook-starts"
#: A longer pause between two heartbeats is a time in which notices may have been refused: while
#: MongoDB is away, a notice waits for 10 seconds.
LONGEST_PAUSE_S = 15
#: If no receiver ran for so long, the school does not use webhooks any more.
USED_WITHIN = timedelta(days=7)
_KEPT_S = 90 * 24 * 3600
#: A notice may be stored a little later than a notice with a later time.
_LOOKED_AT_AGAIN = timedelta(seconds=15)
#: Another program may have written other documents.
_ARE_MOMENTS = {"start": IS_MOMENT, "end": IS_MOMENT}


class MongoReceivers:
    """The receivers of webhooks about one collection of appointments."""

    def __init__(self, database: AsyncDatabase[Document], collection: str) -> None:
        self._uptimes = durable(database)[UPTIMES_COLLECTION]
        self._starts = durable(database)[STARTS_COLLECTION]
        self._notices = durable(database)[NOTICES_COLLECTION]
        self._of = collection
        self._uptime_id = ""
        self._looked_until = EARLIEST
        self._known: dict[str, datetime] = {}

    @waits_for_mongodb
    async def prepare(self) -> None:
        """Create the indexes, of which one deletes old times."""
        await self._uptimes.create_index("end", expireAfterSeconds=_KEPT_S)
        await self._uptimes.create_index([("collection", 1), ("end", 1)])

    @waits_for_mongodb
    async def note_running(self) -> None:
        """Note that this process can receive and store webhooks now.

        After a longer pause (the process slept, or MongoDB was away) a new time begins.
        """
        pause = {"$subtract": ["$$NOW", "$end"]}
        # An end in the future: the server's clock was set back.
        goes_on = [{"$lte": [pause, LONGEST_PAUSE_S * 1000]}, {"$gte": [pause, -1000]}]
        known = {"_id": self._uptime_id, "$expr": {"$and": goes_on}}
        result = await self._uptimes.update_one(known, [{"$set": {"end": "$$NOW"}}])
        if result.matched_count:
            return
        self._uptime_id = secrets.token_hex(12)
        begin = {
            "collection": {"$literal": self._of},
            "start": {"$ifNull": ["$start", "$$NOW"]},
            "end": "$$NOW",
        }
        await self._uptimes.update_one({"_id": self._uptime_id}, [{"$set": begin}], upsert=True)

    @waits_for_mongodb
    async def find_uptimes(self, start: datetime, end: datetime) -> Sequence[UpTime]:
        """The times of all receivers that reach into this time."""
        query = {
            "$and": [{"collection": self._of, "end": {"$gte": start}, "start": {"$lte": end}}],
            **_ARE_MOMENTS,
        }
        return [UpTime(each["start"], each["end"]) async for each in self._uptimes.find(query)]

    @waits_for_mongodb
    async def note_starts(self) -> None:
        """Store when the first notice of each company came.

        Every notice counts that this process has not looked at. The earliest time wins.
        """
        found = await self._notices.aggregate(
            [
                {
                    "$match": {
                        "collection": self._of,
                        "companyId": IS_TEXT,
                        "received_at": {
                            **IS_MOMENT,
                            "$gte": self._looked_until - _LOOKED_AT_AGAIN,
                        },
                    }
                },
                {
                    "$group": {
                        "_id": "$companyId",
                        "first_at": {"$min": _change_of_notice()},
                        "last": {"$max": "$received_at"},
                    }
                },
            ]
        )
        firsts = await found.to_list()
        earlier = [each for each in firsts if self._is_earlier(each)]
        await write_all(self._starts, [self._to_start(each) for each in earlier])
        self._known |= {each["_id"]: each["first_at"] for each in earlier}
        self._looked_until = max([self._looked_until, *(each["last"] for each in firsts)])

    def _is_earlier(self, first: Document) -> bool:
        known = self._known.get(first["_id"])
        return known is None or first["first_at"] < known

    def _to_start(self, first: Document) -> UpdateOne:
        key = {"_id": f"{self._of}/{first['_id']}"}
        fields = {"collection": self._of, "companyId": first["_id"]}
        # Altegio's stamps are in whole seconds.
        first_at = first["first_at"].replace(microsecond=0)
        return UpdateOne(key, {"$setOnInsert": fields, "$min": {"first_at": first_at}}, upsert=True)

    @waits_for_mongodb
    async def find_last_seen(self) -> datetime | None:
        """The last heartbeat of any receiver."""
        query = {"collection": self._of, **_ARE_MOMENTS}
        last = await self._uptimes.find_one(query, sort=[("end", -1)])
        return None if last is None else last["end"]

    @waits_for_mongodb
    async def find_starts(self, now: datetime) -> Mapping[str, datetime]:
        """By company: since when changes are announced by webhooks.

        Empty if the school does not use webhooks, or does not use them any more.
        """
        query = {"collection": self._of, "companyId": IS_TEXT, "first_at": IS_MOMENT}
        starts = {each["companyId"]: each["first_at"] async for each in self._starts.find(query)}
        last_seen = await self.find_last_seen() if starts else None
        return starts if last_seen is not None and now - last_seen < USED_WITHIN else {}


def _change_of_notice() -> Document:
    """The time of the change that the notice is about, by the server's clock, as far as known."""
    earliest = {"$subtract": ["$received_at", round(ANNOUNCED_BEFORE.total_seconds() * 1000)]}
    changed_at = {
        "$cond": [{"$eq": [{"$type": "$changed_at"}, "date"]}, "$changed_at", "$received_at"]
    }
    return {"$max": [earliest, {"$min": [changed_at, "$received_at"]}]}
