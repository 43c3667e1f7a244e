"""What the sensors and the schedules make of the ledger."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import dagster as dg
import pytest
import time_machine

from tests.acceptance.cli import Cli
from tests.chain.rig import Chain, days_ago, last_months, settings_for

if TYPE_CHECKING:
    from pathlib import Path

    from pymongo.database import Database

    from altegio_sync.sandbox import Locations, SandboxServer

LEDGER = "altegio-sync-ledger"
NO_GAPS = dg.AssetCheckKey(dg.AssetKey("coverage"), "no_gaps")


def check_of(chain: Chain) -> tuple[bool, dict[str, Any]]:
    """The last result of the check, and its metadata."""
    [record] = chain.instance.event_log_storage.get_asset_check_execution_history(NO_GAPS, limit=1)
    evaluation = record.event.dagster_event.asset_check_evaluation_data
    return evaluation.passed, {name: each.value for name, each in evaluation.metadata.items()}


def run_check(chain: Chain) -> bool:
    """What a run of the check says, started by a person."""
    job = chain.defs.resolve_implicit_global_asset_job_def().get_subset(
        asset_selection=set(), asset_check_selection={NO_GAPS}
    )
    [result] = job.execute_in_process(instance=chain.instance).get_asset_check_evaluations()
    passed: bool = result.passed
    return passed


def test_a_gap_makes_the_check_red_until_the_requested_run_has_closed_it(
    chain: Chain, locations: Locations, stored: Database[dict[str, Any]]
) -> None:
    first = chain.tick("ledger")
    assert check_of(chain) == (False, {**check_of(chain)[1], "companies_with_gaps": 3})
    chain.backfill(locations.company_ids)
    second = chain.tick("ledger", first.cursor)
    assert check_of(chain)[0]
    assert run_check(chain)

    missing = locations.company_ids[1]
    for count in (9, 4):
        stored[LEDGER].delete_many({"companyId": missing, "day": days_ago(count)})
    third = chain.tick("ledger", second.cursor)
    passed, metadata = check_of(chain)
    assert (passed, metadata["companies_with_gaps"], metadata["missing_days"]) == (False, 1, 2)
    assert not run_check(chain)

    [request] = chain.tick("gaps").run_requests
    config = request.run_config["ops"]["appointments"]["config"]
    assert config == {"first": days_ago(9), "last": days_ago(4)}
    keys = [request.tags[f"dagster/asset_partition_range_{each}"] for each in ("start", "end")]
    assert chain.run("appointments", *keys, config=config).success
    assert chain.tick("gaps").run_requests == []
    chain.tick("ledger", third.cursor)
    assert check_of(chain)[0]
    assert run_check(chain)


def test_the_grid_shows_what_others_have_read(
    chain: Chain, server: SandboxServer, tmp_path: Path, db_uri: str
) -> None:
    cli = Cli(tmp_path, settings_for(server, db_uri))
    company = server.locations.company_ids[0]
    month = last_months()[0]
    assert cli.run("sync", month, "--company", company, "-q").code == 0

    tick = chain.tick("ledger")

    assert chain.filled("coverage") == {f"{company}|{month}"}
    before = len(chain.instance.get_event_records(COVERAGE_FILLED))
    chain.tick("ledger", tick.cursor)
    assert len(chain.instance.get_event_records(COVERAGE_FILLED)) == before


COVERAGE_FILLED = dg.EventRecordsFilter(
    event_type=dg.DagsterEventType.ASSET_MATERIALIZATION, asset_key=dg.AssetKey("coverage")
)


def test_locations_are_added_and_removed(
    chain: Chain, locations: Locations, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain.tick("ledger")
    assert chain.instance.get_dynamic_partitions("company") == list(locations.company_ids)

    monkeypatch.setenv("ALTEGIO_COMPANY_ID", f"{locations.company_ids[0]},999")
    chain.tick("ledger")
    assert chain.instance.get_dynamic_partitions("company") == [locations.company_ids[0], "999"]

    # A database that is away says nothing about locations.
    monkeypatch.setenv("DB_URI", "mongodb://127.0.0.1:9/school")
    chain.tick("ledger")
    assert chain.instance.get_dynamic_partitions("company") == [locations.company_ids[0], "999"]
    passed, metadata = check_of(chain)
    assert not passed
    assert "127.0.0.1:9" in metadata["unread_schools"][0]


def test_the_locations_of_all_are_asked_for_once(
    chain: Chain, server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALTEGIO_COMPANY_ID", "all")
    for _ in range(2):
        chain.tick("ledger")
    known = chain.instance.get_dynamic_partitions("company")
    assert known == list(server.locations.company_ids)
    assert [each.path for each in server.requests] == ["/api/v1/companies"]


def test_few_runs_are_requested_at_once_and_none_for_a_company_at_work(
    chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    companies = [str(number) for number in range(77, 85)]
    monkeypatch.setenv("ALTEGIO_COMPANY_ID", ",".join(companies))
    chain.tick("ledger")

    requests = chain.tick("gaps").run_requests
    assert len(requests) == 5
    assert len({each.run_key for each in requests}) == 5

    chain.instance.add_run(
        dg.DagsterRun("changes", tags=requests[0].tags, status=dg.DagsterRunStatus.STARTED)
    )
    again = chain.tick("gaps").run_requests
    assert requests[0].run_key not in {each.run_key for each in again}
    assert {each.run_key for each in requests[1:]} < {each.run_key for each in again}


def test_a_gap_that_stays_is_requested_again_an_hour_later(chain: Chain) -> None:
    chain.tick("ledger")
    keys = []
    for hour in (13, 14):
        with time_machine.travel(f"2026-05-04T{hour}:00Z"):
            keys.append({each.run_key for each in chain.tick("gaps").run_requests})
    assert len(keys[0] | keys[1]) == 2 * len(chain.instance.get_dynamic_partitions("company"))


@pytest.mark.parametrize(("hour", "last_day"), [(1, 2), (13, 3)])
def test_yesterday_is_a_gap_only_after_the_night_had_its_turn(
    chain: Chain, hour: int, last_day: int
) -> None:
    chain.tick("ledger")
    with time_machine.travel(datetime(2026, 5, 4, hour, tzinfo=UTC)):
        requests = chain.tick("gaps").run_requests
    asked = {each.run_config["ops"]["appointments"]["config"]["last"] for each in requests}
    assert asked == {f"2026-05-0{last_day}"}


def test_the_night_reads_yesterday_in_the_zone_of_the_chain(
    chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = dg.build_schedule_context(
        scheduled_execution_time=datetime(2026, 5, 4, 23, 30, tzinfo=UTC)
    )
    assert chain.defs.resolve_schedule_def("nightly")(context).partition_key == "2026-05-03"

    monkeypatch.setenv("CHAIN_TIMEZONE", "Europe/Kyiv")
    night = chain.reload().resolve_schedule_def("nightly")
    assert night.execution_timezone == "Europe/Kyiv"
    assert night(context).partition_key == "2026-05-04"


def changes_since(server: SandboxServer) -> list[str]:
    """The times after which changes were asked for."""
    asked = [each.query.get("changed_after", "") for each in server.requests]
    return [each for each in asked if each]


def test_changes_begin_a_week_ago_and_go_on_from_there(chain: Chain, server: SandboxServer) -> None:
    job = chain.defs.resolve_job_def("changes")
    assert job.execute_in_process(instance=chain.instance, raise_on_error=False).success
    first = changes_since(server)
    server.requests.clear()
    assert job.execute_in_process(instance=chain.instance, raise_on_error=False).success
    assert max(first) < min(changes_since(server))


def test_no_second_round_of_changes_is_started_behind_a_slow_one(chain: Chain) -> None:
    schedule = chain.defs.resolve_schedule_def("every_15_minutes")
    context = dg.build_schedule_context(instance=chain.instance)
    assert isinstance(schedule(context), dg.RunRequest)
    chain.instance.add_run(dg.DagsterRun("changes", status=dg.DagsterRunStatus.STARTED))
    assert isinstance(schedule(context), dg.SkipReason)
