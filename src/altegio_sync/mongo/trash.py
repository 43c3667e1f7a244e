"""Changes and removes documents, each old self kept in the trash first, and brings them back.

An entry of the trash is known by run and document: the first old self of the document in the run,
and a digest of every later self that the run gave it. So a run may be killed between any two
writes, and what is undone is exactly what it did.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import bson
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import DeleteOne, UpdateOne
from pymongo.errors import BulkWriteError

from altegio_sync.mongo.connection import durable, translated_errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from pymongo.asynchronous.client_session import AsyncClientSession
    from pymongo.asynchronous.database import AsyncDatabase

    Document = dict[str, Any]

TRASH_COLLECTION = "altegio-sync-trash"
RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument, tz_aware=True)
_DUPLICATE_KEY = 11000


@dataclass(frozen=True, slots=True)
class Change:
    """Fields to set in a document, or its removal; ``old`` is the document as it was read."""

    old: RawBSONDocument
    fields: Mapping[str, Any] = field(default_factory=dict)
    removes: bool = False

    @property
    def document_id(self) -> Any:
        return self.old["_id"]


@dataclass(slots=True)
class Applied:
    """How many documents were changed and removed, and which were not, and why."""

    changed: int = 0
    removed: int = 0
    overtaken: list[Any] = field(default_factory=list)
    collided: list[Any] = field(default_factory=list)

    def add(self, other: Applied) -> None:
        self.changed += other.changed
        self.removed += other.removed
        self.overtaken += other.overtaken
        self.collided += other.collided


def digest(document: Mapping[str, Any]) -> str:
    """The same for documents with the same fields in any order, BSON types included."""
    plain = {name: document[name] for name in sorted(document)}
    return hashlib.sha256(bson.encode(plain)).hexdigest()


def expected_self(change: Change) -> str | None:
    """The digest of what the document will be; None where it will be no more."""
    if change.removes:
        return None
    return digest({**{name: change.old[name] for name in change.old}, **change.fields})


def unchanged_filter(old: Mapping[str, Any]) -> Document:
    """Matches the document only as it was read, so that no change of another program is lost."""
    return {name: old[name] if name == "_id" else {"$eq": old[name]} for name in old}


class RecordedChanges:
    """Carries changes out for one run. Every group of them belongs to one appointment.

    On a replica set a group is a transaction. Elsewhere the order makes it safe to be killed
    anywhere and to be run again: the trash first, then what is set, then what is removed.
    """

    def __init__(
        self, database: AsyncDatabase[Document], collection: str, *, run_id: str, command: str
    ) -> None:
        self._database = durable(database)
        self._collection = self._database[collection]
        self._trash = self._database[TRASH_COLLECTION]
        self._run_id = run_id
        self._command = command
        self._has_transactions: bool | None = None

    async def apply(self, groups: Sequence[Sequence[Change]], now: datetime) -> Applied:
        """Write the groups; a document that changed since it was read is left, and told."""
        if not groups:
            return Applied()
        with translated_errors():
            if self._has_transactions is None:
                await self._prepare()
            if self._has_transactions:
                return await self._apply_in_transactions(groups, now)
            return await self._apply_in_order([each for group in groups for each in group], now)

    async def _prepare(self) -> None:
        hello = await self._database.command("hello")
        self._has_transactions = "setName" in hello or hello.get("msg") == "isdbgrid"
        await self._trash.create_index("run")

    async def _apply_in_transactions(
        self, groups: Sequence[Sequence[Change]], now: datetime
    ) -> Applied:
        applied = Applied()
        async with self._database.client.start_session() as session:
            for group in groups:

                async def body(inner: AsyncClientSession, group: Sequence[Change] = group) -> None:
                    await self._trash.bulk_write(self._entries(group, now), session=inner)
                    result = await self._collection.bulk_write(_writes(group), session=inner)
                    if result.matched_count + result.deleted_count != len(group):
                        raise _OvertakenError

                try:
                    await session.with_transaction(body)
                except _OvertakenError:
                    applied.overtaken += [each.document_id for each in group]
                except BulkWriteError as error:
                    _raise_unless_duplicate(error)
                    applied.collided += [each.document_id for each in group]
                else:
                    applied.removed += sum(each.removes for each in group)
                    applied.changed += sum(not each.removes for each in group)
        return applied

    async def _apply_in_order(self, changes: Sequence[Change], now: datetime) -> Applied:
        await self._trash.bulk_write(self._entries(changes, now), ordered=False)
        collided: list[Any] = []
        hits = 0
        for removes in (False, True):
            part = [each for each in changes if each.removes is removes]
            if not part:
                continue
            try:
                result = await self._collection.bulk_write(_writes(part), ordered=False)
                hits += result.matched_count + result.deleted_count
            except BulkWriteError as error:
                _raise_unless_duplicate(error)
                errors = error.details["writeErrors"]
                collided += [part[each["index"]].document_id for each in errors]
                hits += error.details["nMatched"] + error.details["nRemoved"]
        missed = hits + len(collided) != len(changes)
        overtaken = await self._find_overtaken(changes, collided) if missed else []
        await self._forget([*collided, *overtaken])
        left = {id_key(each) for each in (*collided, *overtaken)}
        done = [each for each in changes if id_key(each.document_id) not in left]
        return Applied(
            changed=sum(not each.removes for each in done),
            removed=sum(each.removes for each in done),
            overtaken=overtaken,
            collided=collided,
        )

    async def _find_overtaken(self, changes: Sequence[Change], collided: list[Any]) -> list[Any]:
        """Which changes another program was faster than."""
        ids = [each.document_id for each in changes]
        raw = self._collection.with_options(codec_options=RAW)
        found = {id_key(each["_id"]): each async for each in raw.find({"_id": {"$in": ids}})}
        refused = {id_key(each) for each in collided}
        overtaken = []
        for change in changes:
            current = found.get(id_key(change.document_id))
            is_done = (None if current is None else digest(current)) == expected_self(change)
            if not is_done and id_key(change.document_id) not in refused:
                overtaken.append(change.document_id)
        return overtaken

    async def _forget(self, document_ids: Sequence[Any]) -> None:
        """Entries of what was not done, unless an earlier change of the run stands behind them."""
        keys = [{"run": self._run_id, "document": each} for each in document_ids]
        if keys:
            await self._trash.delete_many({"_id": {"$in": keys}, "selves": {"$size": 1}})

    def _entries(self, changes: Iterable[Change], now: datetime) -> list[UpdateOne]:
        return [
            UpdateOne(
                {"_id": {"run": self._run_id, "document": change.document_id}},
                {
                    "$setOnInsert": {
                        "run": self._run_id,
                        "command": self._command,
                        "collection": self._collection.name,
                        "document": change.old,
                    },
                    "$set": {"at": now, "removed": change.removes},
                    "$addToSet": {"selves": expected_self(change)},
                },
                upsert=True,
            )
            for change in changes
        ]


class _OvertakenError(Exception):
    """Ends a transaction whose documents changed since they were read."""


def id_key(document_id: Any) -> bytes:
    return bson.encode({"_id": document_id})


def _writes(changes: Iterable[Change]) -> list[UpdateOne | DeleteOne]:
    return [
        DeleteOne(unchanged_filter(change.old))
        if change.removes
        else UpdateOne(unchanged_filter(change.old), {"$set": dict(change.fields)})
        for change in changes
    ]


def _raise_unless_duplicate(error: BulkWriteError) -> None:
    if any(each["code"] != _DUPLICATE_KEY for each in error.details.get("writeErrors", [{}])):
        raise error
