"""Keeps the latest changes in a collection of a fixed size: each new one replaces the oldest."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bson import ObjectId
from pymongo import UpdateOne
from pymongo.errors import CollectionInvalid, OperationFailure

from altegio_sync.domain.counts import Outcome
from altegio_sync.domain.field_change import FieldChange
from altegio_sync.domain.latest import LatestChange, public_change
from altegio_sync.errors import StoreError
from altegio_sync.mongo.core.bulk import write_all
from altegio_sync.mongo.core.connection import durable, translated_errors

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.domain.report import WritingRun
    from altegio_sync.ports import BatchResult

    Document = dict[str, Any]

LATEST_COLLECTION = "altegio-sync-latest-changes"
#: About 20,000 changes.
_BYTES = 4 * 1024 * 1024
_NAMESPACE_EXISTS = 48
#: A batch that changes more at once is no news about single appointments.
_MOST_AT_ONCE = 50
#: Another program may have written other documents.
_READABLE: Document = {
    "companyId": {"$type": "string"},
    "appointmentId": {"$type": "string"},
    "command": {"$type": "string"},
    "at": {"$type": "date"},
}


class MongoLatestChanges:
    """The latest changes of one collection of appointments."""

    def __init__(self, database: AsyncDatabase[Document], collection: str) -> None:
        self._database = durable(database)
        self._latest = self._database[LATEST_COLLECTION]
        self._of = collection
        self._is_made = False

    async def keep_stored(self, result: BatchResult, run: WritingRun) -> None:
        """Keep what was stored. Nothing else depends on it, so a failure is ignored."""
        await self._keep(list(_find_changes(result, run)))

    async def keep_marked(self, ids: Collection[str], company: str, run: WritingRun) -> None:
        """Keep that these appointments were marked as deleted; a failure is ignored."""
        deleted = (FieldChange("isDeleted", old=False, new=True),)
        await self._keep(
            [LatestChange(company, each, run.command, changes=deleted) for each in sorted(ids)]
        )

    async def _keep(self, changes: Sequence[LatestChange]) -> None:
        if changes:
            with suppress(StoreError):
                await self.add(changes[:_MOST_AT_ONCE])

    async def add(self, changes: Sequence[LatestChange]) -> None:
        """Store the changes, with the time by the server's clock. Raises StoreError."""
        with translated_errors():
            await self._make()
            await write_all(self._latest, [self._to_write(each) for each in changes])

    async def find_latest(
        self, companies: Sequence[str] | None = None, limit: int = 30
    ) -> list[LatestChange]:
        """The latest changes of the companies, the newest first. Raises StoreError."""
        query = {"collection": self._of, **_READABLE}
        if companies is not None:
            query["companyId"] = {"$in": list(companies)}
        with translated_errors():
            found = self._latest.find(query).sort("$natural", -1).limit(limit)
            return [_to_change(each) async for each in found]

    async def _make(self) -> None:
        if self._is_made:
            return
        try:
            await self._database.create_collection(LATEST_COLLECTION, capped=True, size=_BYTES)
        except CollectionInvalid:
            pass
        except OperationFailure as error:
            if error.code != _NAMESPACE_EXISTS:
                raise
        self._is_made = True

    def _to_write(self, change: LatestChange) -> UpdateOne:
        fields = {
            "collection": self._of,
            "companyId": change.company,
            "appointmentId": change.appointment_id,
            "command": change.command,
            "is_new": change.is_new,
            "changed_at": change.changed_at,
            "changes": [
                {"name": each.name, "old": each.old, "new": each.new}
                for each in map(public_change, change.changes)
            ],
        }
        # An insert could not set the time by the server's clock.
        update = {"$setOnInsert": fields, "$currentDate": {"at": True}}
        return UpdateOne({"_id": ObjectId()}, update, upsert=True)


def _find_changes(result: BatchResult, run: WritingRun) -> Iterator[LatestChange]:
    for verdict, outcome in result.outcomes:
        is_new = outcome is Outcome.SAVED
        # `sync` stores the old appointments of a period: this is no news.
        if (is_new and run.command != "sync") or outcome is Outcome.UPDATED:
            booking = verdict.booking
            yield LatestChange(
                booking.company_id,
                booking.id,
                run.command,
                is_new=is_new,
                changes=tuple(result.differences.get(booking.id, ())),
                changed_at=booking.changed_at,
            )


def _to_change(document: Document) -> LatestChange:
    parts = document.get("changes")
    changes = [_to_field(each) for each in parts] if isinstance(parts, list) else []
    return LatestChange(
        document["companyId"],
        document["appointmentId"],
        document["command"],
        is_new=document.get("is_new") is True,
        changes=tuple(each for each in changes if each is not None),
        changed_at=_to_moment(document.get("changed_at")),
        at=_to_moment(document["at"]),
    )


def _to_field(part: object) -> FieldChange | None:
    if not isinstance(part, dict) or not isinstance(part.get("name"), str):
        return None
    return public_change(FieldChange(part["name"], part.get("old"), part.get("new")))


def _to_moment(value: object) -> datetime | None:
    """None also for a date beyond Python's calendar."""
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)
