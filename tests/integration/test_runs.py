"""The reports of runs, and which of them a collection is told of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from altegio_sync.domain.period import Period
from altegio_sync.domain.report import CompanyReport, SyncMode, SyncReport
from altegio_sync.mongo.runs import RUNS_COLLECTION, MongoRuns

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
    assert last["run_id"] == run_id
    assert await runs.find_timezone() == zone


async def test_a_report_names_its_collection_where_it_is_known(
    database: AsyncDatabase[dict[str, Any]],
) -> None:
    await MongoRuns(database).keep_report(report("1", "UTC"))
    await MongoRuns(database, "first").keep_report(report("2", "UTC"))

    kept = await database[RUNS_COLLECTION].find(sort=[("_id", 1)]).to_list()

    assert [each.get("collection") for each in kept] == [None, "first"]
