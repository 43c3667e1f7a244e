"""Stores when each lasting condition was last reported: one document for each condition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pymongo import DeleteOne, UpdateOne

from altegio_sync.domain.conditions import Reported
from altegio_sync.domain.stored import read_stored
from altegio_sync.messages.stored import STORED_MESSAGE, from_data, to_data
from altegio_sync.mongo.core.bulk import write_all
from altegio_sync.mongo.core.connection import durable, waits_for_mongodb
from altegio_sync.mongo.core.junk import unreported

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.mongo.core.junk import OnJunk

    Document = dict[str, Any]

CONDITIONS_COLLECTION = "altegio-sync-conditions"
_PENDING_KEPT = 1000


class MongoConditions:
    """The conditions of a collection of appointments, by their key."""

    def __init__(
        self, database: AsyncDatabase[Document], collection: str, on_junk: OnJunk = unreported
    ) -> None:
        self._on_junk = on_junk
        self._collection = durable(database)[CONDITIONS_COLLECTION]
        self._of = collection

    @waits_for_mongodb
    async def find_all(self) -> dict[str, Reported]:
        found = await self._collection.find({"collection": self._of}).to_list()
        read = [(each.get("key"), self._read(each)) for each in found]
        return {key: known for key, known in read if type(key) is str and known is not None}

    def _read(self, document: Document) -> Reported | None:
        fields = {**document, "at": document.get("reported_at")}
        if isinstance(document.get(STORED_MESSAGE), dict):
            fields["message"] = from_data(document[STORED_MESSAGE])
        return read_stored(
            Reported, fields, lambda: self._on_junk(CONDITIONS_COLLECTION, document["_id"])
        )

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
                "message": str(each.message),
                STORED_MESSAGE: to_data(each.message),
                "pending": list(each.pending[:_PENDING_KEPT]),
            }
            writes.append(UpdateOne(wanted, {"$set": fields}, upsert=True))
        await write_all(self._collection, writes)
