"""Stores how far `changes` has read: a cursor for each company."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from altegio_sync.domain.clock import MOST_AHEAD
from altegio_sync.mongo.bookkeeping.own_documents import OwnDocuments
from altegio_sync.mongo.core.connection import waits_for_mongodb
from altegio_sync.mongo.core.junk import past_moment

if TYPE_CHECKING:
    from datetime import datetime

    Document = dict[str, Any]

CURSORS_COLLECTION = "altegio-sync-cursors"


class MongoCursors(OwnDocuments):
    """One document for each company and collection; ``at`` is a time by Altegio's clock."""

    name = CURSORS_COLLECTION

    @waits_for_mongodb
    async def find_all(self) -> dict[str, datetime]:
        """The cursors by company."""
        before = self._id("")
        # In the order of the ids, "0" comes right after "/".
        ours = {"_id": {"$gte": before, "$lt": f"{self._of}0"}}
        found = await self._collection.find(ours).to_list()
        moments = {each["_id"].removeprefix(before): self._moment_of(each) for each in found}
        return {company: at for company, at in moments.items() if at is not None}

    def _moment_of(self, cursor: Document) -> datetime | None:
        try:
            return past_moment(cursor.get("at"), self._clock())
        except (TypeError, ValueError):
            self._on_junk(CURSORS_COLLECTION, cursor["_id"])
            return None

    @waits_for_mongodb
    async def move_cursor(self, company_id: str, to: datetime, run_id: str) -> None:
        """Move the cursor forward. A cursor that is already further stays where it is."""
        await self._fence()
        # A stored moment in the future is a mistake, and must not stop the cursor for ever.
        latest = max(to, self._clock() + MOST_AHEAD)
        is_moment = {"$eq": [{"$type": "$at"}, "date"]}
        is_ahead = {"$and": [is_moment, {"$gt": ["$at", to]}, {"$lte": ["$at", latest]}]}
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
