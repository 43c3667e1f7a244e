"""The newest answer wins: stamps, the order of requests and writes, and other programs' writes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from altegio_sync.domain.appointment import AttendanceStatus, Booking
from altegio_sync.domain.clock import steady_now
from altegio_sync.domain.counts import Outcome
from altegio_sync.domain.lessons import LessonRules, judge
from altegio_sync.domain.period import Period
from altegio_sync.domain.repair import Answer, Suspect, Unrepaired
from altegio_sync.domain.report import SyncMode
from altegio_sync.mongo.stores import MongoAppointments
from altegio_sync.mongo.tending.repairs import MongoRepairs
from altegio_sync.ports import StoredScope
from tests.fakes import START, booking

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from pymongo.asynchronous.collection import AsyncCollection
    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.ports import BatchResult

Document = dict[str, Any]
STAMP = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
ARRIVED = AttendanceStatus.ARRIVED


@pytest.fixture
def collection(database: AsyncDatabase[Document]) -> AsyncCollection[Document]:
    return database["altegio-appointments"]


class Intruding(MongoAppointments):
    """Another program writes after the documents were read, and before they are written."""

    intrusions: Sequence[Callable[[AsyncCollection[Document]], Awaitable[object]]] = ()

    async def _bulk_write(self, writes: Any) -> Any:
        if self.intrusions:
            first, *self.intrusions = self.intrusions
            await first(self._collection)
        return await super()._bulk_write(writes)


async def store(
    database: AsyncDatabase[Document],
    *bookings: Booking,
    mode: SyncMode = SyncMode.UPDATE,
    by_id: bool = False,
    intrusions: Sequence[Any] = (),
) -> BatchResult:
    appointments = Intruding(database, "altegio-appointments")
    await appointments.prepare(dry_run=False)
    await appointments.find_server_time()
    appointments.intrusions = intrusions
    batch = [judge(each, LessonRules(), {}) for each in bookings]
    return await appointments.store_batch(batch, mode=mode, dry_run=False, by_id=by_id)


def outcomes(result: BatchResult) -> list[Outcome]:
    return [outcome for _, outcome in result.outcomes]


def overtaken(result: BatchResult) -> list[tuple[str, bool]]:
    return [(each.verdict.booking.id, each.only_by_id) for each in result.overtaken]


def setting(**fields: Any) -> Callable[[AsyncCollection[Document]], Awaitable[object]]:
    """As the school's program does with its `$set`."""

    async def intrude(collection: AsyncCollection[Document]) -> object:
        return await collection.update_many({}, {"$set": fields})

    return intrude


async def let_an_hour_pass(collection: AsyncCollection[Document]) -> None:
    """A request that follows a write at once may seem to be before it, on a slow machine."""
    earlier = {"$subtract": ["$updatedAt", 3_600_000]}
    await collection.update_many(
        {"updatedAt": {"$type": "date"}}, [{"$set": {"updatedAt": earlier}}]
    )


async def test_the_stamp_is_stored_as_a_date_and_left_out_where_there_is_none(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    await store(database, booking("501", changed_at=STAMP), booking("502"))

    documents = await collection.find().sort("appointmentId").to_list()

    assert documents[0]["altegioUpdatedAt"] == STAMP
    assert "altegioUpdatedAt" not in documents[1]


@pytest.mark.parametrize(
    "old",
    [
        {},
        {"altegioUpdatedAt": "2026-03-01"},
        {"altegioUpdatedAt": datetime(2020, 1, 1, tzinfo=UTC)},
        {"altegioUpdatedAt": datetime(2099, 1, 1, tzinfo=UTC)},
    ],
    ids=["none", "a text", "older", "of the future"],
)
async def test_a_stamp_alone_is_written_under_update_and_is_no_change(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document], old: Document
) -> None:
    await store(database, booking("501"))
    await collection.update_many({}, {"$set": old, "$unset": {"companyId": 1}})
    before = await collection.find_one()
    assert before is not None
    stamped = booking("501", changed_at=STAMP)

    new_only = await store(database, stamped, mode=SyncMode.NEW_ONLY)
    assert await collection.find_one() == before
    updated = await store(database, stamped)

    assert outcomes(new_only) == outcomes(updated) == [Outcome.DUPLICATE]
    assert await collection.find_one() == before | {"altegioUpdatedAt": STAMP}


