"""What changed a moment ago is kept: bounded, and without anything private."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import bson
import pytest
from bson.raw_bson import RawBSONDocument

from altegio_sync.domain.appointment import AttendanceStatus
from altegio_sync.domain.field_change import FieldChange
from altegio_sync.domain.latest import LatestChange
from altegio_sync.domain.lessons import LessonRules, judge
from altegio_sync.domain.report import SyncMode, WritingRun
from altegio_sync.mongo.bookkeeping.latest import LATEST_COLLECTION, MongoLatestChanges
from altegio_sync.mongo.core.elements import joined, split
from altegio_sync.mongo.stores import MongoAppointments
from tests.documents import right_document
from tests.fakes import START, booking
from tests.odd_values import ODD_VALUES

if TYPE_CHECKING:
    from pymongo.asynchronous.database import AsyncDatabase

    Database = AsyncDatabase[dict[str, Any]]

NAME = "altegio-appointments"
POLL = WritingRun("20261126-101500-1", "changes")
HOUR = timedelta(hours=1)


def a_change(number: int, **changes: Any) -> LatestChange:
    status = FieldChange("status", "0", "1")
    return replace(LatestChange("77", str(number), "serve", changes=(status,)), **changes)


async def store(database: Database, *appointment_ids: str, run: WritingRun, **changes: Any) -> None:
    latest = MongoLatestChanges(database, NAME)
    store = MongoAppointments(database, NAME, latest=latest)
    bookings = [booking(each, **changes) for each in appointment_ids]
    verdicts = [judge(each, LessonRules(), {}) for each in bookings]
    await store.store_batch(verdicts, mode=SyncMode.UPDATE, dry_run=False, run=run)


async def test_a_changed_and_a_new_appointment_are_kept(database: Database) -> None:
    await database[NAME].insert_one(right_document("501", START, status="0"))

    await store(
        database, "501", "502", run=POLL, starts_at=START + HOUR, status=AttendanceStatus.ARRIVED
    )

    changed, new = sorted(
        await MongoLatestChanges(database, NAME).find_latest(), key=lambda each: each.is_new
    )
    assert changed.appointment_id == "501"
    assert [str(each) for each in changed.changes] == [
        "status 0 -> 1",
        "startDateTime 2026-03-02T08:00:00Z -> 2026-03-02T09:00:00Z",
    ]
    assert (new.appointment_id, new.is_new, new.command) == ("502", True, "changes")
    assert new.at is not None


async def test_a_sync_of_a_period_brings_no_news(database: Database) -> None:
    await store(database, "501", run=WritingRun("20261126-101500-1", "sync"))

    assert await MongoLatestChanges(database, NAME).find_latest() == []


async def test_the_newest_of_one_company_come_first(database: Database) -> None:
    latest = MongoLatestChanges(database, NAME)
    await latest.add([a_change(number) for number in range(5)])
    await latest.add([a_change(9, company="78")])
    await MongoLatestChanges(database, "other").add([a_change(10)])

    found = await latest.find_latest(["77"], limit=3)

    assert [each.appointment_id for each in found] == ["4", "3", "2"]
    assert [each.appointment_id for each in await latest.find_latest(["78"])] == ["9"]


async def test_it_never_grows_beyond_its_size(database: Database) -> None:
    await MongoLatestChanges(database, NAME).add([a_change(1)])
    # Another process, which finds the collection.
    await MongoLatestChanges(database, NAME).add([a_change(2)])

    options = await database[LATEST_COLLECTION].options()

    assert options["capped"] is True
    assert options["size"] == 4 * 1024 * 1024


@pytest.mark.parametrize("value", ["Олена Приклад", "+380501234567", "0501234567", "380501234567"])
async def test_no_name_and_no_phone_is_kept(database: Database, value: str) -> None:
    names = ("status", "leadId", "teacherId", "serviceId", "companyId", "startDateTime")
    private = tuple(FieldChange(each, value, value) for each in names if each != "serviceId")
    await MongoLatestChanges(database, NAME).add([a_change(1, changes=private)])

    [stored] = await database[LATEST_COLLECTION].find().to_list()

    kept = [each for each in stored["changes"] if each["name"] in ("status", "leadId")]
    assert [(each["old"], each["new"]) for each in kept] == [(None, None)] * 2


async def test_odd_documents_of_others_do_no_harm(database: Database) -> None:
    await MongoLatestChanges(database, NAME).add([a_change(7)])
    right = await database[LATEST_COLLECTION].find_one({}, {"_id": 0}) or {}
    fields = split(bson.encode(right))
    odd = [
        RawBSONDocument(joined((each, value if each == name else own) for each, own in fields))
        for name in right
        for value in ODD_VALUES
    ]
    await database[LATEST_COLLECTION].insert_many(odd)

    found = await MongoLatestChanges(database, NAME).find_latest(limit=1000)

    assert "7" in [each.appointment_id for each in found]
