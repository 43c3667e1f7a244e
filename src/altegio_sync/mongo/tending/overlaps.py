"""Finds, inside MongoDB, the spans of time that overlap another span of their group."""

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
    """Stages: the spans that begin before an earlier span ended, and these earlier spans.

    ``group``, ``start`` and ``end`` are expressions; ``order`` is the order of the starts. Spans
    for which ``or_where`` is true are included as well.
    """
    # The latest end of all earlier spans counts, not the end of the previous span: the previous
    # span may be short and inside a long span, which ends later.
    output = {
        "busy_until": {"$max": end, "window": {"documents": ["unbounded", -1]}},
        "next_start": {"$shift": {"output": start, "by": 1}},
    }
    begins_within = {"$gt": ["$busy_until", start]}
    # A missing next start is null, which sorts before every date.
    next_within = {"$and": [{"$gt": ["$next_start", None]}, {"$gt": [end, "$next_start"]}]}
    return [
        {"$setWindowFields": {"partitionBy": group, "sortBy": order, "output": output}},
        {"$match": {"$expr": {"$or": [begins_within, next_within, *or_where]}}},
    ]


def ids_of_overlapping(group: str, start: str, end: Document) -> Pipeline:
    """Stages: the `_id` of every document that overlaps another document of its group.

    For speed, the documents of a group are first divided by weeks. Only weeks that can contain an
    overlap are sorted. Sorting all documents would take the server about three times as long.
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
    """An expression: whether any of the spans with these ``starts`` and ``ends`` overlap.

    Sort starts and ends separately. If the n-th end is later than start n+1, two spans overlap.
    """
    ends = {"$sortArray": {"input": "$ends", "sortBy": 1}}
    starts = {"$sortArray": {"input": "$starts", "sortBy": 1}}
    next_starts = {"$slice": [starts, 1, {"$size": "$starts"}]}
    goes_on = {"$gt": [{"$first": "$$pair"}, {"$last": "$$pair"}]}
    pairs = {"$zip": {"inputs": [ends, next_starts]}}
    return {"$anyElementTrue": {"$map": {"input": pairs, "as": "pair", "in": goes_on}}}
