"""The stored reports of runs, and which of them belong to a collection."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from altegio_sync.domain.period import Period
from altegio_sync.domain.report import CompanyReport, SyncMode, SyncReport
from altegio_sync.domain.run_marks import MarkChange, OpenRun
from altegio_sync.domain.run_summary import RunSummary
from altegio_sync.mongo.bookkeeping.runs import RUNS_COLLECTION, MongoRuns

if TYPE_CHECKING:
    from pymongo.asynchronous.database import AsyncDatabase

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
MARCH = Period.of_days(NOW.date(), NOW.date())


def report(run_id: str, zone: str) -> dict[str, Any]:
    company = CompanyReport("77", MARCH, zone)
    return SyncReport("sync", run_id, SyncMode.NEW_ONLY, False, NOW, NOW, [company]).to_json()


@pytest.mark.parametrize(
    ("collection", "run_id", "zone"),
    [
        ("first", "2", "Europe/Warsaw"),
        ("second", "3", "Asia/Tokyo"),
        ("third", "1", "Europe/Kyiv"),
        (None, "3", "Asia/Tokyo"),
    ],
)
async def test_the_last_run_of_a_collection_is_found_among_those_of_others(
    database: AsyncDatabase[dict[str, Any]], collection: str | None, run_id: str, zone: str
) -> None:
    await MongoRuns(database).keep_report(report("1", "Europe/Kyiv"))
    await MongoRuns(database, "first").keep_report(report("2", "Europe/Warsaw"))
    await MongoRuns(database, "second").keep_report(report("3", "Asia/Tokyo"))

    runs = MongoRuns(database, collection)
    last = await runs.find_last()

    assert last is not None
    assert last.run_id == run_id
    assert await runs.find_timezone() == zone


async def test_a_report_names_its_collection_where_it_is_known(
    database: AsyncDatabase[dict[str, Any]],
) -> None:
    await MongoRuns(database).keep_report(report("1", "UTC"))
    await MongoRuns(database, "first").keep_report(report("2", "UTC"))

    kept = await database[RUNS_COLLECTION].find(sort=[("_id", 1)]).to_list()

    assert [each.get("collection") for each in kept] == [None, "first"]


async def test_a_report_of_any_number_of_companies_is_stored(
    database: AsyncDatabase[dict[str, Any]],
) -> None:
    count = 40_000
    ids = {"duplicate": [str(each) for each in range(count)]}
    companies = [{"company": str(each), "note": "x" * 900} for each in range(count)]
    large = {"errors": [], "appointment_ids": ids, "by_company": companies}

    await MongoRuns(database).keep_report(report("1", "Europe/Kyiv") | large)

    kept = await database[RUNS_COLLECTION].find_one({"_id": "1"})
    assert kept is not None
    assert kept["command"] == "sync"
    assert kept["errors"] == []
    assert kept["by_company"] == companies[: len(kept["by_company"])]
    assert len(kept["by_company"]) > 200
    assert kept["left_out"] == {
        "appointment_ids.duplicate": count - len(kept["appointment_ids"]["duplicate"]),
        "by_company": count - len(kept["by_company"]),
    }
    last = await MongoRuns(database).find_last()
    assert last is not None
    assert last.run_id == "1"


async def test_a_report_that_is_small_enough_is_stored_whole(
    database: AsyncDatabase[dict[str, Any]],
) -> None:
    companies = [{"company": str(each), "note": "x" * 900} for each in range(2_000)]

    await MongoRuns(database).keep_report(report("1", "UTC") | {"by_company": companies})

    kept = await database[RUNS_COLLECTION].find_one({"_id": "1"})
    assert kept is not None
    assert kept["by_company"] == companies
    assert "left_out" not in kept


def summary(run_id: str) -> RunSummary:
    return RunSummary("changes", run_id, ok=True, started_at=NOW, finished_at=NOW)


async def test_a_quiet_run_without_a_report_is_the_last_run_all_the_same(
    database: AsyncDatabase[dict[str, Any]],
) -> None:
    runs = MongoRuns(database, "first")
    await runs.keep_report(report("1", "UTC"))
    await runs.write_marks("changes", "2", [MarkChange(None, last=summary("2"))])

    last = await runs.find_last()

    assert last is not None
    assert last.run_id == "2"
    assert last.started_at == NOW
    of_other_collection = await MongoRuns(database, "second").find_last()
    assert of_other_collection is None


async def test_a_run_of_a_machine_whose_clock_is_ahead_hides_no_later_run(
    database: AsyncDatabase[dict[str, Any]],
) -> None:
    runs = MongoRuns(database, "first")
    ahead = datetime.now(UTC) + timedelta(days=400)
    await runs.keep_report({**report("9", "UTC"), "started_at": ahead.isoformat()})
    await runs.keep_report(report("1", "UTC"))

    last = await runs.find_last()

    assert last is not None
    assert last.run_id == "1"


async def test_a_run_that_began_stays_open_until_a_run_ends(
    database: AsyncDatabase[dict[str, Any]],
) -> None:
    runs = MongoRuns(database, "first")
    for run_id in ("1", "2", "3"):
        await runs.note_start("sync", "77", OpenRun(run_id, NOW, ("yesterday",), ("--update",)))
    await runs.write_marks("sync", "2", [MarkChange("77", last=summary("2"))])

    [mark] = await runs.find_marks("sync")

    assert list(mark.open_runs) == [OpenRun("3", NOW, ("yesterday",), ("--update",))]
    assert mark.at is not None


async def test_old_reports_are_deleted_and_those_of_changes_earlier(
    database: AsyncDatabase[dict[str, Any]],
) -> None:
    runs, now = MongoRuns(database, "first"), datetime.now(UTC)
    ages = [("sync", 401), ("sync", 399), ("changes", 31), ("changes", 29)]
    for command, days in ages:
        at = now - timedelta(days=days)
        run_id = f"{at:%Y%m%d-%H%M%S}-{command}"
        moments = dict.fromkeys(("started_at", "finished_at"), at.isoformat())
        await runs.keep_report({"run_id": run_id, "command": command, **moments})

    await runs.forget_old_reports()

    left = await database[RUNS_COLLECTION].find().to_list()
    assert sorted(each["command"] for each in left) == ["changes", "sync"]
