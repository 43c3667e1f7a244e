"""What a run of each asset reads and stores, and how it fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dagster as dg

from tests.chain.rig import TOKENS, Chain, days_ago, last_months, pages_asked

if TYPE_CHECKING:
    from pymongo.database import Database

    from altegio_sync.sandbox import Locations, SandboxServer

LEDGER = "altegio-sync-ledger"
MONTHS_FILLED = dg.EventRecordsFilter(
    event_type=dg.DagsterEventType.ASSET_MATERIALIZATION, asset_key=dg.AssetKey("appointments")
)


def test_the_names_are_those_of_the_docs(chain: Chain) -> None:
    repository = chain.defs.get_repository_def()
    names = {each.to_user_string() for each in repository.asset_graph.get_all_asset_keys()}
    assert names == {"day", "appointments", "coverage"}
    checks = [each.name for each in repository.asset_graph.asset_check_keys]
    assert checks == ["no_gaps"]
    assert {each.name for each in repository.sensor_defs} == {"gaps", "ledger"}
    assert {each.name for each in repository.schedule_defs} == {"nightly", "every_15_minutes"}
    assert "school" in repository.get_top_level_resources()
    pools = [job.all_node_defs[0].pools for job in (chain.defs.resolve_job_def("changes"),)]
    assert pools == [{"altegio_api"}]


def test_a_location_that_fails_fails_the_run_after_the_others_are_stored(
    chain: Chain, locations: Locations, stored: Database[dict[str, Any]]
) -> None:
    denied = locations.company_ids[0]
    locations.denied.add(denied)

    result = chain.run("day", days_ago(2))

    assert not result.success
    assert stored[LEDGER].distinct("companyId") == sorted(locations.company_ids[1:])
    [failure] = [each for each in result.all_events if each.is_step_failure]
    data = failure.step_failure_data.user_failure_data
    assert f"1 location failed: {denied}. The others are stored" in data.description
    rows = data.metadata["by_company"].records
    assert [bool(each.data["error"]) for each in rows] == [True, False, False]
    assert not chain.filled("day")

    locations.denied.clear()
    assert chain.run("day", days_ago(2)).success
    assert chain.filled("day") == {days_ago(2)}


def test_nothing_is_asked_of_altegio_that_the_ledger_has(
    chain: Chain, server: SandboxServer, locations: Locations, stored: Database[dict[str, Any]]
) -> None:
    assert chain.backfill(locations.company_ids).success
    months = {f"{company}|{month}" for company in locations.company_ids for month in last_months()}
    assert chain.filled("appointments") == months
    assert len(chain.instance.get_event_records(MONTHS_FILLED)) == len(months)
    server.requests.clear()

    assert chain.run("day", days_ago(3), days_ago(1)).success
    assert pages_asked(server) == []

    assert chain.run("day", days_ago(3), config={"again": True}).success
    assert sorted(pages_asked(server)) == sorted(locations.company_ids)

    server.requests.clear()
    missing = locations.company_ids[1]
    stored[LEDGER].delete_many({"companyId": missing, "day": days_ago(3)})
    day = days_ago(3)
    key = f"{missing}|{day[:7]}"
    again = chain.run("appointments", key, config={"first": days_ago(9), "last": days_ago(1)})
    assert again.success
    assert pages_asked(server) == [missing]


def test_only_the_companies_that_were_read_count_as_done(
    chain: Chain, locations: Locations
) -> None:
    chain.tick("ledger")
    locations.denied.add(locations.company_ids[1])
    month = last_months()[0]
    first, last = locations.company_ids[0], locations.company_ids[-1]

    result = chain.run("appointments", f"{first}|{month}", f"{last}|{month}")

    assert not result.success
    assert chain.filled("appointments") == {f"{first}|{month}", f"{last}|{month}"}


def test_no_secret_is_stored_by_dagster(chain: Chain, locations: Locations, db_uri: str) -> None:
    locations.denied.add(locations.company_ids[0])
    result = chain.run("day", days_ago(2))
    text = chain.read_events(result)
    assert "location failed" in text
    for secret in (*TOKENS, db_uri):
        assert secret not in text
