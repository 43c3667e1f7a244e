"""The documents of notices in MongoDB: how they are written, searched and counted. No I/O.

A notice is one document. ``of`` is the collection of appointments that the notices are about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pymongo import UpdateOne

from altegio_sync.domain.notices import (
    GONE_COUNTED_FOR,
    LONGEST_WAIT,
    OPEN_STATES,
    QUIET_FOR,
    Notice,
    NoticeState,
    Settled,
    UnreadableNotice,
)
from altegio_sync.mongo.core.junk import IS_MOMENT, IS_TEXT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    Document = dict[str, Any]

STATE_KEY = [("collection", 1), ("state", 1), ("companyId", 1), ("appointmentId", 1)]
FINISHED_KEY = [("collection", 1), ("companyId", 1), ("finished_at", 1)]
IS_FINISHED: dict[str, Any] = {"finished_at": {"$exists": True}}
#: Another program may have written other documents.
READABLE: dict[str, Any] = {
    "companyId": IS_TEXT,
    "appointmentId": IS_TEXT,
    "received_at": IS_MOMENT,
}
#: The results of notices about appointments that Altegio has.
_FOUND = (NoticeState.STORED, NoticeState.UNCHANGED, NoticeState.OLDER)


def insertion(notice: Notice | UnreadableNotice, of: str) -> UpdateOne:
    """A write that changes nothing but the time when it is carried out twice."""
    fields: Document = {"collection": of}
    match notice:
        case Notice():
            fields |= {
                "state": NoticeState.WAITING.value,
                "companyId": notice.company,
                "appointmentId": notice.appointment_id,
                "status": notice.status,
                "changed_at": notice.changed_at,
                "tries": 0,
            }
        case UnreadableNotice():
            fields |= {"state": NoticeState.UNREADABLE.value, "size": notice.size}
    update = {"$setOnInsert": fields, "$currentDate": {"received_at": True}}
    return UpdateOne({"_id": notice.id}, update, upsert=True)


def open_query(of: str) -> Document:
    return {"collection": of, "state": {"$in": _values(OPEN_STATES)}}


def due_pipeline(of: str) -> list[Document]:
    """The appointments whose open notices have waited long enough; see `MongoNotices.find_due`."""
    is_quiet = {"$lte": ["$last", _ago(QUIET_FOR)]}
    has_waited = {"$lte": ["$first", _ago(LONGEST_WAIT)]}
    # Without a failed try there is no `retry_at`, and null is less than any time.
    may_try = {"$lte": ["$retry_at", "$$NOW"]}
    return [
        {"$match": {**open_query(of), **READABLE}},
        {
            "$group": {
                "_id": {"company": "$companyId", "appointment": "$appointmentId"},
                "first": {"$min": "$received_at"},
                "last": {"$max": "$received_at"},
                "retry_at": {"$max": "$retry_at"},
                "notices": {"$sum": 1},
                "is_unlisted": {"$max": {"$eq": ["$is_unlisted", True]}},
            }
        },
        {"$match": {"$expr": {"$and": [{"$or": [is_quiet, has_waited]}, may_try]}}},
        {"$sort": {"is_unlisted": 1, "first": 1, "_id": 1}},
    ]


def gone_pipeline(of: str, company: str) -> list[Document]:
    """Counts the appointments of the last hour; see `GoneCounts`."""
    is_missing = _is_in((*OPEN_STATES, NoticeState.NOT_FOUND))
    is_gone = {"$and": [{"$eq": ["$is_vanishing", True]}, is_missing]}
    about = {"collection": of, "companyId": company}
    in_last_hour = {"$gt": ["$finished_at", _ago(GONE_COUNTED_FOR)]}
    of_last_hour = {**about, **IS_FINISHED, "$expr": in_last_hour}
    return [
        {"$match": {"$or": [{**open_query(of), **about}, of_last_hour]}},
        {
            "$group": {
                "_id": "$appointmentId",
                "gone": {"$max": {"$cond": [is_gone, 1, 0]}},
                "known": {"$max": {"$cond": [{"$or": [is_gone, _is_in(_FOUND)]}, 1, 0]}},
            }
        },
        {"$group": {"_id": None, "gone": {"$sum": "$gone"}, "known": {"$sum": "$known"}}},
    ]


def result_update(settled: Settled) -> list[Document]:
    """An update that stores the result. Each notice is compared with the booking's stamp."""
    state: Any = settled.state.value
    if settled.changed_at is not None:
        has_stamp = {"$eq": [{"$type": "$changed_at"}, "date"]}
        is_older = {"$and": [has_stamp, {"$lt": ["$changed_at", settled.changed_at]}]}
        state = {"$cond": [is_older, NoticeState.OLDER.value, state]}
    fields: Document = {"state": state, "finished_at": "$$NOW"}
    if settled.reason is not None:
        fields["reason"] = settled.reason
    if settled.is_left:
        fields["is_left"] = True
    return [{"$set": fields}]


def in_ms(span: timedelta) -> int:
    return round(span.total_seconds() * 1000)


def _is_in(states: Sequence[NoticeState]) -> Document:
    return {"$in": ["$state", _values(states)]}


def _values(states: Sequence[NoticeState]) -> list[str]:
    return [each.value for each in states]


def _ago(span: timedelta) -> Document:
    return {"$subtract": ["$$NOW", in_ms(span)]}
