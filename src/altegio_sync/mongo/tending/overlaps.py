"""Spans of time that overlap others of their group, found inside MongoDB."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    Document = dict[str, Any]
    Pipeline = list[Document]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WEEK_MS = 7 * 24 * 3600 * 1000


def overlapping(
    group: str, start: str, end: str, order: Mapping[str, int], *or_where: Document
) -> Pipeline:
    """Stages that leave those that begin before an earlier one has ended, and those earlier ones.

    ``group``, ``start`` and ``end`` are expressions, ``order`` is the one of the starts. What
    ``or_where`` is true of is left as well.
    """
    # The latest end of all before, not the end of the one before: a short one may lie within a
    # long one that goes on.
    output = {
        "busy_until": {"$max": end, "window": {"documents": ["unbounded", -1]}},
        "next_start": {"$shift": {"output": start, "by": 1}},
    }
    begins_within = {"$gt": ["$busy_until", start]}
    # A missing next start is null, which comes before every date.
    next_within = {"$and": [{"$gt": ["$next_start", None]}, {"$gt": [end, "$next_start"]}]}
    return [
        {"$setWindowFields": {"partitionBy": group, "sortBy": order, "output": output}},
        {"$match": {"$expr": {"$or": [begins_within, next_within, *or_where]}}},
    ]


def ids_of_overlapping(group: str, start: str, end: Document) -> Pipeline:
    """Stages that leave the `_id` alone of every document that overlaps another of its group.

    To put all in order takes the server three times as long as this: only those of a week in which
    something overlaps are, or which something from another week reaches into.
    """
    past_week = {"$mod": [{"$subtract": [start, _EPOCH]}, _WEEK_MS]}
    by_week = {
        "_id": {"group": group, "week": {"$subtract": [start, past_week]}},
        "ids": {"$push": "$_id"},
        "starts": {"$push": start},
        "ends": {"$push": end},
    }
    each = {
        name: {"$arrayElemAt": [f"${many}", "$$place"]}
        for name, many in (("id", "ids"), ("start", "starts"), ("end", "ends"))
    }
    places = {"$range": [0, {"$size": "$ids"}]}
    spans = {"$map": {"input": places, "as": "place", "in": each}}
    return [
        {"$group": by_week},
        {"$addFields": {"start": {"$min": "$starts"}, "end": {"$max": "$ends"}}},
        *overlapping("$_id.group", "$start", "$end", {"_id.week": 1}, _any_overlaps()),
        {"$project": {"span": spans}},
        {"$unwind": "$span"},
        *overlapping("$_id.group", "$span.start", "$span.end", {"span.start": 1}),
        {"$project": {"_id": "$span.id"}},
    ]


def _any_overlaps() -> Document:
    """Whether any do, of ``starts`` and ``ends``.

    With both in order: where none overlaps, as many have ended before each start as began before.
    """
    ends = {"$sortArray": {"input": "$ends", "sortBy": 1}}
    starts = {"$sortArray": {"input": "$starts", "sortBy": 1}}
    next_starts = {"$slice": [starts, 1, {"$size": "$starts"}]}
    goes_on = {"$gt": [{"$first": "$$pair"}, {"$last": "$$pair"}]}
    pairs = {"$zip": {"inputs": [ends, next_starts]}}
    return {"$anyElementTrue": {"$map": {"input": pairs, "as": "pair", "in": goes_on}}}
