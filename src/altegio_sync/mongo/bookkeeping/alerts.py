"""Stores the last alert about each subject: one document for each subject."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from altegio_sync.domain.alerts import AlertState
from altegio_sync.domain.stored import read_stored
from altegio_sync.mongo.core.connection import durable, waits_for_mongodb
from altegio_sync.mongo.core.junk import unreported

if TYPE_CHECKING:
    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.mongo.core.junk import OnJunk

    Document = dict[str, Any]

ALERTS_COLLECTION = "altegio-sync-alerts"


class MongoAlerts:
    """The alerts about one collection of appointments, by subject."""

    def __init__(
        self, database: AsyncDatabase[Document], collection: str, on_junk: OnJunk = unreported
    ) -> None:
        self._on_junk = on_junk
        self._alerts = durable(database)[ALERTS_COLLECTION]
        self._of = collection

    @waits_for_mongodb
    async def find(self, subject: str) -> AlertState | None:
        found = await self._alerts.find_one({"_id": f"{self._of}/{subject}"})
        if found is None:
            return None
        return read_stored(
            AlertState, found, lambda: self._on_junk(ALERTS_COLLECTION, found["_id"])
        )

    @waits_for_mongodb
    async def write(self, subject: str, state: AlertState) -> None:
        key = {"_id": f"{self._of}/{subject}"}
        fields = {
            "collection": self._of,
            "subject": subject,
            "is_failing": state.is_failing,
            "since": state.since,
            "said_at": state.said_at,
        }
        await self._alerts.update_one(key, {"$set": fields}, upsert=True)
