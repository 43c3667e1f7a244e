"""`validate`, `--fix`, `undo` and `clean`, end to end."""

from __future__ import annotations

import csv
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from bson import Int64
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pymongo.collection import Collection

    from altegio_sync.sandbox import SandboxServer, School
    from tests.acceptance.cli import Cli

Document = dict[str, Any]
RAW = CodecOptions(document_class=RawBSONDocument)


@pytest.fixture
def collection(db_uri: str) -> Iterator[Collection[Document]]:
    with MongoClient[Document](db_uri, tz_aware=True) as client:
        yield client.get_default_database()["altegio-appointments"]


def last_month() -> tuple[date, date]:
    last = datetime.now(ZoneInfo("Europe/Kyiv")).date().replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last


@pytest.fixture
def kept(school: School, cli: Cli, collection: Collection[Document]) -> list[Document]:
    """The documents that last month's sync stored, as they should be, oldest first."""
    assert cli.run("sync", "last-month", "-q").code == 0
    # What became of lessons of last month is settled in a school that takes care of it.
    collection.update_many({"status": "0"}, {"$set": {"status": "1"}})
    # Copies: the made-up school is that of other tests too.
    documents = [dict(each.document) for each in school.planted(*last_month()) if each.document]
    for document in documents:
        if document["status"] == "0":
            school.change(int(document["appointmentId"]), visit_attendance=1, attendance=1)
            document["status"] = "1"
    collection.update_many({}, {"$set": {"leadPurchasedCourse": "A2", "__v": 0}})
    return sorted(documents, key=lambda each: (each["startDateTime"], each["appointmentId"]))


def snapshot(collection: Collection[Document]) -> list[bytes]:
    raw = collection.with_options(codec_options=RAW)
    return [bytes(each.raw) for each in raw.find(sort=["_id"])]


def damage(collection: Collection[Document], document: Document, change: Document) -> None:
    result = collection.update_one({"appointmentId": document["appointmentId"]}, change)
    assert result.modified_count == 1


def to_set(**fields: object) -> Callable[[Document], Document]:
    return lambda _document: {"$set": fields}


def to_unset(name: str) -> Callable[[Document], Document]:
    return lambda _document: {"$unset": {name: ""}}


DAMAGE: dict[str, Callable[[Document], Document]] = {
    "no name": to_unset("leadName"),
    "an empty teacher": to_set(teacherId="", teacherName=None),
    "no start": to_unset("startDateTime"),
    "a start as text": lambda each: {"$set": {"startDateTime": each["startDateTime"].isoformat()}},
    "an end before the start": lambda each: {
        "$set": {"endDateTime": each["startDateTime"] - timedelta(hours=1)}
    },
    "a start nobody can read": to_set(startDateTime="soon"),
    "an unknown status": to_set(status="arrived"),
    "a status as a number": lambda each: {"$set": {"status": int(each["status"])}},
    "an id as a number": lambda each: {"$set": {"appointmentId": Int64(each["appointmentId"])}},
    "a lead's id with letters": to_set(leadId="12a"),
    "no flag": to_unset("IsTrial"),
    "a flag as text": lambda each: {"$set": {"isDeleted": str(each["isDeleted"]).lower()}},
    "a flag nobody can read": to_set(isDeleted="perhaps"),
    "white space": lambda each: {"$set": {"leadName": f" {each['leadName']}  "}},
    "a forgotten status": to_set(status="0", isDeleted=False),
    "no dates of storing": lambda _each: {"$unset": {"createdAt": "", "updatedAt": ""}},
}


