"""Leads that a sync replaces: they are reported, kept in the trash, and restored by undo."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import bson
import pytest
from bson import Decimal128, ObjectId

from altegio_sync.domain.counts import Outcome
from altegio_sync.domain.leads import LeadRules
from altegio_sync.domain.lessons import LessonRules, judge
from altegio_sync.domain.period import Period
from altegio_sync.domain.repair import Answer, Suspect
from altegio_sync.domain.report import SyncMode, WritingRun
from altegio_sync.mongo.bookkeeping.cursors import MongoCursors
from altegio_sync.mongo.stores import MongoAppointments
from altegio_sync.mongo.tending.lead_trash import LeadTrash, StoredLead
from altegio_sync.mongo.tending.repaired_fields import fields_repaired_by
from altegio_sync.mongo.tending.undo import MongoTrash
from altegio_sync.usecases.changes import ChangesRequest, sync_changes
from altegio_sync.usecases.sync import SyncRequest, sync_appointments
from tests.fakes import ListSource, NotedProgress, booking

if TYPE_CHECKING:
    from pymongo.asynchronous.collection import AsyncCollection
    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.domain.appointment import Booking
    from altegio_sync.domain.report import SyncReport
    from altegio_sync.domain.trash import UndoReport

Document = dict[str, Any]
NAME = "altegio-appointments"
RUN = "20260401-120000-000aaaa"
MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))
NOW = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture
def collection(database: AsyncDatabase[Document]) -> AsyncCollection[Document]:
    return database[NAME]


def named(appointment_id: str, name: str, rules: LeadRules | None = None) -> Booking:
    return booking(appointment_id, lead=(rules or LeadRules()).read(name))


async def sync(
    database: AsyncDatabase[Document],
    *bookings: Booking,
    mode: SyncMode = SyncMode.UPDATE,
    dry_run: bool = False,
    progress: NotedProgress | None = None,
) -> SyncReport:
    return await sync_appointments(
        ListSource(bookings),
        MongoAppointments(database, NAME),
        SyncRequest(["77"], MARCH, mode=mode, dry_run=dry_run),
        run_id=RUN,
        progress=progress,
    )


async def stored_with(
    database: AsyncDatabase[Document], lead_id: str, name: str, *bookings: Booking
) -> None:
    """Stores the bookings, then gives them the lead that another program would have stored."""
    await sync(database, *bookings)
    await database[NAME].update_many({}, {"$set": {"leadId": lead_id, "leadName": name, "__v": 3}})


async def undo(database: AsyncDatabase[Document], *, force: bool = False) -> UndoReport:
    report = await MongoTrash(database).undo(RUN, force=force)
    assert report is not None
    return report


async def leads(collection: AsyncCollection[Document]) -> list[tuple[object, object]]:
    found = collection.find({}, sort=["appointmentId"])
    return [(each.get("leadId"), each.get("leadName")) async for each in found]


WRONG = named("501", "Іван Рудь (2014) 12345671")


async def test_a_replaced_lead_is_told_and_brought_back_with_nothing_else(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    await stored_with(database, "2014", "Іван Рудь 12345671", WRONG)
    progress = NotedProgress()

    report = await sync(database, WRONG, progress=progress)
    updated = await collection.find_one({})

    assert await leads(collection) == [("12345671", "Іван Рудь (2014)")]
    told = [{"appointmentId": "501", "from": "2014", "to": "12345671"}]
    assert report.to_json()["lead_changes"] == told
    assert report.records.updated == 1
    assert [each for each, _ in progress.warnings] == ["lead_changed"]
    undone = await undo(database)
    assert undone.restored == 1
    assert undone.already == 0
    assert undone.exit_code == 0
    assert updated is not None
    old = {"leadId": "2014", "leadName": "Іван Рудь 12345671"}
    assert await collection.find_one({}) == updated | old
    again = await undo(database)
    assert again.restored == 0
    assert again.already == 1


async def test_a_lead_that_the_trash_does_not_accept_is_not_replaced_and_the_others_are(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    other = named("502", "Іван Рудь (2014) 12345671")
    await stored_with(database, "2014", "Іван", WRONG, other)
    refuses = {"document.appointmentId": {"$ne": "501"}}
    await database.create_collection("altegio-sync-trash", validator=refuses)

    report = await sync(database, WRONG, other)

    assert await leads(collection) == [("2014", "Іван"), ("12345671", "Іван Рудь (2014)")]
    assert (report.records.updated, report.records.failed) == (1, 1)
    assert "501 (code 121)" in str(report.errors[0].message)
    assert [each.appointment_id for each in report.lead_changes] == ["502"]


async def test_undo_leaves_a_lead_that_was_changed_since_and_keeps_what_else_was(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    other = named("502", "Іван Рудь (2014) 12345671")
    await stored_with(database, "2014", "Іван", WRONG, other)
    await sync(database, WRONG, other)
    await collection.update_one({"appointmentId": "501"}, {"$set": {"leadId": "7", "status": "2"}})
    await collection.update_one({"appointmentId": "502"}, {"$set": {"status": "2"}})

    undone = await undo(database)

    assert undone.restored == 1
    assert undone.changed_since == ["501"]
    assert undone.exit_code == 1
    assert await leads(collection) == [("7", "Іван Рудь (2014)"), ("2014", "Іван")]
    assert await collection.count_documents({"status": "2", "__v": 3}) == 2
    assert (await undo(database, force=True)).restored == 1
    assert await leads(collection) == [("2014", "Іван")] * 2


async def test_undo_tells_of_a_document_that_is_no_more(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    await stored_with(database, "2014", "Іван", WRONG)
    await sync(database, WRONG)
    await collection.delete_many({})

    assert (await undo(database)).changed_since == ["501"]


async def test_a_name_that_was_missing_is_missing_again(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    await stored_with(database, "2014", "Іван", WRONG)
    await collection.update_many({}, {"$unset": {"leadName": ""}})
    await sync(database, WRONG)

    assert (await undo(database)).restored == 1
    document = await collection.find_one({})
    assert document is not None
    assert document["leadId"] == "2014"
    assert "leadName" not in document


@pytest.mark.parametrize(
    ("stored", "name", "doubtful"),
    [
        ("12345678", "Іван (2014) 12345678", 0),
        ("87654321", "Іван 12345678 Марія 87654321", 1),
        ("12345678", "Іван 12345678 Марія 87654321", 1),
        ("123", "Школа №123 Іван 12345673", 1),
    ],
)
async def test_an_id_that_may_still_be_right_stays(
    database: AsyncDatabase[Document],
    collection: AsyncCollection[Document],
    stored: str,
    name: str,
    doubtful: int,
) -> None:
    lesson = named("501", name)
    await stored_with(database, stored, "Іван", lesson)

    report = await sync(database, lesson)

    assert report.lead_changes == []
    assert report.records.doubtful == doubtful
    assert [lead_id for lead_id, _ in await leads(collection)] == [stored]
    assert await MongoTrash(database).list_runs() == []
    assert (await sync(database, lesson)).records.duplicates == 1


async def test_doubt_is_told_of_what_a_run_stored_or_changed_and_counted_always(
    database: AsyncDatabase[Document],
) -> None:
    lessons = named("501", "Група 101 Олена"), named("502", "Іван 12345678")
    progress = NotedProgress()

    first = await sync(database, *lessons, progress=progress)
    second = await sync(database, *lessons, progress=progress)

    assert first.records.saved == 2
    assert first.records.doubtful == 1
    assert second.records.duplicates == 2
    assert second.records.doubtful == 1
    assert first.records.to_json()["doubtful"] == 1
    assert [(event, fields["count"]) for event, fields in progress.warnings] == [("doubtful", 1)]
    assert first.appointment_ids["doubtful"] == ["501"]


@pytest.mark.parametrize(
    ("mode", "dry_run"), [(SyncMode.UPDATE, True), (SyncMode.NEW_ONLY, False)], ids=str
)
async def test_nothing_is_kept_where_nothing_is_replaced(
    database: AsyncDatabase[Document],
    collection: AsyncCollection[Document],
    mode: SyncMode,
    dry_run: bool,
) -> None:
    await stored_with(database, "2014", "Іван", WRONG)

    report = await sync(database, WRONG, mode=mode, dry_run=dry_run)

    assert len(report.lead_changes) == dry_run
    assert await leads(collection) == [("2014", "Іван")]
    assert await MongoTrash(database).list_runs() == []


async def test_a_run_that_was_killed_before_it_replaced_a_lead_does_no_harm(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    await stored_with(database, "2014", "Іван", WRONG)
    stored = await collection.find_one({})
    assert stored is not None
    new = {"leadId": "12345671", "leadName": "Іван Рудь (2014)"}
    step = StoredLead(stored, new)
    await LeadTrash(database, NAME).keep([step], WritingRun(RUN, "sync"), NOW)

    assert (await undo(database)).already == 1
    await sync(database, WRONG)
    assert (await undo(database)).restored == 1
    assert await leads(collection) == [("2014", "Іван")]


async def test_the_lead_before_the_last_step_is_found_however_often_a_run_replaced_it(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    await stored_with(database, "2014", "Іван", WRONG)
    await sync(database, WRONG)
    await sync(database, named("501", "Олена 87654321"))

    assert (await undo(database)).restored == 1
    assert await leads(collection) == [("2014", "Іван")]


async def test_what_the_server_refuses_is_not_listed_by_undo(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    await stored_with(database, "2014", "Іван", WRONG)
    rule = {"$jsonSchema": {"properties": {"leadId": {"enum": ["2014"]}}}}
    await database.command("collMod", NAME, validator=rule)

    report = await sync(database, WRONG)

    assert report.records.failed == 1
    assert report.lead_changes == []
    assert await leads(collection) == [("2014", "Іван")]
    assert await MongoTrash(database).list_runs() == []


async def test_changes_keeps_the_leads_that_it_replaces_too(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    await stored_with(database, "2014", "Іван", WRONG)

    report = await sync_changes(
        ListSource([WRONG]),
        MongoAppointments(database, NAME),
        MongoCursors(database, NAME),
        ChangesRequest(["77"], since=timedelta(days=400)),
        run_id=RUN,
    )

    assert [each.to_json() for each in report.lead_changes] == [
        {"appointmentId": "501", "from": "2014", "to": "12345671"}
    ]
    [run] = await MongoTrash(database).list_runs()
    assert run.command == "changes"
    assert run.changed == 1
    assert (await undo(database)).restored == 1
    assert await leads(collection) == [("2014", "Іван")]


async def test_an_id_kept_as_a_number_is_the_same_lead(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    lesson = named("501", "Іван 12345678 Марія 87654321")
    await stored_with(database, "", "Іван", lesson)
    await collection.update_many({}, {"$set": {"leadId": 87654321}})

    report = await sync(database, lesson)

    assert report.lead_changes == []
    assert [lead_id for lead_id, _ in await leads(collection)] == ["87654321"]


@pytest.mark.parametrize(
    "odd",
    [float("nan"), Decimal128("NaN"), 2014.5, [2014], {"$gt": 1, "a.b": None}, b"2014", True],
    ids=str,
)
async def test_a_lead_of_any_type_is_brought_back(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document], odd: object
) -> None:
    await sync(database, WRONG)
    await collection.update_many({}, {"$set": {"leadId": odd}})
    [before] = [bson.encode({"": lead_id}) for lead_id, _ in await leads(collection)]
    await sync(database, WRONG)

    undone = await undo(database)

    assert undone.restored == 1
    assert undone.exit_code == 0
    assert [bson.encode({"": lead_id}) for lead_id, _ in await leads(collection)] == [before]
    assert (await undo(database)).already == 1


def test_a_repair_keeps_an_id_that_may_still_be_right() -> None:
    lesson = named("501", "Іван 12345678 Марія 87654321")
    answer = Answer(Suspect(1, "501", "77", None), judge(lesson, LessonRules(), {}))
    document = {"_id": ObjectId(), "leadId": "87654321", "appointmentId": "501", "status": "?"}

    fields = fields_repaired_by(document, answer, NOW)

    assert fields is not None
    assert "leadId" not in fields
    assert fields["leadName"] == "Іван 12345678 Марія"


async def test_a_stored_lead_is_brought_up_to_date_where_the_lesson_is_kept_no_longer(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    await stored_with(database, "2014", "Іван", WRONG)
    store = MongoAppointments(database, NAME)
    verdict = judge(WRONG, LessonRules(individual_ids=frozenset({"9"})), {})

    result = await store.store_batch(
        [verdict], mode=SyncMode.UPDATE, dry_run=False, run=WritingRun(RUN, "sync")
    )

    assert [outcome for _, outcome in result.outcomes] == [Outcome.UPDATED]
    assert len(result.lead_changes) == 1
    assert (await undo(database)).restored == 1
    assert await leads(collection) == [("2014", "Іван")]
