"""Brings back what a run changed or removed, as far as nobody changed it since."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pymongo import UpdateOne

from altegio_sync.domain.report import RunError, utc_now, utc_text
from altegio_sync.mongo.bulk import refused_message, write_each
from altegio_sync.mongo.connection import durable, translated_errors
from altegio_sync.mongo.documents import KEY
from altegio_sync.mongo.fence import no_fence
from altegio_sync.mongo.ids import shown_id
from altegio_sync.mongo.indexes import drop_own_index, ensure_unique_index
from altegio_sync.mongo.lead_trash import STEPS, bringing_back, first_lead, lead_before, lead_of
from altegio_sync.mongo.literal import RAW, adding, replacing
from altegio_sync.mongo.refusals import DUPLICATE_KEY
from altegio_sync.mongo.trash import TRASH_COLLECTION, digest, id_key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from bson.raw_bson import RawBSONDocument
    from pymongo.asynchronous.collection import AsyncCollection
    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.mongo.fence import Fence

    Document = dict[str, Any]
    RawCollection = AsyncCollection[RawBSONDocument]

_BATCH = 500


@dataclass(frozen=True, slots=True)
class TrashedRun:
    """What the trash holds of one run; ``undone`` of its entries were brought back."""

    run_id: str
    command: str
    at: datetime
    changed: int
    removed: int
    undone: int

    def to_json(self) -> dict[str, Any]:
        return {
            "run_id": self.run_id,
            "command": self.command,
            "at": utc_text(self.at),
            "changed": self.changed,
            "removed": self.removed,
            "undone": self.undone,
        }


@dataclass(slots=True)
class UndoReport:
    """What undoing a run did; the lists hold appointment ids of what was left alone."""

    run_id: str
    restored: int = 0
    already: int = 0
    index_dropped: bool = False
    changed_since: list[str] = field(default_factory=list)
    #: What MongoDB does not take back: for a validator, for a unique index made by others …
    refused: list[str] = field(default_factory=list)
    errors: list[RunError] = field(default_factory=list)
    indexes_dropped_from: list[str] = field(default_factory=list)
    interrupted: bool = False

    @property
    def exit_code(self) -> int:
        if self.interrupted:
            return 130
        return 1 if self.changed_since or self.refused else 0

    def add_refused(self, appointment_id: str, code: int) -> None:
        self.refused.append(appointment_id)
        message = refused_message(appointment_id, code)
        if code == DUPLICATE_KEY:
            message = (
                f"A unique index made by others does not let appointment {appointment_id} back"
            )
        self.errors.append(RunError("refused", message))

    def to_json(self) -> dict[str, Any]:
        return {
            "command": "undo",
            "run_id": self.run_id,
            "ok": self.exit_code == 0,
            "restored": self.restored,
            "already": self.already,
            "index_dropped": self.index_dropped,
            "changed_since": self.changed_since,
            "refused": self.refused,
            "errors": [each.to_json() for each in self.errors],
        }


@dataclass(slots=True)
class _Plan:
    """The entries of a batch, by what has to be done about them."""

    writes: list[tuple[RawBSONDocument, UpdateOne]]
    done: list[Any]
    changed_since: list[RawBSONDocument]
    #: Entries of replaced leads, each with the lead to bring back.
    leads: list[tuple[RawBSONDocument, UpdateOne, Document]] = field(default_factory=list)


class MongoTrash:
    """Lists the runs that the trash holds, undoes one, and forgets the old."""

    def __init__(
        self,
        database: AsyncDatabase[Document],
        *,
        clock: Callable[[], datetime] = utc_now,
        fence: Fence = no_fence,
    ) -> None:
        self._database = durable(database)
        self._trash = self._database[TRASH_COLLECTION]
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
        # What is no entry of ours is passed over.
        ours = {"run": {"$type": "string"}, "at": {"$type": "date"}}
        pipeline: list[Document] = [{"$match": ours}, {"$group": group}, {"$sort": {"_id": -1}}]
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
        """Bring every document of the run back; None where the trash does not know the run.

        What changed since is left alone unless ``force``. Safe to repeat.
        """
        report = UndoReport(run_id)
        is_known = False
        with translated_errors():
            entries = self._trash.with_options(codec_options=RAW).find(
                {"run": run_id}, sort=["_id"], allow_disk_use=True
            )
            batch: list[RawBSONDocument] = []
            async for entry in entries:
                is_known = True
                batch.append(entry)
                if len(batch) == _BATCH:
                    await self._undo_batch(batch, report, force=force)
                    batch = []
                    if should_stop():
                        report.interrupted = True
                        break
            await self._undo_batch(batch, report, force=force)
            for name in report.indexes_dropped_from:
                # It may have stood in the way only of one document before the other.
                reason = await ensure_unique_index(self._database[name])
                report.index_dropped |= reason is not None
        return report if is_known else None

    async def purge(self, before: datetime) -> int:
        """Forget the entries made before the moment; how many those were."""
        with translated_errors():
            result = await self._trash.delete_many({"at": {"$lt": before}})
        return result.deleted_count

    async def count_before(self, before: datetime) -> int:
        with translated_errors():
            return await self._trash.count_documents({"at": {"$lt": before}})

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
            report.changed_since += [_shown(each) for each in plan.changed_since]
            restored = await self._write(collection, plan, report)
            restored += await self._write_leads(collection, plan, report)
            report.restored += len(restored)
            undone = {"$set": {"undone_at": self._clock()}}
            # An entry that is nearly too large has no room for it, and the next undo finds out.
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
        plan = _Plan([], [], [])
        for entry in entries:
            old: RawBSONDocument = entry["document"]
            found = current.get(_document_key(entry))
            if STEPS in entry:
                _plan_lead(plan, entry, found, force=force)
            elif found is not None and found.raw == old.raw:
                plan.done.append(entry["_id"])
            elif force or _is_as_left(entry, found):
                write = adding(old) if found is None else replacing(found, old)
                plan.writes.append((entry, write))
            else:
                plan.changed_since.append(entry)
        return plan

    async def _write(self, collection: RawCollection, plan: _Plan, report: UndoReport) -> list[Any]:
        """The trash ids of what was brought back, as reading it again shows."""
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
        for number, entry in enumerate(entries):
            found = current.get(_document_key(entry))
            if found is not None and found.raw == entry["document"].raw:
                restored.append(entry["_id"])
            elif number in refused and _is_as_left(entry, found):
                report.add_refused(_shown(entry), refused[number])
            else:
                report.changed_since.append(_shown(entry))
        return restored

    async def _write_leads(
        self, collection: RawCollection, plan: _Plan, report: UndoReport
    ) -> list[Any]:
        """The trash ids of the leads that were brought back, as reading them again shows."""
        refused = await write_each(collection, [write for _, write, _ in plan.leads])
        current = await _find(collection, [entry for entry, *_ in plan.leads])
        restored = []
        for number, (entry, _, old) in enumerate(plan.leads):
            found = current.get(_document_key(entry))
            if found is not None and lead_of(found) == old:
                restored.append(entry["_id"])
            elif number in refused:
                report.add_refused(_shown(entry), refused[number])
            else:
                report.changed_since.append(_shown(entry))
        return restored


def _plan_lead(
    plan: _Plan, entry: RawBSONDocument, found: RawBSONDocument | None, *, force: bool
) -> None:
    if found is None:
        plan.changed_since.append(entry)
        return
    now, first = lead_of(found), first_lead(entry)
    before = lead_before(entry, now)
    if before is None and now == first:
        plan.done.append(entry["_id"])
    elif before is None and not force:
        plan.changed_since.append(entry)
    else:
        old = first if before is None else before
        plan.leads.append((entry, bringing_back(found, old), old))


async def _find(
    collection: RawCollection, entries: Sequence[RawBSONDocument]
) -> dict[bytes, RawBSONDocument]:
    """The documents of the entries as they are now."""
    ids = [entry["document"]["_id"] for entry in entries]
    return {id_key(each["_id"]): each async for each in collection.find({"_id": {"$in": ids}})}


def _document_key(entry: RawBSONDocument) -> bytes:
    return id_key(entry["document"]["_id"])


def _is_as_left(entry: RawBSONDocument, found: RawBSONDocument | None) -> bool:
    """Whether the document is still what the run made of it."""
    return (None if found is None else digest(found)) in entry["selves"]


def _shown(entry: RawBSONDocument) -> str:
    return shown_id(entry["document"]["_id"], entry["document"].get(KEY))