@pytest.fixture
def damaged(collection: Collection[Document], kept: list[Document]) -> list[bytes]:
    """The stored documents, some of them damaged, two hopeless and one that Altegio has lost."""
    chosen = [each for each in kept if not each["isDeleted"]][:: len(kept) // 20]
    for document, change in zip(chosen, DAMAGE.values(), strict=False):
        damage(collection, document, change(document))
    gone = kept[0] | {"_id": "gone", "appointmentId": "999999001", "leadId": ""}
    nameless = {"_id": "nameless", "leadName": "Хтось", "own": 1}
    no_longer_there = kept[0] | {"_id": "404", "appointmentId": "999999002", "status": "lost"}
    collection.insert_many([gone, nameless, no_longer_there])
    return snapshot(collection)


def test_a_fix_asks_no_more_than_its_plan_says_and_the_plan_itself_changes_nothing(
    cli: Cli, collection: Collection[Document], damaged: list[bytes], server: SandboxServer
) -> None:
    asked_before = len(server.requests)

    plan = cli.run("validate", "--fix", "--dry-run", "--json").json["plan"]
    changed_by_the_plan = snapshot(collection) != damaged
    asked_by_the_plan = len(server.requests) - asked_before
    cli.run("validate", "--fix", "--json")
    asked = len(server.requests) - asked_before

    assert not changed_by_the_plan
    assert asked_by_the_plan == 0
    assert plan["asked"] >= 8
    # Beside the plan: the staff list, and by id what no page of those days has any more.
    assert asked <= plan["requests"] + 5


def test_a_fix_brings_every_field_back_and_undo_every_byte(
    cli: Cli, collection: Collection[Document], kept: list[Document], damaged: list[bytes]
) -> None:
    fixed = cli.run("validate", "--fix", "--json")
    mended = {each["appointmentId"]: each for each in collection.find({"__v": 0})}
    undone = cli.run("undo", fixed.json["run_id"], "--json")

    for document in kept:
        stored = mended[document["appointmentId"]]
        assert {name: stored[name] for name in document} == document
        assert stored["leadPurchasedCourse"] == "A2"
        assert isinstance(stored["createdAt"], datetime)
    assert fixed.json["fixed"] == len(DAMAGE)
    assert undone.json["restored"] == len(DAMAGE) + 2
    assert snapshot(collection) == damaged


@pytest.mark.usefixtures("damaged")
def test_a_fix_moves_the_hopeless_to_the_trash_and_reports_what_is_left(
    cli: Cli, collection: Collection[Document]
) -> None:
    ran = cli.run("validate", "--fix", "--json")

    report = ran.json
    left = {each["rule"]: each["count"] for each in report["rules"] if each["count"]}
    unrepaired = [(each["reason"], each["sample"]) for each in report["left"]]
    trash = collection.database["altegio-sync-trash"].find({"removed": True})
    assert ran.code == 1
    assert report["trashed"] == 2
    assert {each["document"]["_id"] for each in trash} == {"gone", "nameless"}
    assert collection.count_documents({"_id": {"$in": ["gone", "nameless"]}}) == 0
    assert left["unknown-status"] == 1
    assert ("Altegio does not have it", ["999999002"]) in unrepaired


def test_only_the_lessons_of_the_made_up_school_are_errors(cli: Cli, kept: list[Document]) -> None:
    assert kept
    assert cli.run("validate", "--json").json["errors"] == cli_overlaps(cli)


def cli_overlaps(cli: Cli) -> int:
    """Errors that the made-up school has of its own: lessons that happen to be the same."""
    rules = cli.run("validate", "--json").json["rules"]
    return int(next(each["count"] for each in rules if each["rule"] == "duplicate-lesson"))


def test_many_of_one_day_are_read_by_its_pages(
    cli: Cli, collection: Collection[Document], kept: list[Document], server: SandboxServer
) -> None:
    damaged = kept[:120]
    ids = [each["appointmentId"] for each in damaged]
    collection.update_many({"appointmentId": {"$in": ids}}, {"$set": {"serviceName": ""}})
    before = len(server.requests)

    plan = cli.run("validate", "--fix", "--dry-run", "--json").json["plan"]
    fixed = cli.run("validate", "--fix", "--json").json

    asked = len(server.requests) - before
    assert plan["by_pages"] is True
    assert fixed["fixed"] == 120
    assert asked < 20
    assert abs(asked - plan["requests"]) <= 6
    names = {each["appointmentId"]: each["serviceName"] for each in collection.find()}
    assert all(names[each["appointmentId"]] == each["serviceName"] for each in damaged)


@pytest.mark.parametrize("way", ["offline", "outage", "wrong company", "wrong token"])
def test_what_altegio_was_not_asked_about_is_never_moved_to_the_trash(
    cli: Cli, collection: Collection[Document], kept: list[Document], way: str
) -> None:
    damage(collection, kept[0], {"$unset": {"leadId": ""}})
    damage(collection, kept[1], {"$set": {"leadName": " Олена  Приклад"}})
    collection.insert_one({"_id": "nameless", "leadName": "Хтось"})
    changes: dict[str, str | None] = {}
    arguments = ["validate", "--fix", "--json"]
    match way:
        case "offline":
            arguments.append("--offline")
            changes = dict.fromkeys(("ALTEGIO_COMPANY_TOKEN", "ALTEGIO_COMPANY_ID"))
        case "outage":
            changes = {"ALTEGIO_API_URL": "http://127.0.0.1:9/api/v1"}
        case "wrong company":
            changes = {"ALTEGIO_COMPANY_ID": "4040"}
            collection.update_many({}, {"$set": {"companyId": "4040"}})
        case _:
            changes = {"ALTEGIO_COMPANY_TOKEN": "wrong"}

    ran = cli.run(*arguments, **changes)

    assert ran.code == (1 if way == "offline" else 3), ran.err
    assert ran.json["trashed"] == 0
    assert ran.json["fixed"] >= 1
    assert collection.find_one({"_id": "nameless"}) is not None
    assert collection.count_documents({"leadName": "Олена Приклад"}) >= 1
    if way != "offline":
        assert "ERROR Error fetching appointments: " in ran.err


def test_duplicates_are_named_and_clean_mends_them(
    cli: Cli, collection: Collection[Document], kept: list[Document]
) -> None:
    collection.drop_index("appointmentId_1")
    for document in kept[:3]:
        twin = collection.find_one({"appointmentId": document["appointmentId"]}, {"_id": 0})
        assert twin is not None
        collection.insert_one(twin | {"createdAt": twin["createdAt"] + timedelta(days=1)})
    before = snapshot(collection)

    found = cli.run("validate")
    planned = cli.run("clean", "--dry-run", "--json").json
    cleaned = cli.run("clean", "--json")

    assert "ERROR   duplicate-appointment        6" in found.out
    assert "altegio-sync clean" in found.out
    assert found.code == 1
    assert planned["appointment_ids"] == 3
    assert planned["removed"] == 3
    assert planned["run_id"] is None
    assert cleaned.code == 0
    assert cleaned.json["command"] == "clean"
    assert cleaned.json["removed"] == 3
    assert collection.count_documents({}) == len(kept)
    runs = cli.run("undo").out
    undone = cli.run("undo", cleaned.json["run_id"])
    assert cleaned.json["run_id"] in runs
    assert "WARNING The unique index on appointmentId was dropped" in undone.err
    assert snapshot(collection) == before


def test_the_trash_is_emptied_of_what_is_old(
    cli: Cli, collection: Collection[Document], kept: list[Document]
) -> None:
    damage(collection, kept[0], {"$set": {"leadName": " x"}})
    assert cli.run("validate", "--fix", "--offline").err == ""

    young = cli.run("trash", "purge", "--older-than", "1d", "--json").json
    planned = cli.run("trash", "purge", "--older-than", "0s", "--dry-run").out
    purged = cli.run("trash", "purge", "--older-than", "0s", "--json").json
    wrong = cli.run("trash", "purge", "--older-than", "soon")

    assert young["purged"] == 0
    assert purged["purged"] == 1
    assert "1 entry older than 0s would be deleted permanently" in planned
    assert wrong.code == 2
    assert wrong.err.startswith("ERROR Invalid duration: 'soon'")


def test_an_undo_of_nothing_known_is_wrong_use(cli: Cli) -> None:
    ran = cli.run("undo", "20260101-000000-abcd", "--json")

    assert ran.code == 2
    assert ran.json["ok"] is False
    assert "The trash is empty" in cli.run("undo").out


def test_names_of_people_are_in_no_output_of_these(
    cli: Cli, collection: Collection[Document], kept: list[Document]
) -> None:
    damage(collection, kept[0], {"$set": {"leadName": "  Таємна   Особа"}})
    damage(collection, kept[1], {"$set": {"status": "x", "leadName": "Таємна  Особа"}})

    ran = [cli.run("validate"), cli.run("validate", "--fix"), cli.run("clean"), cli.run("undo")]

    assert "Таємна" not in "".join(each.out + each.err for each in ran)


def test_findings_are_shown_as_people_correct_them_and_listed_whole(
    cli: Cli, collection: Collection[Document], kept: list[Document], tmp_path: Path
) -> None:
    wrong = [each for each in kept if not each["isDeleted"]][:7]
    for document in wrong:
        damage(collection, document, {"$set": {"status": "came"}})
    report = tmp_path / "findings.csv"

    shown = cli.run("validate", "--ignore", "teacher-overlap", "--report", str(report))
    listed = cli.run("validate", "--list", "unknown-status", "--json").json
    ignored = cli.run("validate", "--ignore", "unknown-status", "--json").json

    start = wrong[0]["startDateTime"].astimezone(ZoneInfo("Europe/Kyiv"))
    lines = [each for each in shown.out.splitlines() if 'status "came"' in each]
    assert len(lines) == 5
    assert "all: altegio-sync validate --list unknown-status" in shown.out
    assert "teacher-overlap" not in shown.out
    with report.open(encoding="utf-8", newline="") as file:
        rows = [each for each in csv.DictReader(file) if each["rule"] == "unknown-status"]
    by_id = {each["id"]: each for each in rows}
    assert by_id.keys() == {each["appointmentId"] for each in wrong}
    first = by_id[wrong[0]["appointmentId"]]
    assert first["start"] == f"{start:%Y-%m-%d %H:%M}"
    assert first["teacher"] == wrong[0]["teacherName"]
    assert first["lead"] == wrong[0]["leadId"]
    assert first["problem"] == 'status "came"'
    assert report.stat().st_mode & 0o777 == 0o600
    rules = {each["rule"]: each for each in listed["rules"]}
    documents = [group[0]["appointmentId"] for group in rules["unknown-status"]["documents"]]
    assert sorted(documents) == sorted(by_id)
    assert [each["rule"] for each in listed["rules"] if "documents" in each] == ["unknown-status"]
    assert ignored["errors"] == listed["errors"] - len(wrong)
    assert wrong[0]["leadName"] not in shown.out + report.read_text(encoding="utf-8")


def test_a_rule_that_is_ignored_is_not_repaired(
    cli: Cli, collection: Collection[Document], kept: list[Document]
) -> None:
    damage(collection, kept[0], {"$set": {"status": int(kept[0]["status"])}})
    damage(collection, kept[1], {"$set": {"teacherName": f" {kept[1]['teacherName']}"}})

    cli.run("validate", "--fix", "--ignore", "wrong-type", "--ignore", "missing-flag")

    stored = {each["appointmentId"]: each for each in collection.find()}
    assert stored[kept[0]["appointmentId"]]["status"] == int(kept[0]["status"])
    assert stored[kept[1]["appointmentId"]]["teacherName"] == kept[1]["teacherName"]


def test_a_period_is_checked_and_mended_and_nothing_else(
    cli: Cli, collection: Collection[Document], kept: list[Document]
) -> None:
    first, last = kept[0], kept[-1]
    for each in (first, last):
        damage(collection, each, {"$set": {"leadName": " x "}})
    day = first["startDateTime"].astimezone(ZoneInfo("Europe/Kyiv")).date()

    found = cli.run("validate", f"{day:%d.%m.%Y}", "--json").json
    shown = cli.run("validate", "last-month").out
    fixed = cli.run("validate", str(day), str(day), "--fix", "--offline", "--json").json
    left = cli.run("validate", "--json").json

    counts = {each["rule"]: each["count"] for each in found["rules"]}
    assert found["period"] == {"from": str(day), "to": str(day), "timezone": "Europe/Kyiv"}
    assert 0 < found["checked"] < len(kept)
    assert counts["untidy-text"] == 1
    assert f"{len(kept)} documents that start {last_month()[0]} to {last_month()[1]}" in shown
    assert "Documents without a readable start belong to no day" in shown
    assert fixed["fixed"] == 1
    assert {each["rule"]: each["count"] for each in left["rules"]}["untidy-text"] == 1
    assert "period" not in left


@pytest.mark.parametrize(
    "arguments",
    [
        ("validate", "2026-02-30"),
        ("validate", "soon", "--fix"),
        ("stats", "2026-10", "--from", "2026-10-01"),
        ("stats", "today", "yesterday"),
        ("stats", "--clean", "today"),
        ("coverage", "31/10/2026"),
    ],
)
def test_a_wrong_period_is_wrong_use_before_anything_is_asked(
    cli: Cli, arguments: tuple[str, ...]
) -> None:
    ran = cli.run(*arguments, DB_URI="mongodb://127.0.0.1:9/nobody")

    assert ran.code == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--list", "unkown-status"), "did you mean unknown-status?"),
        (("--ignore", "everything"), "the rules are required-field, "),
        (("--list", "id-format", "--ignore", "id-format"), "both name id-format"),
        (("--report", "findings.ods"), "End the name in .xlsx for people"),
        (("--report", "notes.csv"), "no list of findings"),
    ],
    ids=["a near miss", "no rule", "both", "another ending", "another file"],
)
def test_findings_that_cannot_be_shown_are_wrong_use(
    cli: Cli, arguments: tuple[str, ...], message: str
) -> None:
    notes = cli.folder / "notes.csv"
    notes.write_text("my own notes", encoding="utf-8")

    ran = cli.run("validate", *arguments)

    assert ran.code == 2
    assert message in ran.err
    assert notes.read_text(encoding="utf-8") == "my own notes"
