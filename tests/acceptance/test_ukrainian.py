"""A whole day in Ukrainian: no command shows an English sentence."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pymongo import MongoClient

from altegio_sync.sandbox import School
from altegio_sync.sandbox.old_documents import make_old_documents
from tests.acceptance.cli import Cli, Ran
from tests.acceptance.snapshot import Snapshots
from tests.english_words import find_english_words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pymongo.collection import Collection

pytestmark = pytest.mark.usefixtures("catalog")


#: Values of documents, texts of other programs, and the marks of `check`, which `grep` finds.
_FOREIGN = [
    "ok",
    "warn",
    "FAIL",
    "arrived",
    "Authentication",
    "needed",
    "Errno",
    "Connect",
    "call",
    "failed",
]


@pytest.fixture(scope="module")
def small_school() -> School:
    return School(seed=7, lessons_a_month=150)


@pytest.fixture
def school(small_school: School) -> School:
    return small_school.copy()


@pytest.fixture
def cli(cli: Cli) -> Cli:
    cli.settings["ALTEGIO_LANG"] = "uk"
    return cli


@pytest.fixture
def collection(db_uri: str) -> Iterator[Collection[dict[str, Any]]]:
    with MongoClient[dict[str, Any]](db_uri, tz_aware=True) as client:
        yield client.get_default_database()["altegio-appointments"]


class Reader:
    """Runs commands, and collects the English that they show."""

    def __init__(self, cli: Cli) -> None:
        self._cli = cli
        self.english: dict[str, list[str]] = {}

    def run(self, *arguments: str, code: int = 0, **changes: str | None) -> Ran:
        ran = self._cli.run(*arguments, **changes)
        assert ran.code == code, ran
        found = find_english_words(ran.out + ran.err, _FOREIGN)
        if found:
            self.english[" ".join(arguments)] = found
        return ran


@pytest.fixture
def reader(cli: Cli) -> Iterator[Reader]:
    made = Reader(cli)
    yield made
    assert made.english == {}


def test_a_day_of_reading(reader: Reader) -> None:
    for command in ("check", "companies", "services"):
        reader.run(command)
    reader.run("sync", "yesterday", "--dry-run", "-v")
    ran = reader.run("sync", "last-week", "--skipped", "skipped.csv")
    reader.run("sync", "last-week", "--resume")
    reader.run("sync", "last-week", "--update", "--prove")
    reader.run("changes", "--since", "1d")
    reader.run("changes")
    reader.run("coverage", "last-week")
    reader.run("status", code=1)
    reader.run("stats")
    reader.run("runs")
    reader.run("runs", _run_id(ran.out))
    reader.run("export", "last-week", "lessons.xlsx")
    reader.run("export", "last-week", "paid.csv", "--by", "teacher")
    reader.run("todo")
    reader.run("notify", "--test", code=2)

    assert ran.out.startswith("У базі тепер ")
    assert "\n  прочитано " in ran.out


def test_a_day_of_tending(
    reader: Reader, school: School, collection: Collection[dict[str, Any]]
) -> None:
    reader.run("sync", "last-week", "-q")
    last = datetime.now(UTC).date() - timedelta(days=2)
    collection.drop_indexes()
    old = make_old_documents(school.planted(last - timedelta(days=40), last))
    collection.insert_many([{**each, "_id": f"old_{n}"} for n, each in enumerate(old)])

    reader.run("stats")
    reader.run("status", code=1)
    reader.run("validate", code=1)
    reader.run("validate", "last-month", "--fix", "--dry-run")
    fixed = reader.run("validate", "--fix", "--list", "duplicate-appointment", code=1)
    reader.run("clean", "--dry-run")
    reader.run("clean")
    reader.run("validate", "this-year")
    reader.run("undo")
    reader.run("undo", _run_id(fixed.out), code=1)
    reader.run("undo", "x9", code=2)
    reader.run("trash", "purge", "--older-than", "0s", "--dry-run")
    reader.run("trash", "purge", "--older-than", "0s")
    reader.run("backup", "copy")
    reader.run("backup", "verify", "copy")
    reader.run("restore", "copy", "--dry-run")
    reader.run("restore", "copy")
    reader.run("restore", "x9", code=2)


def _run_id(text: str) -> str:
    """The first id of a run in the text."""
    [found, *_others] = re.findall(r"[0-9]{8}-[0-9]{6}-[0-9a-f]+", text)
    return str(found)


def test_errors_of_each_exit_code(reader: Reader) -> None:
    reader.run("sync", "2025-13-01", code=2)
    reader.run("sync", "tomorow", code=2)
    reader.run("sync", "2025-01-05", "2025-01-01", code=2)
    reader.run("changes", "--since", "31.12.25", code=2)
    reader.run("sync", "today", "--company", "5", code=2)
    reader.run("sync", "today", "--max-age", "1d", code=2)
    reader.run("validate", "--ignore", "no-rule", code=2)
    reader.run("sync", "today", code=2, ALTEGIO_PAGE_SIZE="0", ALTEGIO_TIMEZONE="Mars/North")
    reader.run("sync", "today", code=2, ALTEGIO_COMPANY_ID=None, DB_URI=None)
    reader.run("sync", "today", "--school", "x", code=2)
    reader.run("check", code=3, ALTEGIO_COMPANY_TOKEN="wrong")
    reader.run("sync", "today", code=3, ALTEGIO_COMPANY_TOKEN="wrong")
    reader.run("status", code=3, DB_URI="mongodb://127.0.0.1:9/x?serverSelectionTimeoutMS=1")


def test_an_interactive_run(cli: Cli) -> None:
    ran = cli.answer("вчора\nвчора\nтак\nні\nтак\n", "interactive")

    assert ran.code == 0, ran
    assert find_english_words(ran.out + ran.err) == []


#: Those that change nothing, on a collection with something to say about it.
READING = [
    ("check",),
    ("companies",),
    ("services",),
    ("sync", "yesterday", "--update", "--dry-run"),
    ("coverage", "last-month"),
    ("status",),
    ("stats",),
    ("runs",),
    ("validate", "--list", "duplicate-appointment"),
    ("validate", "--fix", "--dry-run"),
    ("clean", "--dry-run"),
    ("undo",),
    ("sync", "2026-02-30"),
]


def test_programs_read_the_same_in_both_languages(
    cli: Cli, collection: Collection[dict[str, Any]], tmp_path: Path
) -> None:
    assert cli.run("sync", "yesterday", "-q").code == 0
    collection.drop_indexes()
    copied = [*collection.find({}, {"_id": False}).limit(2)]
    collection.insert_many([{**each, "status": "arrived"} for each in copied])
    form = Snapshots(tmp_path)

    for arguments in READING:
        english, ukrainian = (
            cli.run(*arguments, "--json", "--log-format", "json", "--lang", language)
            for language in ("en", "uk")
        )

        assert form.steady(english.json) == form.steady(ukrainian.json), arguments
        assert english.code == ukrainian.code
        lines = [map(json.loads, each.err.splitlines()) for each in (english, ukrainian)]
        assert len({json.dumps([form.steady(line) for line in of]) for of in lines}) == 1
