"""How far `changes` has come: a cursor for each company."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from altegio_sync.mongo.connection import durable, waits_for_mongodb

if TYPE_CHECKING:
    from datetime import datetime

    from pymongo.asynchronous.database import AsyncDatabase

    Document = dict[str, Any]

CURSORS_COLLECTION = "altegio-sync-cursors"


class MongoCursors:
    """One document a company and collection; ``at`` is a time by Altegio's clock."""

    def __init__(self, database: AsyncDatabase[Document], collection: str) -> None:
        self._collection = durable(database)[CURSORS_COLLECTION]
        self._of = collection

    @waits_for_mongodb
    async def find_cursor(self, company_id: str) -> datetime | None:
        cursor = await self._collection.find_one({"_id": self._id(company_id)})
        return None if cursor is None else cursor["at"]

    @waits_for_mongodb
    async def find_all(self) -> dict[str, datetime]:
        """The cursors by company."""
        cursors = await self._collection.find({"collection": self._of}).to_list()
        return {cursor["companyId"]: cursor["at"] for cursor in cursors}

    @waits_for_mongodb
    async def move_cursor(self, company_id: str, to: datetime, run_id: str) -> None:
        """Forward alone: one that has come further already stays."""
        fields = {"companyId": company_id, "collection": self._of, "run_id": run_id}
        await self._collection.update_one(
            {"_id": self._id(company_id)}, {"$max": {"at": to}, "$set": fields}, upsert=True
        )

    def _id(self, company_id: str) -> str:
        return f"{self._of}/{company_id}"
