"""Decides what to write for a booking, by the documents that are stored under its id."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bson import ObjectId
from pymongo import InsertOne, UpdateOne

from altegio_sync.domain.counts import Outcome
from altegio_sync.domain.field_change import FieldChange, find_changes
from altegio_sync.domain.lessons import Kept
from altegio_sync.domain.report import SyncMode
from altegio_sync.mongo.core.document_ids import new_document_id
from altegio_sync.mongo.core.documents import (
    BOOKING_FIELDS,
    KEY,
    STAMP,
    changed_fields,
    changed_stamp,
    reported_names,
    settled_fields,
    wanted_fields,
)
from altegio_sync.mongo.core.ids import to_id
from altegio_sync.mongo.core.literal import still_has
from altegio_sync.mongo.tending.lead_trash import StoredLead, is_other_lead
from altegio_sync.ports import BatchResult, Overtaken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from altegio_sync.domain.lessons import Verdict
    from altegio_sync.messages import Message
    from altegio_sync.mongo.core.server_clock import Asked, ServerClock
    from altegio_sync.ports import MarkResult

    Document = dict[str, Any]

#: The fields of a stored document that a sync reads.
READ_FIELDS = (*BOOKING_FIELDS, "updatedAt")


@dataclass(slots=True)
class Plan:
    """The writes for one verdict; ``position`` is the verdict's place in the batch.

    ``writes_at`` is the `updatedAt` that the plan writes. ``document_id`` is the `_id` of the
    document that it adds. ``asks_again``: nothing is written, since the document may be newer.
    ``only_by_id`` is as in `Overtaken`.
    """

    position: int
    outcome: Outcome
    writes: Sequence[InsertOne[Document] | UpdateOne] = ()
    changes: frozenset[str] = frozenset()
    is_no_longer_kept: bool = False
    document_id: ObjectId | None = None
    writes_at: datetime | None = None
    asks_again: bool = False
    only_by_id: bool = False
    has_doubtful_lead: bool = False
    lead_changes: Sequence[StoredLead] = ()
    differences: tuple[FieldChange, ...] = ()


def plan_one(
    position: int,
    verdict: Verdict,
    stored: Sequence[Document],
    mode: SyncMode,
    asked: Asked,
    writes_at: datetime,
    document_id: Callable[[str], ObjectId] = new_document_id,
) -> Plan:
    """Decide about one booking, by the documents that are stored under its id.

    ``document_id`` makes the `_id` of a new document from the appointment's id.
    """
    if not stored:
        return _plan_new(position, verdict, asked, writes_at, document_id)
    verdict = _with_stored_lead(verdict, stored)
    wanted = wanted_fields(verdict)
    is_gone = not isinstance(verdict, Kept)
    if len(stored) > 1:
        # A stored number cannot become a text if another document already has this text as its id.
        wanted.pop(KEY, None)
    settled = [(each, *settled_fields(wanted, verdict, each)) for each in stored]
    differing = [
        (each, changed) for each, own, _ in settled if (changed := changed_fields(each, own))
    ]
    plan = Plan(position, Outcome.DUPLICATE, is_no_longer_kept=is_gone)
    plan.has_doubtful_lead = any(lead is not None and lead.is_doubtful for *_, lead in settled)
    if differing:
        plan.outcome = Outcome.STALE
        plan.changes = frozenset(
            name for each, changed in differing for name in reported_names(each, changed)
        )
    if mode is SyncMode.UPDATE:
        if differing:
            _plan_update(plan, differing, wanted, asked, writes_at)
        else:
            plan.writes = _stamp_writes(stored, wanted, asked)
    return plan


def _plan_update(
    plan: Plan,
    differing: Sequence[tuple[Document, Document]],
    wanted: Document,
    asked: Asked,
    writes_at: datetime,
) -> None:
    """Write the documents, each with the fields that change in it."""
    plan.outcome = Outcome.UPDATED
    plan.lead_changes = [
        StoredLead(each, changed) for each, changed in differing if is_other_lead(each, changed)
    ]
    plan.differences = find_changes(*differing[0], plan.changes)
    plan.only_by_id = any(asked.needs_answer_by_id(wanted, each) for each, _ in differing)
    plan.asks_again = any(asked.is_overtaken(wanted, each) for each, _ in differing)
    plan.writes_at = writes_at
    plan.writes = [
        _update(each, {**changed, "updatedAt": writes_at}) for each, changed in differing
    ]


def _with_stored_lead(verdict: Verdict, stored: Sequence[Document]) -> Verdict:
    """The verdict with the stored lead, if the client's name may still mean this lead."""
    if isinstance(verdict, Kept) or not verdict.if_stored:
        return verdict
    ids = {str(each.get("leadId")) for each in stored}
    return next((each for each in verdict.if_stored if each.appointment.lead.id in ids), verdict)


