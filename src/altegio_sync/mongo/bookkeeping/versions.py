"""Stores the versions of bookings that were read, and whether a webhook announced each of them."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pymongo import UpdateMany

from altegio_sync.domain.clock import steady_now
from altegio_sync.domain.versions import (
    ANNOUNCED_BEFORE,
    KEPT_FOR,
    LATE_WITHIN,
    OLDEST,
    Classified,
    FoundVersion,
    ReceivedNotice,
    StoredVersion,
    VersionClass,
    find_clock_difference,
)
from altegio_sync.errors import StoreRightError
from altegio_sync.mongo.bookkeeping.notices import NOTICES_COLLECTION
from altegio_sync.mongo.bookkeeping.receivers import MongoReceivers
from altegio_sync.mongo.bookkeeping.version_writes import (
    PLANNED_FIELDS,
    DatedVersion,
    plan_writes,
)
from altegio_sync.mongo.core.bulk import write_all
from altegio_sync.mongo.core.connection import durable, waits_for_mongodb
from altegio_sync.mongo.core.fence import no_fence
from altegio_sync.mongo.core.junk import IS_MOMENT, IS_NO_ARRAY, IS_TEXT
from altegio_sync.mongo.core.server_clock import ServerClock
from altegio_sync.mongo.core.together import WrittenTogether

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.mongo.core.fence import Fence

    Document = dict[str, Any]

VERSIONS_COLLECTION = "altegio-sync-versions"
#: What a process knows about the server's clock and the first notices is then looked up again.
_KNOWN_FOR_S = 10.0
_AT_ONCE = 1000
#: A stamp that is further in the future comes from a wrong clock.
_MOST_AHEAD = timedelta(minutes=2)
#: Another program may have written other documents.
_IS_ABOUT: dict[str, Any] = {"companyId": IS_TEXT, "appointmentId": IS_TEXT}
_READABLE: dict[str, Any] = {
    **_IS_ABOUT,
    "changed_at": IS_MOMENT,
    "at": IS_MOMENT,
    "class": {"$in": [each.value for each in VersionClass], **IS_NO_ARRAY},
}


class MongoVersions:
    """The versions of the bookings of one collection: one document for each version.

    Nothing is stored for a company that has not sent a notice yet. ``clock`` is MongoDB's clock by
    default. ``fence`` is called before versions are added.
    """

    def __init__(
        self,
        database: AsyncDatabase[Document],
        collection: str,
        *,
        clock: Callable[[], datetime] | None = None,
        fence: Fence = no_fence,
    ) -> None:
        self._database = database
        self._versions = durable(database)[VERSIONS_COLLECTION]
        self._notices = durable(database)[NOTICES_COLLECTION]
        self._receivers = MongoReceivers(database, collection)
        self._of = collection
        self._server_clock = ServerClock()
        self._clock = clock or self._server_clock.writing_time
        self._fence = fence
        self._starts: Mapping[str, datetime] = {}
        self._known_until = steady_now()
        self._added: WrittenTogether[FoundVersion, None] = WrittenTogether(self._write)

    @waits_for_mongodb
    async def prepare(self) -> None:
        """Create the indexes, of which one deletes old versions."""
        await self._versions.create_index(
            "found_at", expireAfterSeconds=round(KEPT_FOR.total_seconds())
        )
        for names in (("check_at",), ("at",), ("class", "companyId")):
            await self._versions.create_index([(each, 1) for each in ("collection", *names)])
        key = ("collection", "companyId", "appointmentId", "received_at")
        await self._notices.create_index([(each, 1) for each in key])

    async def find_now(self) -> datetime:
        """The time by MongoDB's clock."""
        await self._look()
        return self._clock()

    async def add(self, found: Sequence[FoundVersion]) -> None:
        """Store the versions that are not stored yet. Versions that wait share one write.

        A user of MongoDB who may not read the program's new collections measures nothing.
        """
        try:
            await self._look()
        except StoreRightError:
            return
        counted = [each for each in found if each.company in self._starts]
        if counted:
            await self._added.add_all(counted)

    @waits_for_mongodb
    async def _look(self) -> None:
        """Look up MongoDB's time and the first notices, if this was not done just now."""
        if steady_now() < self._known_until:
            return
        await self._server_clock.ask(self._database)
        self._starts = await self._receivers.find_starts(self._clock())
        self._known_until = steady_now() + _KNOWN_FOR_S

    @waits_for_mongodb
    async def _write(self, found: Sequence[FoundVersion]) -> list[None]:
        now = self._clock()
        dated = (self._to_dated(each, now) for each in found)
        kept = {each.id: each for each in dated if self._is_counted(each, now)}
        if kept:
            stored = await self._find_stored(kept.values())
            writes = [
                each for version in kept.values() for each in plan_writes(version, stored, now)
            ]
            if writes:
                await self._fence()
                await write_all(self._versions, writes)
        return [None] * len(found)

    def _to_dated(self, found: FoundVersion, now: datetime) -> DatedVersion:
        asked = self._server_clock.asked(found.asked_at, by_id=found.is_by_id)
        ahead = find_clock_difference(found.answered_at, asked.at or now, now)
        at = found.changed_at - ahead
        is_timed = at <= now + _MOST_AHEAD
        return DatedVersion(self._of, found, at if is_timed else now, is_timed)

    def _is_counted(self, version: DatedVersion, now: datetime) -> bool:
        start = self._starts.get(version.found.company)
        return start is not None and max(start, now - OLDEST) <= version.at

    async def _find_stored(self, versions: Iterable[DatedVersion]) -> Mapping[str, Document]:
        ids = [each_id for each in versions for each_id in (each.id, each.variant_id)]
        found = self._versions.find(
            {"_id": {"$in": ids}}, dict.fromkeys(PLANNED_FIELDS, 1), batch_size=len(ids) + 1
        )
        return {each["_id"]: each for each in await found.to_list()}

    @waits_for_mongodb
    async def find_due(self, now: datetime) -> Sequence[StoredVersion]:
        """Some versions that have to be classified now, the oldest first."""
        query = {"collection": self._of, "check_at": {"$lte": now}, **_READABLE}
        found = self._versions.find(query, sort=[("check_at", 1)], limit=_AT_ONCE)
        return [_to_version(each) async for each in found]

    @waits_for_mongodb
    async def find_notices(
        self, versions: Sequence[StoredVersion]
    ) -> Mapping[tuple[str, str], Sequence[ReceivedNotice]]:
        """The notices that may announce the versions, by company and appointment."""
        ids: dict[str, set[str]] = defaultdict(set)
        for each in versions:
            ids[each.company].add(each.appointment_id)
        query = {
            "collection": self._of,
            **_IS_ABOUT,
            "$or": [
                {"companyId": company, "appointmentId": {"$in": sorted(appointments)}}
                for company, appointments in ids.items()
            ],
            "received_at": {
                **IS_NO_ARRAY,
                "$gte": min(each.at for each in versions) - ANNOUNCED_BEFORE,
                "$lte": max(each.at for each in versions) + LATE_WITHIN,
            },
        }
        fields = {"companyId": 1, "appointmentId": 1, "received_at": 1, "changed_at": 1}
        notices: dict[tuple[str, str], list[ReceivedNotice]] = defaultdict(list)
        async for found in self._notices.find(query, fields):
            stamp = found.get("changed_at")
            changed_at = stamp if isinstance(stamp, datetime) else None
            notice = ReceivedNotice(found["received_at"], changed_at)
            notices[found["companyId"], found["appointmentId"]].append(notice)
        return notices

    @waits_for_mongodb
    async def write_classes(self, classified: Sequence[tuple[StoredVersion, Classified]]) -> None:
        """Store the classes. A class that another process has made final stays."""
        ids: dict[tuple[VersionClass, Classified], list[str]] = defaultdict(list)
        for each, result in classified:
            ids[each.state, result].append(each.id)
        writes = [
            UpdateMany(
                {"_id": {"$in": same}, "class": state.value, "check_at": {"$type": "date"}},
                {"$set": {"class": result.state.value, "check_at": result.check_at}},
            )
            for (state, result), same in ids.items()
        ]
        await write_all(self._versions, writes)


def _to_version(document: Document) -> StoredVersion:
    return StoredVersion(
        document["_id"],
        document["companyId"],
        document["appointmentId"],
        document["changed_at"],
        document["at"],
        VersionClass(document["class"]),
    )
