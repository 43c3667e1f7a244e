"""Which lasting conditions were reported, and when: a document for each."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pymongo import DeleteOne, UpdateOne

from altegio_sync.domain.conditions import Reported
from altegio_sync.mongo.core.bulk import write_all
from altegio_sync.mongo.core.connection import durable, waits_for_mongodb

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pymongo.asynchronous.database import AsyncDatabase

    Document = dict[str, Any]

CONDITIONS_COLLECTION = "altegio-sync-conditions"
_PENDING_KEPT = 1000


class MongoConditions:
    """The conditions of a collection of appointments, by their key."""

    def __init__(self, database: AsyncDatabase[Document], collection: str) -> None:
        self._collection = durable(database)[CONDITIONS_COLLECTION]
        self._of = collection

    @waits_for_mongodb
    async def find_all(self) -> dict[str, Reported]:
        found = await self._collection.find({"collection": self._of}).to_list()
        return {
            str(each.get("key")): Reported(
                _moment(each.get("reported_at")),
                str(each.get("message", "")),
                tuple(map(str, each.get("pending") or ())),
            )
            for each in found
        }

    @waits_for_mongodb
    async def write(self, memory: Mapping[str, Reported | None]) -> None:
        writes: list[UpdateOne | DeleteOne] = []
        for key, each in memory.items():
            wanted = {"_id": f"{self._of}/{key}"}
            if each is None:
                writes.append(DeleteOne(wanted))
                continue
            fields = {
                "collection": self._of,
                "key": key,
                "reported_at": each.at,
                "message": each.message,
                "pending": list(each.pending[:_PENDING_KEPT]),
            }
            writes.append(UpdateOne(wanted, {"$set": fields}, upsert=True))
        await write_all(self._collection, writes)


def _moment(value: object) -> datetime | None:
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)
