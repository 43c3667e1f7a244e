"""The queries of the rules about single documents."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bson import Regex

from altegio_sync.domain.appointment import AttendanceStatus
from altegio_sync.mongo.core.documents import KEY, STAMP
from altegio_sync.mongo.core.ids import BLANK, NO_LIST, is_blank_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from altegio_sync.domain.validation import RuleContext

    Document = dict[str, Any]

MOMENTS = ("startDateTime", "endDateTime")
STORING_DATES = ("createdAt", "updatedAt")
FLAGS = ("IsTrial", "isDeleted")
NAMES = ("leadName", "teacherName", "serviceName")
TEXTS = (KEY, "leadId", "teacherId", "serviceId", "status", *NAMES)
REQUIRED = (*TEXTS, *MOMENTS)
#: White space in names; a no-break space is included here.
_SPACE = "[\\s\u00a0]"
_NO_SPACE = "[^\\s\u00a0]"
ACTIVE: Document = {"isDeleted": {"$ne": True}}
#: Beyond the calendar, the difference of two dates may exceed 64 bits, which is an error.
_CALENDAR = (datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC))
#: A comparison with a date finds only dates, and lists that contain such a date.
DATE: Document = {"$gte": _CALENDAR[0], "$lte": _CALENDAR[1], **NO_LIST}
_ANY_DATE: Document = {"$type": "date", **NO_LIST}
#: A text that documents can be grouped by. A list is not such a text.
TEXT: Document = {"$type": "string", "$ne": "", **NO_LIST}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def is_blank(name: str) -> Document:
    """A query: the field is missing, null, or a text of white space."""
    return {name: {"$in": [None, "", BLANK]}}


def _has_type(name: str, *types: str) -> Document:
    return {"$in": [{"$type": f"${name}"}, list(types)]}


def is_blank_expression(name: str) -> Document:
    return {
        "$or": [
            _has_type(name, "missing", "null", "undefined"),
            {"$cond": [_has_type(name, "string"), is_blank_text(f"${name}"), False]},
        ]
    }


def wrong_type(name: str, wanted: str) -> Document:
    """A query: the field is not blank, and has another type."""
    is_other = {"$and": [{name: {"$not": {"$type": wanted}}}, {"$nor": [is_blank(name)]}]}
    return {"$or": [_is_list(name), is_other]}


def _is_list(name: str) -> Document:
    return {name: {"$type": "array"}}


def wrong_type_expression(name: str, wanted: str) -> Document:
    return {
        "$and": [{"$not": [is_blank_expression(name)]}, {"$ne": [{"$type": f"${name}"}, wanted]}]
    }


WANTED_TYPES: Mapping[str, str] = {
    **dict.fromkeys((*TEXTS, "companyId"), "string"),
    **dict.fromkeys((*MOMENTS, *STORING_DATES, STAMP), "date"),
    **dict.fromkeys(FLAGS, "bool"),
}


def count_if(condition: Document) -> Document:
    return {"$sum": {"$cond": [condition, 1, 0]}}


def id_format(context: RuleContext) -> Document:
    names = (KEY, "leadId") if context.leads.checks_format else (KEY,)
    not_digits = {
        "$type": "string",
        "$not": Regex(r"^[0-9]+\z"),
        "$nin": [BLANK],
    }
    return {"$or": [{name: not_digits} for name in names]}


_LENGTH_MS: Document = {"$subtract": ["$endDateTime", "$startDateTime"]}
IS_SHORT: Document = {"$lt": [_LENGTH_MS, 30 * 60_000]}
IS_UNUSUAL: Document = {"$or": [IS_SHORT, {"$gt": [_LENGTH_MS, 120 * 60_000]}]}


def both_dates(condition: Document) -> Document:
    """A condition on both moments, computed only if they are dates of the calendar.

    The parts of a query have no order, so the expression itself checks the dates first.
    """
    is_date = [
        {comparison: [f"${name}", end]}
        for name in MOMENTS
        for comparison, end in zip(("$gte", "$lte"), _CALENDAR, strict=True)
    ]
    return {"$expr": {"$cond": [{"$and": is_date}, condition, False]}}


def date_order(_context: RuleContext) -> Document:
    return {
        **dict.fromkeys(MOMENTS, _ANY_DATE),
        "$expr": {"$gte": ["$startDateTime", "$endDateTime"]},
    }


def unknown_status(_context: RuleContext) -> Document:
    known = [each.value for each in AttendanceStatus]
    return {"status": {"$type": "string", "$nin": [*known, BLANK]}}


def future_completed(context: RuleContext) -> Document:
    done = [AttendanceStatus.ARRIVED.value, AttendanceStatus.NO_SHOW.value]
    return {**ACTIVE, "startDateTime": {"$gt": context.now}, "status": {"$in": done}}


def odd_length(_context: RuleContext) -> Document:
    odd = {"$and": [{"$gt": [_LENGTH_MS, 0]}, IS_UNUSUAL]}
    return {**ACTIVE, **both_dates(odd)}


def forgotten_pending(context: RuleContext) -> Document:
    ended = {"$lt": context.now - timedelta(days=3), "$gte": _EPOCH}
    return {**ACTIVE, "status": AttendanceStatus.PENDING.value, "endDateTime": ended}


def untidy_text(_context: RuleContext) -> Document:
    # The pattern finds every text that is not "words with one space between them". It never
    # backtracks, and takes a third of the time of a search for extra white space.
    untidy = Regex(rf"^(?!(?:{_NO_SPACE}++{_SPACE})*+{_NO_SPACE}++\z)")
    condition = {"$regex": untidy, "$nin": [BLANK]}
    return {"$or": [{name: condition} for name in NAMES]}


def misshapen() -> Document:
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
