"""`altegio-sync runs`: what ran, how it ended, and what it did."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from bson import ObjectId
from pymongo import MongoClient

if TYPE_CHECKING:
    from altegio_sync.sandbox import SandboxServer
    from tests.acceptance.cli import Cli

RUNS = "altegio-sync-runs"


def test_a_day_of_runs_is_listed_newest_first(cli: Cli) -> None:
    synced = cli.run("sync", "last-week", "--json").json
    cli.run("sync", "last-week", "--dry-run")
    cli.run("changes", "--since", "1d", "-q")
    fixed = cli.run("validate", "--fix", "--offline", "--json").json
    failed = cli.run("sync", "last-week", ALTEGIO_USER_TOKEN="wrong-token")

    listed = cli.run("runs", "--json").json
    text = cli.run("runs")
    newest = cli.run("runs", "--limit", "1")

    by_id = {each["run_id"]: each for each in listed["runs"]}
    assert failed.code == 3
    assert listed["ok"] is True
    assert [each["run_id"] for each in listed["runs"]] == sorted(by_id, reverse=True)
    assert by_id[synced["run_id"]]["ending"] == "succeeded"
    assert by_id[synced["run_id"]]["done"]["saved"] == synced["records"]["saved"] > 0
    assert fixed["command"] == "validate"
    assert {each["command"] for each in listed["runs"]} >= {"sync", "validate"}
    assert listed["runs"][0]["ending"] == "failed"
    assert text.out.splitlines()[0].startswith(listed["runs"][0]["run_id"])
    assert "saved" in text.out
    assert "Older runs: altegio-sync runs --limit 2" in newest.out


def test_one_run_is_shown_with_its_errors(cli: Cli) -> None:
    cli.run("sync", "last-week", ALTEGIO_USER_TOKEN="wrong-token")
    [run] = cli.run("runs", "--json").json["runs"]

    shown = cli.run("runs", run["run_id"])
    in_ukrainian = cli.run("runs", run["run_id"], "--lang", "uk")
    as_json = cli.run("runs", run["run_id"], "--json").json

    assert shown.code == 0
    assert "ended    failed" in shown.out
    assert "\nERROR Error fetching appointments: " in shown.out
    assert "завершився" in in_ukrainian.out
    assert as_json["run"]["errors"][0]["code"] == "unauthorized"


def test_a_repair_that_leaves_findings_is_not_called_a_failure(cli: Cli, db_uri: str) -> None:
    cli.run("sync", "yesterday")
    with MongoClient[dict[str, Any]](db_uri) as client:
        appointments = client.get_default_database()["altegio-appointments"]
        spaced, broken = appointments.find({}, limit=2)
        appointments.update_one({"_id": spaced["_id"]}, {"$set": {"teacherName": " Іра "}})
        appointments.update_one({"_id": broken["_id"]}, {"$unset": {"leadId": ""}})
    fixed = cli.run("validate", "--fix", "--offline", "--json").json

    listed = cli.run("runs", "--limit", "1")
    shown = cli.run("runs", fixed["run_id"])

    assert fixed["errors"] + fixed["warnings"] > 0
    assert listed.err == shown.err == ""
    assert "some findings are left  repaired 1" in listed.out
    assert "ended    some findings are left" in shown.out


def test_a_killed_run_is_shown_as_interrupted_and_how_to_continue_it(
    cli: Cli, server: SandboxServer
) -> None:
    cli.run("sync", "yesterday")
    server.latency_s = 1
    before = len(server.requests)
    killed = cli.start("sync", "last-month", "--update")
    deadline = time.monotonic() + 60
    while len(server.requests) <= before and time.monotonic() < deadline:
        time.sleep(0.01)
    at_work = cli.run("runs", "--json").json["runs"]
    killed.kill()
    with killed:
        killed.communicate(timeout=120)

    newest, *earlier = cli.run("runs", "--json").json["runs"]
    text = cli.run("runs")
    shown = cli.run("runs", newest["run_id"])
    as_json = cli.run("runs", newest["run_id"], "--json").json

    assert [each["ending"] for each in at_work] == ["succeeded"]
    assert earlier == at_work
    assert newest | {"run_id": None, "started_at": None} == {
        **{"run_id": None, "command": "sync", "ending": "interrupted", "dry_run": False},
        **{"started_at": None, "finished_at": None, "seconds": None, "done": {}},
    }
    assert text.out.splitlines()[0].endswith("interrupted  nothing was done")
    assert "--update --resume" in shown.out
    assert as_json["run"]["interrupted"] is True


def test_an_unknown_run_and_an_empty_store_are_told(cli: Cli) -> None:
    assert cli.run("runs").out == "No run is stored yet.\n"
    assert "No run 'x' is stored" in cli.run("runs", "x").err
    assert cli.run("runs", "x").code == 2


@pytest.mark.parametrize("odd", [None, 7, [], {"a": ObjectId()}, "text"])
def test_what_others_wrote_into_the_runs_stops_nothing(cli: Cli, db_uri: str, odd: Any) -> None:
    cli.run("sync", "yesterday")
    with MongoClient[dict[str, Any]](db_uri) as client:
        runs = client.get_default_database()[RUNS]
        runs.insert_one({"_id": ObjectId(), "command": odd})
        runs.insert_one(
            {
                "_id": "99999999-999999-0000",
                "command": "sync",
                "started_at": datetime(2026, 10, 1, tzinfo=UTC),
                "records": odd,
                "dry_run": odd,
                "errors": odd,
                "period": odd,
                "appointment_ids": odd,
            }
        )

    listed = cli.run("runs", "--json")
    shown = cli.run("runs", "99999999-999999-0000", "--json")
    text = cli.run("runs", "99999999-999999-0000")

    assert [each.code for each in (listed, shown, text)] == [0, 0, 0]
    assert "99999999-999999-0000" in [each["run_id"] for each in listed.json["runs"]]
