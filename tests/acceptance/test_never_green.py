"""What looks well and is not: each is reported, also with `-q`."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest
from pymongo import MongoClient

if TYPE_CHECKING:
    from altegio_sync.sandbox import SandboxServer
    from tests.acceptance.cli import Cli


def test_a_service_list_that_matches_nothing_is_reported(cli: Cli) -> None:
    cli.settings |= {"ALTEGIO_SERVICE_IDS": "999", "ALTEGIO_TRIAL_SERVICE_IDS": ""}

    quiet = cli.run("sync", "last-month", "-q")
    again = cli.run("sync", "last-month", "-q")
    told = cli.run("sync", "last-month", "--json").json

    assert quiet.code == 0
    assert quiet.out == ""
    assert quiet.err.startswith("WARNING Too little kept: ")
    assert "ALTEGIO_SERVICE_IDS" in quiet.err
    assert (again.code, again.out, again.err) == (0, "", "")  # once a day
    assert told["ok"] is True
    assert [each["code"] for each in told["warnings"] if each["code"] == "too_little_kept"]


def test_a_lost_index_is_reported_by_a_quiet_run(cli: Cli, db_uri: str) -> None:
    first = cli.run("sync", "last-month", "-q")
    with MongoClient[dict[str, object]](db_uri) as client:
        appointments = client.get_default_database()["altegio-appointments"]
        appointments.drop_index("appointmentId_1")
        one = appointments.find_one({}, {"_id": 0})
        assert one is not None
        appointments.insert_one(one)

    blocked = cli.run("sync", "yesterday", "-q")

    assert first.code == 0
    assert first.out == ""
    assert first.err == ""
    assert blocked.code == 0
    assert blocked.out == ""
    assert blocked.err.startswith("WARNING No unique index on appointmentId")
    assert "altegio-sync clean" in blocked.err


def test_a_quiet_run_of_changes_leaves_no_report_and_is_the_last_run_all_the_same(
    cli: Cli, db_uri: str
) -> None:
    cli.run("changes", "--since", "2d", "-q")
    with MongoClient[dict[str, object]](db_uri) as client:
        runs = client.get_default_database()["altegio-sync-runs"]
        before = runs.count_documents({})

        ran = cli.run("changes", "--json")

        assert ran.json["records"]["saved"] + ran.json["records"]["updated"] == 0
        assert runs.count_documents({}) == before
    assert cli.run("stats", "--json").json["last_run"]["run_id"] == ran.json["run_id"]


def test_an_empty_list_where_appointments_are_stored_is_reported(cli: Cli, db_uri: str) -> None:
    cli.run("sync", "last-month", "-q")
    with MongoClient[dict[str, object]](db_uri) as client:
        appointments = client.get_default_database()["altegio-appointments"]
        one = appointments.find_one({"isDeleted": False})
        assert one is not None
        start = one["startDateTime"].replace(year=2019)  # type: ignore[attr-defined]
        appointments.update_one({"_id": one["_id"]}, {"$set": {"startDateTime": start}})

    ran = cli.run("sync", "2019-01-01", "2019-12-31", "-q")

    assert ran.code == 0
    assert ran.out == ""
    assert "lists no bookings of 2019-01-01 to 2019-12-31, but 1 are stored" in ran.err


def test_check_names_a_service_that_the_location_does_not_have(cli: Cli) -> None:
    well = cli.run("check")
    ill = cli.run("check", ALTEGIO_SERVICE_IDS="999")

    assert well.code == 0, well.out
    assert "of the newest 100 bookings would be stored" in well.out
    assert ill.code == 2
    assert "FAIL services: 999 is not a service of this location" in ill.out


def test_a_mistyped_setting_is_reported_by_a_run_and_every_unknown_one_by_check(cli: Cli) -> None:
    names = "ALTEGIO_OF_THE_SERVER=1\nALTEGIO_SERVICE_ID=5\n"
    (cli.folder / ".env").write_text(names)
    cli.settings.pop("ALTEGIO_SERVICE_IDS")

    run = cli.run("sync", "yesterday", "--dry-run", "-q")
    check = cli.run("check")

    line = "ALTEGIO_SERVICE_ID is not a setting of this program: did you mean ALTEGIO_SERVICE_IDS?"
    assert f"WARNING {line}\n" in run.err
    assert "ALTEGIO_OF_THE_SERVER" not in run.err
    assert f"warn settings: {line}" in check.out
    assert "ok   settings: ALTEGIO_OF_THE_SERVER is not a setting of this program" in check.out
    assert check.code == 0


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "ended"])
def test_a_run_that_was_ended_is_interrupted_and_the_command_that_continues_it_is_named(
    cli: Cli, server: SandboxServer, number: signal.Signals
) -> None:
    server.latency_s = 0.3
    with cli.start("sync", "2026-10-01", "2026-10-31", "--update", "-v") as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("INFO Page 2"):
                break
        process.send_signal(number)
        process.communicate(timeout=120)
    server.latency_s = 0.0

    told = cli.run("status", "--json").json

    [interrupted] = [each for each in told["attention"] if each["code"] == "interrupted"]
    assert interrupted["message"].endswith(
        "to continue: altegio-sync sync 2026-10-01 2026-10-31 --update --resume"
    )
    assert cli.run("sync", "2026-10-01", "2026-10-31", "--update", "--resume", "-q").code == 0
    codes = [each["code"] for each in cli.run("status", "--json").json["attention"]]
    assert "interrupted" not in codes


def test_a_dry_run_is_no_run(cli: Cli, db_uri: str) -> None:
    ran = cli.run("sync", "yesterday", "--dry-run", "-q", ALTEGIO_SERVICE_IDS="999")
    status = cli.run("status")

    assert ran.code == 0
    assert status.code == 1
    assert "ERROR No run has brought appointments yet" in status.out
    with MongoClient[dict[str, object]](db_uri) as client:
        assert set(client.get_default_database().list_collection_names()) <= {"altegio-sync-budget"}


def test_a_changed_setting_is_reported_once_and_its_days_are_no_alarm(cli: Cli) -> None:
    cli.run("sync", "last-7-days", "-q")
    fewer = cli.settings["ALTEGIO_SERVICE_IDS"].rpartition(",")[0]
    cli.settings["ALTEGIO_SERVICE_IDS"] = fewer

    first, again = cli.run("sync", "yesterday", "-q"), cli.run("sync", "yesterday", "-q")
    told = cli.run("status", "--json").json

    assert "altegio-sync sync" in first.err
    assert "must be proved again" in first.err
    assert again.err == ""
    assert told["coverage"][0]["outdated"] == 5
    [alarm] = [each for each in told["attention"] if each["code"] == "incomplete_days"]
    assert alarm["message"].startswith("24 of the last 30 days ")
