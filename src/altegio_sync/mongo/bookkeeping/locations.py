"""The school's locations: their titles and zones, and whether the user still sees them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from pymongo import UpdateOne

from altegio_sync.domain.appointment import Teacher
from altegio_sync.domain.locations import StoredLocation, StoredStaff
from altegio_sync.mongo.bookkeeping.own_documents import OwnDocuments
from altegio_sync.mongo.core.bulk import write_all
from altegio_sync.mongo.core.connection import waits_for_mongodb
from altegio_sync.mongo.core.junk import past_moment, text
from altegio_sync.mongo.core.together import WrittenTogether

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from altegio_sync.domain.appointment import Location

    Document = dict[str, Any]

LOCATIONS_COLLECTION = "altegio-sync-locations"


class MongoLocations(OwnDocuments):
    """One document for each company and collection of appointments."""

    name = LOCATIONS_COLLECTION

    @waits_for_mongodb
    async def find_all(self) -> dict[str, StoredLocation]:
        """The stored locations by company."""
        found = self._collection.find({"collection": self._of}, {"staff": 0})
        documents = await found.to_list()
        read = [self._read(each) for each in documents]
        return {each.id: each for each in read if each is not None}

    @cached_property
    def _fetched(self) -> WrittenTogether[UpdateOne, None]:
        """The locations of companies that are worked on side by side are written together."""
        return WrittenTogether(self._write)

    async def write_fetched(self, locations: Sequence[Location], at: datetime) -> None:
        """Store titles and zones that Altegio named at this moment."""
        await self._fetched.add_all([self._update(each, at, {}) for each in locations])

    @waits_for_mongodb
    async def _write(self, writes: Sequence[UpdateOne]) -> list[None]:
        await self._fence()
        await write_all(self._collection, writes)
        return [None] * len(writes)

    @waits_for_mongodb
    async def find_staff(self, company_id: str, since: datetime) -> StoredStaff:
        """The staff list of the location; an empty list where it was stored before ``since``."""
        wanted = {"_id": self._id(company_id), "staff_at": {"$gte": since}}
        document = await self._collection.find_one(wanted, {"staff": 1, "staff_at": 1})
        if document is None:
            return StoredStaff()
        try:
            past_moment(document["staff_at"], self._clock())
            staff = document["staff"]
            read = [Teacher(text(each["id"]), text(each["name"])) for each in staff["teachers"]]
            missing = frozenset(text(each) for each in staff["missing"])
        except (KeyError, TypeError, ValueError):
            self._on_junk(LOCATIONS_COLLECTION, document["_id"])
            return StoredStaff()
        return StoredStaff({each.id: each for each in read}, missing)

    async def write_staff(self, company_id: str, staff: StoredStaff, at: datetime) -> None:
        teachers = [{"id": each.id, "name": each.name} for each in staff.teachers.values()]
        fields = {
            "companyId": company_id,
            "collection": self._of,
            "staff": {"teachers": teachers, "missing": sorted(staff.missing)},
            "staff_at": at,
        }
        write = UpdateOne({"_id": self._id(company_id)}, {"$set": fields}, upsert=True)
        await self._fetched.add(write)

    @waits_for_mongodb
    async def write_list(
        self, locations: Sequence[Location], missing: Collection[str], at: datetime
    ) -> None:
        """Store the user's list of this moment, and which earlier locations it does not have."""
        await self._fence()
        writes = [
            self._update(each, at, {"listed_at": at, "missing_since": None}) for each in locations
        ]
        for company_id in missing:
            # The first moment stays.
            still_listed = {"_id": self._id(company_id), "missing_since": None}
            writes.append(UpdateOne(still_listed, {"$set": {"missing_since": at}}))
        await write_all(self._collection, writes)

    @waits_for_mongodb
    async def forget_missing(self, company_ids: Collection[str]) -> None:
        """Report these no longer as missing."""
        ids = [self._id(each) for each in company_ids]
        gone = {"_id": {"$in": ids}, "missing_since": {"$ne": None}}
        changes = {"$set": {"listed_at": None, "missing_since": None}}
        await self._collection.update_many(gone, changes)

    def _update(self, location: Location, at: datetime, fields: Document) -> UpdateOne:
        known: Document = {
            "companyId": location.id,
            "collection": self._of,
            "title": location.title,
            "city": location.city,
        }
        if location.timezone is not None:
            known |= {"timezone": location.timezone, "fetched_at": at}
        return UpdateOne({"_id": self._id(location.id)}, {"$set": known | fields}, upsert=True)

    def _read(self, document: Document) -> StoredLocation | None:
        timezone, now = document.get("timezone"), self._clock()
        moments = [document.get(name) for name in ("fetched_at", "listed_at", "missing_since")]
        try:
            company_id = text(document.get("companyId"))
            int(company_id)
            return StoredLocation(
                company_id,
                text(document.get("title", "")),
                None if timezone is None else text(timezone),
                text(document.get("city", "")),
                *(None if each is None else past_moment(each, now) for each in moments),
            )
        except (TypeError, ValueError):
            self._on_junk(LOCATIONS_COLLECTION, document["_id"])
            return None

    def _id(self, company_id: str) -> str:
        return f"{self._of}/{company_id}"
