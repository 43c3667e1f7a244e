"""Every command that writes keeps its report, and `status` still shows the last run of `sync`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pymongo import MongoClient

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymongo.database import Database

    from tests.acceptance.cli import Cli

Document = dict[str, Any]
SECRET = "Таємна"


@pytest.fixture
def database(db_uri: str) -> Iterator[Database[Document]]:
    with MongoClient[Document](db_uri) as client:
        yield client.get_default_database()


@pytest.fixture
def synced(cli: Cli, database: Database[Document]) -> str:
    """The id of a run of `sync`, after which one appointment is damaged and stored twice."""
    run_id: str = cli.run("sync", "last-month", "--json").json["run_id"]
    stored = database["altegio-appointments"]
    stored.drop_index("appointmentId_1")
    [twin] = stored.find({}, {"_id": 0}).limit(1)
    name = f" {SECRET}  {SECRET} "
    stored.update_one({"appointmentId": twin["appointmentId"]}, {"$set": {"leadName": name}})
    stored.insert_one({**twin, "leadName": name})
    return run_id


def reports_of(database: Database[Document], command: str) -> list[Document]:
    return list(database["altegio-sync-runs"].find({"command": command}))


def test_each_writing_command_keeps_its_report_and_the_last_sync_stays_the_last_run(
    cli: Cli, database: Database[Document], synced: str
) -> None:
    before = [cli.run(each, "--json").json["last_run"] for each in ("status", "stats")]

    backup = cli.run("backup", "dump", "--json").json
    cleaned = cli.run("clean", "--json").json
    fixed = cli.run("validate", "--fix", "--offline", "--json").json
    undone = cli.run("undo", cleaned["run_id"], "--json").json
    restored = cli.run("restore", "dump", "--json").json
    purged = cli.run("trash", "purge", "--older-than", "0s", "--json").json

    assert backup["ok"]
    assert [cli.run(each, "--json").json["last_run"] for each in ("status", "stats")] == before
    assert [each["_id"] for each in reports_of(database, "sync")] == [synced]
    [clean] = reports_of(database, "clean")
    assert clean["_id"] == clean["run_id"] == cleaned["run_id"]
    assert clean["removed"] == 1
    assert clean["ok"] is True
    assert clean["interrupted"] is False
    [repair] = reports_of(database, "validate")
    assert repair["_id"] == repair["run_id"] == fixed["run_id"]
    assert repair["fixed"] == fixed["fixed"]
    assert repair["checked"] == fixed["checked"]
    [undo] = reports_of(database, "undo")
    assert undo["undone_run_id"] == cleaned["run_id"]
    assert undo["restored"] == undone["restored"]
    assert undo["_id"] == undo["run_id"] != cleaned["run_id"]
    [restore] = reports_of(database, "restore")
    assert restore["documents"] == restored["documents"]
    assert restore["replaced"] == restored["replaced"]
    [purge] = reports_of(database, "trash purge")
    assert purge["purged"] == purged["purged"] > 0
    kept = list(database["altegio-sync-runs"].find())
    assert all(each["started_at"] <= each["finished_at"] for each in kept)
    assert SECRET not in str(kept)


def test_a_dry_run_and_a_look_keep_no_report(
    cli: Cli, database: Database[Document], synced: str
) -> None:
    cli.run("backup", "dump")
    for command in (
        ("clean", "--dry-run"),
        ("validate",),
        ("validate", "--fix", "--offline", "--dry-run"),
        ("undo",),
        ("undo", "20260101-000000-abcd"),
        ("restore", "dump", "--dry-run"),
        ("trash", "purge", "--older-than", "0s", "--dry-run"),
    ):
        cli.run(*command)

    assert [each["_id"] for each in database["altegio-sync-runs"].find()] == [synced]


def test_a_repair_of_some_days_keeps_which_days(
    cli: Cli, database: Database[Document], synced: str
) -> None:
    del synced
    shown = cli.run("validate", "last-month", "--fix", "--offline", "--json").json

    [kept] = reports_of(database, "validate")
    assert kept["period"] == shown["period"]
