"""Counts which changes were announced by webhooks, how fast they were stored, and what waits."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from altegio_sync.domain.notices import OPEN_STATES, NoticeState
from altegio_sync.domain.versions import VersionClass
from altegio_sync.domain.webhooks import ClassCounts, Delay, NoticeQueue, WebhookFigures
from altegio_sync.mongo.bookkeeping.notices import NOTICES_COLLECTION
from altegio_sync.mongo.bookkeeping.receivers import USED_WITHIN, MongoReceivers
from altegio_sync.mongo.bookkeeping.versions import VERSIONS_COLLECTION
from altegio_sync.mongo.core.connection import durable, waits_for_mongodb
from altegio_sync.mongo.core.junk import IS_MOMENT, IS_NO_ARRAY, IS_TEXT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pymongo.asynchronous.database import AsyncDatabase

    Document = dict[str, Any]

_DAY = timedelta(days=1)
#: Altegio's stamps are in whole seconds, so shorter times have no meaning.
_DELAY_MS = 100
_CLASSES = [each.value for each in VersionClass]


class MongoWebhookFigures:
    """The figures about the webhooks of one collection of appointments."""

    def __init__(self, database: AsyncDatabase[Document], collection: str) -> None:
        self._versions = durable(database)[VERSIONS_COLLECTION]
        self._notices = durable(database)[NOTICES_COLLECTION]
        self._receivers = MongoReceivers(database, collection)
        self._of = collection

    @waits_for_mongodb
    async def find(self, now: datetime, companies: Sequence[str] = ()) -> WebhookFigures | None:
        """The figures of these companies, by default of all. None if webhooks are not used.

        ``now`` is the time by MongoDB's clock.
        """
        last_seen = await self._receivers.find_last_seen()
        if last_seen is None or now - last_seen > USED_WITHIN:
            return None
        ours: Document = {"collection": self._of}
        if companies:
            ours["companyId"] = {"$in": list(companies)}
        starts = await self._receivers.find_starts(now)
        by_company, delays = await self._count_day(ours, now)
        return WebhookFigures(
            since=min(
                (at for name, at in starts.items() if name in (companies or starts)), default=None
            ),
            receiver_age=max(timedelta(), now - last_seen),
            total=to_counts(
                {
                    each: await self._versions.count_documents({**ours, "class": each})
                    for each in _CLASSES
                }
            ),
            last_day=to_counts(sum(by_company.values(), Counter())),
            by_company={name: to_counts(each) for name, each in by_company.items()},
            delay=Delay.of(delays),
            queue=await self._find_queue(ours, now),
        )

    async def _count_day(
        self, ours: Document, now: datetime
    ) -> tuple[dict[str, Counter[str]], Counter[float]]:
        """The changes of the last 24 hours: their classes by company, and how long each took."""
        took = {"$divide": [{"$subtract": ["$stored_at", "$at"]}, _DELAY_MS]}
        is_known = {"$and": ["$is_timed", {"$eq": [{"$type": "$stored_at"}, "date"]}]}
        key = {
            "company": "$companyId",
            "class": "$class",
            "took": {"$cond": [is_known, {"$round": [took, 0]}, None]},
        }
        match = {
            "companyId": IS_TEXT,
            **ours,
            "at": {**IS_MOMENT, "$gte": now - _DAY},
            "class": {"$in": _CLASSES, **IS_NO_ARRAY},
        }
        found = await self._versions.aggregate(
            [{"$match": match}, {"$group": {"_id": key, "count": {"$sum": 1}}}]
        )
        by_company: dict[str, Counter[str]] = defaultdict(Counter)
        delays: Counter[float] = Counter()
        for each in await found.to_list():
            by_company[each["_id"]["company"]][each["_id"]["class"]] += each["count"]
            if (steps := each["_id"]["took"]) is not None:
                delays[max(0.0, steps * _DELAY_MS / 1000)] += each["count"]
        return by_company, delays

    async def _find_queue(self, ours: Document, now: datetime) -> NoticeQueue:
        states = [each.value for each in OPEN_STATES]
        is_open = {**ours, "state": {"$in": states}, "received_at": IS_MOMENT}
        found = await self._notices.aggregate(
            [
                {"$match": is_open},
                {"$group": {"_id": None, "count": {"$sum": 1}, "first": {"$min": "$received_at"}}},
            ]
        )
        dead = await self._notices.count_documents({**ours, "state": NoticeState.DEAD.value})
        for each in await found.to_list():
            return NoticeQueue(each["count"], max(timedelta(), now - each["first"]), dead)
        return NoticeQueue(dead=dead)


def to_counts(counts: Mapping[str, int]) -> ClassCounts:
    return ClassCounts(
        announced=counts[VersionClass.ANNOUNCED],
        late=counts[VersionClass.LATE],
        lost=counts[VersionClass.LOST],
        receiver_down=counts[VersionClass.RECEIVER_DOWN],
        unclassified=counts[VersionClass.OPEN],
    )
