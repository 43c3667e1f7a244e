"""Restores the documents that a run changed or removed, unless they were changed after the run."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import bson
from pymongo import UpdateOne

from altegio_sync.domain.clock import utc_now
from altegio_sync.domain.trash import TrashedRun, UndoReport
from altegio_sync.messages import store as texts
from altegio_sync.mongo.core.batches import batched
from altegio_sync.mongo.core.bulk import refused_message, write_each
from altegio_sync.mongo.core.connection import durable, translated_errors
from altegio_sync.mongo.core.document_ids import id_key
from altegio_sync.mongo.core.documents import KEY
from altegio_sync.mongo.core.fence import no_fence
from altegio_sync.mongo.core.ids import NO_LIST, label_of, to_id
from altegio_sync.mongo.core.indexes import drop_own_index, ensure_unique_index
from altegio_sync.mongo.core.literal import RAW, adding, removing, replacing
from altegio_sync.mongo.core.refusals import DUPLICATE_KEY
from altegio_sync.mongo.tending.changes import digest
from altegio_sync.mongo.tending.lead_trash import (
    STEPS,
    are_same,
    bringing_back,
    first_lead,
    lead_before,
    lead_of,
)
from altegio_sync.mongo.tending.trash import TRASH_COLLECTION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from bson.raw_bson import RawBSONDocument
    from pymongo.asynchronous.collection import AsyncCollection
    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.mongo.core.fence import Fence

    RawCollection = AsyncCollection[RawBSONDocument]

Document = dict[str, Any]

_BATCH = 500
#: Matches the entries of this program. Other documents in the trash are ignored.
_IS_ENTRY: Document = {
    **{name: {"$type": "string", **NO_LIST} for name in ("run", "collection")},
    "at": {
        "$gte": datetime(1, 1, 1, tzinfo=UTC),
        "$lt": datetime(9999, 1, 1, tzinfo=UTC),
        **NO_LIST,
    },
    "document": {"$type": "object", **NO_LIST},
    "document._id": {"$exists": True},
    "$or": [{name: {"$type": "array"}} for name in ("selves", STEPS)],
}


@dataclass(slots=True)
class _Plan:
    """What to do about the entries of a batch. ``current``: the documents as they are now."""

    current: Mapping[bytes, RawBSONDocument]
    writes: list[tuple[RawBSONDocument, UpdateOne]]
    done: list[Any]
    changed_since: list[RawBSONDocument]
    #: Entries of replaced leads, each with its write and the lead to restore.
    leads: list[tuple[RawBSONDocument, UpdateOne, Document]] = field(default_factory=list)


class MongoTrash:
    """Lists the runs in the trash, undoes a run, and deletes old entries."""

    def __init__(
        self,
        database: AsyncDatabase[Document],
        *,
        clock: Callable[[], datetime] = utc_now,
        fence: Fence = no_fence,
    ) -> None:
        self._database = durable(database)
        self._trash = self._database[TRASH_COLLECTION]
        self._raw_trash = self._trash.with_options(codec_options=RAW)
        self._clock = clock
        self._fence = fence

    async def list_runs(self) -> list[TrashedRun]:
        """The newest first."""
        group = {
            "_id": "$run",
            "command": {"$first": "$command"},
            "at": {"$max": "$at"},
            "removed": {"$sum": {"$cond": ["$removed", 1, 0]}},
            "entries": {"$sum": 1},
            "undone": {"$sum": {"$cond": [{"$gt": ["$undone_at", None]}, 1, 0]}},
        }
        pipeline: list[Document] = [
            {"$match": _IS_ENTRY},
            {"$group": group},
            {"$sort": {"_id": -1}},
        ]
        with translated_errors():
            found = await (await self._trash.aggregate(pipeline, allowDiskUse=True)).to_list()
        return [
            TrashedRun(
                run_id=each["_id"],
                command=str(each["command"]),
                at=each["at"],
                changed=each["entries"] - each["removed"],
                removed=each["removed"],
                undone=each["undone"],
            )
            for each in found
        ]

    async def undo(
        self,
        run_id: str,
        *,
        force: bool = False,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> UndoReport | None:
        """Restore every document of the run. Returns None if the trash does not contain the run.

        A document that was changed after the run is not restored, unless ``force``. Safe to repeat.
        """
        report = UndoReport(run_id)
        is_known = False
        with translated_errors():
            for ids in _in_batches(await self._find_groups(run_id)):
                is_known = True
                entries = await self._raw_trash.find({"_id": {"$in": ids}}).to_list()
                await self._undo_batch(entries, report, force=force)
                if should_stop():
                    report.interrupted = True
                    break
            for name in report.indexes_dropped_from:
                # The index was dropped, since it refused a document. Now that all documents are
                # restored, perhaps no id is double any more.
                reason = await ensure_unique_index(self._database[name])
                report.index_dropped |= reason is not None
        return report if is_known else None

    async def purge(self, before: datetime) -> int:
        """Delete the entries that were made before the moment. Returns their number."""
        with translated_errors():
            result = await self._trash.delete_many({"at": {"$lt": before}})
        return result.deleted_count

    async def count_before(self, before: datetime) -> int:
        with translated_errors():
            return await self._trash.count_documents({"at": {"$lt": before}})

    async def _find_groups(self, run_id: str) -> Sequence[Sequence[bytes]]:
        """The keys of the run's entries, grouped by appointment."""
        groups: dict[str | bytes, list[bytes]] = {}
        wanted = {f"document.{KEY}": 1, "document._id": 1}
        async for entry in self._raw_trash.find({"$and": [{"run": run_id}, _IS_ENTRY]}, wanted):
            groups.setdefault(_group_of(entry), []).append(id_key(entry["_id"]))
        return list(groups.values())

    async def _undo_batch(
        self, entries: Sequence[RawBSONDocument], report: UndoReport, *, force: bool
    ) -> None:
        by_collection: dict[str, list[RawBSONDocument]] = {}
        for entry in entries:
            by_collection.setdefault(entry["collection"], []).append(entry)
        for name, part in by_collection.items():
            collection = self._database[name].with_options(codec_options=RAW)
            plan = await self._plan(collection, part, force=force)
            report.already += len(plan.done)
            report.changed_since += [_label_of(each) for each in plan.changed_since]
            restored = await self._write(collection, plan, report)
            restored += await self._write_leads(collection, plan, report)
            report.restored += len(restored)
            undone = {"$set": {"undone_at": self._clock()}}
            # A very large entry may have no room for this field. Then the next undo checks it.
            await write_each(
                self._trash,
                [
                    UpdateOne({"_id": {"$eq": each}, "undone_at": None}, undone)
                    for each in (*plan.done, *restored)
                ],
            )

    async def _plan(
        self, collection: RawCollection, entries: Sequence[RawBSONDocument], *, force: bool
    ) -> _Plan:
        current = await _find(collection, entries)
        plan = _Plan(current, [], [], [])
        for entry in entries:
            old: RawBSONDocument = entry["document"]
            found = current.get(_document_key(entry))
            if STEPS in entry:
                _plan_lead(plan, entry, found, force=force)
            elif _is_back(entry, found):
                plan.done.append(entry["_id"])
            elif force or _is_as_left(entry, found):
                write = adding(old) if found is None else replacing(found, old)
                plan.writes.append((entry, write))
            else:
                plan.changed_since.append(entry)
        return plan

    async def _write(self, collection: RawCollection, plan: _Plan, report: UndoReport) -> list[Any]:
        """Write the documents. Returns the trash ids of those that read back as restored."""
        await self._fence()
        refused = await write_each(collection, [write for _, write in plan.writes])
        own = self._database[collection.name]
        if DUPLICATE_KEY in refused.values() and await drop_own_index(own):
            report.indexes_dropped_from.append(collection.name)
            again = [n for n, code in refused.items() if code == DUPLICATE_KEY]
            codes = await write_each(collection, [plan.writes[n][1] for n in again])
            refused = {n: code for n, code in refused.items() if n not in again}
            refused |= {again[n]: code for n, code in codes.items()}
        entries = [entry for entry, _ in plan.writes]
        current = await _find(collection, entries)
        restored = []
        incomplete = set()
        for number, entry in enumerate(entries):
            found = current.get(_document_key(entry))
            if _is_back(entry, found):
                restored.append(entry)
            elif number in refused and _is_as_left(entry, found):
                _note_refused(report, _label_of(entry), refused[number])
                incomplete.add(_group_of(entry))
            else:
                report.changed_since.append(_label_of(entry))
        await self._take_back(
            collection, plan, [each for each in restored if _group_of(each) in incomplete]
        )
        current = await _find(collection, restored) if incomplete else current
        return [
            each["_id"] for each in restored if _is_back(each, current.get(_document_key(each)))
        ]

    async def _take_back(
        self, collection: RawCollection, plan: _Plan, entries: Sequence[RawBSONDocument]
    ) -> None:
        """Give restored documents the version of the run again.

        MongoDB refused another document of their group, and a group is restored as a whole.

        If MongoDB refuses this too, the document stays restored.
        """
        writes = []
        for entry in entries:
            old, left = entry["document"], plan.current.get(_document_key(entry))
            writes.append(removing(old) if left is None else replacing(old, left))
        await write_each(collection, writes)

    async def _write_leads(
        self, collection: RawCollection, plan: _Plan, report: UndoReport
    ) -> list[Any]:
        """Write the leads. Returns the trash ids of those that read back as restored."""
        refused = await write_each(collection, [write for _, write, _ in plan.leads])
        current = await _find(collection, [entry for entry, *_ in plan.leads])
        restored = []
        for number, (entry, _, old) in enumerate(plan.leads):
            found = current.get(_document_key(entry))
            if found is not None and are_same(lead_of(found), old):
                restored.append(entry["_id"])
            elif number in refused:
                _note_refused(report, _label_of(entry), refused[number])
            else:
                report.changed_since.append(_label_of(entry))
        return restored


