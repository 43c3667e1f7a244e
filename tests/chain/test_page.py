"""The chain in Dagster's own page and daemon, over a sandbox of 20 locations.

One Dagster serves all these tests, because it needs a quarter of a minute to start. Each test has
days or months of its own.
"""

from __future__ import annotations

import os
import re
import signal
from typing import TYPE_CHECKING, Any

import pytest
from pymongo import MongoClient

from altegio_sync.sandbox import Locations, SandboxServer
from tests.chain.dagster import Dagster, running_dagster
from tests.chain.rig import TOKENS, days_ago, last_months, pages_asked, serve, settings_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymongo.database import Database

    from tests.mongod import RunningMongod

COUNT = 20
LEDGER = "altegio-sync-ledger"


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with serve(Locations.made_up(COUNT, lessons_a_month=20)) as running:
        yield running


@pytest.fixture(scope="module")
def stored(mongod: RunningMongod) -> Iterator[Database[dict[str, Any]]]:
    uri = mongod.uri_of("chain")
    with MongoClient[dict[str, Any]](uri) as client:
        yield client.get_default_database()
    mongod.drop("chain")


@pytest.fixture(scope="module")
def dagster(
    tmp_path_factory: pytest.TempPathFactory, server: SandboxServer, mongod: RunningMongod
) -> Iterator[Dagster]:
    settings = settings_for(server, mongod.uri_of("chain"))
    with running_dagster(tmp_path_factory.mktemp("dagster"), settings) as running:
        yield running


@pytest.fixture
def companies(dagster: Dagster, server: SandboxServer) -> list[str]:
    """The locations, once the sensor `ledger` has added them."""

    def added() -> bool:
        found = dagster.ask(
            """{ assetNodeOrError(assetKey: {path: ["appointments"]}) {
                ... on AssetNode { partitionKeysByDimension { name partitionKeys } } } }"""
        )
        keys = {each["name"]: each["partitionKeys"] for each in found["partitionKeysByDimension"]}
        return len(keys["company"]) == COUNT

    dagster.wait_for(added, "the locations")
    return list(server.locations.company_ids)


def test_a_night_reads_every_location_once(dagster: Dagster, server: SandboxServer) -> None:
    run = dagster.launch("night", tags={"dagster/partition": days_ago(1)})
    assert dagster.await_end(run) == "SUCCESS"
    assert sorted(pages_asked(server)) == sorted(server.locations.company_ids)
    log = dagster.read_log(run)
    assert all(company in log for company in server.locations.company_ids)
    assert not any(secret in log for secret in TOKENS)


def test_a_backfill_of_months_is_one_run_and_the_gap_made_later_is_closed(
    dagster: Dagster,
    server: SandboxServer,
    companies: list[str],
    stored: Database[dict[str, Any]],
) -> None:
    months = last_months()
    keys = [f"{company}|{month}" for company in companies for month in months]
    before = dagster.count_runs()

    run = dagster.launch(
        assets=["appointments"],
        tags={
            "dagster/asset_partition_range_start": keys[0],
            "dagster/asset_partition_range_end": keys[-1],
        },
    )
    assert dagster.await_end(run) == "SUCCESS"
    assert dagster.count_runs() == before + 1
    assert dagster.count_filled("appointments") == len(keys)

    # Past months are not asked for again: by multiple runs, one for each month.
    server.requests.clear()
    past = [key for key in keys if not key.endswith(months[-1])]
    found = dagster.await_backfill(dagster.backfill("appointments", past))
    assert found["status"] == "COMPLETED_SUCCESS"
    assert [each["status"] for each in found["runs"]] == ["SUCCESS"] * (len(months) - 1)
    assert pages_asked(server) == []

    gap = {"companyId": companies[7], "day": {"$in": [days_ago(4), days_ago(3)]}}
    assert stored[LEDGER].delete_many(gap).deleted_count == 2
    dagster.start_sensor("gaps")
    dagster.wait_for(lambda: stored[LEDGER].count_documents(gap) == 2, "the closed gap")
    assert set(pages_asked(server)) == {companies[7]}


def test_a_killed_run_frees_its_slot_and_a_cancelled_run_keeps_what_it_read(
    dagster: Dagster, server: SandboxServer, stored: Database[dict[str, Any]]
) -> None:
    dagster.limit_pool(1)
    server.latency_s = 2.0
    days = [days_ago(count) for count in (70, 71)]
    again = {"ops": {"day": {"config": {"again": True}}}}
    first, second = (
        dagster.launch("night", tags={"dagster/partition": day}, config=again) for day in days
    )
    pid = dagster.wait_for(
        lambda: re.search(r"in process \(pid: (\d+)\)", dagster.read_log(first)), first
    )
    dagster.wait_for(lambda: stored[LEDGER].find_one({"day": days[0]}), "a day of the first run")
    assert (dagster.status(first), dagster.status(second)) == ("STARTED", "QUEUED")

    os.kill(int(pid[1]), signal.SIGKILL)
    assert dagster.await_end(first) == "FAILURE"
    server.latency_s = 8.0  # the last locations are waited for while the page asks to stop

    dagster.wait_for(lambda: stored[LEDGER].find_one({"day": days[1]}), "a day of the second run")
    dagster.terminate(second)
    assert dagster.await_end(second) == "CANCELED"
    assert 0 < stored[LEDGER].count_documents({"day": days[1]}) < COUNT
