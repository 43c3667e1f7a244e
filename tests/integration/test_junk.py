"""What others wrote into the program's own collections ends nothing, and is reported once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import anyio
import pytest
from bson import Timestamp
from bson.datetime_ms import DatetimeMS

from altegio_sync.domain.ledger import Grade, LedgerEntry
from altegio_sync.domain.period import Period
from altegio_sync.domain.report import SyncMode
from altegio_sync.mongo.bookkeeping.budget import BUDGET_COLLECTION, SharedBudget, count_starts
from altegio_sync.mongo.bookkeeping.cursors import CURSORS_COLLECTION, MongoCursors
from altegio_sync.mongo.bookkeeping.ledger import LEDGER_COLLECTION, MongoLedger
from altegio_sync.mongo.bookkeeping.runs import RUNS_COLLECTION, MongoRuns
from altegio_sync.mongo.tending.trash import TRASH_COLLECTION
from altegio_sync.mongo.tending.undo import MongoTrash
from altegio_sync.usecases.stats import to_last_run
from altegio_sync.usecases.zones import find_local_zone

if TYPE_CHECKING:
    from pymongo.asynchronous.database import AsyncDatabase

Document = dict[str, Any]
NAME = "altegio-appointments"
DAY = date(2026, 3, 1)
NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
PASS: Document = {
    "grade": "checked",
    "at": NOW,
    "mode": "update",
    "settings": "s",
    "timezone": "Europe/Kyiv",
    "run_id": "r",
}
#: What may stand in place of a moment.
NO_MOMENTS: list[Any] = [
    None,
    "2026-03-01T00:00:00Z",
    17,
    {"$date": 1},
    [NOW],
    Timestamp(1, 1),
    DatetimeMS(569_000_000_000_000),
    NOW + timedelta(days=400),
]
ODD_PASSES: list[Any] = [
    *({**PASS, "at": each} for each in NO_MOMENTS),
    {**PASS, "grade": "certain"},
    {**PASS, "grade": ["checked"]},
    {**PASS, "mode": 1},
    {**PASS, "settings": None},
    {**PASS, "timezone": 3},
    {},
    "a text",
    None,
]


def ledger_of(database: AsyncDatabase[Document], told: list[str]) -> MongoLedger:
    return MongoLedger(
        database, NAME, on_junk=lambda name, _id: told.append(name), clock=lambda: NOW
    )


def entry() -> LedgerEntry:
    return LedgerEntry(DAY, Grade.CHECKED, NOW, SyncMode.UPDATE, "s", "Europe/Kyiv", "run-2")


@pytest.mark.parametrize("odd", ODD_PASSES, ids=str)
async def test_an_entry_of_the_ledger_that_is_none_is_passed_over_and_written_over(
    database: AsyncDatabase[Document], odd: Any
) -> None:
    told: list[str] = []
    key = {"_id": f"{NAME}/77/{DAY}", "companyId": "77", "collection": NAME, "day": f"{DAY}"}
    await database[LEDGER_COLLECTION].insert_one({**PASS, **key, "latest": odd})
    ledger = ledger_of(database, told)

    found = await ledger.find_days("77", Period.of_days(DAY, DAY))
    zone = await ledger.find_timezone("77")
    await ledger.list_companies()
    await ledger.find_outdated("77", "other")
    await ledger.write("77", [entry()])

    assert found == {}
    assert zone in (None, "Europe/Kyiv")
    assert set(told) == {LEDGER_COLLECTION}
    again = await ledger_of(database, []).find_days("77", Period.of_days(DAY, DAY))
    assert again[DAY].latest == entry()


async def test_a_zone_in_the_ledger_that_this_machine_lacks_is_passed_over(
    database: AsyncDatabase[Document],
) -> None:
    told: list[str] = []
    key = {"_id": f"{NAME}/77/{DAY}", "companyId": "77", "collection": NAME, "day": f"{DAY}"}
    odd = {**PASS, "timezone": "Mars/Phobos"}
    await database[LEDGER_COLLECTION].insert_one({**odd, **key, "latest": odd})

    assert await ledger_of(database, told).find_timezone("77") is None
    assert told == [LEDGER_COLLECTION]


@pytest.mark.parametrize("fields", [{"day": 20260301}, {"day": "1 March"}, {"companyId": 77}, {}])
async def test_other_odd_entries_of_the_ledger_end_nothing(
    database: AsyncDatabase[Document], fields: Document
) -> None:
    await database[LEDGER_COLLECTION].insert_many(
        [
            {"_id": f"{NAME}/77/{DAY}x", "collection": NAME, "latest": PASS, **fields},
            {"_id": 5, "collection": NAME, "companyId": ["77"]},
        ]
    )
    ledger = ledger_of(database, [])

    await ledger.list_companies()
    await ledger.find_outdated("77", "other")
    assert await ledger.find_days("77", Period.of_days(DAY, DAY + timedelta(days=1))) == {}


async def test_a_document_of_others_is_no_cursor(database: AsyncDatabase[Document]) -> None:
    cursors = MongoCursors(database, NAME, clock=lambda: NOW)
    await cursors.move_cursor("77", NOW - timedelta(hours=1), "run-1")
    foreign = {"collection": NAME, "companyId": "77", "at": NOW}

    await database[CURSORS_COLLECTION].insert_many(
        [{**foreign, "_id": each} for each in (7, f"{NAME}0/77", f"another-{NAME}/77")]
    )

    assert await cursors.find_all() == {"77": NOW - timedelta(hours=1)}


@pytest.mark.parametrize("at", NO_MOMENTS, ids=str)
async def test_a_cursor_that_is_no_moment_of_the_past_is_none_and_moves_again(
    database: AsyncDatabase[Document], at: Any
) -> None:
    told: list[str] = []
    await database[CURSORS_COLLECTION].insert_one(
        {"_id": f"{NAME}/77", "collection": NAME, "companyId": "77", "at": at}
    )
    cursors = MongoCursors(
        database, NAME, on_junk=lambda name, _id: told.append(name), clock=lambda: NOW
    )

    assert (await cursors.find_all()).get("77") is None
    assert await cursors.find_all() == {}
    await cursors.move_cursor("77", NOW, "run-2")

    assert (await cursors.find_all()).get("77") == NOW
    assert set(told) == {CURSORS_COLLECTION}


@pytest.mark.parametrize(
    "fields",
    [
        {"period": "last week"},
        {"period": ["2026-01-01"]},
        {"errors": "many"},
        {"errors": ["one", 2]},
        {"errors": {"code": 1}},
        {"records": [1]},
        {"records": {"stale": "many", "failed": None}},
        {"records": {"stale": [3]}},
        {"finished_at": "yesterday", "started_at": "2026-01-01"},
        {"finished_at": DatetimeMS(569_000_000_000_000)},
        {"ok": "yes", "interrupted": "no", "run_id": 5},
    ],
    ids=str,
)
async def test_a_runs_report_of_another_shape_is_read_as_far_as_it_goes(
    database: AsyncDatabase[Document], fields: Document
) -> None:
    report = {"_id": "20260301-1", "run_id": "20260301-1", "command": "sync", **fields}
    await database[RUNS_COLLECTION].insert_many([report, {"command": "sync", "period": "x"}])
    runs = MongoRuns(database)

    found = await runs.find_last()

    assert found is not None
    assert to_last_run(found, NOW).command == "sync"
    assert (await find_local_zone(None, runs)).zone == ZoneInfo("UTC")


@pytest.mark.parametrize(
    "fields",
    [
        {"starts": "many"},
        {"starts": [1, "x", {}, {"at": "now"}, {"at": None}, {"at": Timestamp(1, 1)}]},
        {"starts": {"at": NOW}},
        {"resting_until": "later"},
        {"resting_until": Timestamp(4_000_000_000, 1)},
        {"asked_at": "x", "starts": None},
    ],
    ids=str,
)
async def test_an_odd_budget_lets_requests_start(
    database: AsyncDatabase[Document], fields: Document
) -> None:
    await database[BUDGET_COLLECTION].insert_one({"_id": "school", **fields})
    budget = SharedBudget(
        database, "school", process="p", requests_per_second=50, requests_per_minute=1000
    )

    await count_starts(database, "school", datetime.now(UTC))
    with anyio.fail_after(30):
        await budget.wait_for_turn()
        await budget.wait_for_turn()


async def test_odd_entries_of_the_trash_are_not_listed(database: AsyncDatabase[Document]) -> None:
    good = {
        "_id": {"run": "20260301-1", "document": 1},
        "run": "20260301-1",
        "command": "clean",
        "collection": NAME,
        "document": {"_id": 1},
        "at": NOW,
        "removed": True,
        "selves": [None],
    }
    changes: list[Document] = [
        *({"run": each} for each in (5, None, ["20260301-1"])),
        *({"at": each} for each in ("now", None, [NOW], DatetimeMS(569_000_000_000_000))),
        *({"document": each} for each in (None, "x", [{"_id": 1}], {"n": 1})),
        {"collection": 1},
        {"selves": None},
    ]
    odd = [{**good, "_id": n, **each} for n, each in enumerate(changes)]
    await database[TRASH_COLLECTION].insert_many([good, *odd, {}])

    listed = await MongoTrash(database).list_runs()
    undone = await MongoTrash(database).undo("20260301-1")

    assert [(each.run_id, each.removed) for each in listed] == [("20260301-1", 1)]
    assert undone is not None
    assert undone.restored == 1
