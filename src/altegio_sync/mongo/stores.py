"""Reads and writes the appointments of a sync."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pymongo import InsertOne, UpdateOne

from altegio_sync.domain.counts import Outcome
from altegio_sync.errors import StoreError
from altegio_sync.messages import store as texts
from altegio_sync.mongo.core.bulk import BulkResult, refused_message, write_counted
from altegio_sync.mongo.core.connection import durable, waits_for_mongodb
from altegio_sync.mongo.core.document_ids import fixed_document_id, new_document_id
from altegio_sync.mongo.core.documents import KEY, STAMP, to_milliseconds
from altegio_sync.mongo.core.fence import no_fence
from altegio_sync.mongo.core.ids import MAY_BE_ID, having_ids, keys_of, to_askable_id, to_id
from altegio_sync.mongo.core.indexes import (
    ensure_start_index,
    ensure_unique_index,
    find_in_its_place,
    has_unique_index,
)
from altegio_sync.mongo.core.refusals import DUPLICATE_KEY
from altegio_sync.mongo.core.requirements import ORDINARY, find_kind, find_lacking, product_of
from altegio_sync.mongo.core.server_clock import Asked, ServerClock
from altegio_sync.mongo.plans import (
    READ_FIELDS,
    Plan,
    plan_marks,
    plan_one,
    to_result,
    was_carried_out,
)
from altegio_sync.mongo.tending.duplicates import has_numeric_ids
from altegio_sync.mongo.tending.lead_trash import LeadTrash
from altegio_sync.ports import BatchResult, IndexProblem, MarkResult, StoreState

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from bson import Int64
    from pymongo.asynchronous.collection import AsyncCollection
    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.domain.lessons import Verdict
    from altegio_sync.domain.report import SyncMode, WritingRun
    from altegio_sync.messages import Message
    from altegio_sync.mongo.bookkeeping.latest import MongoLatestChanges
    from altegio_sync.mongo.core.fence import Fence
    from altegio_sync.ports import StoredScope

    Document = dict[str, Any]

#: Only this program stores a stamp; the old scripts do not.
_OF_OURS: Document = {STAMP: {"$exists": True}}
_PROJECTION = dict.fromkeys(READ_FIELDS, 1)
#: How often a document is read again when other programs change it at the same time.
_TRIES = 5


class MongoAppointments:
    """The collection of appointments. Fields of other programs are never changed.

    ``clock`` is for `createdAt` and `updatedAt`; by default it is the server's clock. ``fence`` is
    called before every write. ``latest`` keeps what changed, for the live page.
    """

    def __init__(
        self,
        database: AsyncDatabase[Document],
        collection: str,
        *,
        clock: Callable[[], datetime] | None = None,
        fence: Fence = no_fence,
        latest: MongoLatestChanges | None = None,
    ) -> None:
        self._latest = latest
        self._collection: AsyncCollection[Document] = durable(database)[collection]
        self._server_clock = ServerClock()
        self._clock = clock or self._server_clock.writing_time
        self._fence = fence
        self._has_numeric_ids = False
        self._document_id = new_document_id
        self._lead_trash = LeadTrash(database, collection)

    @waits_for_mongodb
    async def prepare(self, *, dry_run: bool) -> IndexProblem | None:
        kind = await find_kind(self._collection.database, self._collection.name)
        if kind != ORDINARY:
            raise StoreError(texts.KIND_CANNOT_BE_CHANGED(kind=kind))
        self._has_numeric_ids = await has_numeric_ids(self._collection)
        if dry_run:
            missing = IndexProblem(texts.NONE_IN_DRY_RUN())
            return None if await has_unique_index(self._collection) else missing
        await ensure_start_index(self._collection)
        if await has_unique_index(self._collection):
            return None
        reason = await ensure_unique_index(self._collection)
        if reason is not None:
            self._document_id = fixed_document_id
            return IndexProblem(reason)
        # If this program has stored documents already, it had created the index, and the index was
        # dropped since.
        is_remade = await self._collection.find_one(_OF_OURS, {"_id": 1}) is not None
        return IndexProblem(is_remade=True) if is_remade else None

    @waits_for_mongodb
    async def find_server_time(self) -> datetime:
        return await self._server_clock.ask(self._collection.database)

    @waits_for_mongodb
    async def count_undeleted(self, scope: StoredScope) -> int:
        return await self._collection.count_documents(_undeleted(scope))

    @waits_for_mongodb
    async def find_undeleted(
        self, scope: StoredScope, among: Collection[str] | None = None
    ) -> Collection[str]:
        ids = {} if among is None else having_ids(self._keys(among))
        found = self._collection.find({**_undeleted(scope), **ids}, {KEY: 1})
        # Altegio cannot be asked about a value that is no id; `validate` reports it.
        return {key async for each in found if (key := to_askable_id(each[KEY])) is not None}

    async def mark_deleted(
        self,
        gone: Mapping[str, float | None],
        scope: StoredScope,
        run: WritingRun | None = None,
    ) -> MarkResult:
        """See the port. A document is marked only if nobody changed it since it was read."""
        result = await self._mark_deleted(gone, scope)
        if self._latest is not None and run is not None:
            await self._latest.keep_marked(result.marked, scope.company_id, run)
        return result

    async def _mark_deleted(
        self, gone: Mapping[str, float | None], scope: StoredScope
    ) -> MarkResult:
        result = MarkResult()
        left = set(gone)
        writes_at = to_milliseconds(self._clock())
        for _ in range(_TRIES):
            found = await self._find_to_mark(left, scope)
            writes = plan_marks(found, gone, result, self._server_clock, writes_at)
            done = await self._bulk_write([write for _, write in writes])
            for index, code in done.refused.items():
                appointment_id = writes[index][0]
                result.failures[appointment_id] = refused_message(appointment_id, code)
            left = {each for each, _ in writes} - result.failures.keys()
            if done.matched + len(done.refused) == len(writes):
                result.marked |= left
                return result
            # The server does not say which of them.
            result.marked |= await self._find_marked(left, writes_at)
        result.overtaken |= left - result.marked
        return result

    @waits_for_mongodb
    async def _find_marked(self, ids: Collection[str], writes_at: datetime) -> set[str]:
        marked = {"isDeleted": True, "updatedAt": writes_at}
        query = {**having_ids(self._keys(ids)), **marked}
        return {to_id(each[KEY]) or "" async for each in self._collection.find(query, {KEY: 1})}

    @waits_for_mongodb
    async def _find_to_mark(self, ids: Collection[str], scope: StoredScope) -> list[Document]:
        query = {**_undeleted(scope), **having_ids(self._keys(ids))}
        return await self._collection.find(query, _PROJECTION).to_list()

    @waits_for_mongodb
    async def describe(self) -> StoreState:
        collection = self._collection
        client = collection.database.client
        server = await client.server_info()
        kind = await find_kind(collection.database, collection.name)
        is_usable = kind == ORDINARY
        return StoreState(
            version=server["version"],
            documents=await collection.estimated_document_count(),
            has_unique_index=is_usable and await has_unique_index(collection),
            in_its_place=await find_in_its_place(collection) if is_usable else None,
            server_time=await self.find_server_time(),
            product=product_of(server, [host for host, _ in client.nodes]),
            kind=kind,
        )

    @waits_for_mongodb
    async def find_lacking(self) -> Sequence[str]:
        """The features that the program needs and the server does not have."""
        return await find_lacking(self._collection)

    async def store_batch(
        self,
        batch: Sequence[Verdict],
        *,
        mode: SyncMode,
        dry_run: bool,
        by_id: bool = False,
        run: WritingRun | None = None,
    ) -> BatchResult:
        """See the port. A write changes a document only if nobody changed it since it was read.

        Otherwise the document is read again: another run was faster, or this run itself wrote the
        document and MongoDB was lost before it confirmed the write.
        """
        failures: list[Message] = []
        plans: dict[int, Plan] = {}
        left: Collection[int] = range(len(batch))
        for _ in range(_TRIES):
            planned = await self._plan([(n, batch[n]) for n in left], mode, plans, by_id=by_id)
            plans |= {each.position: each for each in planned}
            left = () if dry_run else await self._write(planned, batch, failures, run)
            if not left:
                break
        for position in left:
            plans[position].outcome = Outcome.FAILED
            appointment_id = batch[position].booking.id
            failures.append(texts.KEEPS_BEING_CHANGED(appointment_id=appointment_id))
        result = to_result([plans[n] for n in sorted(plans)], batch, failures, dry_run=dry_run)
        if self._latest is not None and run is not None and not dry_run:
            await self._latest.keep_stored(result, run)
        return result

    async def _plan(
        self,
        verdicts: Sequence[tuple[int, Verdict]],
        mode: SyncMode,
        earlier: Mapping[int, Plan],
        *,
        by_id: bool,
    ) -> list[Plan]:
        """A plan for each verdict. An ``earlier`` plan that was carried out is kept."""
        stored = await self._find_stored([verdict.booking.id for _, verdict in verdicts])
        writes_at = to_milliseconds(self._clock())
        known: dict[float | None, Asked] = {}
        plans = []
        for position, verdict in verdicts:
            found = stored.get(verdict.booking.id, ())
            if (asked := known.get(verdict.booking.asked_at)) is None:
                # The same for all bookings of a page.
                asked = self._server_clock.asked(verdict.booking.asked_at, by_id=by_id)
                known[verdict.booking.asked_at] = asked
            plan = plan_one(position, verdict, found, mode, asked, writes_at, self._document_id)
            before = earlier.get(position)
            if before is not None and was_carried_out(before, found, plan):
                plan = replace(before, writes=())
            plans.append(plan)
        return plans

    @waits_for_mongodb
    async def _find_stored(self, ids: Sequence[str]) -> Mapping[str, Sequence[Document]]:
        """The stored documents by id; several for an id with old duplicates."""
        stored: dict[str, list[Document]] = defaultdict(list)
        query = having_ids(self._keys(ids))
        # One answer contains all documents; by default the first answer has only 101.
        cursor = self._collection.find(query, _PROJECTION, batch_size=len(ids) + 1)
        for document in await cursor.to_list():
            stored[to_id(document[KEY]) or ""].append(document)
        return stored

    def _keys(self, ids: Collection[str]) -> list[str | Int64]:
        return keys_of(ids, also_numbers=self._has_numeric_ids)

    async def _write(
        self,
        plans: Sequence[Plan],
        batch: Sequence[Verdict],
        failures: list[Message],
        run: WritingRun | None,
    ) -> set[int]:
        """Carry out the plans. Returns the positions of those that met another version or an id.

        If MongoDB refuses a document for another reason, its plan fails; the others continue.
        """
        plans = [each for each in plans if each.writes and not each.asks_again]
        if not plans:
            return set()
        refused = {} if run is None else await self._keep_leads(plans, run)
        writes = [
            (each, write) for each in plans if each.position not in refused for write in each.writes
        ]
        done = await self._bulk_write([write for _, write in writes])
        missed: set[int] = set()
        for index, code in done.refused.items():
            plan, write = writes[index]
            if code == DUPLICATE_KEY and isinstance(write, InsertOne):
                missed.add(plan.position)
            else:
                refused[plan.position] = code
        _mark_failed(plans, refused, batch, failures)
        kept_on = [one for each in plans if each.position in refused for one in each.lead_changes]
        if kept_on and run is not None:
            await self._lead_trash.forget(kept_on, run)
        updated = [plan.position for plan, write in writes if isinstance(write, UpdateOne)]
        if done.matched < sum(position not in refused for position in updated):
            # The server does not say which of them.
            missed |= set(updated) - refused.keys()
        return missed

    async def _keep_leads(self, plans: Sequence[Plan], run: WritingRun) -> dict[int, int]:
        """Store the leads that will be replaced. Returns position and code of each refused plan."""
        replaced = [(each.position, lead) for each in plans for lead in each.lead_changes]
        if not replaced:
            return {}
        await self._fence()
        leads = [lead for _, lead in replaced]
        refused = await self._lead_trash.keep(leads, run, self._clock())
        return {replaced[index][0]: code for index, code in refused.items()}

    @waits_for_mongodb
    async def _bulk_write(self, writes: list[InsertOne[Document] | UpdateOne]) -> BulkResult:
        await self._fence()
        return await write_counted(self._collection, writes)


def _mark_failed(
    plans: Sequence[Plan],
    refused: Mapping[int, int],
    batch: Sequence[Verdict],
    failures: list[Message],
) -> None:
    for plan in plans:
        if plan.position in refused:
            plan.outcome = Outcome.FAILED
            appointment_id = batch[plan.position].booking.id
            code = refused[plan.position]
            failures.append(refused_message(appointment_id, code))


def _undeleted(scope: StoredScope) -> Document:
    """A query for undeleted documents. A document without the flag is not deleted."""
    start, end = scope.period.moments(scope.zone)
    owners = (
        [scope.company_id, None] if scope.includes_documents_without_company else [scope.company_id]
    )
    return {
        "startDateTime": {"$gte": start, "$lt": end},
        "isDeleted": {"$ne": True},
        "companyId": {"$in": owners},
        KEY: MAY_BE_ID,
    }
