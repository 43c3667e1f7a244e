"""Decides what to write for a version that was read, by the versions that are stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pymongo import UpdateOne

from altegio_sync.domain.versions import ANNOUNCED_WITHIN, VersionClass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from altegio_sync.domain.versions import FoundVersion

    Document = dict[str, Any]

#: What has to be read of a stored version.
PLANNED_FIELDS = ("fields_hash", "id_hash", "id_read_at", "stored_at")


@dataclass(frozen=True, slots=True)
class DatedVersion:
    """A version of a collection's booking; ``at`` is the time of the change by MongoDB's clock.

    ``is_timed``: otherwise ``at`` is the time of the reading.
    """

    collection: str
    found: FoundVersion
    at: datetime
    is_timed: bool

    @property
    def id(self) -> str:
        found = self.found
        stamp = found.changed_at.astimezone(UTC).isoformat(timespec="milliseconds")
        return f"{self.collection}/{found.company}/{found.appointment_id}/{stamp}"

    @property
    def variant_id(self) -> str:
        """The id of the version with the same stamp and other fields than the first reading."""
        return f"{self.id}/{self.found.fields_hash}"


def plan_writes(
    version: DatedVersion, stored: Mapping[str, Document], now: datetime
) -> Iterable[UpdateOne]:
    """The writes, none if everything is known. Each of them is harmless twice.

    Only lists are compared with lists: an answer by id may differ for another reason. It is noted,
    so that a change which a notice brought is not found a second time by the next list.
    """
    found, base = version.found, stored.get(version.id)
    if base is None:
        yield _insert(version.id, version, version.at, now, is_timed=version.is_timed)
    elif found.is_by_id:
        if found.fields_hash not in (base.get("fields_hash"), base.get("id_hash")):
            noted = {"id_hash": found.fields_hash, "id_read_at": now}
            yield UpdateOne({"_id": version.id}, {"$set": noted})
        yield from _note_stored(base, found, now)
    elif base.get("fields_hash") is None:
        is_lacking = {"_id": version.id, "fields_hash": None}
        yield UpdateOne(is_lacking, {"$set": {"fields_hash": found.fields_hash}})
        yield from _note_stored(base, found, now)
    elif found.fields_hash == base["fields_hash"]:
        yield from _note_stored(base, found, now)
    elif (variant := stored.get(version.variant_id)) is not None:
        yield from _note_stored(variant, found, now)
    else:
        # When the fields changed is not known, since the stamp did not move.
        is_known_by_id = found.fields_hash == base.get("id_hash")
        at = base["id_read_at"] if is_known_by_id else now
        yield _insert(version.variant_id, version, at, now, is_timed=False)


def _insert(
    version_id: str, version: DatedVersion, at: datetime, now: datetime, *, is_timed: bool
) -> UpdateOne:
    found = version.found
    fields: Document = {
        "collection": version.collection,
        "companyId": found.company,
        "appointmentId": found.appointment_id,
        "changed_at": found.changed_at,
        "at": at,
        "is_timed": is_timed,
        "fields_hash": None if found.is_by_id else found.fields_hash,
        "id_hash": found.fields_hash if found.is_by_id else None,
        "found_at": now,
        "stored_at": now if found.is_stored else None,
        "class": VersionClass.OPEN.value,
        "check_at": at + ANNOUNCED_WITHIN,
    }
    if found.is_by_id:
        fields["id_read_at"] = now
    return UpdateOne({"_id": version_id}, {"$setOnInsert": fields}, upsert=True)


def _note_stored(stored: Document, found: FoundVersion, now: datetime) -> Iterable[UpdateOne]:
    if found.is_stored and stored.get("stored_at") is None:
        yield UpdateOne({"_id": stored["_id"], "stored_at": None}, {"$set": {"stored_at": now}})