@pytest.mark.parametrize(
    ("stamp", "is_written", "status"),
    [
        (STAMP + HOUR, True, "1"),
        (STAMP, True, "1"),
        (None, True, "1"),
        (STAMP - HOUR, False, "0"),
    ],
    ids=["newer", "equal", "none", "older"],
)
async def test_an_answer_of_a_list_with_an_older_stamp_is_not_written(
    database: AsyncDatabase[Document],
    collection: AsyncCollection[Document],
    stamp: datetime | None,
    is_written: bool,
    status: str,
) -> None:
    await store(database, booking("501", changed_at=STAMP))

    result = await store(database, booking("501", changed_at=stamp, status=ARRIVED))

    document = await collection.find_one()
    assert document is not None
    assert overtaken(result) == ([] if is_written else [("501", True)])
    assert document["status"] == status


async def test_of_two_changes_within_a_second_the_later_one_stays(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    """A run stops after it has read the first change, and another run reads the second."""
    now = datetime.now(UTC).replace(microsecond=0)
    await store(database, booking("501", changed_at=now - HOUR))
    await let_an_hour_pass(collection)
    first = booking("501", changed_at=now, status=ARRIVED, asked_at=steady_now())
    second = booking("501", changed_at=now)

    assert outcomes(await store(database, second)) == [Outcome.DUPLICATE]
    result = await store(database, first)

    assert overtaken(result) == [("501", True)]
    assert await collection.count_documents({"status": "0", "altegioUpdatedAt": now}) == 1
    by_id = await store(database, replace(first, asked_at=steady_now()), by_id=True)
    assert outcomes(by_id) == [Outcome.UPDATED]


async def test_an_answer_by_id_is_written_whatever_its_stamp(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    """A stamp that was once in the future freezes nothing."""
    await store(database, booking("501", changed_at=STAMP.replace(year=2099)))

    result = await store(database, booking("501", changed_at=STAMP, status=ARRIVED), by_id=True)

    document = await collection.find_one()
    assert document is not None
    assert outcomes(result) == [Outcome.UPDATED]
    assert document["status"] == "1"
    assert document["altegioUpdatedAt"] == STAMP


@pytest.mark.parametrize("by_id", [False, True], ids=["list", "by id"])
async def test_an_answer_requested_before_the_last_write_is_not_written(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document], by_id: bool
) -> None:
    asked_at = steady_now()
    await store(database, booking("501"), booking("502"))
    changed = [booking(each, status=ARRIVED, asked_at=asked_at) for each in ("501", "502")]
    unchanged = booking("502", asked_at=asked_at)

    result = await store(database, changed[0], unchanged, by_id=by_id)
    await let_an_hour_pass(collection)
    later = replace(changed[0], asked_at=steady_now())
    written = await store(database, later)

    assert overtaken(result) == [("501", False)]
    assert outcomes(result) == [Outcome.DUPLICATE]
    assert outcomes(written) == [Outcome.UPDATED]
    assert await collection.count_documents({"status": "0"}) == 1


@pytest.mark.parametrize(
    "updated_at",
    [datetime(2099, 1, 1, tzinfo=UTC), "2099-01-01", None, [datetime(2026, 1, 1, tzinfo=UTC)]],
    ids=["future", "text", "null", "list"],
)
async def test_a_last_write_that_cannot_be_known_freezes_nothing(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document], updated_at: object
) -> None:
    await store(database, booking("501"))
    await collection.update_many({}, {"$set": {"updatedAt": updated_at}})

    result = await store(database, booking("501", status=ARRIVED, asked_at=steady_now()))

    assert outcomes(result) == [Outcome.UPDATED]