def _plan_new(
    position: int,
    verdict: Verdict,
    asked: Asked,
    now: datetime,
    document_id: Callable[[str], ObjectId],
) -> Plan:
    if not isinstance(verdict, Kept):
        return Plan(position, Outcome.SKIPPED)
    made = document_id(verdict.booking.id)
    document = {"_id": made, **wanted_fields(verdict), "createdAt": now, "updatedAt": now}
    return Plan(
        position,
        Outcome.SAVED,
        [InsertOne(document)],
        document_id=made,
        writes_at=now,
        asks_again=asked.is_too_old,
        has_doubtful_lead=verdict.appointment.lead.is_doubtful,
    )


def was_carried_out(plan: Plan, stored: Sequence[Document], now_planned: Plan) -> bool:
    """Whether the plan was carried out: its document, or its `updatedAt`, is stored."""
    if plan.document_id is not None:
        return any(
            each["_id"] == plan.document_id and each.get("updatedAt") == plan.writes_at
            for each in stored
        )
    if plan.writes_at is None or now_planned.outcome is not Outcome.DUPLICATE:
        return False
    return any(each.get("updatedAt") == plan.writes_at for each in stored)


def to_result(
    plans: Sequence[Plan], batch: Sequence[Verdict], failures: list[Message], *, dry_run: bool
) -> BatchResult:
    result = BatchResult([], failures=failures)
    for plan in plans:
        verdict = batch[plan.position]
        if plan.asks_again and not dry_run:
            result.overtaken.append(Overtaken(verdict, plan.only_by_id))
            continue
        result.outcomes.append((verdict, plan.outcome))
        if plan.outcome is Outcome.UPDATED:
            result.differences[verdict.booking.id] = plan.differences
        if plan.outcome in (Outcome.UPDATED, Outcome.STALE):
            result.changes.update(plan.changes)
        appointment_id = verdict.booking.id
        if plan.is_no_longer_kept and plan.outcome is not Outcome.FAILED:
            result.no_longer_kept.append(appointment_id)
        if plan.has_doubtful_lead and plan.outcome is not Outcome.FAILED:
            result.doubtful.add(appointment_id)
        if plan.outcome is Outcome.UPDATED:
            result.lead_changes += [
                each.to_lead_change(appointment_id) for each in plan.lead_changes
            ]
    return result


def plan_marks(
    stored: Sequence[Document],
    gone: Mapping[str, float | None],
    result: MarkResult,
    clock: ServerClock,
    writes_at: datetime,
) -> list[tuple[str, UpdateOne]]:
    """Writes that mark documents as deleted. Ids of newer documents are added to ``result``."""
    writes = []
    for document in stored:
        appointment_id = to_id(document[KEY]) or ""
        if clock.asked(gone[appointment_id], by_id=True).is_overtaken({}, document):
            result.overtaken.add(appointment_id)
        else:
            fields = {"isDeleted": True, "updatedAt": writes_at}
            writes.append((appointment_id, _update(document, fields)))
    return [each for each in writes if each[0] not in result.overtaken]


def _stamp_writes(
    stored: Sequence[Document], wanted: Document, asked: Asked
) -> Sequence[UpdateOne]:
    """Writes that change only the stamp. No other field changes, so `updatedAt` stays."""
    return [
        _update(each, stamp)
        for each in stored
        if (stamp := changed_stamp(each, wanted))
        and (asked.has_stamp_of_future(each) or not asked.has_older_stamp(wanted, each))
    ]


def _update(stored: Document, fields: Document) -> UpdateOne:
    return UpdateOne(version_filter(stored, fields), {"$set": fields})


def version_filter(stored: Mapping[str, Any], names: Iterable[str]) -> Document:
    """A query: matches the document while it is the version that was read.

    The two dates and the named fields, which will be written, are compared: not every program
    that changes these fields changes a date. To compare more fields would cost time.
    """
    return {"_id": {"$eq": stored["_id"]}, **still_has(stored, {STAMP, "updatedAt", *names})}
