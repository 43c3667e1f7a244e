"""`altegio-sync todo`: what needs correction in Altegio, by teacher."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from pymongo import MongoClient

from tests.acceptance.cli import NO_MONGODB
from tests.acceptance.test_sync import last_month

if TYPE_CHECKING:
    from pathlib import Path

    from altegio_sync.sandbox import PlantedRecord, School
    from tests.acceptance.cli import Cli

PENDING = "forgotten_pending"


@pytest.fixture
def planted(school: School) -> list[PlantedRecord]:
    return school.planted(*last_month())


def test_what_people_have_to_correct_is_what_was_planted(
    cli: Cli, planted: list[PlantedRecord], tmp_path: Path
) -> None:
    shown = cli.run("todo", "--period", "last-month", "--json").json
    text = cli.run("todo", "todo.xlsx", "--period", "last-month")
    by_teacher = cli.run("todo", "--period", "last-month")

    wanted = Counter(each.outcome for each in planted if each.body.get("deleted") is not True)
    for name in ("no_crm_id", "teacher_not_found", "invalid"):
        assert shown["counts"][name] == wanted[name] > 0
    header, *rows = openpyxl.load_workbook(tmp_path / "todo.xlsx").active.values
    assert header[:4] == ("Teacher", "Date and time", "What is wrong", "What to do")
    assert len(rows) == len(shown["items"]) == sum(shown["counts"].values())
    assert [row[0] for row in rows] == sorted((row[0] for row in rows), key=_folded)
    assert f"{len(rows)} bookings need correction in Altegio (" in text.out
    assert "Write the CRM id into the client's name in Altegio" in by_teacher.out
    assert len(by_teacher.out.splitlines()) > len(rows)
    assert re.search(r"^Teacher no\. \d+$", by_teacher.out, re.MULTILINE)


def _folded(name: object) -> str:
    return str(name or "").casefold()


def test_stored_problems_are_found_without_altegio(cli: Cli, db_uri: str) -> None:
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(days=6)
    lesson: dict[str, Any] = {
        "teacherId": "9",
        "teacherName": "Марко Рудь",
        "leadId": "20269999",
        "leadName": "Олена Приклад",
        "startDateTime": start,
        "endDateTime": start + timedelta(hours=1),
        "status": "1",
        "isDeleted": False,
        "companyId": "77",
    }
    later = {"startDateTime": start + timedelta(minutes=30), "leadId": "20268888"}
    with MongoClient[dict[str, Any]](db_uri) as client:
        client.get_default_database()["altegio-appointments"].insert_many(
            [
                lesson | {"appointmentId": "1", "status": "0"},
                lesson | {"appointmentId": "2"},
                lesson | later | {"appointmentId": "3", "teacherId": "10"},
                lesson | later | {"appointmentId": "4", "teacherId": "10", "leadId": "20267777"},
                lesson
                | {"appointmentId": "5", "teacherId": "11", "isDeleted": True, "status": "0"},
            ]
        )

    ran = cli.run("todo", "--offline", "--json", ALTEGIO_API_URL="http://127.0.0.1:9")
    text = cli.run("todo", "--offline", "--lang", "uk", ALTEGIO_API_URL="http://127.0.0.1:9")

    assert ran.code == 0
    assert {(each["problem"], each["appointmentId"]) for each in ran.json["items"]} == {
        *{(PENDING, "1"), ("duplicate_lesson", "1"), ("duplicate_lesson", "2")},
        *{("teacher_overlap", "1"), ("teacher_overlap", "2")},
        *{("teacher_overlap", "3"), ("teacher_overlap", "4")},
    }
    assert "Олена" not in ran.out + text.out
    assert "\nМарко Рудь\n" in text.out


def test_a_list_of_several_locations_names_the_location_of_each_line(cli: Cli, db_uri: str) -> None:
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(days=6)
    pending = {
        **{"startDateTime": start, "endDateTime": start + timedelta(hours=1)},
        **{"status": "0", "isDeleted": False, "teacherId": "9", "teacherName": "Іра"},
    }
    with MongoClient[dict[str, Any]](db_uri) as client:
        stored = client.get_default_database()["altegio-appointments"]
        stored.insert_one(pending | {"appointmentId": "1", "companyId": "77"})
        of_one = cli.run("todo", "--offline").out
        stored.insert_one(pending | {"appointmentId": "2", "companyId": "78"})
        of_two = cli.run("todo", "--offline").out

    assert "  1  " in of_one
    assert "location" not in of_one
    assert re.search(r"  1  .*\(location 77\)\n.*  2  .*\(location 78\)\n", of_two)


def test_nothing_to_correct_is_told(cli: Cli) -> None:
    ran = cli.run("todo", "--offline")

    assert ran.code == 0
    assert ran.out.startswith("Nothing needs correction in Altegio (")


@pytest.mark.parametrize(
    ("changes", "code"),
    [(NO_MONGODB, 3), ({"ALTEGIO_USER_TOKEN": "wrong"}, 3), ({"ALTEGIO_USER_TOKEN": None}, 2)],
    ids=["no MongoDB", "a wrong token", "no token"],
)
def test_what_cannot_be_read_is_an_error_and_no_empty_list(
    cli: Cli, changes: dict[str, str | None], code: int
) -> None:
    ran = cli.run("todo", "--period", "last-week", **changes)

    assert ran.code == code
    assert "Nothing needs correction" not in ran.out
