"""Stores which night's reading of the days around today was begun last, for all processes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pymongo.errors import DuplicateKeyError

from altegio_sync.mongo.core.connection import durable, waits_for_mongodb

if TYPE_CHECKING:
    from datetime import datetime

    from pymongo.asynchronous.database import AsyncDatabase

    Document = dict[str, Any]

RECHECKS_COLLECTION = "altegio-sync-rechecks"
_DAY = timedelta(days=1)
#: Two nights are further apart, whatever zone the last run was in.
_APART = timedelta(hours=12)


class MongoRechecks:
    """The nights of one collection of appointments: one document.

    A night is the moment at which its reading is due, by the server's clock.
    """

    def __init__(self, database: AsyncDatabase[Document], collection: str) -> None:
        self._rechecks = durable(database)[RECHECKS_COLLECTION]
        self._of = collection

    @waits_for_mongodb
    async def take(self, night: datetime, now: datetime) -> bool:
        """Whether this process shall read for this night. Only one process gets True.

        Nights before the first question of all are not made up for.
        """
        first = {"night": now - _APART}
        try:
            await self._rechecks.update_one({"_id": self._of}, {"$setOnInsert": first}, upsert=True)
        except DuplicateKeyError:  # another process inserted it at the same moment
            return False
        # A night in the future: the server's clock was set back.
        is_open = [
            {"night": {"$lt": night - _APART}},
            {"night": {"$gt": now + _APART}},
            {"night": {"$not": {"$type": "date"}}},
        ]
        taken = await self._rechecks.update_one(
            {"_id": self._of, "$or": is_open}, {"$set": {"night": night}}
        )
        return taken.modified_count > 0

    @waits_for_mongodb
    async def give_back(self, night: datetime) -> None:
        """Let any process read for this night: the reading was ended before its time."""
        await self._rechecks.update_one(
            {"_id": self._of, "night": night}, {"$set": {"night": night - _DAY}}
        )
