"""Counts the collection inside MongoDB, by a few aggregations, two at a time.

Each aggregation reads the collection once and makes a few groups, by keys that are cheap to
compute. Expensive work (conversions, time zones, names) is done on the groups. Conditions that
nearly all documents meet are also tested on the groups: a `$match` of three conditions costs as
much as the `$group` after it. The aggregations do not share a snapshot: one count may include a
write of another program, and another count may not.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from altegio_sync.domain.appointment import AttendanceStatus
from altegio_sync.domain.company_scope import WITHOUT_COMPANY
from altegio_sync.domain.stats import (
    DayCount,
    DuplicateCounts,
    HourCount,
    NamedCount,
    ShowCount,
    StatusCount,
    StoredCounts,
    TrialCounts,
    label_of,
)
from altegio_sync.mongo.core.companies import of_companies
from altegio_sync.mongo.core.connection import durable, translated_errors
from altegio_sync.mongo.core.ids import NO_LIST
from altegio_sync.mongo.core.indexes import has_unique_index
from altegio_sync.mongo.core.local_time import EARLIEST_START, FEW_AT_ONCE, QUARTER_OF_ID
from altegio_sync.mongo.tending.duplicates import has_numeric_ids, repeated_ids
from altegio_sync.mongo.tending.unread_starts import count_unread_starts

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import date, datetime

    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.domain.stats import StatsQuery

    Document = dict[str, Any]
    Pipeline = list[Document]

TOP = 5
_NAMED_DUPLICATES = 10
#: The no-show rate is shown for this many teachers, those with the most attended or missed lessons.
SHOWN_TEACHERS = 15
_ACTIVE: Document = {"isDeleted": {"$ne": True}}
_START = "$startDateTime"
_IDS = ["string", "int", "long", "double", "decimal", "objectId"]
_WITHOUT_ID: Document = {"$nin": [None, ""]}


class MongoStats:
    """Counts one collection."""

    def __init__(self, database: AsyncDatabase[Document], collection: str) -> None:
        self._collection = durable(database)[collection]

    async def count(self, query: StatsQuery) -> StoredCounts:
        """All counts of the documents that the query spans.

        Raises:
            StoreError: MongoDB failed.
        """
        with translated_errors():
            without = await self._count_without_company(query)
            unread = await self._count_unread_starts(query)
            # The slowest aggregation comes first.
            leads, duplicates, people, starts = await _two_at_a_time(
                lambda: self._aggregate(_leads(query)),
                lambda: self._count_duplicates(query),
                lambda: self._aggregate(_people(query)),
                lambda: self._count_starts(query),
            )
        counts = _to_counts(query, people, starts, leads, duplicates)
        if query.since is None:
            unread = counts.active - sum(each.count for each in counts.by_day)
        # A write between two of the counts can make the difference negative.
        return replace(counts, without_company=without, unread_starts=max(unread, 0))

    async def _count_unread_starts(self, query: StatsQuery) -> int:
        since, until = query.since, query.until
        if since is None or until is None or not query.counts_unread_starts:
            return 0
        of_them = of_companies(query.companies)
        span = (since, until, query.zone)
        return await count_unread_starts(self._collection, of_them, lambda _: span)

    async def _count_without_company(self, query: StatsQuery) -> int | None:
        companies = query.companies
        if companies is None or companies.includes_documents_without_company:
            return None
        left_out = _spanned(replace(query, companies=WITHOUT_COMPANY))
        return await self._collection.count_documents(left_out)

    async def _count_duplicates(self, query: StatsQuery) -> Document:
        is_guarded = await has_unique_index(self._collection)
        if is_guarded and not await has_numeric_ids(self._collection):
            return {"guarded": True}
        return {**await self._aggregate(_duplicates(query)), "guarded": is_guarded}

    async def _count_starts(self, query: StatsQuery) -> Document:
        """Count days and hours, by the quarters of an hour in which lessons start.

        Python's time zones decide the local days and hours: the server's zones may be years old.
        """
        hours: Counter[tuple[date, int]] = Counter()
        upcoming = 0
        cursor = await self._collection.aggregate(
            _starts(query), allowDiskUse=True, batchSize=FEW_AT_ONCE
        )
        async for found in cursor:
            local = found["_id"].astimezone(query.zone)
            hours[local.date(), local.hour] += found["n"]
            upcoming += found["upcoming"]
        return {"hours": hours, "upcoming": upcoming}

    async def _aggregate(self, pipeline: Pipeline) -> Document:
        """The only result of the pipeline; an empty document if there is no result."""
        found = await (await self._collection.aggregate(pipeline, allowDiskUse=True)).to_list()
        return found[0] if found else {}


async def _two_at_a_time(*work: Callable[[], Awaitable[Document]]) -> list[Document]:
    """The results in order. If one fails, the others are cancelled before the error is raised.

    To run all at once would be slower on a server with two cores: the slowest aggregation would get
    less than one core.
    """
    turns = asyncio.Semaphore(2)

    async def in_turn(ask: Callable[[], Awaitable[Document]]) -> Document:
        async with turns:
            return await ask()

    tasks = [asyncio.ensure_future(in_turn(each)) for each in work]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _spanned(query: StatsQuery) -> Document:
    of_them = of_companies(query.companies)
    if query.since is None or query.until is None:
        return of_them
    return of_them | _within(query.since, query.until)


def _within(since: datetime, until: datetime | None = None) -> Document:
    # A comparison with a date finds only dates, and lists that contain such a date.
    bounds = {"$gte": since} if until is None else {"$gte": since, "$lt": until}
    return {"startDateTime": {**bounds, **NO_LIST}}


def _people(query: StatsQuery) -> Pipeline:
    """Total, statuses, teachers and services, from the few combinations of these values."""
    key = {
        "deleted": "$isDeleted",
        "status": "$status",
        "trial": "$IsTrial",
        "teacher": "$teacherId",
        "teacherName": "$teacherName",
        "service": "$serviceId",
        "serviceName": "$serviceName",
    }
    active = {"$match": {"_id.deleted": {"$ne": True}}}
    type_of = {"$type": "$_id.status"}
    text = {"$cond": [{"$eq": [type_of, "string"]}, "$_id.status", None]}
    decided = {"$match": {"decided": {"$gt": 0}}}
    parts: dict[str, Pipeline] = {
        "total": [{"$group": {"_id": None, "n": {"$sum": "$n"}}}],
        "active": [active, {"$group": {"_id": None, "n": {"$sum": "$n"}}}],
        "trial": [active, {"$group": {"_id": {"$eq": ["$_id.trial", True]}, "n": {"$sum": "$n"}}}],
        "statuses": [
            active,
            {"$group": {"_id": {"status": text, "type": type_of}, "n": {"$sum": "$n"}}},
        ],
        "teachers": [active, *_named("teacher"), *_most("n", TOP)],
        "services": [active, *_named("service"), *_most("n", TOP)],
        "shows": [active, *_named("teacher"), decided, *_most("decided", SHOWN_TEACHERS)],
    }
    group = {"_id": key, "n": {"$sum": 1}, "last": {"$max": _START}}
    return [*_match(_spanned(query)), {"$group": group}, {"$facet": parts}]


def _named(kind: str) -> Pipeline:
    """The combinations by id, each with the name in the appointment that starts last."""
    arrived, no_show = (
        {"$sum": {"$cond": [{"$eq": ["$_id.status", each.value]}, "$n", 0]}}
        for each in (AttendanceStatus.ARRIVED, AttendanceStatus.NO_SHOW)
    )
    raw, name = f"$_id.{kind}", f"$_id.{kind}Name"
    as_text = {"$convert": {"input": raw, "to": "string", "onError": None}}
    key = {
        "id": {"$cond": [{"$in": [{"$type": raw}, _IDS]}, as_text, None]},
        "name": {"$cond": [{"$eq": [{"$type": name}, "string"]}, name, ""]},
    }
    first = {
        "_id": key,
        "n": {"$sum": "$n"},
        "arrived": arrived,
        "no_show": no_show,
        "last": {"$max": "$last"},
    }
    sums = {each: {"$sum": f"${each}"} for each in ("n", "arrived", "no_show")}
    return [
        {"$group": first},
        {"$match": {"_id.id": _WITHOUT_ID}},
        {"$addFields": {"is_named": {"$ne": ["$_id.name", ""]}}},
        {"$sort": {"is_named": -1, "last": -1, "_id.name": 1}},
        {"$group": {"_id": "$_id.id", "name": {"$first": "$_id.name"}, **sums}},
        {"$addFields": {"decided": {"$add": ["$arrived", "$no_show"]}}},
    ]


def _most(field: str, count: int) -> Pipeline:
    return [{"$sort": {field: -1, "_id": 1}}, {"$limit": count}]


def _starts(query: StatsQuery) -> Pipeline:
    """The quarters of an hour in which lessons start: every offset is a multiple of 15 minutes."""
    by_quarter = {
        "_id": QUARTER_OF_ID,
        "n": {"$sum": "$n"},
        "upcoming": {"$sum": {"$cond": [{"$gt": ["$_id", query.now]}, "$n", 0]}},
    }
    return [
        *_match({**_ACTIVE, **_spanned(query)}),
        {"$group": {"_id": _START, "n": {"$sum": 1}}},
        {"$group": by_quarter},
        {"$match": {"_id": {"$ne": None}}},
    ]


def _leads(query: StatsQuery) -> Pipeline:
    """Leads who had a trial lesson, and their lessons after the first trial lesson."""
    is_trial = {"$eq": ["$_id.trial", True]}
    is_arrived = {"$eq": ["$_id.status", AttendanceStatus.ARRIVED.value]}
    by_lead = {
        "_id": {"$ifNull": ["$_id.lead", ""]},
        "trial": {"$min": {"$cond": [is_trial, "$first", None]}},
        "booked": {"$max": {"$cond": [is_trial, None, "$last"]}},
        "came": {"$max": {"$cond": [{"$and": [{"$not": [is_trial]}, is_arrived]}, "$last", None]}},
    }
    after_trial = {
        each: {"$sum": {"$cond": [{"$gt": [f"${each}", "$trial"]}, 1, 0]}}
        for each in ("booked", "came")
    }
    return [
        *_match({**_ACTIVE, **_within(EARLIEST_START), **_spanned(query)}),
        {
            "$group": {
                "_id": {"lead": "$leadId", "trial": "$IsTrial", "status": "$status"},
                "first": {"$min": _START},
                "last": {"$max": _START},
            }
        },
        {"$group": by_lead},
        {"$match": {"_id": {"$ne": ""}, "trial": {"$ne": None}}},
        {"$group": {"_id": None, "leads": {"$sum": 1}, **after_trial}},
    ]


def _duplicates(query: StatsQuery) -> Pipeline:
    """Duplicates, as `clean` finds them: 501 and "501" are the same id."""
    extra = {"$sum": {"$subtract": ["$documents", 1]}}
    total = {"$group": {"_id": None, "ids": {"$sum": 1}, "extra": extra}}
    first: Pipeline = [{"$sort": {"_id": 1}}, {"$limit": _NAMED_DUPLICATES}]
    parts = {"$facet": {"total": [total], "first": first}}
    return [*repeated_ids(_spanned(query)), parts]


def _match(condition: Document) -> Pipeline:
    return [{"$match": condition}] if condition else []


def _to_counts(
    query: StatsQuery, people: Document, starts: Document, leads: Document, duplicates: Document
) -> StoredCounts:
    days, hours = _by_day(starts["hours"]), _by_weekday(starts["hours"])
    total, active = _single(people, "total"), _single(people, "active")
    trial = sum(each["n"] for each in people.get("trial", ()) if each["_id"])
    return StoredCounts(
        total=total,
        active=active,
        deleted=total - active,
        trial=trial,
        statuses=tuple(_to_status(each) for each in people.get("statuses", ())),
        top_teachers=tuple(_to_named(each) for each in people.get("teachers", ())),
        top_services=tuple(_to_named(each) for each in people.get("services", ())),
        by_day=tuple(DayCount(day, count) for day, count in sorted(days.items())),
        last_30_days=sum(days[day] for day in query.last_days.each_day()),
        upcoming=starts["upcoming"],
        heat_map=tuple(HourCount(*when, count) for when, count in sorted(hours.items())),
        shows=tuple(
            ShowCount(each["_id"], each["name"] or None, each["arrived"], each["no_show"])
            for each in people.get("shows", ())
        ),
        trials=TrialCounts(
            trial, leads.get("leads", 0), leads.get("booked", 0), leads.get("came", 0)
        ),
        duplicates=_to_duplicates(duplicates),
        has_unique_index=duplicates.get("guarded", False),
    )


def _to_duplicates(found: Document) -> DuplicateCounts:
    total = found["total"][0] if found.get("total") else {"ids": 0, "extra": 0}
    first = {each["_id"]: each["documents"] for each in found.get("first", ())}
    return DuplicateCounts(total["ids"], total["extra"], first)


def _single(found: Document, part: str) -> int:
    return sum(each["n"] for each in found.get(part, ()))


def _to_status(found: Document) -> StatusCount:
    status = found["_id"]["status"]
    return StatusCount(status, label_of(status, found["_id"]["type"]), found["n"])


def _to_named(found: Document) -> NamedCount:
    return NamedCount(found["_id"], found["name"] or None, found["n"])


def _by_day(hours: Counter[tuple[date, int]]) -> Counter[date]:
    days: Counter[date] = Counter()
    for (day, _), count in hours.items():
        days[day] += count
    return days


def _by_weekday(hours: Counter[tuple[date, int]]) -> Counter[tuple[int, int]]:
    weekdays: Counter[tuple[int, int]] = Counter()
    for (day, hour), count in hours.items():
        weekdays[day.isoweekday(), hour] += count
    return weekdays
