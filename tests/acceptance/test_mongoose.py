"""Beside the school's own program: real mongoose on the same collection."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pymongo.collection import Collection

    from altegio_sync.sandbox import School
    from tests.acceptance.cli import Cli

    Mongoose = Callable[..., dict[str, Any]]

Document = dict[str, Any]
SOURCES = Path(__file__).parents[1] / "mongoose"
OWN = {"leadPurchasedCourse": "A2", "courseePurchaseDate": "2026-01-02T00:00:00Z"}


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The school's program with mongoose installed beside it."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("mongoose needs node and npm, which are not here")
    folder = tmp_path_factory.mktemp("mongoose")
    for name in ("package.json", "school.mjs"):
        shutil.copy(SOURCES / name, folder)
    ran = subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if ran.returncode and any(sign in ran.stderr for sign in ("ENOTFOUND", "EAI_AGAIN", "ECONN")):
        pytest.skip("mongoose cannot be installed: npm's registry is out of reach")
    assert ran.returncode == 0, ran.stderr
    return folder / "school.mjs"


@pytest.fixture
def mongoose(program: Path, db_uri: str) -> Mongoose:
    def run(command: str, documents: list[Document] | None = None) -> dict[str, Any]:
        text = json.dumps(documents or [], default=lambda moment: moment.isoformat())
        ran = subprocess.run(
            ["node", str(program), db_uri, command],
            input=text,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        answer: dict[str, Any] = json.loads(ran.stdout)
        return answer

    return run


@pytest.fixture
def collection(db_uri: str) -> Iterator[Collection[Document]]:
    with MongoClient[Document](db_uri, tz_aware=True) as client:
        yield client.get_default_database()["altegio-appointments"]


@pytest.fixture
def written(school: School, mongoose: Mongoose) -> list[Document]:
    """Documents of the old scripts: without a company, with fields of the school's own."""
    last = datetime.now(ZoneInfo("Europe/Kyiv")).date().replace(day=1) - timedelta(days=1)
    planted = school.planted(last.replace(day=1), last)
    kept = [each.document for each in planted if each.document][:20]
    documents = [
        {name: value for name, value in each.items() if name != "companyId"} | OWN for each in kept
    ]
    mongoose("write", documents)
    return documents


def raw_of(collection: Collection[Document]) -> dict[object, bytes]:
    raw = collection.with_options(codec_options=CodecOptions(document_class=RawBSONDocument))
    return {each["_id"]: bytes(each.raw) for each in raw.find()}


def test_what_mongoose_wrote_is_known_and_not_touched(
    cli: Cli, mongoose: Mongoose, collection: Collection[Document], written: list[Document]
) -> None:
    collection.update_one({"appointmentId": written[0]["appointmentId"]}, {"$set": {"status": "x"}})
    before = raw_of(collection)

    report = cli.run("sync", "last-month", "--json").json["records"]

    after = raw_of(collection)
    assert report["duplicates"] == len(written)
    assert report["stale"] == 1
    assert {key: after[key] for key in before} == before
    assert len(after) == len(before) + report["saved"]
    collection.update_one({"status": "x"}, {"$set": {"status": "1"}})
    read = mongoose("read")
    assert read["count"] == len(after)
    assert read["invalid"] == []
    assert read["dates"] is True


def test_an_update_changes_its_own_fields_alone(
    cli: Cli, collection: Collection[Document], written: list[Document]
) -> None:
    changed_id = written[3]["appointmentId"]
    # The stamp of Altegio's last change is added to documents that lack it.
    cli.run("sync", "last-month", "--update", "-q")
    collection.update_one({"appointmentId": changed_id}, {"$set": {"teacherName": "Інша Людина"}})
    before = {each["appointmentId"]: each for each in collection.find()}
    raw = raw_of(collection)

    report = cli.run("sync", "last-month", "--update", "--json").json["records"]

    after = {each["appointmentId"]: each for each in collection.find()}
    changed = after[changed_id]
    assert report["updated"] == 1
    assert report["changes"] == {"teacherName": 1}
    told = {"teacherName", "updatedAt", "companyId"}
    assert {name for name in changed if changed[name] != before[changed_id].get(name)} == told
    assert changed["__v"] == 0
    assert changed["leadPurchasedCourse"] == "A2"
    assert isinstance(changed["courseePurchaseDate"], datetime)
    others = {key: each for key, each in raw_of(collection).items() if key in raw}
    del others[changed["_id"]], raw[changed["_id"]]
    assert others == raw


def test_old_duplicates_keep_the_index_away_and_nothing_is_stored_twice(
    cli: Cli, mongoose: Mongoose, collection: Collection[Document], written: list[Document]
) -> None:
    mongoose("write", written[:3])
    before = raw_of(collection)

    first = cli.run("sync", "last-month", "--json")
    second = cli.run("sync", "last-month", "--json")

    assert first.code == second.code == 0
    assert "WARNING No unique index on appointmentId" in first.err
    assert "altegio-sync clean" in first.err
    assert second.json["records"]["saved"] == 0
    after = raw_of(collection)
    assert {key: after[key] for key in before} == before
    assert len(after) == len(before) + first.json["records"]["saved"]


def test_clean_fix_and_undo_lose_no_field_of_the_school(
    cli: Cli, mongoose: Mongoose, collection: Collection[Document], written: list[Document]
) -> None:
    mongoose("write", [written[0] | {"leadPurchasedCourse": "B1"}])
    for name in ("leadName", "status"):
        collection.update_one({"appointmentId": written[1]["appointmentId"]}, {"$set": {name: ""}})
    before = raw_of(collection)

    cleaned = cli.run("clean", "--json").json
    fixed = cli.run("validate", "--fix", "--json").json

    stored = list(collection.find())
    assert cleaned["removed"] == 1
    assert len(stored) == len(written)
    assert all(each["leadPurchasedCourse"] == "A2" for each in stored)
    assert all("courseePurchaseDate" in each and each["__v"] == 0 for each in stored)
    assert mongoose("read")["invalid"] == []
    for run_id in (fixed["run_id"], cleaned["run_id"]):
        assert cli.run("undo", run_id).code == 0
    assert raw_of(collection) == before


def test_sync_indexes_drops_the_indexes_unless_the_schema_declares_them(
    cli: Cli, mongoose: Mongoose, collection: Collection[Document]
) -> None:
    cli.run("sync", "last-month", "-q")

    dropped = mongoose("sync-indexes")["dropped"]
    cli.run("sync", "yesterday", "-q")
    made_again = "appointmentId_1" in collection.index_information()
    kept = mongoose("sync-indexes-declared")["dropped"]

    assert sorted(dropped) == ["appointmentId_1", "startDateTime_1"]
    assert made_again
    assert kept == []
    assert collection.index_information()["appointmentId_1"]["unique"] is True