async def test_an_answer_over_half_a_minute_old_is_not_written_where_it_would_be(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    long_ago = steady_now() - 31
    await store(database, booking("501"), booking("502"))

    result = await store(
        database,
        booking("501", status=ARRIVED, asked_at=long_ago),
        booking("502", asked_at=long_ago),
        booking("503", asked_at=long_ago),
        booking("504", lead=None, asked_at=long_ago),
    )

    assert overtaken(result) == [("501", False), ("503", False)]
    assert outcomes(result) == [Outcome.DUPLICATE, Outcome.SKIPPED]
    assert await collection.count_documents({}) == 2


@pytest.mark.parametrize(
    "theirs",
    [
        {"status": "2"},
        {"status": 2},
        {"status": ["2"]},
        {"status": {"$gt": 1}},
        {"status": None},
        {"status": float("nan")},
        {"status": "2", "updatedAt": STAMP},
    ],
    ids=["text", "number", "list", "document", "null", "nan", "mongoose"],
)
async def test_a_change_between_reading_and_writing_is_seen_and_examined_again(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document], theirs: Document
) -> None:
    """Their write is not lost unseen: ours is decided once more, on what they wrote."""
    await store(database, booking("501"), booking("502"))
    seen: list[object] = []

    async def look(collection: AsyncCollection[Document]) -> None:
        seen.extend([each["status"] async for each in collection.find({"appointmentId": "501"})])

    result = await store(
        database,
        booking("501", status=ARRIVED),
        booking("502", status=ARRIVED),
        intrusions=[setting(**theirs), look],
    )

    assert outcomes(result) == [Outcome.UPDATED, Outcome.UPDATED]
    assert len(seen) == 1  # written at the second attempt
    assert await collection.count_documents({"status": "1"}) == 2


