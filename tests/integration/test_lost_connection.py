"""MongoDB is lost during an operation and is back soon."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import pymongo
import pytest
from pymongo.errors import PyMongoError

from altegio_sync.domain.ledger import Grade, LedgerEntry
from altegio_sync.domain.lessons import LessonRules, judge
from altegio_sync.domain.period import Period
from altegio_sync.domain.report import SyncMode
from altegio_sync.errors import StoreUnavailableError
from altegio_sync.mongo.bookkeeping.budget import SharedBudget
from altegio_sync.mongo.bookkeeping.cursors import MongoCursors
from altegio_sync.mongo.bookkeeping.leases import MongoLeases
from altegio_sync.mongo.bookkeeping.ledger import MongoLedger
from altegio_sync.mongo.bookkeeping.runs import MongoRuns
from altegio_sync.mongo.core import connection
from altegio_sync.mongo.stores import MongoAppointments
from tests.fakes import booking
from tests.mongod import running_mongod

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.domain.lessons import Verdict
    from altegio_sync.ports import BatchResult
    from tests.mongod import RunningMongod

    Database = AsyncDatabase[dict[str, Any]]

WRITES = ("insert", "update", "findAndModify")
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
DAY = date(2026, 3, 1)
#: The connection breaks before the command is carried out, or after it is.
LOST = [
    pytest.param({"closeConnection": True}, id="before"),
    pytest.param({"writeConcernError": {"code": 9001, "errmsg": "connection lost"}}, id="after"),
]


def verdicts(count: int, **changes: Any) -> list[Verdict]:
    return [judge(booking(str(n), **changes), LessonRules(), {}) for n in range(count)]


async def store(
    database: Database, batch: Sequence[Verdict], mode: SyncMode = SyncMode.UPDATE
) -> BatchResult:
    appointments = MongoAppointments(database, "appointments")
    await appointments.prepare(dry_run=False)
    return await appointments.store_batch(batch, mode=mode, dry_run=False)


def outcomes(result: BatchResult) -> list[str]:
    return [outcome.value for _, outcome in result.outcomes]


@pytest.mark.parametrize("how", LOST)
async def test_a_batch_is_stored_once_and_counted_as_saved(
    mongod: RunningMongod, database: Database, how: dict[str, Any]
) -> None:
    with mongod.failing(3, WRITES, **how):
        result = await store(database, verdicts(5))

    assert outcomes(result) == ["saved"] * 5
    assert await database["appointments"].count_documents({}) == 5


@pytest.mark.parametrize("how", LOST)
async def test_changes_are_stored_and_counted_as_updated(
    mongod: RunningMongod, database: Database, how: dict[str, Any]
) -> None:
    await store(database, verdicts(3))

    with mongod.failing(3, WRITES, **how):
        result = await store(database, verdicts(4, is_deleted=True))

    assert outcomes(result) == ["updated"] * 3 + ["saved"]
    assert await database["appointments"].count_documents({"isDeleted": True}) == 4


@pytest.mark.parametrize("how", LOST)
async def test_the_ledger_the_cursor_and_the_report_are_written(
    mongod: RunningMongod, database: Database, how: dict[str, Any]
) -> None:
    ledger, cursors = MongoLedger(database, "appointments"), MongoCursors(database, "appointments")
    entry = LedgerEntry(DAY, Grade.PROVED, NOW, SyncMode.UPDATE, "", "Europe/Kyiv", "run")
    moments = dict.fromkeys(("started_at", "finished_at"), "2026-03-02T08:00:00Z")
    report = {"run_id": "run", "command": "sync", **moments}

    writes: Sequence[Callable[[], Awaitable[None]]] = (
        lambda: ledger.write("77", [entry]),
        lambda: cursors.move_cursor("77", NOW, "run"),
        lambda: MongoRuns(database).keep_report(report),
    )
    for write in writes:
        with mongod.failing(2, WRITES, **how):
            await write()

    assert (await ledger.find_days("77", Period.of_days(DAY, DAY)))[DAY].latest == entry
    assert (await cursors.find_all()).get("77") == NOW
    assert await database["altegio-sync-runs"].count_documents({"_id": "run"}) == 1


@pytest.mark.parametrize("how", LOST)
async def test_a_lease_is_taken_renewed_and_given_back(
    mongod: RunningMongod, database: Database, how: dict[str, Any]
) -> None:
    brief = MongoLeases(database, "appointments", command="sync", run_id="run", lifetime_s=0.01)
    with mongod.failing(2, WRITES, **how):
        await brief.take("77")
    (taken,) = await brief.list_holders()

    await anyio.sleep(0.01)  # by now the lease is old enough to be renewed before a write
    with mongod.failing(2, WRITES, **how):
        await brief.check()
    (renewed,) = await brief.list_holders()
    with mongod.failing(2, WRITES, **how):
        async with MongoLeases(database, "appointments", command="sync", run_id="run").keep("77"):
            pass

    assert taken.company_id == renewed.company_id == "77"
    assert renewed.renewed_at > taken.renewed_at
    assert await brief.list_holders() == []


async def test_a_reservation_that_was_lost_leaves_a_start_unused_and_no_window_exceeded(
    mongod: RunningMongod, database: Database
) -> None:
    budget = SharedBudget(
        database, "key", process="one", requests_per_second=20, requests_per_minute=0
    )
    await budget.wait_for_turn()

    with mongod.failing(1, WRITES, writeConcernError={"code": 9001, "errmsg": "connection lost"}):
        await budget.wait_for_turn()

    found = await database["altegio-sync-budget"].find_one({"_id": "key"})
    assert found is not None
    starts = [each["at"] for each in found["starts"]]
    gaps = [later - earlier for earlier, later in pairwise(starts)]
    assert len(starts) == 3
    assert min(gaps) >= timedelta(milliseconds=50)


async def test_one_that_stays_away_is_told_after_the_time_that_a_run_waits(
    mongod: RunningMongod, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "WITHIN_RUN_S", 0.6)
    cursors = MongoCursors(database, "appointments")

    with (
        mongod.failing(10_000, WRITES, closeConnection=True),
        pytest.raises(StoreUnavailableError, match="lost in mid-run"),
    ):
        await cursors.move_cursor("77", NOW, "run")


@connection.waits_for_mongodb
async def write_number(database: Database, number: int) -> None:
    await database["numbers"].replace_one({"_id": number}, {}, upsert=True)


async def test_many_writes_at_once_go_on_when_some_lose_their_connections(
    mongod: RunningMongod, database: Database
) -> None:
    with mongod.failing(3, WRITES, closeConnection=True), anyio.fail_after(200):
        async with anyio.create_task_group() as tasks:
            for number in range(40):
                tasks.start_soon(write_number, database, number)

    assert await database["numbers"].count_documents({}) == 40


async def test_operations_that_are_called_off_leave_the_way_free_for_those_that_are_not() -> None:
    async def write_in_any_case(database: Database) -> None:
        with anyio.CancelScope(shield=True):
            await write_number(database, 1000)

    with running_mongod() as own, anyio.fail_after(200):
        async with connection.open_database(own.uri_of("school")) as database:
            own.kill()
            async with anyio.create_task_group() as kept:
                kept.start_soon(write_in_any_case, database)
                async with anyio.create_task_group() as called_off:
                    for number in range(20):
                        called_off.start_soon(write_number, database, number)
                    await anyio.sleep(0.7)  # all wait for the server, and looked for it once more
                    called_off.cancel_scope.cancel()
                await anyio.to_thread.run_sync(own.start)
            stored = [each["_id"] async for each in database["numbers"].find()]

    assert stored == [1000]


async def test_one_that_is_gone_is_not_waited_for_on_leaving() -> None:
    with running_mongod() as own:
        async with connection.open_database(own.uri_of("school")) as database:
            async with anyio.create_task_group() as tasks:
                for _ in range(3):  # each leaves a session to take leave of
                    tasks.start_soon(database["appointments"].find_one)
            own.kill()
            with pytest.raises(PyMongoError), pymongo.timeout(0.5):
                await database["appointments"].find_one()
            began_at = anyio.current_time()
    # A second; the driver would look for the server for half a minute.
    assert anyio.current_time() - began_at < 20
