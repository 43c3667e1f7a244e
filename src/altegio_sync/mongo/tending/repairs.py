"""Repairs documents. The previous version of each document is first stored in the trash."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from altegio_sync.domain.appointment import AttendanceStatus
from altegio_sync.domain.repair import Loss, Suspect, Unrepaired
from altegio_sync.domain.report import RunError
from altegio_sync.messages import validation as texts
from altegio_sync.mongo.core.batches import batched, in_batches
from altegio_sync.mongo.core.bulk import refused_message
from altegio_sync.mongo.core.connection import durable, translated_errors
from altegio_sync.mongo.core.document_ids import id_key
from altegio_sync.mongo.core.documents import KEY, STAMP, wanted_fields
from altegio_sync.mongo.core.fence import no_fence
from altegio_sync.mongo.core.ids import NO_LIST, label_of, to_askable_id
from altegio_sync.mongo.core.literal import RAW
from altegio_sync.mongo.core.local_time import count_local_days
from altegio_sync.mongo.core.refusals import DUPLICATE_KEY, meaning_of
from altegio_sync.mongo.core.server_clock import ServerClock
from altegio_sync.mongo.core.slow_reading import SlowReading
from altegio_sync.mongo.tending.changes import Change
from altegio_sync.mongo.tending.repaired_fields import (
    fields_repaired_by,
    find_local_dates,
    find_loss,
    locally_repaired_fields,
)
from altegio_sync.mongo.tending.rule_queries import (
    FLAGS,
    MOMENTS,
    NAMES,
    STORING_DATES,
    WANTED_TYPES,
    is_blank,
    wrong_type,
)
from altegio_sync.mongo.tending.rules import in_scope, query_of
from altegio_sync.mongo.tending.trash import TRASH_COLLECTION, RecordedChanges

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from bson.raw_bson import RawBSONDocument
    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.domain.repair import Answer, SchoolZones
    from altegio_sync.domain.validation import RuleContext
    from altegio_sync.messages import Message
    from altegio_sync.mongo.core.fence import Fence
    from altegio_sync.mongo.tending.changes import Applied

    Document = dict[str, Any]

_BATCH = 500
_YEARS = range(1970, 2200)
#: Altegio is asked about so many documents before any of them is written.
ASKED_AT_ONCE = 1000
_ASK_RULES = (
    "required-field",
    "id-format",
    "date-order",
    "unknown-status",
    "future-completed",
    "forgotten-pending",
)


class MongoRepairs:
    """The repairs of one run in one collection."""

    def __init__(
        self,
        database: AsyncDatabase[Document],
        collection: str,
        *,
        run_id: str,
        clock: Callable[[], datetime] | None = None,
        fence: Fence = no_fence,
    ) -> None:
        self._collection = durable(database)[collection]
        self._raw = self._collection.with_options(codec_options=RAW)
        self._changes = RecordedChanges(
            database, collection, run_id=run_id, command="validate", fence=fence
        )
        self._trash = durable(database)[TRASH_COLLECTION]
        self._run_id = run_id
        self._server_clock = ServerClock()
        self._clock = clock or self._server_clock.writing_time

    async def count_local_repairs(self, context: RuleContext, zones: SchoolZones) -> int:
        """How many documents can be repaired without Altegio."""
        count = 0
        async for batch in self._find_repairable_locally(context):
            repaired = (
                locally_repaired_fields(each, _zone_of(each, zones), context.ignored)
                for each in batch
            )
            count += sum(map(bool, repaired))
        return count

    async def repair_locally(
        self,
        context: RuleContext,
        zones: SchoolZones,
        unrepaired: Unrepaired,
        should_stop: Callable[[], bool],
    ) -> None:
        """Repair the documents that can be repaired without Altegio."""
        async for batch in self._find_repairable_locally(context):
            changes = []
            for document in batch:
                zone = _zone_of(document, zones)
                if fields := locally_repaired_fields(document, zone, context.ignored):
                    changes.append(Change(document, fields))
                if zone is None and find_local_dates(document):
                    unrepaired.note(texts.NO_ZONE(), label_of(document))
            await self._apply(changes, unrepaired)
            if should_stop():
                break

    async def count_done(self) -> tuple[int, int]:
        """How many documents this run changed, and how many it moved to the trash."""
        with translated_errors():
            changed, removed = [
                await self._trash.count_documents({"run": self._run_id, "removed": removes})
                for removes in (False, True)
            ]
        return changed, removed

    async def find_to_ask(
        self, context: RuleContext, *, includes_wrong_types: bool = True
    ) -> AsyncIterator[list[Suspect]]:
        """Batches of the documents that only Altegio can correct, in the order of their start.

        ``includes_wrong_types``: also documents with a value of a wrong type. After
        `repair_locally`, these are the values that could not be converted.
        """
        fields = dict.fromkeys((KEY, "companyId", "leadId", *MOMENTS), 1)
        query = _to_ask(context, includes_wrong_types=includes_wrong_types)
        with translated_errors():
            # Requests to Altegio take long, and the server may forget a cursor meanwhile.
            reading = SlowReading(self._collection, "startDateTime", batch=ASKED_AT_ONCE)
            async for batch in in_batches(reading.read(query, fields), ASKED_AT_ONCE):
                yield [_to_suspect(each) for each in batch]

    async def count_by_day(
        self, start: datetime, end: datetime, zone: ZoneInfo
    ) -> Mapping[str, int]:
        """How many stored appointments begin on each local day, from ``start`` to ``end``."""
        matching = {"startDateTime": {"$gte": start, "$lte": end, **NO_LIST}}
        with translated_errors():
            days = await count_local_days(self._collection, matching, "startDateTime", zone)
        return {day.isoformat(): count for day, count in days.items()}

    async def apply_answers(
        self, answers: Sequence[Answer], unrepaired: Unrepaired, *, by_id: bool = False
    ) -> Sequence[Suspect]:
        """Repair the documents by the answers.

        Returns the suspects whose documents may be newer than the answer.
        """
        if not answers:
            return []
        found = await self._load([each.suspect for each in answers])
        changes, overtaken = [], []
        for answer in answers:
            document = found.get(id_key(answer.suspect.document_id))
            if document is None:
                continue
            fields = fields_repaired_by(document, answer, self._clock())
            if fields and self._may_be_newer(document, answer, by_id=by_id):
                overtaken.append(answer.suspect)
                continue
            if fields:
                changes.append(Change(document, fields))
            if find_loss({**document, **fields}) is not Loss.NOTHING and answer.verdict is not None:
                unrepaired.note(texts.NOT_THERE_EITHER(), label_of(document))
            elif not fields:
                unrepaired.note(_why_the_same(document, answer), label_of(document))
        await self._apply(changes, unrepaired)
        return overtaken

    def _may_be_newer(self, document: Mapping[str, Any], answer: Answer, *, by_id: bool) -> bool:
        if answer.verdict is None:
            return False
        asked = self._server_clock.asked(answer.verdict.booking.asked_at, by_id=by_id)
        return asked.is_overtaken(wanted_fields(answer.verdict), document)

    async def move_to_trash(self, suspects: Sequence[Suspect], unrepaired: Unrepaired) -> None:
        """Move the documents to the trash, except those that changed since Altegio was asked."""
        for batch in batched(suspects, _BATCH):
            found = await self._load(batch)
            changes = []
            for suspect in batch:
                document = found.get(id_key(suspect.document_id))
                if document is not None and _to_suspect(document) == suspect:
                    changes.append(Change(document, removes=True))
                elif document is not None:
                    unrepaired.note(texts.OVERTAKEN(), label_of(document))
            await self._apply(changes, unrepaired)

    async def _load(self, suspects: Sequence[Suspect]) -> Mapping[bytes, RawBSONDocument]:
        ids = [each.document_id for each in suspects]
        with translated_errors():
            if not self._server_clock.is_set:
                await self._server_clock.ask(self._collection.database)
            found = self._raw.find({"_id": {"$in": ids}})
            return {id_key(each["_id"]): each async for each in found}

    async def _apply(self, changes: Sequence[Change], unrepaired: Unrepaired) -> None:
        applied = await self._changes.apply([[each] for each in changes], self._clock())
        _note_left(changes, applied, unrepaired)

    async def _find_repairable_locally(
        self, context: RuleContext
    ) -> AsyncIterator[list[RawBSONDocument]]:
        queries = {
            "wrong-type": [wrong_type(name, kind) for name, kind in WANTED_TYPES.items()],
            "missing-flag": [is_blank(name) for name in STORING_DATES],
            "untidy-text": [query_of("untidy-text", context)],
        }
        query = _any_of(queries, context)
        with translated_errors():
            async for batch in in_batches(self._raw.find(query, batch_size=_BATCH), _BATCH):
                yield batch


def _zone_of(document: Mapping[str, Any], zones: SchoolZones) -> ZoneInfo | None:
    return zones.of(to_askable_id(document.get("companyId")))


def _note_left(changes: Sequence[Change], applied: Applied, unrepaired: Unrepaired) -> None:
    for change, code in applied.left_of(changes):
        label = label_of(change.old)
        if code is None:
            unrepaired.note(texts.OVERTAKEN(), label)
        elif code == DUPLICATE_KEY:
            unrepaired.note(texts.COLLIDED(), label)
        else:
            unrepaired.note(texts.CHANGE_REFUSED(code=code, reason=meaning_of(code)), label)
            unrepaired.errors.append(RunError("refused", refused_message(label, code)))


def _why_the_same(document: Mapping[str, Any], answer: Answer) -> Message:
    if answer.verdict is not None:
        is_pending = document.get("status") == AttendanceStatus.PENDING.value
        return texts.STILL_PENDING() if is_pending else texts.SAME_ANSWER()
    has_id = answer.suspect.appointment_id is not None
    return texts.NOT_AT_ALTEGIO() if has_id else texts.NO_ID_TO_ASK()


def _to_ask(context: RuleContext, *, includes_wrong_types: bool) -> Document:
    queries = {each: [query_of(each, context)] for each in _ASK_RULES}
    queries["missing-flag"] = [is_blank(name) for name in FLAGS]
    if includes_wrong_types:
        kinds = [
            each for each in WANTED_TYPES.items() if each[0] not in (*STORING_DATES, *NAMES, STAMP)
        ]
        queries["wrong-type"] = [wrong_type(name, kind) for name, kind in kinds]
    return _any_of(queries, context)


def _any_of(queries: Mapping[str, Sequence[Document]], context: RuleContext) -> Document:
    """A query for all documents that any of the rules finds; none if all rules are ignored."""
    ignored = context.ignored
    wanted = [each for rule, some in queries.items() if rule not in ignored for each in some]
    return {"$and": [in_scope(context), {"$or": wanted}]} if wanted else {"$nor": [{}]}


def _to_suspect(document: Mapping[str, Any]) -> Suspect:
    starts_at, ends_at = (_to_moment(document.get(name)) for name in MOMENTS)
    return Suspect(
        document_id=document["_id"],
        appointment_id=to_askable_id(document.get(KEY)),
        company_id=to_askable_id(document.get("companyId")),
        starts_at=starts_at,
        ends_at=ends_at,
        loss=_loss_of(document),
    )


def _loss_of(document: Mapping[str, Any]) -> Loss:
    """What the document has lost.

    A 404 proves little if the id begins with a zero or the company is unreadable. A document with a
    partial loss counts as complete then.
    """
    loss, known = find_loss(document), to_askable_id(document.get(KEY))
    company = document.get("companyId")
    is_readable = company in (None, "") or to_askable_id(company) is not None
    is_doubtful = (known or "").startswith("0") or not is_readable
    return Loss.NOTHING if loss is Loss.PART and is_doubtful else loss


def _to_moment(value: object) -> datetime | None:
    """The date, if Altegio may list lessons on this day: not near the ends of the calendar."""
    return value if isinstance(value, datetime) and value.year in _YEARS else None
