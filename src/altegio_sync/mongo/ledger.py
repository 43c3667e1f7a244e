"""The ledger of what is known to be complete: a document for each company and local day."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from pymongo import UpdateOne

from altegio_sync.domain.ledger import DayRecord, Grade, LedgerEntry
from altegio_sync.domain.period import Period
from altegio_sync.domain.report import SyncMode
from altegio_sync.mongo.connection import durable, waits_for_mongodb

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pymongo.asynchronous.database import AsyncDatabase

    Document = dict[str, Any]

LEDGER_COLLECTION = "altegio-sync-ledger"


class MongoLedger:
    """A day's fields are those of its strongest pass; `latest` holds those of the last one."""

    def __init__(self, database: AsyncDatabase[Document], collection: str) -> None:
        self._collection = durable(database)[LEDGER_COLLECTION]
        self._of = collection

    @waits_for_mongodb
    async def find_days(self, company_id: str, period: Period) -> Mapping[date, DayRecord]:
        # Days are written so that they sort as texts do.
        first, last = (self._id(company_id, day) for day in (period.start, period.last_day))
        between = {"_id": {"$gte": first, "$lte": last}}
        documents = await self._collection.find(between).to_list()
        records = (_to_record(document) for document in documents)
        return {record.latest.day: record for record in records}

    @waits_for_mongodb
    async def write(self, company_id: str, entries: Sequence[LedgerEntry]) -> None:
        if not entries:
            return
        days = [entry.day for entry in entries]
        known = await self.find_days(company_id, Period(min(days), max(days) + timedelta(days=1)))
        writes = []
        for entry in entries:
            old = known.get(entry.day)
            record = (
                old.with_entry(entry, ZoneInfo(entry.timezone)) if old else DayRecord.first(entry)
            )
            fields = {
                "companyId": company_id,
                "collection": self._of,
                "day": entry.day.isoformat(),
                **_to_fields(record.strongest),
                "latest": _to_fields(record.latest),
            }
            key = {"_id": self._id(company_id, entry.day)}
            writes.append(UpdateOne(key, {"$set": fields}, upsert=True))
        await self._collection.bulk_write(writes, ordered=False)

    @waits_for_mongodb
    async def find_outdated(self, company_id: str, settings: str) -> tuple[int, Period] | None:
        others = {
            "companyId": company_id,
            "collection": self._of,
            "settings": {"$ne": settings},
            "latest.settings": {"$ne": settings},
        }
        days = sorted(await self._collection.distinct("day", others))
        if not days:
            return None
        return len(days), Period.of_days(*(date.fromisoformat(days[n]) for n in (0, -1)))

    @waits_for_mongodb
    async def list_companies(self) -> list[str]:
        """The companies that days are entered for."""
        return sorted(await self._collection.distinct("companyId", {"collection": self._of}))

    @waits_for_mongodb
    async def find_timezone(self, company_id: str) -> str | None:
        """The zone in which the company's days were cut last."""
        wanted = {"companyId": company_id, "collection": self._of}
        last = await self._collection.find_one(wanted, sort=[("latest.at", -1)])
        return None if last is None else str(last["latest"]["timezone"])

    def _id(self, company_id: str, day: date) -> str:
        return f"{self._of}/{company_id}/{day.isoformat()}"


def _to_fields(entry: LedgerEntry) -> Document:
    return {
        "grade": entry.grade.value,
        "at": entry.at,
        "mode": entry.mode.value,
        "settings": entry.settings,
        "timezone": entry.timezone,
        "run_id": entry.run_id,
    }


def _to_record(document: Mapping[str, Any]) -> DayRecord:
    day = date.fromisoformat(document["day"])
    return DayRecord(_to_entry(day, document), _to_entry(day, document["latest"]))


def _to_entry(day: date, fields: Mapping[str, Any]) -> LedgerEntry:
    at: datetime = fields["at"]
    return LedgerEntry(
        day=day,
        grade=Grade(fields["grade"]),
        at=at,
        mode=SyncMode(fields["mode"]),
        settings=fields["settings"],
        timezone=fields["timezone"],
        run_id=fields["run_id"],
    )
