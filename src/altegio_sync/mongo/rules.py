"""The rules of `validate`: each finds the documents it concerns, inside MongoDB.

Adding a rule is adding one to ``RULES``. A rule about a document alone is a query; one about
documents together is the stages that leave those it concerns.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bson import Regex

from altegio_sync.domain.appointment import AttendanceStatus
from altegio_sync.domain.validation import Repair, RuleContext, Severity
from altegio_sync.mongo.documents import KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Document = dict[str, Any]
    Pipeline = list[Document]

MOMENTS = ("startDateTime", "endDateTime")
STORING_DATES = ("createdAt", "updatedAt")
FLAGS = ("IsTrial", "isDeleted")
NAMES = ("leadName", "teacherName", "serviceName")
TEXTS = (KEY, "leadId", "teacherId", "serviceId", "status", *NAMES)
REQUIRED = (*TEXTS, *MOMENTS)
#: Without one of these a document says nothing of use.
VITAL = (KEY, "leadId", *MOMENTS)
_BLANK_TEXT = r"^\s*$"
#: The white space of names: also the kind that does not break a line.
_SPACE = "[\\s\u00a0]"
_ACTIVE: Document = {"isDeleted": {"$ne": True}}
_REAL_MOMENTS: Document = {name: {"$type": "date"} for name in MOMENTS}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Rule:
    """A thing that may be wrong; ``stages`` leave the documents it concerns.

    ``by_field`` counts the documents for each of some fields, as accumulators of a `$group`.
    """

    id: str
    severity: Severity
    repair: Repair
    stages: Callable[[RuleContext], Pipeline]
    by_field: Mapping[str, Document] = field(default_factory=dict)


def _match(query: Callable[[RuleContext], Document]) -> Callable[[RuleContext], Pipeline]:
    return lambda context: [{"$match": query(context)}]


def is_blank(name: str) -> Document:
    """Missing, null, or a text without a letter."""
    return {name: {"$in": [None, "", Regex(_BLANK_TEXT)]}}


def _has_type(name: str, *types: str) -> Document:
    return {"$in": [{"$type": f"${name}"}, list(types)]}


def _is_blank_expression(name: str) -> Document:
    text = {"$cond": [_has_type(name, "string"), f"${name}", "x"]}
    return {
        "$or": [
            _has_type(name, "missing", "null", "undefined"),
            {"$eq": [{"$trim": {"input": text}}, ""]},
        ]
    }


def wrong_type(name: str, wanted: str) -> Document:
    """There, and of another type."""
    return {"$and": [{"$nor": [is_blank(name)]}, {name: {"$not": {"$type": wanted}}}]}


def _wrong_type_expression(name: str, wanted: str) -> Document:
    return {
        "$and": [{"$not": [_is_blank_expression(name)]}, {"$ne": [{"$type": f"${name}"}, wanted]}]
    }


WANTED_TYPES: Mapping[str, str] = {
    **dict.fromkeys((*TEXTS, "companyId"), "string"),
    **dict.fromkeys((*MOMENTS, *STORING_DATES), "date"),
    **dict.fromkeys(FLAGS, "bool"),
}


def _sum(condition: Document) -> Document:
    return {"$sum": {"$cond": [condition, 1, 0]}}


def _id_format(context: RuleContext) -> Document:
    names = (KEY, "leadId") if context.checks_lead_id else (KEY,)
    not_digits = {
        "$type": "string",
        "$not": Regex(r"^[0-9]+\z"),
        "$nin": [Regex(_BLANK_TEXT)],
    }
    return {"$or": [{name: not_digits} for name in names]}


def _date_order(_context: RuleContext) -> Document:
    return {**_REAL_MOMENTS, "$expr": {"$gte": ["$startDateTime", "$endDateTime"]}}


def _unknown_status(_context: RuleContext) -> Document:
    known = [each.value for each in AttendanceStatus]
    return {"status": {"$type": "string", "$nin": [*known, Regex(_BLANK_TEXT)]}}


def _future_completed(context: RuleContext) -> Document:
    done = [AttendanceStatus.ARRIVED.value, AttendanceStatus.NO_SHOW.value]
    return {**_ACTIVE, "startDateTime": {"$gt": context.now}, "status": {"$in": done}}


def _odd_length(_context: RuleContext) -> Document:
    length_ms = {"$subtract": ["$endDateTime", "$startDateTime"]}
    odd = {
        "$and": [
            {"$gt": [length_ms, 0]},
            {"$or": [{"$lt": [length_ms, 30 * 60_000]}, {"$gt": [length_ms, 120 * 60_000]}]},
        ]
    }
    return {**_ACTIVE, **_REAL_MOMENTS, "$expr": odd}


def _forgotten_pending(context: RuleContext) -> Document:
    ended = {"$lt": context.now - timedelta(days=3), "$gte": _EPOCH}
    return {**_ACTIVE, "status": AttendanceStatus.PENDING.value, "endDateTime": ended}


def _untidy_text(_context: RuleContext) -> Document:
    untidy = Regex(f"^{_SPACE}|{_SPACE}\\z|{_SPACE}{_SPACE}")
    condition = {"$regex": untidy, "$nin": [Regex(_BLANK_TEXT)]}
    return {"$or": [{name: condition} for name in NAMES]}


def _once_each(context: RuleContext, names: tuple[str, ...]) -> Pipeline:
    """One document for each appointment, the one updated last; as they are where none is twice."""
    project: Pipeline = [{"$project": dict.fromkeys((KEY, *names), 1)}]
    if not context.has_duplicates:
        return project
    last = {name: {"$last": f"${name}"} for name in (KEY, *names)}
    by_id = {"$ifNull": [f"${KEY}", "$_id"]}
    return [
        {"$sort": {KEY: 1, "updatedAt": 1, "_id": 1}},
        {"$group": {"_id": by_id, **last}},
    ]


def duplicate_appointments(_context: RuleContext) -> Pipeline:
    """Documents that share an id, found by a walk along the index on it."""
    window = {
        "before": {"$shift": {"output": f"${KEY}", "by": -1}},
        "after": {"$shift": {"output": f"${KEY}", "by": 1}},
    }
    same = {"$or": [{"$eq": ["$before", f"${KEY}"]}, {"$eq": ["$after", f"${KEY}"]}]}
    return [
        {"$match": {KEY: {"$nin": [None, ""]}}},
        {"$project": {KEY: 1}},
        {"$setWindowFields": {"sortBy": {KEY: 1}, "output": window}},
        {"$match": {"$expr": same}},
    ]


def _duplicate_lessons(context: RuleContext) -> Pipeline:
    """Lessons of one lead with one teacher at one time, under several ids."""
    names = ("leadId", "teacherId", "startDateTime")
    told = {"leadId": {"$type": "string", "$ne": ""}, "teacherId": {"$type": "string", "$ne": ""}}
    return [
        {"$match": {**_ACTIVE, **told, "startDateTime": {"$type": "date"}}},
        *_once_each(context, names),
        {
            "$group": {
                "_id": {name: f"${name}" for name in names},
                "count": {"$sum": 1},
                KEY: {"$min": f"${KEY}"},
            }
        },
        {"$match": {"count": {"$gt": 1}}},
    ]


def _teacher_overlaps(context: RuleContext) -> Pipeline:
    """Lessons that begin before an earlier one of the teacher has ended, and those earlier ones.

    The latest end of all lessons before, not the end of the one before: a short lesson may lie
    within a long one that goes on.
    """
    names = ("teacherId", "startDateTime", "endDateTime")
    order = {"startDateTime": 1, "endDateTime": 1, KEY: 1}
    window = {
        "busy_until": {"$max": "$endDateTime", "window": {"documents": ["unbounded", -1]}},
        "next_start": {"$shift": {"output": "$startDateTime", "by": 1}},
    }
    begins_within = {"$gt": ["$busy_until", "$startDateTime"]}
    # A missing next start is null, which comes before every date.
    next_within = {
        "$and": [{"$gt": ["$next_start", None]}, {"$gt": ["$endDateTime", "$next_start"]}]
    }
    return [
        {
            "$match": {
                **_ACTIVE,
                **_REAL_MOMENTS,
                "teacherId": {"$type": "string", "$ne": ""},
                "$expr": {"$lt": ["$startDateTime", "$endDateTime"]},
            }
        },
        *_once_each(context, names),
        {"$setWindowFields": {"partitionBy": "$teacherId", "sortBy": order, "output": window}},
        {"$match": {"$expr": {"$or": [begins_within, next_within]}}},
    ]


RULES: tuple[Rule, ...] = (
    Rule(
        "required-field",
        Severity.ERROR,
        Repair.ASK,
        _match(lambda _: {"$or": [is_blank(name) for name in REQUIRED]}),
        {name: _sum(_is_blank_expression(name)) for name in REQUIRED},
    ),
    Rule(
        "wrong-type",
        Severity.ERROR,
        Repair.CONVERT,
        _match(lambda _: {"$or": [wrong_type(*each) for each in WANTED_TYPES.items()]}),
        {name: _sum(_wrong_type_expression(name, kind)) for name, kind in WANTED_TYPES.items()},
    ),
    Rule(
        "missing-flag",
        Severity.WARNING,
        Repair.FLAGS,
        _match(lambda _: {"$or": [is_blank(name) for name in (*FLAGS, *STORING_DATES)]}),
        {name: _sum(_is_blank_expression(name)) for name in (*FLAGS, *STORING_DATES)},
    ),
    Rule("id-format", Severity.ERROR, Repair.ASK, _match(_id_format)),
    Rule("date-order", Severity.ERROR, Repair.ASK, _match(_date_order)),
    Rule("unknown-status", Severity.ERROR, Repair.ASK, _match(_unknown_status)),
    Rule("future-completed", Severity.ERROR, Repair.ASK, _match(_future_completed)),
    Rule("duplicate-appointment", Severity.ERROR, Repair.CLEAN, duplicate_appointments),
    Rule("duplicate-lesson", Severity.ERROR, Repair.TELL, _duplicate_lessons),
    Rule("teacher-overlap", Severity.WARNING, Repair.TELL, _teacher_overlaps),
    Rule("odd-length", Severity.WARNING, Repair.TELL, _match(_odd_length)),
    Rule("forgotten-pending", Severity.WARNING, Repair.ASK, _match(_forgotten_pending)),
    Rule("untidy-text", Severity.WARNING, Repair.TIDY, _match(_untidy_text)),
)
#: Rules whose `count` field already counts documents, group by group.
COUNTED_BY_GROUP = frozenset({"duplicate-lesson"})


def query_of(rule_id: str, context: RuleContext) -> Document:
    """The query of a rule about documents alone."""
    stages = next(rule for rule in RULES if rule.id == rule_id).stages(context)
    query: Document = stages[0]["$match"]
    return query
