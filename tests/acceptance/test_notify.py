"""People get a message when runs fail and when they succeed again, by Apprise's own targets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from pymongo import MongoClient

from tests.acceptance.cli import NO_MONGODB
from tests.acceptance.ping_server import PingServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from altegio_sync.sandbox import SandboxServer
    from tests.acceptance.cli import Cli

WRONG = {"ALTEGIO_USER_TOKEN": "wrong"}


@pytest.fixture
def people() -> Iterator[PingServer]:
    with PingServer() as running:
        yield running


@pytest.fixture
def told(cli: Cli, people: PingServer, tmp_path: Path) -> Cli:
    cli.settings["ALTEGIO_NOTIFY"] = people.url.replace("http://", "json://")
    cli.settings["ALTEGIO_DATA_DIR"] = str(tmp_path / "data")
    return cli


def messages(people: PingServer) -> list[str]:
    return [each.body["message"] for each in people.pings]


def test_one_message_when_it_fails_and_one_when_it_is_well_again(
    told: Cli, people: PingServer
) -> None:
    for changes in ({}, WRONG, WRONG, {}, {}):
        told.run("sync", "yesterday", **changes)

    fails, well = messages(people)
    assert fails.startswith("sync fails: Error fetching appointments: ")
    assert fails.endswith("altegio-sync check shows what cannot be reached")
    assert well == "sync succeeds again. Nothing needs to be done."
    assert people.pings[0].body["title"] == "altegio-sync: Школа мов «Приклад» (77)"


def test_settings_that_were_broken_are_told_too(told: Cli, people: PingServer) -> None:
    broken = told.run("sync", "yesterday", "-q", ALTEGIO_USER_TOKEN=None, DB_URI="embeded")
    told.run("sync", "yesterday", "--dry-run", DB_URI="embeded")
    told.run("stats", DB_URI="embeded")
    told.run("sync", "yesterday")

    fails, well = messages(people)
    assert broken.code == 2
    assert fails.startswith("sync fails: Missing required environment variables: ")
    assert well.startswith("sync succeeds again")


def test_a_reason_that_names_the_command_is_followed_by_no_other(
    told: Cli, people: PingServer
) -> None:
    told.run("changes")

    [message] = messages(people)
    assert "altegio-sync changes --since 7d" in message
    assert "altegio-sync check" not in message


def test_it_is_said_in_the_language_of_the_reader(told: Cli, people: PingServer) -> None:
    told.run("sync", "yesterday", **WRONG, ALTEGIO_LANG="uk")
    told.run("sync", "yesterday", ALTEGIO_LANG="uk")

    assert "altegio-sync check" in messages(people)[0]
    assert "знову" in messages(people)[1]


def test_a_dry_run_and_a_run_that_gave_way_say_nothing(told: Cli, people: PingServer) -> None:
    told.run("sync", "yesterday", "--dry-run", **WRONG)
    told.run("stats", **NO_MONGODB)

    assert messages(people) == []


def test_without_mongodb_the_disk_remembers_and_hands_over(
    told: Cli, people: PingServer, tmp_path: Path, db_uri: str
) -> None:
    away = NO_MONGODB | {"DB_URI": f"mongodb://127.0.0.1:9/{db_uri.rpartition('/')[2]}"}
    told.run("clean", **away)
    told.run("clean", **away)
    remembered = (tmp_path / "data" / "alerts.json").read_text()
    told.run("clean")

    fails, well = messages(people)
    assert fails.startswith("clean fails: ")
    assert well.startswith("clean succeeds again")
    assert "clean" in remembered
    assert "clean" not in (tmp_path / "data" / "alerts.json").read_text()
    with MongoClient[dict[str, Any]](db_uri) as client:
        [state] = client.get_default_database()["altegio-sync-alerts"].find({})
    assert (state["subject"], state["is_failing"]) == ("clean", False)


def test_a_mongodb_that_cannot_be_used_is_told_too(
    told: Cli, people: PingServer, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no folder")
    unusable = {"DB_URI": "embedded", "ALTEGIO_DATA_DIR": str(tmp_path / "file")}

    ran = told.run("clean", **unusable)

    assert ran.code != 0
    [message] = messages(people)
    assert message.startswith("clean fails: ")


def began_three_days_ago(db_uri: str) -> None:
    with MongoClient[dict[str, Any]](db_uri) as client:
        runs = client.get_default_database()["altegio-sync-runs"]
        runs.update_many({}, {"$set": {"started_at": datetime.now(UTC) - timedelta(days=3)}})


def test_days_that_were_never_read_are_no_gap_on_the_first_day(
    told: Cli, people: PingServer, db_uri: str
) -> None:
    told.run("sync", "last-month")
    told.run("sync", "yesterday")
    at_first = len(people.pings)
    began_three_days_ago(db_uri)
    told.run("sync", "yesterday")

    assert at_first == 0
    assert messages(people)[0].startswith("Days are missing in MongoDB")


def test_a_gap_of_two_days_is_told_once_and_so_is_its_end(
    told: Cli, people: PingServer, db_uri: str
) -> None:
    told.run("sync", "last-7-days")
    began_three_days_ago(db_uri)
    day = (datetime.now(UTC) - timedelta(days=4)).date().isoformat()
    with MongoClient[dict[str, Any]](db_uri) as client:
        ledger = client.get_default_database()["altegio-sync-ledger"]
        deleted = ledger.delete_many({"day": day}).deleted_count
    told.run("sync", "yesterday")
    told.run("sync", "yesterday")
    told.run("sync", "last-7-days")

    assert deleted == 1
    gap, closed = messages(people)
    assert f"altegio-sync sync {day} {day} --update --resume" in gap
    assert closed == "No day is missing any more. Nothing needs to be done."


def test_lost_webhooks_are_told_once_and_so_is_their_end(
    told: Cli, people: PingServer, db_uri: str
) -> None:
    now = datetime.now(UTC)
    about = {"collection": "altegio-appointments", "companyId": "77", "at": now}
    about |= {"is_timed": True, "stored_at": now, "found_at": now}
    with MongoClient[dict[str, Any]](db_uri) as client:
        stored = client.get_default_database()
        versions, uptimes = stored["altegio-sync-versions"], stored["altegio-sync-uptimes"]
        uptimes.insert_one({"collection": "altegio-appointments", "start": now, "end": now})
        versions.insert_many([{**about, "class": "announced"} for _ in range(6)])
        told.run("sync", "yesterday")
        versions.update_many({"at": now}, {"$set": {"class": "lost"}})
        told.run("sync", "yesterday")
        told.run("sync", "yesterday")
        # Nothing is known while no webhook could be received.
        versions.update_many({"at": now}, {"$set": {"class": "receiver_down"}})
        told.run("sync", "yesterday")
        versions.update_many({"at": now}, {"$set": {"class": "late"}})
        told.run("sync", "yesterday", ALTEGIO_LANG="uk")

    lost, well = messages(people)
    assert lost == (
        "6 of 6 changes in the last 24 hours came without a webhook (company 77), and polls "
        "brought them. To see where Altegio sends webhooks: altegio-sync check"
    )
    assert well == "Вебхуки знову надходять. Робити нічого не треба."


def test_a_dead_notifier_fails_nothing_and_the_message_is_sent_later(
    told: Cli, people: PingServer
) -> None:
    people.status = 500
    dead = told.run("clean", **NO_MONGODB)
    people.status = 200
    told.run("clean", **NO_MONGODB)

    assert dead.code == 3
    assert "WARNING The message to address 1 of ALTEGIO_NOTIFY was not sent" in dead.err
    assert "secret-check" not in dead.out + dead.err
    assert messages(people)[-1].startswith("clean fails: ")


def test_a_wrong_address_keeps_the_word_from_no_other_and_is_told_once_a_day(
    told: Cli, people: PingServer
) -> None:
    told.settings["ALTEGIO_NOTIFY"] = f"{told.settings['ALTEGIO_NOTIFY']},tgram://BOT/CHAT-secret"
    runs = [told.run("sync", "yesterday", "-q", **WRONG) for _ in range(2)]
    check = told.run("check")

    assert [each.code for each in runs] == [3, 3]
    assert "addresses of ALTEGIO_NOTIFY, counted from 1: 2" in runs[0].err
    assert "ALTEGIO_NOTIFY" not in runs[1].err
    assert [each[:11] for each in messages(people)] == ["sync fails:"]
    assert "warn messages: Apprise does not know these addresses" in check.out
    assert "secret" not in runs[0].err + check.out


def test_a_test_message_arrives_or_says_why_not(told: Cli, people: PingServer) -> None:
    sent = told.run("notify", "--test")
    people.status = 500
    refused = told.run("notify", "--test")
    nobody = told.run("notify", "--test", ALTEGIO_NOTIFY=None)
    unknown = told.run("notify", "--test", ALTEGIO_NOTIFY="nosuch://secret-check")
    nothing = told.run("notify")

    assert (sent.code, sent.out) == (0, "The test message was sent.\n")
    assert messages(people)[0].startswith("This is a test")
    assert [each.code for each in (refused, nobody, unknown, nothing)] == [1, 2, 1, 2]
    assert "secret-check" not in refused.err + unknown.err


def test_the_summary_of_the_week(told: Cli, people: PingServer, server: SandboxServer) -> None:
    del server
    told.run("sync", "last-week", ALTEGIO_NOTIFY=None)
    shown = told.run("stats", "last-week", "--json").json

    ran = told.run("notify", "--weekly")

    assert ran.code == 0
    [message] = messages(people)
    assert f": {shown['active']} lessons, {shown['no_show']['no_show']} no-shows. " in message
    assert "need correction in Altegio: altegio-sync todo" in message
    assert "Attention" not in message


def test_the_summary_of_a_week_that_was_not_read_says_so(
    told: Cli, people: PingServer, server: SandboxServer
) -> None:
    del server
    never = told.run("notify", "--weekly")
    told.run("sync", _monday(), ALTEGIO_NOTIFY=None)
    partly = told.run("notify", "--weekly")

    assert (never.code, partly.code) == (0, 0)
    command = "To bring them: altegio-sync sync last-week --update"
    for message, unread in zip(messages(people), (7, 6), strict=True):
        assert f"Attention: {unread} of the 7 days are not known to be complete" in message
        assert command in message.splitlines()[-1]
        assert message.splitlines()[0].endswith("altegio-sync todo")


def _monday() -> str:
    """The first day of the last week, in the sandbox's zone."""
    today = datetime.now(ZoneInfo("Europe/Kyiv")).date()
    return str(today - timedelta(days=today.weekday() + 7))