def _plan_lead(
    plan: _Plan, entry: RawBSONDocument, found: RawBSONDocument | None, *, force: bool
) -> None:
    if found is None:
        plan.changed_since.append(entry)
        return
    now, first = lead_of(found), first_lead(entry)
    before = lead_before(entry, now)
    if before is None and are_same(now, first):
        plan.done.append(entry["_id"])
    elif before is None and not force:
        plan.changed_since.append(entry)
    else:
        old = first if before is None else before
        plan.leads.append((entry, bringing_back(found, old), old))


async def _find(
    collection: RawCollection, entries: Sequence[RawBSONDocument]
) -> dict[bytes, RawBSONDocument]:
    """The current documents of the entries."""
    ids = [entry["document"]["_id"] for entry in entries]
    return {id_key(each["_id"]): each async for each in collection.find({"_id": {"$in": ids}})}


def _document_key(entry: RawBSONDocument) -> bytes:
    return id_key(entry["document"]["_id"])


def _in_batches(groups: Sequence[Sequence[bytes]]) -> Iterator[list[Any]]:
    """The `_id`s of about 500 entries at once. The entries of a group stay together."""
    for some in batched(groups, _BATCH, size_of=len, most_size=_BATCH):
        yield [bson.decode(each, RAW)["_id"] for group in some for each in group]


def _group_of(entry: RawBSONDocument) -> str | bytes:
    """The key that the entries of an appointment share. An entry without an id has its own key."""
    return to_id(entry["document"].get(KEY)) or _document_key(entry)


def _is_back(entry: RawBSONDocument, found: RawBSONDocument | None) -> bool:
    return found is not None and bool(found.raw == entry["document"].raw)


def _is_as_left(entry: RawBSONDocument, found: RawBSONDocument | None) -> bool:
    """Whether the document is still a version that the run wrote."""
    return (None if found is None else digest(found)) in entry["selves"]


def _note_refused(report: UndoReport, appointment_id: str, code: int) -> None:
    message = refused_message(appointment_id, code)
    if code == DUPLICATE_KEY:
        message = texts.REFUSED_BY_INDEX(appointment_id=appointment_id)
    report.add_refused(appointment_id, message)


def _label_of(entry: RawBSONDocument) -> str:
    return label_of(entry["document"])
