"""What the port of the collection promises: on the fake of the unit tests, and on MongoDB."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from altegio_sync.domain.appointment import AttendanceStatus
from altegio_sync.domain.counts import Outcome
from altegio_sync.domain.lessons import LessonRules, judge
from altegio_sync.domain.period import Period
from altegio_sync.domain.report import SyncMode
from altegio_sync.mongo.stores import MongoAppointments
from altegio_sync.ports import StoredScope
from tests.fakes import NOW, START, MemoryStore, booking

if TYPE_CHECKING:
    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.domain.appointment import Booking
    from altegio_sync.ports import AppointmentStore, BatchResult

DAY = Period.of_days(START.date(), START.date())
SCOPE = StoredScope("77", DAY, ZoneInfo("Europe/Kyiv"), includes_documents_without_company=False)


@pytest.fixture(params=["fake", "MongoDB"])
async def store(
    request: pytest.FixtureRequest, database: AsyncDatabase[dict[str, Any]]
) -> AppointmentStore:
    if request.param == "fake":
        return MemoryStore()
    made = MongoAppointments(database, "altegio-appointments", clock=lambda: NOW)
    await made.prepare(dry_run=False)
    return made


async def put(
    store: AppointmentStore, *bookings: Booking, update: bool = False, dry_run: bool = False
) -> BatchResult:
    mode = SyncMode.UPDATE if update else SyncMode.NEW_ONLY
    batch = [judge(each, LessonRules(), {}) for each in bookings]
    result = await store.store_batch(batch, mode=mode, dry_run=dry_run)
    assert [verdict for verdict, _ in result.outcomes] == batch
    return result


def outcomes_of(result: BatchResult) -> list[Outcome]:
    return [outcome for _, outcome in result.outcomes]


async def test_a_new_appointment_is_saved_once(store: AppointmentStore) -> None:
    first = await put(store, booking("501"), booking("502"))
    again = await put(store, booking("502"), booking("501"))

    assert outcomes_of(first) == [Outcome.SAVED] * 2
    assert outcomes_of(again) == [Outcome.DUPLICATE] * 2


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"status": AttendanceStatus.ARRIVED}, ["status"]),
        ({"is_deleted": True}, ["isDeleted"]),
        (
            {"starts_at": START + timedelta(hours=2), "ends_at": START + timedelta(hours=3)},
            ["startDateTime", "endDateTime"],
        ),
    ],
    ids=["status", "deleted", "moved"],
)
@pytest.mark.parametrize(
    ("update", "outcome"), [(False, Outcome.STALE), (True, Outcome.UPDATED)], ids=["new", "update"]
)
async def test_what_differs_is_counted_by_field(
    store: AppointmentStore,
    changes: dict[str, Any],
    fields: list[str],
    update: bool,
    outcome: Outcome,
) -> None:
    await put(store, booking("501"))

    result = await put(store, booking("501", **changes), update=update)

    assert outcomes_of(result) == [outcome]
    assert dict(result.changes) == dict.fromkeys(fields, 1)


async def test_only_an_update_writes_what_differs(store: AppointmentStore) -> None:
    arrived = booking("501", status=AttendanceStatus.ARRIVED)
    await put(store, booking("501"))

    await put(store, arrived)
    unchanged = await put(store, booking("501"))
    await put(store, arrived, update=True)

    assert outcomes_of(unchanged) == [Outcome.DUPLICATE]
    assert outcomes_of(await put(store, arrived)) == [Outcome.DUPLICATE]


async def test_a_dry_run_has_the_outcomes_and_writes_nothing(store: AppointmentStore) -> None:
    await put(store, booking("501"))
    moved = booking("501", starts_at=START + timedelta(hours=2))

    dry = await put(store, moved, booking("502"), update=True, dry_run=True)

    assert outcomes_of(dry) == [Outcome.UPDATED, Outcome.SAVED]
    assert set(await store.find_undeleted(SCOPE)) == {"501"}
    assert outcomes_of(await put(store, booking("501"))) == [Outcome.DUPLICATE]


async def test_a_booking_that_is_not_kept_is_skipped_unless_it_is_stored(
    store: AppointmentStore,
) -> None:
    await put(store, booking("501"))

    result = await put(store, booking("501", lead=None), booking("502", lead=None))

    assert outcomes_of(result) == [Outcome.DUPLICATE, Outcome.SKIPPED]
    assert result.no_longer_kept == ["501"]


async def test_the_undeleted_appointments_of_the_scope_are_found(store: AppointmentStore) -> None:
    await put(
        store,
        booking("501"),
        booking("502", is_deleted=True),
        booking("503", company_id="78"),
        booking(
            "504", starts_at=START + timedelta(days=1), ends_at=START + timedelta(days=1, hours=1)
        ),
    )

    assert set(await store.find_undeleted(SCOPE)) == {"501"}
    assert await store.count_undeleted(SCOPE) == 1


async def test_only_appointments_of_the_scope_are_marked(store: AppointmentStore) -> None:
    await put(store, booking("501"), booking("502"), booking("503", company_id="78"))

    result = await store.mark_deleted({"501": None, "503": None, "999": None}, SCOPE)

    assert result.marked == {"501"}
    assert result.overtaken == set()
    assert result.failures == {}
    assert set(await store.find_undeleted(SCOPE)) == {"502"}


async def test_the_days_of_the_scope_are_local(store: AppointmentStore) -> None:
    midnight_in_kyiv = START.replace(hour=22)
    await put(store, booking("501", starts_at=midnight_in_kyiv, ends_at=START + timedelta(days=1)))
    next_day = Period.of_days(date(2026, 3, 3), date(2026, 3, 3))
    scope = StoredScope(
        "77", next_day, ZoneInfo("Europe/Kyiv"), includes_documents_without_company=False
    )

    assert await store.count_undeleted(SCOPE) == 0
    assert await store.count_undeleted(scope) == 1
