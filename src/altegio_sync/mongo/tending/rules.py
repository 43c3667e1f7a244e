"""The rules of `validate`. Each rule finds its documents inside MongoDB.

To add a rule, add it to ``RULES``. A rule about single documents is a query. A rule about several
documents together is a list of stages, whose output is the documents it finds. All rules about
single documents run in one pass over the collection: first `suspicious` finds the documents that
any of the rules may find, with tests that are cheap for correct documents.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from altegio_sync.domain.validation import Remedy, RuleContext, Severity
from altegio_sync.mongo.core.companies import of_companies
from altegio_sync.mongo.core.documents import KEY, STAMP
from altegio_sync.mongo.core.ids import AS_ID, NO_LIST
from altegio_sync.mongo.tending.doubtful import of_leads
from altegio_sync.mongo.tending.duplicates import repeated_ids
from altegio_sync.mongo.tending.overlaps import ids_of_overlapping, overlapping
from altegio_sync.mongo.tending.rule_queries import (
    ACTIVE,
    DATE,
    FLAGS,
    IS_SHORT,
    IS_UNUSUAL,
    MOMENTS,
    REQUIRED,
    STORING_DATES,
    TEXT,
    WANTED_TYPES,
    both_dates,
    count_if,
    date_order,
    forgotten_pending,
    future_completed,
    id_format,
    is_blank,
    is_blank_expression,
    misshapen,
    odd_length,
    unknown_status,
    untidy_text,
    wrong_type,
    wrong_type_expression,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Document = dict[str, Any]
    Pipeline = list[Document]

DUPLICATES = "duplicate-appointment"
#: Sorts documents so that the document that was updated last comes last.
LAST_UPDATED: Mapping[str, int] = {STAMP: 1, "updatedAt": 1, "_id": 1}
DOUBTFUL_LEADS = "doubtful-lead"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule about single documents; ``query`` finds the documents that break it.

    ``by_field`` has an accumulator of a `$group` for each field that is counted separately.
    """

    id: str
    severity: Severity
    remedy: Remedy
    query: Callable[[RuleContext], Document]
    by_field: Mapping[str, Document] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RuleOfSeveral:
    """A rule about several documents together; ``stages`` find the documents that break it.

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


#: `misshapen` finds all documents of these rules.
_ABOUT_SHAPE = frozenset({"required-field", "wrong-type", "missing-flag"})
#: All documents of these rules have an unusual length, which includes zero and negative lengths.
_ABOUT_LENGTH = frozenset({"date-order", "odd-length"})


def suspicious(rules: Iterable[Rule], context: RuleContext) -> Document:
    """A query that finds all documents of the rules, and some others."""
    known = _ABOUT_SHAPE | _ABOUT_LENGTH
    queries = [rule.query(context) for rule in rules if rule.id not in known]
    return {"$or": [misshapen(), both_dates(IS_UNUSUAL), *queries]}


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
        # A document without an id is a group of its own.
        {"$group": {"_id": {"id": "$id", "alone": {"$cond": ["$id", None, "$_id"]}}, **last}},
        {"$set": {"_id": "$document"}},
    ]


def overlap_candidates() -> Pipeline:
    """Stages: the `_id` of every document that a rule about pairs may find.

    These are the lessons of one teacher that overlap or begin together, also duplicates. All
    lessons of an overlap are included, so the rules need no other documents.
    """
    # Every lesson counts as at least a millisecond long, so that two lessons that begin together
    # overlap.
    ends = {"$max": ["$endDateTime", {"$add": ["$startDateTime", 1]}]}
    readable = {"startDateTime": DATE, "teacherId": TEXT}
    return [
        {"$match": {**ACTIVE, **readable}},
        *ids_of_overlapping("$teacherId", "$startDateTime", ends),
    ]


def _duplicate_lessons(context: RuleContext) -> Pipeline:
    """Lessons of one lead with one teacher at one time, with different ids."""
    names = ("leadId", "teacherId", "startDateTime")
    readable = {"leadId": TEXT, "teacherId": TEXT}
    return [
        *_once_each(context),
        {"$match": {**ACTIVE, **readable, "startDateTime": DATE}},
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
                **ACTIVE,
                **dict.fromkeys(MOMENTS, DATE),
                "teacherId": TEXT,
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
        {name: count_if(is_blank_expression(name)) for name in REQUIRED},
    ),
    Rule(
        "wrong-type",
        Severity.ERROR,
        Remedy.CONVERT,
        lambda _: {"$or": [wrong_type(*each) for each in WANTED_TYPES.items()]},
        {name: count_if(wrong_type_expression(name, kind)) for name, kind in WANTED_TYPES.items()},
    ),
    Rule(
        "missing-flag",
        Severity.WARNING,
        Remedy.FLAGS,
        lambda _: {"$or": [is_blank(name) for name in (*FLAGS, *STORING_DATES)]},
        {name: count_if(is_blank_expression(name)) for name in (*FLAGS, *STORING_DATES)},
    ),
    Rule("id-format", Severity.ERROR, Remedy.ASK, id_format),
    Rule("date-order", Severity.ERROR, Remedy.ASK, date_order),
    Rule("unknown-status", Severity.ERROR, Remedy.ASK, unknown_status),
    Rule("future-completed", Severity.ERROR, Remedy.ASK, future_completed),
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
        odd_length,
        {"short": count_if(IS_SHORT), "long": count_if({"$not": [IS_SHORT]})},
    ),
    Rule("forgotten-pending", Severity.WARNING, Remedy.ASK, forgotten_pending),
    Rule("untidy-text", Severity.WARNING, Remedy.TIDY, untidy_text),
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
    query = of_companies(context.companies)
    if context.scope is not None:
        start, end = context.scope
        query["startDateTime"] = {"$gte": start, "$lt": end, **NO_LIST}
    return query


def scope_stages(context: RuleContext) -> Pipeline:
    query = in_scope(context)
    return [{"$match": query}] if query else []


def query_of(rule_id: str, context: RuleContext) -> Document:
    """The query of a rule about single documents."""
    rule = next(rule for rule in RULES if isinstance(rule, Rule) and rule.id == rule_id)
    return rule.query(context)
