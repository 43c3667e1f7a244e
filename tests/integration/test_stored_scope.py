"""Which documents the search for vanished appointments examines, and which it marks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from bson import Decimal128

from altegio_sync.domain.period import Period
from altegio_sync.mongo.stores import MongoAppointments
from altegio_sync.ports import StoredScope

if TYPE_CHECKING:
    from pymongo.asynchronous.collection import AsyncCollection
    from pymongo.asynchronous.database import AsyncDatabase

Document = dict[str, Any]
NOW = datetime(2026, 4, 10, 9, 0, tzinfo=UTC)
#: One day in Kyiv, from 22:00 to 22:00 UTC.
DAY = Period.of_days(date(2026, 3, 2), date(2026, 3, 2))
BEGINS_AT = datetime(2026, 3, 1, 22, 0, tzinfo=UTC)
OURS = StoredScope("77", DAY, ZoneInfo("Europe/Kyiv"), includes_documents_without_company=False)
WITH_DOCUMENTS_WITHOUT_COMPANY = StoredScope(
    "77", DAY, ZoneInfo("Europe/Kyiv"), includes_documents_without_company=True
)


def document(appointment_id: Any, **changes: Any) -> Document:
    whole = {
        "appointmentId": appointment_id,
        "companyId": "77",
        "startDateTime": BEGINS_AT,
        "isDeleted": False,
        "leadPurchasedCourse": "kept",
    }
    return {name: value for name, value in (whole | changes).items() if value is not None}


DOCUMENTS = [
    document("1"),
    document("2", startDateTime=BEGINS_AT + timedelta(hours=23, minutes=59)),
    document("3", isDeleted=None),
    document(4),
    document(6.0),
    document(Decimal128("7")),
    document("5", companyId=None),
    document("10", companyId="78"),
    document("11", isDeleted=True),
    document("12", startDateTime=BEGINS_AT - timedelta(minutes=1)),
    document("13", startDateTime=BEGINS_AT + timedelta(days=1)),
    document("not a number"),
    document(7.5),
    document(["14"]),
    document([15, "x"]),
    document(None),
]


@pytest.fixture
async def collection(database: AsyncDatabase[Document]) -> AsyncCollection[Document]:
    await database["appointments"].insert_many([dict(each) for each in DOCUMENTS])
    return database["appointments"]


@pytest.fixture
async def store(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> MongoAppointments:
    made = MongoAppointments(database, collection.name, clock=lambda: NOW)
    await made.prepare(dry_run=True)
    return made


@pytest.mark.parametrize(
    ("scope", "found"),
    [(OURS, {"1", "2", "3", "4", "6", "7"}), (WITH_DOCUMENTS_WITHOUT_COMPANY, set("1234567"))],
    ids=["several companies", "a single company"],
)
async def test_undeleted_ones_of_the_company_and_the_local_day_are_found(
    store: MongoAppointments, scope: StoredScope, found: set[str]
) -> None:
    assert set(await store.find_undeleted(scope)) == found
    assert await store.count_undeleted(scope) == len(found) + 2  # ids that cannot be asked for


async def test_marking_touches_the_flag_of_what_stands_in_the_scope_and_nothing_else(
    store: MongoAppointments, collection: AsyncCollection[Document]
) -> None:
    await store.mark_deleted({str(number): None for number in range(20)}, OURS)

    changed = ["1", "2", "3", 4, 6.0, Decimal128("7")]
    async for after in collection.find({}, {"_id": 0}):
        [before] = [e for e in DOCUMENTS if e.get("appointmentId") == after.get("appointmentId")]
        marks = {"isDeleted": True, "updatedAt": NOW}
        assert after == (before | marks if after.get("appointmentId") in changed else before)
