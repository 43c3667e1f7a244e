"""`altegio-sync export`, end to end."""

from __future__ import annotations

import csv
import json
import stat
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from pymongo import MongoClient

from tests.acceptance.cli import NO_MONGODB, Cli

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pymongo.collection import Collection

Document = dict[str, Any]
MIDDAY = datetime(2026, 10, 10, 12, tzinfo=UTC)
LOCAL = MIDDAY.replace(hour=15, tzinfo=None)
PUPIL = "Олена Приклад"


@pytest.fixture
def cli(tmp_path: Path, db_uri: str, cli: Cli) -> Cli:
    """With nothing but the database: an export needs no more."""
    del cli
    return Cli(tmp_path, {"DB_URI": db_uri, "ALTEGIO_TIMEZONE": "Europe/Kyiv"})


@pytest.fixture
def stored(db_uri: str) -> Iterator[Collection[Document]]:
    with MongoClient[Document](db_uri) as client:
        collection = client.get_default_database()["altegio-appointments"]
        collection.insert_many(
            {
                "appointmentId": str(number),
                "leadId": "20269999",
                "leadName": PUPIL,
                "teacherId": str(number % 3),
                "teacherName": f"=Марко {number % 3}",
                "serviceId": "1",
                "serviceName": "Англійська",
                "startDateTime": MIDDAY + timedelta(hours=number),
                "endDateTime": MIDDAY + timedelta(hours=number, minutes=90),
                "status": "1" if number % 2 else "0",
                "IsTrial": False,
                "isDeleted": number == 5,
                "companyId": "77",
            }
            for number in range(9)
        )
        yield collection


def test_people_get_a_workbook_without_names_of_pupils(
    cli: Cli, stored: Collection[Document], tmp_path: Path
) -> None:
    del stored
    ran = cli.run("export", "2026-10", "lessons.xlsx")

    path = tmp_path / "lessons.xlsx"
    header, *rows = openpyxl.load_workbook(path).active.values
    assert ran.code == 0
    assert ran.out.startswith("9 appointments written to ")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert header[:4] == ("Booking id", "Start", "End", "Minutes")
    assert rows[0][1:4] == (LOCAL, LOCAL + timedelta(minutes=90), 90)
    assert Counter(row[header.index("Status")] for row in rows) == {"Pending": 5, "Arrived": 4}
    assert PUPIL not in str(rows)
    assert "20269999" in str(rows)


