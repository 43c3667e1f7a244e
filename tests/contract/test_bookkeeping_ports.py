"""What the ports of the bookkeeping promise: on the fakes of the unit tests, and on MongoDB."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from altegio_sync.domain.appointment import Location, Teacher
from altegio_sync.domain.conditions import Reported
from altegio_sync.domain.ledger import DayRecord, Grade
from altegio_sync.domain.locations import StoredStaff
from altegio_sync.domain.period import Period
from altegio_sync.domain.report import CompanyReport, SyncMode, SyncReport
from altegio_sync.domain.run_marks import MarkChange, OpenRun
from altegio_sync.domain.run_summary import RunSummary
from altegio_sync.errors import LeaseHeldError
from altegio_sync.messages import as_message
from altegio_sync.mongo.bookkeeping.conditions import MongoConditions
from altegio_sync.mongo.bookkeeping.cursors import MongoCursors
from altegio_sync.mongo.bookkeeping.leases import MongoLeases
from altegio_sync.mongo.bookkeeping.ledger import MongoLedger
from altegio_sync.mongo.bookkeeping.locations import MongoLocations
from altegio_sync.mongo.bookkeeping.runs import MongoRuns
from tests.documents import ledger_entry
from tests.fakes import (
    FakeLeases,
    MemoryConditions,
    MemoryCursors,
    MemoryLedger,
    MemoryLocations,
    MemoryRuns,
)

if TYPE_CHECKING:
    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.ports import CursorStore, Leases, Ledger, LocationStore, RunStore
    from altegio_sync.usecases.conditions import ConditionStore

    Database = AsyncDatabase[dict[str, Any]]

NAME = "altegio-appointments"
AT = datetime(2026, 4, 10, 9, 0, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))


@pytest.fixture(params=["fake", "MongoDB"])
def is_fake(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "fake")


@pytest.fixture
def ledger(is_fake: bool, database: Database) -> Ledger:
    return MemoryLedger() if is_fake else MongoLedger(database, NAME)


@pytest.fixture
def cursors(is_fake: bool, database: Database) -> CursorStore:
    return MemoryCursors() if is_fake else MongoCursors(database, NAME)


@pytest.fixture
def runs(is_fake: bool, database: Database) -> RunStore:
    return MemoryRuns() if is_fake else MongoRuns(database, NAME)


@pytest.fixture
def locations(is_fake: bool, database: Database) -> LocationStore:
    return MemoryLocations() if is_fake else MongoLocations(database, NAME)


@pytest.fixture
def conditions(is_fake: bool, database: Database) -> ConditionStore:
    return MemoryConditions() if is_fake else MongoConditions(database, NAME)


async def test_the_ledger_gives_back_what_was_written(ledger: Ledger) -> None:
    entries = [ledger_entry(2), ledger_entry(3, grade=Grade.PROVED, mode=SyncMode.UPDATE)]

    await ledger.write("77", entries)

    assert await ledger.find_days("77", MARCH) == {
        each.day: DayRecord.first(each) for each in entries
    }


async def test_the_ledger_keeps_the_strongest_and_the_latest_pass_of_a_day(ledger: Ledger) -> None:
    proof = ledger_entry(2, grade=Grade.PROVED)
    check = ledger_entry(2, at=AT + DAY)
    await ledger.write("77", [proof])

    await ledger.write("77", [check, ledger_entry(3)])

    records = await ledger.find_days("77", MARCH)
    assert records[date(2026, 3, 2)] == DayRecord(proof, check)
    assert records[date(2026, 3, 3)] == DayRecord.first(ledger_entry(3))


async def test_the_ledger_keeps_companies_and_days_apart(ledger: Ledger) -> None:
    april = replace(ledger_entry(1), day=date(2026, 4, 1))
    await ledger.write("77", [ledger_entry(1), ledger_entry(31), april])
    await ledger.write("7", [ledger_entry(2)])

    assert list(await ledger.find_days("77", MARCH)) == [date(2026, 3, 1), date(2026, 3, 31)]
    assert list(await ledger.find_days("7", MARCH)) == [date(2026, 3, 2)]
    assert await ledger.list_companies() == ["7", "77"]


async def test_the_ledger_finds_the_days_of_other_settings(ledger: Ledger) -> None:
    await ledger.write("77", [ledger_entry(2), ledger_entry(5), ledger_entry(9, settings="fedcba")])

    assert await ledger.find_outdated("77", "fedcba") == (
        2,
        Period.of_days(date(2026, 3, 2), date(2026, 3, 5)),
    )
    assert await ledger.find_outdated("78", "fedcba") is None


async def test_the_ledger_knows_the_zone_of_the_latest_pass(ledger: Ledger) -> None:
    await ledger.write("77", [ledger_entry(9)])
    await ledger.write("77", [ledger_entry(2, timezone="Europe/Warsaw", at=AT + DAY)])

    assert await ledger.find_timezone("77") == "Europe/Warsaw"
    assert await ledger.find_timezone("78") is None


async def test_a_cursor_moves_forward_and_never_back(cursors: CursorStore) -> None:
    never_moved = (await cursors.find_all()).get("77")
    await cursors.move_cursor("77", AT, "first")
    await cursors.move_cursor("77", AT - SECOND, "second")
    after_a_move_back = (await cursors.find_all()).get("77")
    await cursors.move_cursor("77", AT + SECOND, "third")

    assert never_moved is None
    assert after_a_move_back == AT
    assert (await cursors.find_all()).get("77") == AT + SECOND


async def test_every_company_has_a_cursor_of_its_own(cursors: CursorStore) -> None:
    await cursors.move_cursor("77", AT, "run")
    await cursors.move_cursor("78", AT + SECOND, "run")

    assert (await cursors.find_all()).get("77") == AT
    assert (await cursors.find_all()).get("78") == AT + SECOND


async def leases_beside_another_run(*, is_fake: bool, database: Database) -> Leases:
    """Of a run that does not wait; another run holds company 78 for `sync`."""
    if is_fake:
        return FakeLeases("sync", company_78="sync 1")
    other = MongoLeases(database, NAME, command="sync", run_id="other")
    await other.take("78", "sync")
    return MongoLeases(database, NAME, command="sync", run_id="ours")


async def test_a_company_that_another_run_holds_for_the_same_work_is_refused(
    is_fake: bool, database: Database
) -> None:
    leases = await leases_beside_another_run(is_fake=is_fake, database=database)

    with pytest.raises(LeaseHeldError):
        async with leases.hold("78", "sync"):
            pytest.fail("another run holds it")


async def test_a_company_may_be_held_for_other_work(is_fake: bool, database: Database) -> None:
    leases = await leases_beside_another_run(is_fake=is_fake, database=database)

    async with leases.hold("78", "changes"), leases.hold("77", "sync"):
        pass


def report(run_id: str, command: str = "sync", zone: str | None = "Europe/Kyiv") -> dict[str, Any]:
    company = CompanyReport("77", MARCH, zone)
    return SyncReport(command, run_id, SyncMode.NEW_ONLY, False, AT, AT, [company]).to_json()


async def test_the_last_run_that_brought_appointments_is_found(runs: RunStore) -> None:
    for run_id, command in (("1", "sync"), ("2", "changes"), ("3", "clean")):
        await runs.keep_report(report(run_id, command))

    last, last_sync = await runs.find_last(), await runs.find_last("sync")

    assert last is not None
    assert last.run_id == "2"
    assert last.command == "changes"
    assert last.started_at == AT
    assert last_sync is not None
    assert last_sync.run_id == "1"
    assert await runs.find_last("undo") is None


async def test_a_report_that_is_kept_again_replaces_the_first(runs: RunStore) -> None:
    await runs.keep_report(report("1", zone="Europe/Warsaw"))

    await runs.keep_report(report("1"))

    assert await runs.find_timezone() == "Europe/Kyiv"


async def test_the_zone_is_that_of_the_last_run_that_knew_it(runs: RunStore) -> None:
    assert await runs.find_timezone() is None
    await runs.keep_report(report("1"))
    await runs.keep_report(report("2", zone=None))

    assert await runs.find_timezone() == "Europe/Kyiv"


async def test_a_run_that_began_is_open_until_a_run_ends(runs: RunStore) -> None:
    await runs.note_start("sync", "77", OpenRun("1", AT))
    (begun,) = await runs.find_marks("sync")
    await runs.write_marks("sync", "1", [MarkChange("77")])
    (ended,) = await runs.find_marks("sync")

    assert [each.run_id for each in begun.open_runs] == ["1"]
    assert list(ended.open_runs) == []
    assert ended.company == "77"
    assert list(await runs.find_marks("changes")) == []


async def test_the_last_success_stays_known_after_a_failure(runs: RunStore) -> None:
    well = RunSummary("sync", "1", ok=True, started_at=AT, finished_at=AT)
    await runs.write_marks("sync", "1", [MarkChange("77", last=well)])
    (before,) = await runs.find_marks("sync")

    await runs.write_marks("sync", "2", [MarkChange("77", last=replace(well, ok=False))])
    (after,) = await runs.find_marks("sync")

    assert before.succeeded_at is not None
    assert after.succeeded_at == before.succeeded_at
    assert after.last is not None
    assert not after.last.ok


async def test_locations_are_known_by_what_altegio_named_last(locations: LocationStore) -> None:
    kyiv, lviv = Location("77", "Київ", "Europe/Kyiv"), Location("78", "Львів", "Europe/Kyiv")
    await locations.write_list([kyiv, lviv], [], AT)
    await locations.write_fetched([replace(kyiv, title="Школа")], AT + DAY)
    await locations.write_list([replace(kyiv, title="Школа")], ["78"], AT + 2 * DAY)
    await locations.write_list([replace(kyiv, title="Школа")], ["78"], AT + 3 * DAY)

    known = await locations.find_all()

    assert (known["77"].title, known["77"].timezone) == ("Школа", "Europe/Kyiv")
    assert known["77"].is_listed
    assert known["78"].missing_since == AT + 2 * DAY


async def test_a_staff_list_is_found_until_it_is_too_old(locations: LocationStore) -> None:
    staff = StoredStaff({"9": Teacher("9", "Марко Зразок")}, frozenset({"10"}))
    await locations.write_staff("77", staff, AT)
    await locations.write_staff("78", StoredStaff(), AT)

    assert await locations.find_staff("77", AT) == staff
    assert await locations.find_staff("77", AT + SECOND) == StoredStaff()
    assert await locations.find_staff("78", AT) == StoredStaff()
    assert await locations.find_staff("79", AT) == StoredStaff()


async def test_conditions_are_remembered_until_they_are_forgotten(
    conditions: ConditionStore,
) -> None:
    index, leads = (
        Reported(AT, as_message("no index")),
        Reported(AT, as_message("doubtful"), ("501",)),
    )
    await conditions.write({"index": index, "leads": leads})

    await conditions.write({"index": None, "never reported": None})

    assert await conditions.find_all() == {"leads": leads}
