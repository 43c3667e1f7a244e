"""Stores the leads that a sync replaces, and restores them. A lead is two fields of a document.

An entry of the trash has a step for each time that the run replaced the lead of a document. A step
may not have been carried out, because the run was killed or another program was faster. This does
no harm: undo compares the steps with the lead that the document has now.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import bson
from pymongo import UpdateOne

from altegio_sync.domain.report import LeadChange
from altegio_sync.mongo.core.bulk import write_all, write_each
from altegio_sync.mongo.core.connection import durable, waits_for_mongodb
from altegio_sync.mongo.core.documents import KEY
from altegio_sync.mongo.core.literal import still_has
from altegio_sync.mongo.tending.trash import TRASH_COLLECTION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.domain.report import WritingRun

    Document = dict[str, Any]

LEAD_FIELDS = ("leadId", "leadName")
#: The field of a trash entry that contains the steps.
STEPS = "leads"


@dataclass(frozen=True, slots=True)
class StoredLead:
    """A stored document whose lead will be replaced, and all fields that change in it."""

    stored: Mapping[str, Any]
    changed: Mapping[str, Any]

    @property
    def old(self) -> Document:
        return lead_of(self.stored)

    @property
    def new(self) -> Document:
        return {**self.old, **lead_of(self.changed)}

    def to_lead_change(self, appointment_id: str) -> LeadChange:
        return LeadChange(appointment_id, str(self.stored["leadId"]), str(self.changed["leadId"]))


def is_other_lead(stored: Mapping[str, Any], changed: Mapping[str, Any]) -> bool:
    """Whether the change replaces a lead by another one. 501 and "501" are the same lead."""
    old = stored.get("leadId")
    return "leadId" in changed and old not in (None, "") and str(old) != changed["leadId"]


class LeadTrash:
    """Writes the part of the trash that a sync needs."""

    def __init__(self, database: AsyncDatabase[Document], collection: str) -> None:
        self._trash = durable(database)[TRASH_COLLECTION]
        self._collection = collection
        self._is_prepared = False

    @waits_for_mongodb
    async def keep(
        self, leads: Sequence[StoredLead], run: WritingRun, now: datetime
    ) -> Mapping[int, int]:
        """Store the leads in the trash before they are replaced.

        Returns the position and code of each lead that the server refused: it must not be replaced.
        """
        if not self._is_prepared:
            await self._trash.create_index("run")
            self._is_prepared = True
        return await write_each(self._trash, [self._entry(each, run, now) for each in leads])

    @waits_for_mongodb
    async def forget(self, leads: Sequence[StoredLead], run: WritingRun) -> None:
        """Remove the leads that were not replaced."""
        pulls = [
            UpdateOne(
                {"_id": {"$eq": _key(each, run)}},
                {"$pull": {STEPS: {"from": {"$eq": each.old}, "to": {"$eq": each.new}}}},
            )
            for each in leads
        ]
        await write_all(self._trash, pulls)
        await self._trash.delete_many({"run": run.run_id, STEPS: {"$size": 0}})

    def _entry(self, lead: StoredLead, run: WritingRun, now: datetime) -> UpdateOne:
        document = {"_id": lead.stored["_id"], KEY: lead.stored.get(KEY)}
        return UpdateOne(
            {"_id": {"$eq": _key(lead, run)}},
            {
                "$setOnInsert": {
                    "run": run.run_id,
                    "command": run.command,
                    "collection": self._collection,
                    "document": document,
                    "removed": False,
                },
                "$set": {"at": now},
                "$addToSet": {STEPS: {"from": lead.old, "to": lead.new}},
            },
            upsert=True,
        )


def _key(lead: StoredLead, run: WritingRun) -> Document:
    return {"run": run.run_id, "document": lead.stored["_id"]}


def lead_of(document: Mapping[str, Any]) -> Document:
    return {name: document[name] for name in LEAD_FIELDS if name in document}


def are_same(one: Document, other: Document) -> bool:
    """Compare by bytes: in Python a NaN does not equal itself, and 1 equals True."""
    return _encoded(one) == _encoded(other)


def _encoded(lead: Document) -> dict[str, bytes]:
    return {name: bson.encode({name: value}) for name, value in lead.items()}


def lead_before(entry: Mapping[str, Any], now: Document) -> Document | None:
    """The lead before the run; None if the document's present lead is not from this run."""
    before: Document | None = None
    for step in reversed(entry[STEPS]):
        if are_same(dict(step["to"]), now if before is None else before):
            before = dict(step["from"])
    return before


def first_lead(entry: Mapping[str, Any]) -> Document:
    """The lead that the run found first."""
    return dict(entry[STEPS][0]["from"])


def bringing_back(document: Mapping[str, Any], old: Document) -> UpdateOne:
    """A write that restores the two fields if the document still has the lead that was read."""
    same = still_has(document, LEAD_FIELDS)
    lacks = [name for name in LEAD_FIELDS if name not in old]
    unset = {"$unset": dict.fromkeys(lacks, "")} if lacks else {}
    return UpdateOne({"_id": {"$eq": document["_id"]}, **same}, {"$set": old, **unset})