def test_programs_get_the_chosen_columns_as_they_are_stored(
    cli: Cli, stored: Collection[Document], tmp_path: Path
) -> None:
    del stored
    columns = "leadName,appointmentId, status ,startDateTime"

    cli.run("export", "2026-10-10", "2026-10-10", "lessons.csv", "--columns", columns)
    by_heading = cli.run(
        "export", "2026-10-10", "lessons-by-heading.csv", "--columns", "Викладач", "--lang", "uk"
    )
    ran = cli.run("export", "2026-10", "lessons.jsonl", "--columns", "isDeleted", "--json")

    with (tmp_path / "lessons.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    flags = [json.loads(each) for each in (tmp_path / "lessons.jsonl").read_text().splitlines()]
    assert list(rows[0]) == ["leadName", "appointmentId", "status", "startDateTime"]
    assert rows[0] == {
        "leadName": PUPIL,
        "appointmentId": "0",
        "status": "0",
        "startDateTime": "2026-10-10T15:00:00+03:00",
    }
    assert by_heading.code == 0
    assert (tmp_path / "lessons-by-heading.csv").read_text("utf-8").startswith("teacherName")
    assert flags == [{"isDeleted": n == 5} for n in range(9)]
    assert ran.json == {
        "command": "export",
        "ok": True,
        "path": "lessons.jsonl",
        "period": {"from": "2026-10-01", "to": "2026-10-31"},
        "timezone": "Europe/Kyiv",
        "appointments": 9,
        "extra_copies": 0,
        "unread_starts": 0,
        "odd_flags": 0,
    }


def test_teachers_have_totals_and_a_sheet_each(
    cli: Cli, stored: Collection[Document], tmp_path: Path
) -> None:
    copy = stored.find_one({"appointmentId": "1"}, {"_id": 0})
    assert copy is not None
    stored.insert_one(copy | {"status": "2"})

    ran = cli.run("export", "2026-10", "pay.xlsx", "--by", "teacher")

    book = openpyxl.load_workbook(tmp_path / "pay.xlsx")
    header, *totals = book.worksheets[0].values
    named = [dict(zip(header, row, strict=True)) for row in totals]
    assert "WARNING 1 extra copy of an appointment was not counted" in ran.out
    assert book.sheetnames == ["By teacher", "=Марко 0", "=Марко 1", "=Марко 2"]
    assert [(each["Lessons"], each["Hours"], each["Arrived"]) for each in named] == [
        *((3, 4.5, 1), (3, 4.5, 2), (2, 3, 0)),
    ]
    assert [each["Cancelled lessons"] for each in named] == [0, 0, 1]
    assert [sheet.max_row - 1 for sheet in book.worksheets[1:]] == [3, 3, 3]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("2026-10", "lessons.txt"), "End the name in .xlsx"),
        (("2026-13", "lessons.csv"), "Invalid date format"),
        (("2026-10", "lessons.csv", "--columns", "leadname"), "did you mean leadName?"),
        (("2026-10", "lessons.csv", "--columns", ","), "names no column"),
        (("2026-10", "pay.csv", "--by", "teacher", "--columns", "leadId"), "own columns"),
        (("2026-10", "pay.csv", "--by", "pupil"), "--by"),
        (("2026-10", "notes.csv"), "it is there already"),
        (("2026-10", "nowhere/lessons.csv"), "No such"),
    ],
)
def test_wrong_use_is_refused_before_mongodb_is_asked(
    cli: Cli, arguments: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    (tmp_path / "notes.csv").write_text("my notes")

    ran = cli.run("export", *arguments, **NO_MONGODB)

    assert ran.code == 2
    assert message in ran.err
    assert [each.name for each in tmp_path.iterdir()] == ["notes.csv"]


@pytest.mark.parametrize("by", [(), ("--by", "teacher")])
def test_an_appointment_without_a_readable_start_is_never_left_out_in_silence(
    cli: Cli, stored: Collection[Document], tmp_path: Path, by: tuple[str, ...]
) -> None:
    starts = {"3": "2026-10-10 15:00:00", "4": None, "5": "2026-09-10 15:00:00"}
    for number, start in starts.items():
        stored.update_one({"appointmentId": number}, {"$set": {"startDateTime": start}})

    ran = cli.run("export", "2026-10", "lessons.csv", *by)
    as_json = cli.run("export", "2026-10", "lessons.csv", *by, "--json")
    told = cli.run("stats", "2026-10").out
    todo = cli.run("todo", "--period", "2026-10", "--offline")
    checked = cli.run("validate", "2026-10")
    elsewhere = cli.run("validate", "2026-08")

    message = "2 stored appointments are left out: their start cannot be read"
    assert (ran.code, as_json.code) == (1, 1)
    assert message in ran.err
    assert "altegio-sync validate" in ran.err
    assert (tmp_path / "lessons.csv").exists()
    assert (as_json.json["ok"], as_json.json["unread_starts"]) == (False, 2)
    assert message in told
    assert message in todo.err
    assert message in checked.err
    assert "1 stored appointment is left out" in elsewhere.err  # the start that is missing
    assert "altegio-sync validate without a period" in ran.err


def test_odd_flags_are_shown_as_what_they_count_as(
    cli: Cli, stored: Collection[Document], tmp_path: Path
) -> None:
    stored.update_one({"appointmentId": "0"}, {"$set": {"isDeleted": "true"}})
    stored.update_one({"appointmentId": "1"}, {"$set": {"isDeleted": 1}})

    ran = cli.run("export", "2026-10", "lessons.xlsx")
    cli.run("export", "2026-10", "lessons.jsonl", "--columns", "isDeleted")

    header, *rows = openpyxl.load_workbook(tmp_path / "lessons.xlsx").active.values
    cancelled = [row[header.index("Cancelled")] for row in rows]
    flags = [json.loads(each) for each in (tmp_path / "lessons.jsonl").read_text().splitlines()]
    assert cancelled == ["no (stored: true)", "no (stored: 1)", *["no"] * 3, "yes", *["no"] * 3]
    assert [each["isDeleted"] for each in flags] == [n == 5 for n in range(9)]
    assert "WARNING 2 appointments have a value other than true or false" in ran.out


def test_a_file_of_others_is_named_as_such_and_an_empty_export_has_no_personal_data(
    cli: Cli, stored: Collection[Document], tmp_path: Path
) -> None:
    del stored
    others = tmp_path / "others.csv"
    others.write_text("appointmentId,leadId,status\n1,2,0\n")

    refused = [
        cli.run("export", "2026-10", "others.csv", *each) for each in ((), ("--by", "teacher"))
    ]
    empty = cli.run("export", "2026-11", "empty.csv")

    assert [each.code for each in refused] == [2, 2]
    assert "is no export of appointments with these columns: name another file" in refused[0].err
    assert "is no export by teacher: name another file" in refused[1].err
    assert empty.out.startswith("0 appointments written")
    assert "personal data" not in empty.out


def test_without_mongodb_no_file_appears(cli: Cli, tmp_path: Path) -> None:
    ran = cli.run("export", "2026-10", "lessons.xlsx", **NO_MONGODB)

    assert ran.code == 3
    assert list(tmp_path.iterdir()) == []


def test_quiet_commands_print_nothing_while_all_is_well(
    cli: Cli, stored: Collection[Document], tmp_path: Path
) -> None:
    well = [
        cli.run("export", "2026-10", "list.csv", "-q"),
        cli.run("clean", "-q"),
        cli.run("validate", "-q"),
    ]
    assert [(each.code, each.out, each.err) for each in well] == [(0, "", "")] * 3
    assert (tmp_path / "list.csv").is_file()

    stored.update_one({"appointmentId": "1"}, {"$set": {"startDateTime": "soon"}})
    failed = [cli.run("export", "2026-10", "list.csv", "-q"), cli.run("validate", "-q")]

    assert [each.code for each in failed] == [1, 1]
    assert failed[0].err
    assert "startDateTime" in failed[1].out
