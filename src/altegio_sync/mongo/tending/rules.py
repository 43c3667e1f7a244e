"""The rules of `validate`. Each rule finds its documents inside MongoDB.

To add a rule, add it to ``RULES``. A rule about single documents is a query. A rule about several
documents together is a list of stages, whose output is the documents it finds. All rules about
single documents run in one pass over the collection: first `suspicious` finds the documents that
any of the rules may find, with tests that are cheap for correct documents.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bson import Regex

from altegio_sync.domain.appointment import AttendanceStatus
from altegio_sync.domain.validation import Remedy, RuleContext, Severity
from altegio_sync.mongo.core.documents import KEY, STAMP
from altegio_sync.mongo.core.ids import AS_ID, BLANK, NO_LIST, is_blank_text
from altegio_sync.mongo.tending.doubtful import of_leads
from altegio_sync.mongo.tending.duplicates import repeated_ids
from altegio_sync.mongo.tending.overlaps import ids_of_overlapping, overlapping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Document = dict[str, Any]
    Pipeline = list[Document]

MOMENTS = ("startDateTime", "endDateTime")
STORING_DATES = ("createdAt", "updatedAt")
FLAGS = ("IsTrial", "isDeleted")
NAMES = ("leadName", "teacherName", "serviceName")
TEXTS = (KEY, "leadId", "teacherId", "serviceId", "status", *NAMES)
REQUIRED = (*TEXTS, *MOMENTS)
#: White space in names; a no-break space is included here.
_SPACE = "[\\s\u00a0]"
_NO_SPACE = "[^\\s\u00a0]"
_ACTIVE: Document = {"isDeleted": {"$ne": True}}
#: Beyond the calendar, the difference of two dates may exceed 64 bits, which is an error.
_CALENDAR = (datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC))
#: A comparison with a date finds only dates, and lists that contain such a date.
_DATE: Document = {"$gte": _CALENDAR[0], "$lte": _CALENDAR[1], **NO_LIST}
_ANY_DATE: Document = {"$type": "date", **NO_LIST}
#: A value to group by, which must not be a list.
_TEXT: Document = {"$type": "string", "$ne": "", **NO_LIST}
DUPLICATES = "duplicate-appointment"
#: In this order, the document that was updated last comes last.
LAST_UPDATED: Mapping[str, int] = {STAMP: 1, "updatedAt": 1, "_id": 1}
DOUBTFUL_LEADS = "doubtful-lead"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Rule:
    """Something that may be wrong with a single document; ``query`` finds the documents.

    ``by_field`` has an accumulator of a `$group` for each field that is counted separately.
    """

    id: str
    severity: Severity
    remedy: Remedy
    query: Callable[[RuleContext], Document]
    by_field: Mapping[str, Document] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RuleOfSeveral:
    """Something that may be wrong with documents together; ``stages`` find the documents.

    ``counted`` is what a `$group` adds up: 1 for each document, or a field that is a count. A rule
    about pairs checks only the documents of `overlap_candidates`.
    """

    id: str
    severity: Severity
    remedy: Remedy
    stages: Callable[[RuleContext], Pipeline]
    counted: int | str = 1
    is_about_pairs: bool = True


AnyRule = Rule | RuleOfSeveral


def is_blank(name: str) -> Document:
    """A query: the field is missing, null, or a text of white space."""
    return {name: {"$in": [None, "", BLANK]}}


def _has_type(name: str, *types: str) -> Document:
    return {"$in": [{"$type": f"${name}"}, list(types)]}


def _is_blank_expression(name: str) -> Document:
    return {
        "$or": [
            _has_type(name, "missing", "null", "undefined"),
            {"$cond": [_has_type(name, "string"), is_blank_text(name), False]},
        ]
    }


def wrong_type(name: str, wanted: str) -> Document:
    """A query: the field is not blank, and has another type."""
    is_other = {"$and": [{name: {"$not": {"$type": wanted}}}, {"$nor": [is_blank(name)]}]}
    return {"$or": [_is_list(name), is_other]}


def _is_list(name: str) -> Document:
    return {name: {"$type": "array"}}


def _wrong_type_expression(name: str, wanted: str) -> Document:
    return {
        "$and": [{"$not": [_is_blank_expression(name)]}, {"$ne": [{"$type": f"${name}"}, wanted]}]
    }


WANTED_TYPES: Mapping[str, str] = {
    **dict.fromkeys((*TEXTS, "companyId"), "string"),
    **dict.fromkeys((*MOMENTS, *STORING_DATES, STAMP), "date"),
    **dict.fromkeys(FLAGS, "bool"),
}


def _sum(condition: Document) -> Document:
    return {"$sum": {"$cond": [condition, 1, 0]}}


def _id_format(context: RuleContext) -> Document:
    names = (KEY, "leadId") if context.leads.checks_format else (KEY,)
    not_digits = {
        "$type": "string",
        "$not": Regex(r"^[0-9]+\z"),
        "$nin": [BLANK],
    }
    return {"$or": [{name: not_digits} for name in names]}


_LENGTH_MS: Document = {"$subtract": ["$endDateTime", "$startDateTime"]}
_IS_SHORT: Document = {"$lt": [_LENGTH_MS, 30 * 60_000]}
_IS_UNUSUAL: Document = {"$or": [_IS_SHORT, {"$gt": [_LENGTH_MS, 120 * 60_000]}]}


def _both_dates(condition: Document) -> Document:
    """A condition on both moments, computed only if they are dates of the calendar.

    The parts of a query have no order, so the expression itself checks the dates first.
    """
    is_date = [
        {comparison: [f"${name}", end]}
        for name in MOMENTS
        for comparison, end in zip(("$gte", "$lte"), _CALENDAR, strict=True)
    ]
    return {"$expr": {"$cond": [{"$and": is_date}, condition, False]}}


def _date_order(_context: RuleContext) -> Document:
    return {
        **dict.fromkeys(MOMENTS, _ANY_DATE),
        "$expr": {"$gte": ["$startDateTime", "$endDateTime"]},
    }


def _unknown_status(_context: RuleContext) -> Document:
    known = [each.value for each in AttendanceStatus]
    return {"status": {"$type": "string", "$nin": [*known, BLANK]}}


def _future_completed(context: RuleContext) -> Document:
    done = [AttendanceStatus.ARRIVED.value, AttendanceStatus.NO_SHOW.value]
    return {**_ACTIVE, "startDateTime": {"$gt": context.now}, "status": {"$in": done}}


def _odd_length(_context: RuleContext) -> Document:
    odd = {"$and": [{"$gt": [_LENGTH_MS, 0]}, _IS_UNUSUAL]}
    return {**_ACTIVE, **_both_dates(odd)}


def _forgotten_pending(context: RuleContext) -> Document:
    ended = {"$lt": context.now - timedelta(days=3), "$gte": _EPOCH}
    return {**_ACTIVE, "status": AttendanceStatus.PENDING.value, "endDateTime": ended}


def _untidy_text(_context: RuleContext) -> Document:
    # Everything except "words with one space between them". This takes a third of the time of a
    # search for white space at the ends or doubled, and never backtracks.
    untidy = Regex(rf"^(?!(?:{_NO_SPACE}++{_SPACE})*+{_NO_SPACE}++\z)")
    condition = {"$regex": untidy, "$nin": [BLANK]}
    return {"$or": [{name: condition} for name in NAMES]}


def _misshapen() -> Document:
    """A query: a field is missing, empty or of a wrong type. A few correct documents match too.

    ASCII white space sorts before "!", so `$gte: "!"` finds text that does not begin with white
    space, without a regular expression.
    """
    sound: Document = {
        **{name: {"$gte": "!"} for name in TEXTS},
        **{name: {"$gte": _CALENDAR[0], "$lte": _CALENDAR[1]} for name in MOMENTS},
        **{name: {"$type": "date"} for name in STORING_DATES},
        **{name: {"$type": "bool"} for name in FLAGS},
    }
    # A list that contains a correct value matches too. To check every field for lists takes twice
    # the time.
    lists = [_is_list(name) for name in (KEY, "status", *MOMENTS)]
    maybe = [wrong_type(name, WANTED_TYPES[name]) for name in ("companyId", STAMP)]
    return {"$or": [{"$nor": [sound]}, *lists, *maybe]}


#: `_misshapen` finds all documents of these rules.
_ABOUT_SHAPE = frozenset({"required-field", "wrong-type", "missing-flag"})
#: All documents of these rules have an unusual length: also zero or negative.
_ABOUT_LENGTH = frozenset({"date-order", "odd-length"})


def suspicious(rules: Iterable[Rule], context: RuleContext) -> Document:
    """A query that finds all documents of the rules, and some others."""
    known = _ABOUT_SHAPE | _ABOUT_LENGTH
    queries = [rule.query(context) for rule in rules if rule.id not in known]
    return {"$or": [_misshapen(), _both_dates(_IS_UNUSUAL), *queries]}


def _once_each(context: RuleContext) -> Pipeline:
    """Stages: only the document updated last of each appointment."""
    if context.superseded_ids is not None:
        superseded_ids = list(context.superseded_ids)
        return [{"$match": {"_id": {"$nin": superseded_ids}}}] if superseded_ids else []
    names = (KEY, "leadId", "teacherId", *MOMENTS, "isDeleted")
    last = {name: {"$last": f"${name}"} for name in ("document", *names)}
    return [
        {"$sort": LAST_UPDATED},
        {"$set": {"document": "$_id", "id": AS_ID}},
        # A document without an id is alone.
        {"$group": {"_id": {"id": "$id", "alone": {"$cond": ["$id", None, "$_id"]}}, **last}},
        {"$set": {"_id": "$document"}},
    ]


def overlap_candidates() -> Pipeline:
    """Stages: the `_id` of every document that a rule about pairs may find.

    These are the lessons of one teacher that overlap or begin together, also duplicates. All
    lessons of an overlap are included, so the rules need no other documents.
    """
    # At least a millisecond long, so that two lessons that begin together overlap.
    ends = {"$max": ["$endDateTime", {"$add": ["$startDateTime", 1]}]}
    readable = {"startDateTime": _DATE, "teacherId": _TEXT}
    return [
        {"$match": {**_ACTIVE, **readable}},
        *ids_of_overlapping("$teacherId", "$startDateTime", ends),
    ]


def _duplicate_lessons(context: RuleContext) -> Pipeline:
    """Lessons of one lead with one teacher at one time, with different ids."""
    names = ("leadId", "teacherId", "startDateTime")
    readable = {"leadId": _TEXT, "teacherId": _TEXT}
    return [
        *_once_each(context),
        {"$match": {**_ACTIVE, **readable, "startDateTime": _DATE}},
        {"$project": dict.fromkeys((KEY, *names), 1)},
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
    """Lessons that begin before an earlier lesson of the teacher ended, and the earlier lessons."""
    names = ("teacherId", "startDateTime", "endDateTime")
    order = {"startDateTime": 1, "endDateTime": 1, KEY: 1}
    return [
        *_once_each(context),
        {
            "$match": {
                **_ACTIVE,
                **dict.fromkeys(MOMENTS, _DATE),
                "teacherId": _TEXT,
                "$expr": {"$lt": ["$startDateTime", "$endDateTime"]},
            }
        },
        {"$project": dict.fromkeys((KEY, *names), 1)},
        *overlapping("$teacherId", "$startDateTime", "$endDateTime", order),
    ]


RULES: tuple[AnyRule, ...] = (
    Rule(
        "required-field",
        Severity.ERROR,
        Remedy.ASK,
        lambda _: {"$or": [is_blank(name) for name in REQUIRED]},
        {name: _sum(_is_blank_expression(name)) for name in REQUIRED},
    ),
    Rule(
        "wrong-type",
        Severity.ERROR,
        Remedy.CONVERT,
        lambda _: {"$or": [wrong_type(*each) for each in WANTED_TYPES.items()]},
        {name: _sum(_wrong_type_expression(name, kind)) for name, kind in WANTED_TYPES.items()},
    ),
    Rule(
        "missing-flag",
        Severity.WARNING,
        Remedy.FLAGS,
        lambda _: {"$or": [is_blank(name) for name in (*FLAGS, *STORING_DATES)]},
        {name: _sum(_is_blank_expression(name)) for name in (*FLAGS, *STORING_DATES)},
    ),
    Rule("id-format", Severity.ERROR, Remedy.ASK, _id_format),
    Rule("date-order", Severity.ERROR, Remedy.ASK, _date_order),
    Rule("unknown-status", Severity.ERROR, Remedy.ASK, _unknown_status),
    Rule("future-completed", Severity.ERROR, Remedy.ASK, _future_completed),
    RuleOfSeveral(
        DUPLICATES,
        Severity.ERROR,
        Remedy.CLEAN,
        lambda _: repeated_ids({}),
        counted="$documents",
    ),
    RuleOfSeveral(
        "duplicate-lesson", Severity.ERROR, Remedy.TELL, _duplicate_lessons, counted="$count"
    ),
    RuleOfSeveral("teacher-overlap", Severity.WARNING, Remedy.TELL, _teacher_overlaps),
    Rule(
        "odd-length",
        Severity.WARNING,
        Remedy.TELL,
        _odd_length,
        {"short": _sum(_IS_SHORT), "long": _sum({"$not": [_IS_SHORT]})},
    ),
    Rule("forgotten-pending", Severity.WARNING, Remedy.ASK, _forgotten_pending),
    Rule("untidy-text", Severity.WARNING, Remedy.TIDY, _untidy_text),
    RuleOfSeveral(
        DOUBTFUL_LEADS,
        Severity.WARNING,
        Remedy.TELL,
        lambda context: [{"$match": of_leads(context.doubtful_leads)}],
        is_about_pairs=False,
    ),
)


def in_scope(context: RuleContext) -> Document:
    """A query for the documents to check. A document without a readable start has no day."""
    if context.scope is None:
        return {}
    start, end = context.scope
    return {"startDateTime": {"$gte": start, "$lt": end, **NO_LIST}}


def scope_stages(context: RuleContext) -> Pipeline:
    query = in_scope(context)
    return [{"$match": query}] if query else []


def query_of(rule_id: str, context: RuleContext) -> Document:
    """The query of a rule about single documents."""
    rule = next(rule for rule in RULES if isinstance(rule, Rule) and rule.id == rule_id)
    return rule.query(context)
