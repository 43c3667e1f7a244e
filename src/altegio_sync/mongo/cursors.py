"""How far `changes` has come: a cursor for each company."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from altegio_sync.mongo.connection import durable, waits_for_mongodb
from altegio_sync.mongo.fence import no_fence

if TYPE_CHECKING:
    from datetime import datetime

    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.mongo.fence import Fence

    Document = dict[str, Any]

CURSORS_COLLECTION = "altegio-sync-cursors"


class MongoCursors:
    """One document a company and collection; ``at`` is a time by Altegio's clock.

    ``fence`` is asked before every write.
    """

    def __init__(
        self, database: AsyncDatabase[Document], collection: str, *, fence: Fence = no_fence
    ) -> None:
        self._collection = durable(database)[CURSORS_COLLECTION]
        self._of = collection
        self._fence = fence

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
        """Forward alone: one that has come further already stays, with the run that moved it."""
        await self._fence()
        is_ahead = {"$gt": ["$at", to]}
        fields = {
            "companyId": company_id,
            "collection": self._of,
            "run_id": {"$cond": [is_ahead, "$run_id", {"$literal": run_id}]},
            "at": {"$cond": [is_ahead, "$at", to]},
        }
        await self._collection.update_one(
            {"_id": self._id(company_id)}, [{"$set": fields}], upsert=True
        )

    def _id(self, company_id: str) -> str:
        return f"{self._of}/{company_id}"
