"""The ledger of the days that are known to be complete: one document for each company and day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from pymongo import UpdateOne

from altegio_sync.domain.clock import MOST_AHEAD
from altegio_sync.domain.ledger import DayRecord, Grade, LedgerEntry
from altegio_sync.domain.period import Period
from altegio_sync.domain.report import SyncMode
from altegio_sync.domain.zones import find_zone
from altegio_sync.errors import StoreError
from altegio_sync.messages import store as texts
from altegio_sync.mongo.bookkeeping.own_documents import OwnDocuments
from altegio_sync.mongo.core.bulk import write_each
from altegio_sync.mongo.core.connection import waits_for_mongodb
from altegio_sync.mongo.core.junk import past_moment, text
from altegio_sync.mongo.core.refusals import DUPLICATE_KEY, meaning_of
from altegio_sync.mongo.core.together import WrittenTogether

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Document = dict[str, Any]

LEDGER_COLLECTION = "altegio-sync-ledger"
_TRIES = 5


@dataclass(frozen=True, slots=True)
class _DayOfCompany:
    """An entry to be written."""

    document_id: str
    company_id: str
    entry: LedgerEntry


class MongoLedger(OwnDocuments):
    """A day has the fields of its strongest pass; `latest` has those of its last pass."""

    name = LEDGER_COLLECTION

    @cached_property
    def _junk(self) -> set[str]:
        """The `_id`s of documents that are no entries. The next entry of such a day replaces it."""
        return set()

    @cached_property
    def _writes(self) -> WrittenTogether[_DayOfCompany, StoreError | None]:
        """The days of companies that are worked on side by side are written together."""
        return WrittenTogether(self._write)

    async def find_days(self, company_id: str, period: Period) -> Mapping[date, DayRecord]:
        # Dates in this form have the same order as texts.
        first, last = (self._id(company_id, day) for day in (period.start, period.last_day))
        found = await self._find({"_id": {"$gte": first, "$lte": last}})
        return {record.latest.day: record for record in found.values()}

    @waits_for_mongodb
    async def _find(self, wanted: Document) -> dict[str, DayRecord]:
        """The records by `_id`."""
        documents = await self._collection.find(wanted).to_list()
        records = {document["_id"]: self._to_record(document) for document in documents}
        return {key: record for key, record in records.items() if record is not None}

    def _to_record(self, document: Document) -> DayRecord | None:
        try:
            return _to_record(document, self._clock())
        except (AttributeError, KeyError, TypeError, ValueError):
            self._junk.add(document["_id"])
            self._on_junk(LEDGER_COLLECTION, document["_id"])
            return None

    async def write(self, company_id: str, entries: Sequence[LedgerEntry]) -> None:
        """Write the entries of days. A day that another run wrote meanwhile is read again.

        A newer entry of the other run is kept.
        """
        days = [_DayOfCompany(self._id(company_id, each.day), company_id, each) for each in entries]
        for each in await self._writes.add_all(days):
            if each is not None:
                raise each

    @waits_for_mongodb
    async def _write(self, days: Sequence[_DayOfCompany]) -> list[StoreError | None]:
        """Why each of the days is not written; None where it is."""
        problems: dict[str, StoreError] = {}
        left = list(days)
        for _ in range(_TRIES):
            if not left:
                break
            known = await self._find({"_id": {"$in": [each.document_id for each in left]}})
            await self._fence()
            writes = [self._to_write(each, known.get(each.document_id)) for each in left]
            refused = await write_each(self._collection, writes)
            for position, code in refused.items():
                if code != DUPLICATE_KEY:
                    message = texts.REFUSED_LEDGER(code=code, reason=meaning_of(code))
                    problems[left[position].document_id] = StoreError(message)
            left = [left[position] for position, code in refused.items() if code == DUPLICATE_KEY]
        for each in left:
            problems[each.document_id] = StoreError(texts.LEDGER_WRITTEN_BY_OTHERS())
        return [problems.get(each.document_id) for each in days]

    def _to_write(self, day: _DayOfCompany, old: DayRecord | None) -> UpdateOne:
        """An upsert. It fails as a duplicate key if the document is not as it was read."""
        entry = day.entry
        zone = ZoneInfo(entry.timezone)
        record = old.with_entry(entry, zone) if old else DayRecord.first(entry)
        fields = {
            "companyId": day.company_id,
            "collection": self._of,
            "day": entry.day.isoformat(),
            **_to_fields(record.strongest),
            "latest": _to_fields(record.latest),
        }
        is_junk = day.document_id in self._junk
        as_read: Document = {} if is_junk else {"latest.at": {"$not": {"$type": "date"}}}
        if old is not None:
            as_read = {
                "at": old.strongest.at,
                "run_id": old.strongest.run_id,
                "latest.at": old.latest.at,
                "latest.run_id": old.latest.run_id,
            }
        key = {"_id": day.document_id, **as_read}
        return UpdateOne(key, {"$set": fields}, upsert=True)

    @waits_for_mongodb
    async def find_outdated(self, company_id: str, settings: str) -> tuple[int, Period] | None:
        others = {
            **self._days_of(company_id),
            "settings": {"$ne": settings},
            "latest.settings": {"$ne": settings},
        }
        found = await self._collection.distinct("day", others)
        days = sorted(each for each in found if _is_day(each))
        if not days:
            return None
        return len(days), Period.of_days(*(date.fromisoformat(days[n]) for n in (0, -1)))

    @waits_for_mongodb
    async def list_companies(self) -> list[str]:
        """The companies with entries."""
        found = await self._collection.distinct("companyId", {"collection": self._of})
        # Code is a text of BSON's own, and cannot be a key in Python.
        return sorted(each for each in found if type(each) is str)

    @waits_for_mongodb
    async def find_timezone(self, company_id: str) -> str | None:
        """The zone of the company's latest entry."""
        wanted = {
            **self._days_of(company_id),
            "latest.at": {"$type": "date", "$lte": self._clock() + MOST_AHEAD},
            "latest.timezone": {"$type": "string"},
        }
        last = await self._collection.find_one(wanted, sort=[("latest.at", -1)])
        if last is None:
            return None
        name = str(last["latest"]["timezone"])
        if find_zone(name) is None:
            self._on_junk(LEDGER_COLLECTION, last["_id"])
            return None
        return name

    def _days_of(self, company_id: str) -> Document:
        """The entries of a company, which the index on `_id` finds."""
        days = {"$gte": self._id(company_id, date.min), "$lte": self._id(company_id, date.max)}
        return {"_id": days, "companyId": company_id, "collection": self._of}

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


def _is_day(value: object) -> bool:
    try:
        return bool(date.fromisoformat(text(value)))
    except (TypeError, ValueError):
        return False


def _to_record(document: Mapping[str, Any], now: datetime) -> DayRecord:
    """Raises one of several errors if this program did not write the document."""
    day = date.fromisoformat(document["day"])
    return DayRecord(_to_entry(day, document, now), _to_entry(day, document["latest"], now))


def _to_entry(day: date, fields: Mapping[str, Any], now: datetime) -> LedgerEntry:
    return LedgerEntry(
        day=day,
        grade=Grade(fields["grade"]),
        at=past_moment(fields["at"], now),
        mode=SyncMode(fields["mode"]),
        settings=text(fields["settings"]),
        timezone=text(fields["timezone"]),
        run_id=text(fields["run_id"]),
    )
