"""Reads and writes the collections: the only module that awaits PyMongo for appointments."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bson import ObjectId
from pymongo import InsertOne, UpdateOne

from altegio_sync.domain.lessons import Kept
from altegio_sync.domain.report import Outcome, SyncMode, utc_now
from altegio_sync.mongo.bulk import DUPLICATE_KEY, refused_message, write_each
from altegio_sync.mongo.connection import durable, waits_for_mongodb
from altegio_sync.mongo.documents import (
    BOOKING_FIELDS,
    KEY,
    changed_fields,
    told_names,
    wanted_fields,
)
from altegio_sync.mongo.duplicates import has_numeric_ids
from altegio_sync.mongo.ids import IS_ID, keys_of, to_id
from altegio_sync.mongo.indexes import (
    ensure_start_index,
    ensure_unique_index,
    find_in_its_place,
    has_unique_index,
)
from altegio_sync.ports import BatchResult, StoreState

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from bson import Int64
    from pymongo.asynchronous.collection import AsyncCollection
    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.domain.lessons import Verdict
    from altegio_sync.ports import StoredScope

    Document = dict[str, Any]

_PROJECTION = dict.fromkeys(BOOKING_FIELDS, 1)
#: A list is matched by what it holds; a document with one as its id is `validate`'s business.
_NO_LIST = {"$not": {"$type": "array"}}


@dataclass(slots=True)
class _Plan:
    """What to do about one verdict; ``position`` is its place in the batch.

    ``document_id`` is the `_id` of the document that it would add.
    """

    position: int
    outcome: Outcome
    writes: Sequence[InsertOne[Document] | UpdateOne] = ()
    changes: frozenset[str] = frozenset()
    is_no_longer_kept: bool = False
    document_id: ObjectId | None = None


class MongoAppointments:
    """The collection of appointments; other programs' fields are never touched."""

    def __init__(
        self,
        database: AsyncDatabase[Document],
        collection: str,
        *,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._collection: AsyncCollection[Document] = durable(database)[collection]
        self._clock = clock
        self._has_numeric_ids = False

    @waits_for_mongodb
    async def prepare(self, *, dry_run: bool) -> str | None:
        self._has_numeric_ids = await has_numeric_ids(self._collection)
        if dry_run:
            missing = "a dry run makes none; the next run will"
            return None if await has_unique_index(self._collection) else missing
        await ensure_start_index(self._collection)
        return await ensure_unique_index(self._collection)

    @waits_for_mongodb
    async def find_server_time(self) -> datetime:
        hello = await self._collection.database.command("hello")
        moment: datetime = hello["localTime"]
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    @waits_for_mongodb
    async def count_undeleted(self, scope: StoredScope) -> int:
        return await self._collection.count_documents(_undeleted(scope))

    @waits_for_mongodb
    async def find_undeleted(self, scope: StoredScope) -> Collection[str]:
        found = self._collection.find(_undeleted(scope), {KEY: 1})
        keys = {to_id(each[KEY]) or "" async for each in found}
        # An id that is none cannot be asked for; `validate` tells of it.
        return {key for key in keys if key.isascii() and key.isdigit()}

    @waits_for_mongodb
    async def mark_deleted(self, appointment_ids: Collection[str], scope: StoredScope) -> None:
        await self._collection.update_many(
            {**_undeleted(scope), KEY: {"$in": self._keys(appointment_ids), **_NO_LIST}},
            {"$set": {"isDeleted": True, "updatedAt": self._clock()}},
        )

    @waits_for_mongodb
    async def describe(self) -> StoreState:
        server = await self._collection.database.client.server_info()
        documents = await self._collection.estimated_document_count()
        return StoreState(
            version=server["version"],
            documents=documents,
            has_unique_index=await has_unique_index(self._collection),
            in_its_place=await find_in_its_place(self._collection),
            server_time=await self.find_server_time(),
        )

    async def store_batch(
        self, batch: Sequence[Verdict], *, mode: SyncMode, dry_run: bool
    ) -> BatchResult:
        plans = await self._plan(list(enumerate(batch)), mode)
        failures: list[str] = []
        if not dry_run:
            raced = await self._write(plans, batch, failures)
            if raced:
                # They are stored now, so look again: another run was faster, or this one itself,
                # which did not hear of it before MongoDB went away.
                ours = frozenset(each.document_id for each in plans if each.position in raced)
                again = await self._plan([(n, batch[n]) for n in raced], mode, ours)
                failed = await self._write(again, batch, failures)
                _mark_failed(again, failed, batch, failures)
                plans = list({plan.position: plan for plan in plans + again}.values())
        result = BatchResult(
            [(batch[plan.position], plan.outcome) for plan in plans], failures=failures
        )
        for plan in plans:
            if plan.outcome in (Outcome.UPDATED, Outcome.STALE):
                result.changes.update(plan.changes)
            result.no_longer_kept += plan.is_no_longer_kept
        return result

    async def _plan(
        self,
        verdicts: Sequence[tuple[int, Verdict]],
        mode: SyncMode,
        ours: frozenset[ObjectId | None] = frozenset(),
    ) -> list[_Plan]:
        """What to do about each; one that stands there under an `_id` of ``ours`` is saved."""
        stored = await self._find_stored([verdict.booking.id for _, verdict in verdicts])
        now = self._clock()
        plans = []
        for position, verdict in verdicts:
            found = stored.get(verdict.booking.id, ())
            if any(each["_id"] in ours for each in found):
                plans.append(_Plan(position, Outcome.SAVED))
            else:
                plans.append(_plan_one(position, verdict, found, mode, now))
        return plans

    @waits_for_mongodb
    async def _find_stored(self, ids: Sequence[str]) -> Mapping[str, Sequence[Document]]:
        """The stored documents by id; several where old duplicates stand."""
        stored: dict[str, list[Document]] = defaultdict(list)
        query = {KEY: {"$in": self._keys(ids), **_NO_LIST}}
        # All in one answer: by default the first has 101 of them.
        cursor = self._collection.find(query, _PROJECTION, batch_size=len(ids) + 1)
        for document in await cursor.to_list():
            stored[to_id(document[KEY]) or ""].append(document)
        return stored

    def _keys(self, ids: Collection[str]) -> list[str | Int64]:
        return keys_of(ids, also_numbers=self._has_numeric_ids)

    async def _write(
        self, plans: Sequence[_Plan], batch: Sequence[Verdict], failures: list[str]
    ) -> dict[int, int]:
        """Carry the plans out; position and code of the inserts that found their id taken.

        A plan whose document MongoDB refuses for another reason is failed; the others go on.
        """
        writes = [(plan, write) for plan in plans for write in plan.writes]
        if not writes:
            return {}
        taken: dict[int, int] = {}
        refused: dict[int, int] = {}
        refused_writes = await self._bulk_write([write for _, write in writes])
        for index, code in refused_writes.items():
            plan, write = writes[index]
            is_taken = code == DUPLICATE_KEY and isinstance(write, InsertOne)
            (taken if is_taken else refused)[plan.position] = code
        _mark_failed(plans, refused, batch, failures)
        return taken

    @waits_for_mongodb
    async def _bulk_write(self, writes: list[InsertOne[Document] | UpdateOne]) -> dict[int, int]:
        return await write_each(self._collection, writes)


def _mark_failed(
    plans: Sequence[_Plan], refused: Mapping[int, int], batch: Sequence[Verdict], told: list[str]
) -> None:
    for plan in plans:
        if plan.position in refused:
            plan.outcome = Outcome.FAILED
            appointment_id = batch[plan.position].booking.id
            code = refused[plan.position]
            told.append(refused_message(appointment_id, code))


def _undeleted(scope: StoredScope) -> Document:
    """A query for them; a document that lacks the flag is not deleted."""
    start, end = scope.period.moments(scope.zone)
    owners = [scope.company_id, None] if scope.takes_unowned else [scope.company_id]
    return {
        "startDateTime": {"$gte": start, "$lt": end},
        "isDeleted": {"$ne": True},
        "companyId": {"$in": owners},
        KEY: IS_ID,
    }


def _plan_one(
    position: int, verdict: Verdict, stored: Sequence[Document], mode: SyncMode, now: datetime
) -> _Plan:
    """Decide about one booking, given the documents that stand under its id."""
    wanted = wanted_fields(verdict)
    is_kept = isinstance(verdict, Kept)
    if not stored:
        if not is_kept:
            return _Plan(position, Outcome.SKIPPED)
        document = {"_id": ObjectId(), **wanted, "createdAt": now, "updatedAt": now}
        insert = InsertOne(document)
        return _Plan(position, Outcome.SAVED, [insert], document_id=document["_id"])
    if len(stored) > 1:
        # An id kept as a number cannot become the text that another document has already.
        wanted.pop(KEY, None)
    differing = [(each, changed) for each in stored if (changed := changed_fields(each, wanted))]
    if not differing:
        return _Plan(position, Outcome.DUPLICATE, is_no_longer_kept=not is_kept)
    changes = frozenset(name for each, changed in differing for name in told_names(each, changed))
    if mode is SyncMode.NEW_ONLY:
        return _Plan(position, Outcome.STALE, (), changes, is_no_longer_kept=not is_kept)
    writes = [
        UpdateOne({"_id": each["_id"]}, {"$set": {**changed, "updatedAt": now}})
        for each, changed in differing
    ]
    return _Plan(position, Outcome.UPDATED, writes, changes, is_no_longer_kept=not is_kept)