async def test_a_change_between_by_a_later_request_wins(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    """What they wrote is later than our request: ours is not written, but asked for again."""
    await store(database, booking("501"))

    async def save(collection: AsyncCollection[Document]) -> None:
        now = {"$set": {"status": "2", "updatedAt": "$$NOW"}}
        await collection.update_many({}, [now])

    await let_an_hour_pass(collection)
    ours = booking("501", status=ARRIVED, asked_at=steady_now())
    result = await store(database, ours, intrusions=[save])

    assert overtaken(result) == [("501", False)]
    assert await collection.count_documents({"status": "2"}) == 1


async def test_one_that_others_change_without_end_is_failed(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    await store(database, booking("501"))
    endless = [setting(status=f"theirs {number}") for number in range(99)]

    result = await store(database, booking("501", status=ARRIVED), intrusions=endless)

    assert outcomes(result) == [Outcome.FAILED]
    assert "501" in str(result.failures[0])
    document = await collection.find_one()
    assert document is not None
    assert document["status"].startswith("theirs")


async def test_one_that_another_run_brought_up_to_date_meanwhile_is_no_change_of_ours(
    database: AsyncDatabase[Document],
) -> None:
    await store(database, booking("501"), booking("502"))

    result = await store(
        database,
        booking("501", status=ARRIVED),
        booking("502"),
        intrusions=[setting(status="1")],
    )

    assert outcomes(result) == [Outcome.DUPLICATE, Outcome.DUPLICATE]


SCOPE = StoredScope(
    "77",
    Period.of_days(START.date(), START.date()),
    ZoneInfo("Europe/Kyiv"),
    includes_documents_without_company=False,
)


@pytest.mark.parametrize(
    ("asked_s_ago", "is_marked"),
    [(None, True), (0.0, True), (31.0, False), ("before it was stored", False)],
)
async def test_a_document_is_marked_deleted_by_an_answer_that_is_newer_and_not_too_old(
    database: AsyncDatabase[Document],
    collection: AsyncCollection[Document],
    asked_s_ago: float | str | None,
    is_marked: bool,
) -> None:
    before = steady_now()
    await store(database, booking("501"))
    appointments = MongoAppointments(database, "altegio-appointments")
    await appointments.find_server_time()
    if not isinstance(asked_s_ago, str):
        await let_an_hour_pass(collection)
    asked_at = steady_now() - asked_s_ago if isinstance(asked_s_ago, float) else None
    if isinstance(asked_s_ago, str):
        asked_at = before

    result = await appointments.mark_deleted({"501": asked_at, "502": asked_at}, SCOPE)

    assert result.marked == ({"501"} if is_marked else set())
    assert result.overtaken == (set() if is_marked else {"501"})
    assert await collection.count_documents({"isDeleted": True}) == is_marked


async def test_a_document_that_others_change_is_examined_again_before_it_is_marked(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    await store(database, booking("501"), booking("502"))
    appointments = Intruding(database, "altegio-appointments")

    async def move(collection: AsyncCollection[Document]) -> None:
        moved = {"$set": {"startDateTime": START - timedelta(days=9), "updatedAt": STAMP}}
        await collection.update_one({"appointmentId": "501"}, moved)

    appointments.intrusions = [move]
    result = await appointments.mark_deleted({"501": None, "502": None}, SCOPE)

    assert result.marked == {"502"}
    assert result.overtaken == set()
    assert await collection.count_documents({"appointmentId": "501", "isDeleted": False}) == 1


async def test_a_document_that_the_server_refuses_to_mark_keeps_no_other_waiting(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    await store(database, booking("501"), booking("502"))
    rule = {"$or": [{"appointmentId": {"$ne": "501"}}, {"isDeleted": False}]}
    await database.command("collMod", collection.name, validator=rule)

    appointments = MongoAppointments(database, "altegio-appointments")
    result = await appointments.mark_deleted({"501": None, "502": None}, SCOPE)

    assert result.marked == {"502"}
    assert set(result.failures) == {"501"}


async def test_a_text_that_is_not_utf8_is_replaced_all_the_same(
    database: AsyncDatabase[Document], collection: AsyncCollection[Document]
) -> None:
    import bson
    from bson.raw_bson import RawBSONDocument

    await store(database, booking("501"))
    document = await collection.find_one()
    assert document is not None
    raw = bson.encode(document | {"leadName": "QQQQ"}).replace(b"QQQQ", b"\xff\xfeQQ")
    await collection.delete_many({})
    await collection.insert_one(RawBSONDocument(raw))

    assert outcomes(await store(database, booking("501"))) == [Outcome.UPDATED]


@pytest.mark.parametrize(
    ("how", "is_written"),
    [
        ({}, True),
        ({"changed_at": STAMP - HOUR}, False),
        ({"changed_at": STAMP - HOUR, "by_id": True}, True),
        ({"asked_s_ago": 31}, False),
        ({"asked_s_ago": 31, "by_id": True}, False),
    ],
    ids=["newer", "older stamp", "older stamp by id", "too old", "too old by id"],
)
async def test_a_fix_writes_the_newest_answer_as_well(
    database: AsyncDatabase[Document],
    collection: AsyncCollection[Document],
    how: Document,
    is_written: bool,
) -> None:
    await store(database, booking("501", changed_at=STAMP))
    document = await collection.find_one()
    assert document is not None
    await let_an_hour_pass(collection)
    repairs = MongoRepairs(database, collection.name, run_id="r")
    asked_at = steady_now() - how.get("asked_s_ago", 0)
    told = booking("501", status=ARRIVED, changed_at=how.get("changed_at"), asked_at=asked_at)
    suspect = Suspect(document["_id"], "501", "77", START)
    answer = Answer(suspect, judge(told, LessonRules(), {}))

    left = Unrepaired()
    again = await repairs.apply_answers([answer], left, by_id=how.get("by_id", False))

    assert again == ([] if is_written else [suspect])
    assert await collection.count_documents({"status": "1"}) == is_written
    assert left.by_reason == []


@pytest.mark.parametrize(
    ("old", "changes"),
    [
        ({"$unset": {"altegioUpdatedAt": 1}}, set()),
        ({"$unset": {"altegioUpdatedAt": 1, "companyId": 1, "updatedAt": 1}}, set()),
        (
            {
                "$unset": {"altegioUpdatedAt": 1, "companyId": 1},
                "$set": {"startDateTime": "2026-03-02T10:00:00", "updatedAt": "2026-03-02"},
            },
            {"startDateTime"},
        ),
        (
            {
                "$unset": {"altegioUpdatedAt": 1, "companyId": 1},
                "$set": {"startDateTime": START + 2 * HOUR, "endDateTime": START + 3 * HOUR},
            },
            {"startDateTime", "endDateTime"},
        ),
    ],
    ids=["earlier version", "bare", "old scripts", "webhook"],
)
async def test_existing_documents_are_brought_up_to_date_without_a_further_request(
    database: AsyncDatabase[Document],
    collection: AsyncCollection[Document],
    old: Document,
    changes: set[str],
) -> None:
    await store(database, booking("501", changed_at=STAMP))
    await let_an_hour_pass(collection)
    await collection.update_many({}, old)
    answer = booking("501", changed_at=STAMP, asked_at=steady_now())

    first = await store(database, answer)
    again = await store(database, answer, mode=SyncMode.NEW_ONLY)

    assert first.overtaken == []
    assert set(first.changes) == changes
    assert outcomes(again) == [Outcome.DUPLICATE]
    document = await collection.find_one()
    assert document is not None
    assert document["startDateTime"] == START
    assert document["altegioUpdatedAt"] == STAMP
