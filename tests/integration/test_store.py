"""The store on a real MongoDB."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from bson import Decimal128, Int64
from bson.datetime_ms import DatetimeMS

from altegio_sync.domain.appointment import AttendanceStatus, Booking, Lead, Service
from altegio_sync.domain.counts import Outcome, RecordCounts
from altegio_sync.domain.lessons import LessonRules, Verdict, judge
from altegio_sync.domain.report import SyncMode
from altegio_sync.mongo.core.indexes import has_unique_index
from altegio_sync.mongo.stores import MongoAppointments
from altegio_sync.usecases.check import check_store
from tests.fakes import START, booking

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pymongo.asynchronous.collection import AsyncCollection
    from pymongo.asynchronous.database import AsyncDatabase

Document = dict[str, Any]
NOW = datetime(2026, 4, 1, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)


@pytest.fixture
def collection(database: AsyncDatabase[Document]) -> AsyncCollection[Document]:
    return database["altegio-appointments"]


def store_at(database: AsyncDatabase[Document], now: datetime = NOW) -> MongoAppointments:
    return MongoAppointments(database, "altegio-appointments", clock=lambda: now)


def verdicts(*bookings: Booking) -> list[Verdict]:
    return [judge(each, LessonRules(), {}) for each in bookings]


async def put(
    store: MongoAppointments,
    batch: Sequence[Verdict],
    mode: SyncMode = SyncMode.NEW_ONLY,
    *,
    dry_run: bool = False,
) -> list[Outcome]:
    result = await store.store_batch(batch, mode=mode, dry_run=dry_run)
    assert [verdict for verdict, _ in result.outcomes] == list(batch)
    return [outcome for _, outcome in result.outcomes]


async def test_a_new_appointment_is_stored_with_every_field_of_its_type(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    outcomes = await put(store_at(database), verdicts(booking("501")))

    document = await collection.find_one({}, {"_id": 0})
    assert outcomes == [Outcome.SAVED]
    assert document == {
        "appointmentId": "501",
        "leadId": "12345",
        "leadName": "Олена Приклад",
        "teacherId": "9",
        "teacherName": "Марко Зразок",
        "serviceId": "1",
        "serviceName": "Індивідуальний урок",
        "startDateTime": START,
        "endDateTime": START + timedelta(hours=1),
        "status": "0",
        "IsTrial": False,
        "isDeleted": False,
        "companyId": "77",
        "createdAt": NOW,
        "updatedAt": NOW,
    }


async def test_a_stored_one_is_left_alone_and_told_to_be_stale(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    await put(store_at(database), verdicts(booking("501"), booking("502")))
    changed = booking("501", status=AttendanceStatus.ARRIVED)

    result = await store_at(database, LATER).store_batch(
        verdicts(changed, booking("502")), mode=SyncMode.NEW_ONLY, dry_run=False
    )

    assert [outcome for _, outcome in result.outcomes] == [Outcome.STALE, Outcome.DUPLICATE]
    assert dict(result.changes) == {"status": 1}
    assert await collection.count_documents({"status": "0", "updatedAt": NOW}) == 2


async def test_update_writes_changed_fields_alone_and_no_field_of_others(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    await put(store_at(database), verdicts(booking("501"), booking("502")))
    foreign = {"leadPurchasedCourse": "B1", "__v": 3, "teacherNote": {"deep": [1, None]}}
    await collection.update_many({}, {"$set": foreign})
    before = await collection.find_one({"appointmentId": "501"})
    assert before is not None
    changed = booking("501", status=AttendanceStatus.NO_SHOW, is_deleted=True)

    outcomes = await put(
        store_at(database, LATER), verdicts(changed, booking("502")), SyncMode.UPDATE
    )

    assert outcomes == [Outcome.UPDATED, Outcome.DUPLICATE]
    assert await collection.find_one({"appointmentId": "501"}) == before | {
        "status": "-1",
        "isDeleted": True,
        "updatedAt": LATER,
    }
    assert await collection.count_documents({"updatedAt": NOW}) == 1


@pytest.mark.parametrize(
    ("stored", "field"),
    [
        ({"status": 0}, "status"),
        ({"isDeleted": 0}, "isDeleted"),
        ({"IsTrial": Int64(0)}, "IsTrial"),
        ({"startDateTime": "2026-03-02T08:00:00Z"}, "startDateTime"),
        ({"startDateTime": DatetimeMS(569_000_000_000_000)}, "startDateTime"),
        ({"leadId": 12345}, "leadId"),
        ({"companyId": "78"}, "companyId"),
    ],
)
async def test_a_value_of_another_type_differs(
    database: AsyncDatabase[Document],
    collection: AsyncCollection[Document],
    stored: Document,
    field: str,
) -> None:
    await put(store_at(database), verdicts(booking("501")))
    await collection.update_one({}, {"$set": stored})

    result = await store_at(database).store_batch(
        verdicts(booking("501")), mode=SyncMode.UPDATE, dry_run=False
    )

    assert dict(result.changes) == {field: 1}
    again = await put(store_at(database), verdicts(booking("501")), SyncMode.UPDATE)
    assert again == [Outcome.DUPLICATE]


async def test_a_lacking_company_is_no_change_but_comes_along_with_one(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    await put(store_at(database), verdicts(booking("501")))
    await collection.update_one({}, {"$unset": {"companyId": 1}})

    alone = await put(store_at(database), verdicts(booking("501")), SyncMode.UPDATE)
    moved = booking("501", ends_at=START + timedelta(hours=2))
    along = await store_at(database).store_batch(
        verdicts(moved), mode=SyncMode.UPDATE, dry_run=False
    )

    assert alone == [Outcome.DUPLICATE]
    assert dict(along.changes) == {"endDateTime": 1}
    assert await collection.count_documents({"companyId": "77"}) == 1


async def test_a_stored_one_is_known_by_its_id_even_when_it_would_be_skipped_now(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    await put(store_at(database), verdicts(booking("501"), booking("502")))
    unreadable = booking("501", lead=None, services=(), is_deleted=True, status=None)
    unchanged = booking("502", lead=None)

    stale = await put(store_at(database), verdicts(unreadable, unchanged))
    result = await store_at(database, LATER).store_batch(
        verdicts(unreadable, unchanged), mode=SyncMode.UPDATE, dry_run=False
    )

    assert stale == [Outcome.STALE, Outcome.DUPLICATE]
    assert [outcome for _, outcome in result.outcomes] == [Outcome.UPDATED, Outcome.DUPLICATE]
    assert len(result.no_longer_kept) == 2
    document = await collection.find_one({"appointmentId": "501"})
    assert document is not None
    assert document["isDeleted"] is True
    assert document["leadId"] == "12345"
    assert document["status"] == "0"


async def test_one_that_is_not_stored_and_not_kept_is_skipped(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    assert await put(store_at(database), verdicts(booking("501", lead=None))) == [Outcome.SKIPPED]
    assert await collection.count_documents({}) == 0


@pytest.mark.parametrize(
    "number", [501, Int64(501), 501.0, Decimal128("501")], ids=["int", "long", "double", "decimal"]
)
async def test_an_id_kept_as_a_number_is_found_and_made_text(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document], number: object
) -> None:
    await put(store_at(database), verdicts(booking("501")))
    await collection.update_one({}, {"$set": {"appointmentId": number}})
    store = store_at(database)
    await store.prepare(dry_run=False)

    assert await put(store, verdicts(booking("501"))) == [Outcome.STALE]
    assert await put(store, verdicts(booking("501")), SyncMode.UPDATE) == [Outcome.UPDATED]
    assert [each["appointmentId"] async for each in collection.find()] == ["501"]


@pytest.mark.parametrize(
    "appointment_id",
    [str(2**63 - 1), str(2**63), "9" * 5000],
    ids=["the last", "beyond", "far beyond"],
)
async def test_an_id_beyond_all_numbers_is_stored_beside_one_kept_as_a_number(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document], appointment_id: str
) -> None:
    await collection.insert_many([{"appointmentId": each} for each in (7, float("nan"), 7.5)])
    store = store_at(database)
    await store.prepare(dry_run=False)

    saved = await put(store, verdicts(booking(appointment_id)))
    again = await put(store, verdicts(booking(appointment_id)))

    assert saved == [Outcome.SAVED]
    assert again == [Outcome.DUPLICATE]


async def test_a_document_whose_id_is_a_list_is_neither_the_appointment_nor_in_its_way(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    await collection.insert_many([{"appointmentId": ["501"]}, {"appointmentId": [502, "x"]}])
    store = store_at(database)
    await store.prepare(dry_run=True)

    outcomes = await put(store, verdicts(booking("501"), booking("502")), SyncMode.UPDATE)

    assert outcomes == [Outcome.SAVED, Outcome.SAVED]
    assert await collection.count_documents({"leadId": {"$exists": False}}) == 2


async def test_an_id_is_found_by_the_index(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    store = store_at(database)
    await store.prepare(dry_run=False)
    await collection.insert_many([{"appointmentId": str(each)} for each in range(200)])
    await database.command("profile", 2)

    await put(store, verdicts(booking("150")))

    await database.command("profile", 0)
    found = await database["system.profile"].find_one({"command.find": collection.name})
    assert found is not None
    assert found["docsExamined"] == 1


async def test_old_duplicates_keep_the_index_away_and_are_brought_up_to_date_alike(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    await put(store_at(database), verdicts(booking("501")))
    twin = await collection.find_one({}, {"_id": 0})
    assert twin is not None
    await collection.insert_one(twin)
    store = store_at(database)

    warning = await store.prepare(dry_run=False)
    moved = booking("501", status=AttendanceStatus.ARRIVED)
    outcomes = await put(store, verdicts(moved, booking("502")), SyncMode.UPDATE)

    assert warning is not None
    assert "altegio-sync clean" in str(warning.reason)
    assert outcomes == [Outcome.UPDATED, Outcome.SAVED]
    assert await collection.count_documents({"appointmentId": "501", "status": "1"}) == 2


async def test_the_index_is_made_once_and_leaves_documents_without_the_field_in_peace(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    await collection.insert_many([{"other": 1}, {"other": 2}])
    store = store_at(database)

    assert await store.prepare(dry_run=True) is not None
    assert not await has_unique_index(collection)
    assert await store.prepare(dry_run=False) is None
    assert await store.prepare(dry_run=False) is None
    assert await has_unique_index(collection)


@pytest.mark.parametrize(
    ("key", "options", "documents", "told"),
    [
        ("appointmentId", None, 0, "ok: no unique index on appointmentId yet; the first run"),
        ("appointmentId", None, 1, "the next sync makes it, or reports what"),
        ("appointmentId", {}, 1, "drop appointmentId_1, if no program needs it: the next sync"),
        ("appointmentId", {}, 0, "drop appointmentId_1, if no program needs it: the next sync"),
        ("leadId", {"name": "appointmentId_1"}, 1, "drop appointmentId_1, if no program needs"),
        ("appointmentId", {"name": "theirs"}, 1, "the next sync makes it, or reports what"),
        ("appointmentId", {"name": "theirs", "unique": True}, 1, "ok: unique"),
    ],
    ids=["none yet", "none", "plain", "plain, empty", "its name", "another name", "theirs"],
)
async def test_a_check_says_what_is_the_case_with_the_index(
    database: AsyncDatabase[Document],
    collection: AsyncCollection[Document],
    key: str,
    options: Document | None,
    documents: int,
    told: str,
) -> None:
    if options is not None:
        await collection.create_index(key, **options)
    if documents:
        await collection.insert_one({"appointmentId": "1"})

    state = await store_at(database).describe()

    [finding] = [each for each in check_store(state) if str(each.name) == "index"]
    shown = f"ok: {finding.text}" if finding.ok else str(finding.hint)
    assert shown[: len(told)] == told
    # What the hint says is true: a sync can make it, or cannot as long as that index is there.
    warning = await store_at(database).prepare(dry_run=False)
    assert (warning is None) == ("drop" not in told)


async def test_an_index_that_was_lost_is_made_again_and_reported(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    store = store_at(database)
    assert await store.prepare(dry_run=False) is None
    await put(store, verdicts(booking("501", changed_at=NOW)))
    await collection.drop_index("appointmentId_1")

    problem = await store.prepare(dry_run=False)

    assert problem is not None
    assert problem.is_remade
    assert await has_unique_index(collection)
    assert await store.prepare(dry_run=False) is None


async def test_the_first_run_on_documents_of_the_old_scripts_has_lost_no_index(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    await collection.insert_one({"appointmentId": "501", "leadId": "7"})

    assert await store_at(database).prepare(dry_run=False) is None


async def test_an_index_of_others_is_left_alone(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    await collection.create_index("appointmentId")

    warning = await store_at(database).prepare(dry_run=False)

    assert warning is not None
    assert set(await collection.index_information()) == {
        "_id_",
        "appointmentId_1",
        "startDateTime_1",
    }


@pytest.mark.parametrize(
    ("key", "options", "made"),
    [
        ([("startDateTime", -1), ("teacherId", 1)], {"name": "theirs"}, False),
        ([("teacherId", 1), ("startDateTime", 1)], {"name": "theirs"}, True),
        ([("startDateTime", "hashed")], {"name": "theirs"}, True),
        (
            [("startDateTime", 1)],
            {"name": "startDateTime_1", "partialFilterExpression": {"status": "1"}},
            False,
        ),
    ],
    ids=["leads with the start", "has it second", "hashed", "is in its place"],
)
async def test_an_index_by_start_is_made_where_none_leads_with_it(
    database: AsyncDatabase[Document],
    collection: AsyncCollection[Document],
    key: list[tuple[str, Any]],
    options: dict[str, Any],
    made: bool,
) -> None:
    await collection.create_index(key, **options)
    before = set(await collection.index_information())

    warning = await store_at(database).prepare(dry_run=False)

    added = set(await collection.index_information()) - before
    assert warning is None
    assert added == {"appointmentId_1", *(["startDateTime_1"] if made else [])}


async def test_a_dry_run_counts_and_writes_nothing(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    await put(store_at(database), verdicts(booking("501")))
    before = [each async for each in collection.find()]
    batch = verdicts(booking("501", status=AttendanceStatus.ARRIVED), booking("502"))

    outcomes = await put(store_at(database, LATER), batch, SyncMode.UPDATE, dry_run=True)

    assert outcomes == [Outcome.UPDATED, Outcome.SAVED]
    assert [each async for each in collection.find()] == before


async def test_two_runs_that_race_store_each_once_and_count_exactly(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    await store_at(database).prepare(dry_run=False)
    batch = verdicts(*(booking(str(number)) for number in range(400)))
    counts = [RecordCounts(), RecordCounts()]

    async def run(mine: RecordCounts) -> None:
        store = store_at(database)
        for first in range(0, 400, 50):
            result = await store.store_batch(
                batch[first : first + 50], mode=SyncMode.NEW_ONLY, dry_run=False
            )
            result.add_to(mine)

    async with anyio.create_task_group() as tasks:
        for mine in counts:
            tasks.start_soon(run, mine)

    assert await collection.count_documents({}) == 400
    assert sum(mine.saved for mine in counts) == 400
    assert sum(mine.duplicates for mine in counts) == 400
    assert sum(mine.stale + mine.failed for mine in counts) == 0


async def test_a_document_that_mongodb_refuses_fails_alone(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    await database.create_collection(collection.name, validator={"leadId": {"$ne": "666"}})
    bad = booking("501", lead=Lead("666", "Таємна Особа"))

    result = await store_at(database).store_batch(
        verdicts(bad, booking("502")), mode=SyncMode.NEW_ONLY, dry_run=False
    )

    assert [outcome for _, outcome in result.outcomes] == [Outcome.FAILED, Outcome.SAVED]
    assert [str(each) for each in result.failures] == [
        "MongoDB refused appointment 501 (code 121): the collection's validator does not accept "
        "the document"
    ]


async def test_a_foreign_unique_index_fails_its_document_alone(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    await collection.create_index("leadId", unique=True)

    outcomes = await put(store_at(database), verdicts(booking("501"), booking("502")))

    assert sorted(outcomes) == [Outcome.FAILED, Outcome.SAVED]


async def test_a_service_that_is_no_lesson_is_not_the_one_stored(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    rules = LessonRules(frozenset({"2"}), frozenset({"3"}))
    level, lesson, trial = Service("1", "Рівень"), Service("2", "Урок"), Service("3", "Пробний")
    both = replace(booking("501"), services=(level, lesson, trial), is_group_event=True)

    await put(store_at(database), [judge(both, rules, {})])

    document = await collection.find_one({})
    assert document is not None
    assert document["serviceId"] == "2"
    assert document["IsTrial"] is True


async def test_two_runs_at_once_store_nothing_twice_where_there_can_be_no_unique_index(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    await collection.insert_many([{"appointmentId": "1"}, {"appointmentId": "1"}])
    stores = [store_at(database), store_at(database, LATER)]
    assert [await each.prepare(dry_run=False) is None for each in stores] == [False, False]
    outcomes: list[Outcome] = []

    async def store(which: MongoAppointments, appointment_id: str) -> None:
        outcomes.extend(await put(which, verdicts(booking(appointment_id)), SyncMode.UPDATE))

    for number in range(500, 520):
        async with anyio.create_task_group() as tasks:
            for each in stores:
                tasks.start_soon(store, each, str(number))

    stored = [each["appointmentId"] async for each in collection.find({"leadId": "12345"})]
    assert sorted(stored) == [str(number) for number in range(500, 520)]
    assert outcomes.count(Outcome.SAVED) == 20
    assert outcomes.count(Outcome.DUPLICATE) == 20
