"""Brings back what a run changed or removed, as far as nobody changed it since."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bson.raw_bson import RawBSONDocument
from pymongo import InsertOne, ReplaceOne
from pymongo.errors import BulkWriteError

from altegio_sync.domain.report import utc_now, utc_text
from altegio_sync.mongo.connection import durable, translated_errors
from altegio_sync.mongo.documents import KEY
from altegio_sync.mongo.indexes import drop_own_index
from altegio_sync.mongo.trash import RAW, TRASH_COLLECTION, digest, id_key, unchanged_filter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from pymongo.asynchronous.collection import AsyncCollection
    from pymongo.asynchronous.database import AsyncDatabase

    Document = dict[str, Any]
    RawCollection = AsyncCollection[RawBSONDocument]
    _Write = InsertOne[RawBSONDocument] | ReplaceOne[RawBSONDocument]

_DUPLICATE_KEY = 11000
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
    #: Another unique index than ours does not let these back.
    refused: list[str] = field(default_factory=list)
    interrupted: bool = False

    @property
    def exit_code(self) -> int:
        if self.interrupted:
            return 130
        return 1 if self.changed_since or self.refused else 0

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
        }


@dataclass(slots=True)
class _Plan:
    """The entries of a batch, by what has to be done about them."""

    writes: list[tuple[RawBSONDocument, _Write]]
    done: list[Any]
    changed_since: list[RawBSONDocument]


class MongoTrash:
    """Lists the runs that the trash holds, undoes one, and forgets the old."""

    def __init__(
        self, database: AsyncDatabase[Document], *, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._database = durable(database)
        self._trash = self._database[TRASH_COLLECTION]
        self._clock = clock

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
        pipeline: list[Document] = [{"$group": group}, {"$sort": {"_id": -1}}]
        with translated_errors():
            found = await (await self._trash.aggregate(pipeline, allowDiskUse=True)).to_list()
        return [
            TrashedRun(
                run_id=each["_id"],
                command=each["command"],
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
            report.changed_since += [_appointment_id(each) for each in plan.changed_since]
            restored = await self._write(collection, plan, report)
            report.restored += len(restored)
            ids = [*plan.done, *restored]
            await self._trash.update_many(
                {"_id": {"$in": ids}, "undone_at": None}, {"$set": {"undone_at": self._clock()}}
            )

    async def _plan(
        self, collection: RawCollection, entries: Sequence[RawBSONDocument], *, force: bool
    ) -> _Plan:
        ids = [entry["document"]["_id"] for entry in entries]
        current = {
            id_key(each["_id"]): each async for each in collection.find({"_id": {"$in": ids}})
        }
        plan = _Plan([], [], [])
        for entry in entries:
            old: RawBSONDocument = entry["document"]
            found = current.get(id_key(old["_id"]))
            if found is not None and found.raw == old.raw:
                plan.done.append(entry["_id"])
            elif (None if found is None else digest(found)) in entry["selves"] or force:
                write: _Write = (
                    InsertOne(old) if found is None else ReplaceOne(unchanged_filter(found), old)
                )
                plan.writes.append((entry, write))
            else:
                plan.changed_since.append(entry)
        return plan

    async def _write(self, collection: RawCollection, plan: _Plan, report: UndoReport) -> list[Any]:
        """The trash ids of what was brought back."""
        left = plan.writes
        refused = await _bulk_write(collection, [write for _, write in left])
        restored = [entry["_id"] for n, (entry, _) in enumerate(left) if n not in refused]
        if not refused:
            return restored
        again = [left[n] for n in refused]
        if await drop_own_index(self._database[collection.name]):
            report.index_dropped = True
            refused = await _bulk_write(collection, [write for _, write in again])
        else:
            refused = set(range(len(again)))
        report.refused += [_appointment_id(again[n][0]) for n in sorted(refused)]
        return restored + [entry["_id"] for n, (entry, _) in enumerate(again) if n not in refused]


async def _bulk_write(collection: RawCollection, writes: Sequence[Any]) -> set[int]:
    """The positions of those that a unique index refused."""
    if not writes:
        return set()
    try:
        await collection.bulk_write(writes, ordered=False)
    except BulkWriteError as error:
        errors = error.details.get("writeErrors", [])
        if not errors or any(each["code"] != _DUPLICATE_KEY for each in errors):
            raise
        return {each["index"] for each in errors}
    return set()


def _appointment_id(entry: Mapping[str, Any]) -> str:
    return str(entry["document"].get(KEY, ""))
