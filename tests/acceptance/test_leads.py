"""Leads with the installed command: stored, doubtful, replaced, restored."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pymongo import MongoClient

from altegio_sync.sandbox import School
from tests.client_names import NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymongo.collection import Collection

    from tests.acceptance.cli import Cli

DAYS = ("2026-03-01", "2026-03-31")
FIRST = datetime(2026, 3, 2, 8)  # noqa: DTZ001 - local at the school


@pytest.fixture
def school() -> School:
    return School.empty()


@pytest.fixture
def stored(db_uri: str) -> Iterator[Collection[dict[str, Any]]]:
    with MongoClient[dict[str, Any]](db_uri) as client:
        yield client.get_default_database()["altegio-appointments"]


def booked(school: School, *names: str) -> list[str]:
    """Books a lesson for each name; the appointment ids."""
    bodies = [
        school.record(FIRST + timedelta(minutes=30 * number), name)
        for number, name in enumerate(names)
    ]
    for body in bodies:
        school.add(body)
    return [str(body["id"]) for body in bodies]


def test_every_name_of_the_table_is_stored_as_it_is_read(
    cli: Cli, school: School, stored: Collection[dict[str, Any]]
) -> None:
    ids = booked(school, *(name for name, _ in NAMES))
    expected = dict(zip(ids, (lead for _, lead in NAMES), strict=True))
    doubtful = {each for each, lead in expected.items() if lead.endswith("?")}

    ran = cli.run("sync", *DAYS, "--json", "--skipped", "list.csv")

    found = {each["appointmentId"]: each["leadId"] for each in stored.find({})}
    assert found == {each: lead.rstrip("?") for each, lead in expected.items() if lead}
    assert ran.json["records"]["doubtful"] == len(doubtful)
    assert set(ran.json["appointment_ids"]["doubtful"]) == doubtful
    with (cli.folder / "list.csv").open(encoding="utf-8", newline="") as file:
        listed = {row["id"] for row in csv.DictReader(file) if row["reason"] == "doubtful"}
    assert listed == doubtful
    again = cli.run("sync", *DAYS, "--json").json
    assert again["records"]["duplicates"] == len(found)
    assert again["records"]["doubtful"] == len(doubtful)
    assert "doubtful" not in again["appointment_ids"]


def test_a_replaced_lead_is_reported_and_undone_and_a_wrong_one_found(
    cli: Cli, school: School, stored: Collection[dict[str, Any]]
) -> None:
    ids = booked(school, "Іван Рудь (2014) 12345671", "Олена 12345672 Марія 12345673")
    cli.run("sync", *DAYS, "-q")
    wrong = {"leadId": "2014", "leadName": "Іван Рудь 12345671"}
    stored.update_one({"appointmentId": ids[0]}, {"$set": {**wrong, "leadPurchasedCourse": "A2"}})
    stored.update_one({"appointmentId": ids[1]}, {"$set": {"leadId": "12345673"}})

    found = cli.run("validate", "--json").json
    quiet = cli.run("sync", *DAYS, "--update", "-q")
    after = {each["appointmentId"]: each for each in stored.find({})}

    rules = {each["rule"]: (each["count"], each["sample"]) for each in found["rules"]}
    assert rules["doubtful-lead"] == (1, [ids[0]])
    assert after[ids[0]]["leadId"] == "12345671"
    assert after[ids[0]]["leadName"] == "Іван Рудь (2014)"
    assert after[ids[1]]["leadId"] == "12345673"
    assert quiet.code == 0
    assert "WARNING The lead of 1 stored appointment changed" in quiet.err
    assert ids[0] in quiet.err
    assert "Рудь" not in quiet.err + quiet.out
    [run] = cli.run("undo", "--json").json["runs"]
    assert run["command"] == "sync"
    assert run["changed"] == 1
    assert cli.run("undo", run["run_id"], "--json").json["restored"] == 1
    assert stored.find_one({"appointmentId": ids[0]}) == after[ids[0]] | wrong


def test_a_short_lead_stays_while_the_name_may_still_mean_it(
    cli: Cli, school: School, stored: Collection[dict[str, Any]]
) -> None:
    ids = booked(school, "Група 101 Олена", "Група 303 каб 404 Марія", "Гр. 505 каб 606 Іван")
    cli.run("sync", *DAYS, "-q")
    lesson = stored.find_one({"appointmentId": ids[0]}) or {}
    old = {**lesson, "appointmentId": ids[1], "leadId": "404", "leadName": "Група 303 каб Марія"}
    del old["_id"]
    gone = {**old, "appointmentId": ids[2], "leadId": "12345678"}
    stored.insert_many([old, gone])

    ran = cli.run("sync", *DAYS, "--update", "--json")

    leads = {each["appointmentId"]: each["leadId"] for each in stored.find({})}
    assert leads == {ids[0]: "101", ids[1]: "404", ids[2]: "12345678"}
    assert ran.json["appointment_ids"]["no_longer_kept"] == [ids[2]]
    assert ran.json["records"]["doubtful"] == 2
    assert ran.json["lead_changes"] == []


@pytest.mark.parametrize("wrong", [float("nan"), 12345671.0, ["12345671"], {"id": "12345671"}])
def test_a_lead_of_any_type_is_brought_back_once(
    cli: Cli, school: School, stored: Collection[dict[str, Any]], wrong: object
) -> None:
    [booking] = booked(school, "Іван Рудь 12345671")
    cli.run("sync", *DAYS, "-q")
    stored.update_one({"appointmentId": booking}, {"$set": {"leadId": wrong}})
    run = cli.run("sync", *DAYS, "--update", "--json").json["run_id"]

    first, second = (cli.run("undo", run, "--json").json for _ in range(2))

    assert first["restored"] == 1
    assert first["changed_since"] == []
    assert second["restored"] == 0
    assert second["already"] == 1
    assert repr((stored.find_one({"appointmentId": booking}) or {})["leadId"]) == repr(wrong)


def test_a_school_without_crm_ids_keeps_its_lessons_by_the_clients_own_id(
    cli: Cli, school: School, stored: Collection[dict[str, Any]]
) -> None:
    ids = booked(school, "Олена Коваль", "Іван Рудь 2014", "Марія 12345678")
    cli.settings |= {"ALTEGIO_LEAD_ID": "client"}

    ran = cli.run("sync", *DAYS, "--json").json

    clients = {str(170_000_000 + int(each) % 10**7): each for each in ids}
    found = {each["appointmentId"]: each for each in stored.find({})}
    assert {each["leadId"]: each["appointmentId"] for each in found.values()} == clients
    assert found[ids[2]]["leadName"] == "Марія 12345678"
    assert ran["records"]["saved"] == 3
    assert ran["records"]["doubtful"] == 0


@pytest.mark.parametrize(
    "settings",
    [
        {"ALTEGIO_CRM_ID_DIGITS": "8", "ALTEGIO_CRM_ID_PATTERN": "(?P<id>[0-9]+)"},
        {"ALTEGIO_CRM_ID_PATTERN": "\b(?P<id>[0-9]+)"},
        {"ALTEGIO_CRM_ID_DIGITS": "eight"},
        {"ALTEGIO_LEAD_ID": "phone"},
        {"ALTEGIO_PHONE_REGION": "Ukraine"},
    ],
    ids=str,
)
def test_settings_of_leads_that_cannot_be_used_end_the_run_at_once(
    cli: Cli, settings: dict[str, str]
) -> None:
    cli.settings |= settings

    ran = cli.run("sync", "yesterday")

    assert ran.code == 2
    assert sorted(settings)[-1] in ran.err
