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

from altegio_sync.mongo.connection import DURABLE, LENIENT, durable, translated_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from pymongo.asynchronous.client_session import AsyncClientSession
    from pymongo.asynchronous.database import AsyncDatabase

    Document = dict[str, Any]
    _Write = UpdateOne | DeleteOne
    _Step = Callable[["Change"], _Write | None]

TRASH_COLLECTION = "altegio-sync-trash"
RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument, **LENIENT)
_DUPLICATE_KEY = 11000


@dataclass(frozen=True, slots=True)
class Change:
    """Fields to set in a document, or its removal; ``old`` is the document as it was read.

    The ``last`` ones are set after the removals of the group: an id that was another document's.
    """

    old: RawBSONDocument
    fields: Mapping[str, Any] = field(default_factory=dict)
    removes: bool = False
    last: Mapping[str, Any] = field(default_factory=dict)

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


def digest(document: Mapping[str, Any]) -> str:
    """The same for documents with the same fields in any order, BSON types included."""
    plain = {name: document[name] for name in sorted(document)}
    return hashlib.sha256(bson.encode(plain)).hexdigest()


def expected_selves(change: Change) -> list[str | None]:
    """The digest of what the document will be, one after the other; None is no more."""
    if change.removes:
        return [None]
    before_last = {**{name: change.old[name] for name in change.old}, **change.fields}
    selves: list[str | None] = [digest(before_last)]
    if change.last:
        selves.append(digest({**before_last, **change.last}))
    return selves


def unchanged_filter(old: RawBSONDocument) -> Document:
    """Matches the document only as it was read, so that no change of another program is lost."""
    return {"_id": old["_id"], "$expr": {"$eq": ["$$ROOT", {"$literal": old}]}}


class RecordedChanges:
    """Carries changes out for one run. Every group of them belongs to one appointment.

    On a replica set a group is a transaction. Elsewhere the order makes it safe to be killed
    anywhere and to be run again: the trash first, then what is set, then what is removed (nothing
    of a group in which something could not be set), then what is set last.
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
            return await self._apply_in_order(groups, now)

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
                    writes = _writes(group)
                    result = await self._collection.bulk_write(writes, session=inner)
                    if result.matched_count + result.deleted_count != len(writes):
                        raise _OvertakenError

                try:
                    await session.with_transaction(body, write_concern=DURABLE)
                except _OvertakenError:
                    applied.overtaken += [each.document_id for each in group]
                except BulkWriteError as error:
                    _raise_unless_duplicate(error)
                    applied.collided += [each.document_id for each in group]
                else:
                    applied.removed += sum(each.removes for each in group)
                    applied.changed += sum(not each.removes for each in group)
        return applied

    async def _apply_in_order(self, groups: Sequence[Sequence[Change]], now: datetime) -> Applied:
        changes = [each for group in groups for each in group]
        await self._trash.bulk_write(self._entries(changes, now), ordered=False)
        collided: list[Any] = []
        whole = groups
        for step in _STEPS:
            part = [each for group in whole for each in group]
            refused, missed = await self._carry_out(step, part)
            collided += refused
            broken = {id_key(each) for each in missed}
            whole = [
                group
                for group in whole
                if broken.isdisjoint(id_key(each.document_id) for each in group)
            ]
        left = changes if len(whole) < len(groups) else []
        missed = await self._find_missed(left, -1)
        await self._forget(missed)
        not_done, refused_keys = ({id_key(each) for each in ids} for ids in (missed, collided))
        done = [each for each in changes if id_key(each.document_id) not in not_done]
        return Applied(
            changed=sum(not each.removes for each in done),
            removed=sum(each.removes for each in done),
            overtaken=[each for each in missed if id_key(each) not in refused_keys],
            collided=collided,
        )

    async def _carry_out(
        self, step: _Step, changes: Sequence[Change]
    ) -> tuple[list[Any], list[Any]]:
        """The documents that a unique index refused, and all those that were not written."""
        writes = [(each, write) for each in changes if (write := step(each)) is not None]
        if not writes:
            return [], []
        refused: list[Any] = []
        try:
            result = await self._collection.bulk_write([each for _, each in writes], ordered=False)
            hits = result.matched_count + result.deleted_count
        except BulkWriteError as error:
            _raise_unless_duplicate(error)
            refused = [
                writes[each["index"]][0].document_id for each in error.details["writeErrors"]
            ]
            hits = error.details["nMatched"] + error.details["nRemoved"]
        if hits == len(writes):
            return [], []
        which = -1 if step is _set_last else 0
        return refused, await self._find_missed([each for each, _ in writes], which)

    async def _find_missed(self, changes: Sequence[Change], which: int) -> list[Any]:
        """Those that are not what they should have become; ``which`` of their expected selves."""
        ids = [each.document_id for each in changes]
        if not ids:
            return []
        raw = self._collection.with_options(codec_options=RAW)
        found = {id_key(each["_id"]): each async for each in raw.find({"_id": {"$in": ids}})}
        missed = []
        for change in changes:
            current = found.get(id_key(change.document_id))
            now_is = None if current is None else digest(current)
            if now_is != expected_selves(change)[which]:
                missed.append(change.document_id)
        return missed

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
                    "$addToSet": {"selves": {"$each": expected_selves(change)}},
                },
                upsert=True,
            )
            for change in changes
        ]


class _OvertakenError(Exception):
    """Ends a transaction whose documents changed since they were read."""


def id_key(document_id: Any) -> bytes:
    return bson.encode({"_id": document_id})


def _set(change: Change) -> _Write | None:
    if not change.fields:
        return None
    return UpdateOne(unchanged_filter(change.old), {"$set": dict(change.fields)})


def _remove(change: Change) -> _Write | None:
    return DeleteOne(unchanged_filter(change.old)) if change.removes else None


def _set_last(change: Change) -> _Write | None:
    if not change.last:
        return None
    same = {name: {"$eq": change.old[name]} for name in change.last if name in change.old}
    return UpdateOne({"_id": change.document_id, **same}, {"$set": dict(change.last)})


_STEPS = (_set, _remove, _set_last)


def _writes(group: Sequence[Change]) -> list[_Write]:
    return [write for step in _STEPS for each in group if (write := step(each)) is not None]


def _raise_unless_duplicate(error: BulkWriteError) -> None:
    refused = error.details.get("writeErrors", [])
    is_unsure = not refused or error.details.get("writeConcernErrors")
    if is_unsure or any(each["code"] != _DUPLICATE_KEY for each in refused):
        raise error
