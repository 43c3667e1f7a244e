"""`altegio-sync backup` and `altegio-sync restore`, end to end."""

from __future__ import annotations

import gzip
import hashlib
import json
import signal
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bson
import pytest
from pymongo import MongoClient

from altegio_sync.mongo.backup.dump_file import RAW
from tests.acceptance.cli import NO_MONGODB, Cli
from tests.acceptance.test_terminal import run_on_terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bson.raw_bson import RawBSONDocument
    from pymongo.collection import Collection

Document = dict[str, Any]
NAME = "altegio-appointments"
SECRET = "Олена Таємна"


@pytest.fixture
def cli(tmp_path: Path, db_uri: str) -> Cli:
    """With nothing but the database: these commands need no more."""
    return Cli(tmp_path, {"DB_URI": db_uri})


@pytest.fixture
def stored(db_uri: str) -> Iterator[Collection[Document]]:
    with MongoClient[Document](db_uri) as client:
        yield client.get_default_database()[NAME]


def fill(stored: Collection[Document], documents: int) -> list[bytes]:
    insert(stored, documents)
    return everything(stored)


def insert(stored: Collection[Document], documents: int, padding: int = 0) -> None:
    stored.insert_many(
        {"appointmentId": str(n), "leadName": SECRET, "padding": "x" * padding, "leadCourse": n}
        for n in range(documents)
    )


def everything(stored: Collection[Document]) -> list[bytes]:
    raw: Collection[RawBSONDocument] = stored.with_options(codec_options=RAW)
    return [bytes(each.raw) for each in raw.find(sort=["_id"])]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_backup_is_for_its_owner_alone_and_holds_what_it_says(
    cli: Cli, stored: Collection[Document], tmp_path: Path
) -> None:
    documents = fill(stored, 700)

    ran = cli.run("backup", "made", "--json")

    folder = tmp_path / "made" / stored.database.name
    file = folder / f"{NAME}.bson.gz"
    with gzip.open(file) as opened:
        contents = opened.read()
    assert ran.code == 0
    assert ran.err == ""
    assert ran.json == {
        "command": "backup",
        "ok": True,
        "path": str(tmp_path / "made"),
        "documents": 700,
        "bytes": sum(map(len, documents)),
        "sha256": hashlib.sha256(b"".join(documents)).hexdigest(),
    }
    assert contents == b"".join(documents)
    assert [mode(each) for each in (tmp_path / "made", folder)] == [0o700, 0o700]
    assert {mode(each) for each in folder.iterdir()} == {0o600}
    assert [each.name for each in tmp_path.iterdir()] == ["made"]


def test_the_default_place_is_named_by_the_time_and_told(
    cli: Cli, stored: Collection[Document], tmp_path: Path
) -> None:
    fill(stored, 2)

    ran = cli.run("backup")

    [made] = tmp_path.iterdir()
    assert ran.code == 0
    assert made.match("altegio-backup-[0-9]*-[0-9]*")
    assert ran.out.startswith("Backup: 2 documents, ")
    assert f"altegio-sync restore {made} --dry-run" in ran.out


@pytest.mark.parametrize("given", ["made", "made/{database}", "made/{database}/{name}.bson.gz"])
def test_what_was_changed_deleted_and_doubled_since_is_as_before(
    cli: Cli, stored: Collection[Document], given: str
) -> None:
    before = fill(stored, 1200)
    stored.create_index(
        "appointmentId",
        unique=True,
        partialFilterExpression={"appointmentId": {"$exists": True}},
    )
    cli.run("backup", "made")
    stored.delete_many({"leadCourse": {"$lt": 300}})
    stored.update_many({"leadCourse": {"$gte": 1000}}, {"$set": {"leadName": "x"}})
    stored.insert_one({"_id": "new", "appointmentId": "new"})
    changed = everything(stored)
    path = given.format(database=stored.database.name, name=NAME)

    dry = cli.run("restore", path, "--dry-run", "--json")
    after_dry = everything(stored)
    done = cli.run("restore", path, "--json")

    expected = {"inserted": 300, "replaced": 200, "unchanged": 700, "extra": 1, "failed": 0}
    for ran, dry_run in ((dry, True), (done, False)):
        assert ran.code == 0
        assert ran.err == ""
        assert {name: ran.json[name] for name in expected} == expected
        assert ran.json["command"] == "restore"
        assert ran.json["ok"] is True
        assert ran.json["dry_run"] == dry_run
        assert ran.json["documents"] == 1200
        assert ran.json["errors"] == []
    assert after_dry == changed
    stored.delete_one({"_id": "new"})
    assert everything(stored) == before
    assert "appointmentId_1" in stored.index_information()


def test_a_restore_after_a_wrong_clean_gives_the_collection_back_whole(
    cli: Cli, stored: Collection[Document]
) -> None:
    fill(stored, 50)
    before = fill(stored, 50)
    cli.run("backup", "made")
    assert cli.run("clean").code == 0

    dry = cli.run("restore", "made", "--dry-run")
    done = cli.run("restore", "made")

    assert "would be dropped" in dry.out
    assert done.code == 0
    assert done.err.startswith("WARNING The unique index on appointmentId was dropped")
    assert everything(stored) == before


def test_what_is_there_already_is_not_written_over(
    cli: Cli, stored: Collection[Document], tmp_path: Path
) -> None:
    fill(stored, 2)
    (tmp_path / "taken").write_text("mine")

    first = cli.run("backup", "made")
    again = cli.run("backup", "made", "--json")
    taken = cli.run("backup", "taken")

    assert first.code == 0
    assert again.code == 2
    assert taken.code == 2
    assert again.err == "ERROR made already exists and is not changed: name another place\n"
    assert again.json["ok"] is False
    assert (tmp_path / "taken").read_text() == "mine"


@pytest.mark.parametrize(
    ("contents", "told"),
    [
        (b"\x1f\x8b\x08\x00 no", "cut off"),
        (SECRET.encode() * 9, "not BSON"),
        (bson.encode({"_id": 1, "leadName": SECRET})[:-4], "cut off"),
        (None, "There is no dump given.bson"),
    ],
    ids=["gzip", "text", "cut", "nothing"],
)
def test_what_is_no_dump_is_refused_and_nothing_written(
    cli: Cli, stored: Collection[Document], tmp_path: Path, contents: bytes | None, told: str
) -> None:
    before = fill(stored, 3)
    if contents is not None:
        whole = bson.encode({"_id": 0, "appointmentId": "0"})
        head = b"" if contents.startswith(b"\x1f") else whole
        (tmp_path / "given.bson").write_bytes(head + contents)

    ran = cli.run("restore", "given.bson", "--json")

    assert ran.code == 2
    assert told in ran.err
    assert ran.json["ok"] is False
    assert SECRET.split()[0] not in ran.err + ran.out
    assert everything(stored) == before


def test_a_dead_mongodb_is_told_and_leaves_no_folder(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "given.bson").write_bytes(bson.encode({"_id": 1}))

    backup = cli.run("backup", "made", **NO_MONGODB)
    restore = cli.run("restore", "given.bson", **NO_MONGODB)

    for ran in (backup, restore):
        assert ran.code == 3
        assert ran.err.startswith("ERROR MongoDB cannot be reached")
        assert "SECRET" not in ran.err
    assert [each.name for each in tmp_path.iterdir()] == ["given.bson"]


def test_a_collection_that_is_not_there_is_no_backup(cli: Cli, tmp_path: Path) -> None:
    ran = cli.run("backup", "made")

    assert ran.code == 2
    assert f"has no collection {NAME}" in ran.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_backup_leaves_nothing_behind(
    cli: Cli, stored: Collection[Document], tmp_path: Path, number: signal.Signals
) -> None:
    for _ in range(4):
        insert(stored, 30_000, padding=400)

    running = cli.start("backup", "made", "--json")
    until(lambda: any(tmp_path.glob("made.*.partial/*/*.bson.gz")))
    running.send_signal(number)
    out, err = running.communicate(timeout=120)

    assert running.returncode == 130
    assert json.loads(out)["ok"] is False
    assert "interrupted" in err
    assert list(tmp_path.iterdir()) == []


def test_a_stopped_restore_keeps_what_it_brought_back_and_says_how_far_it_came(
    cli: Cli, stored: Collection[Document]
) -> None:
    before = fill(stored, 40_000)
    cli.run("backup", "made")
    stored.delete_many({})

    running = cli.start("restore", "made", "--json")
    until(lambda: stored.estimated_document_count() > 0)
    running.send_signal(signal.SIGINT)
    out, _err = running.communicate(timeout=120)
    report = json.loads(out)
    kept = stored.count_documents({})
    again = cli.run("restore", "made", "--json").json

    assert running.returncode == 130
    assert 0 < kept < len(before)
    assert report["inserted"] == kept
    assert report["documents"] == 40_000
    assert report["extra"] is None
    assert again["inserted"] == 40_000 - kept
    assert again["unchanged"] == kept
    assert everything(stored) == before


def test_the_embedded_mongodb_is_backed_up_as_well(cli: Cli, tmp_path: Path) -> None:
    embedded = {"DB_URI": "embedded", "ALTEGIO_DATA_DIR": str(tmp_path / "data")}
    (tmp_path / "given.bson").write_bytes(bson.encode({"_id": 1, "appointmentId": "1"}))

    restored = cli.run("restore", "given.bson", "--json", **embedded)
    backup = cli.run("backup", "made", "--json", **embedded)

    assert restored.code == 0
    assert backup.code == 0
    assert backup.json["documents"] == 1
    assert (tmp_path / "made" / "altegio" / f"{NAME}.bson.gz").exists()


def test_on_a_terminal_a_bar_tells_how_far_it_is(cli: Cli, stored: Collection[Document]) -> None:
    fill(stored, 3000)

    code, out, screen = run_on_terminal(cli, "backup", "made")
    again, _out, restored = run_on_terminal(cli, "restore", "made")

    assert code == 0
    assert again == 0
    assert "3000/3000" in screen
    assert "restoring" in restored
    assert "\x1b" not in out


def until(is_so: Any, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_old_backups_are_removed_and_a_backup_is_verified_without_mongodb(
    cli: Cli, stored: Collection[Document], tmp_path: Path
) -> None:
    fill(stored, 3)
    made = [cli.run("backup", f"night-{n}", "--keep", "2", "--json").json for n in range(3)]
    cli.settings |= NO_MONGODB
    first = cli.run("backup", "verify", "night-0")
    good = cli.run("backup", "verify", "night-2", "--json")
    (tmp_path / "night-2" / stored.database.name / f"{NAME}.bson.gz").unlink()
    damaged = cli.run("backup", "verify", "night-2")

    assert [each["removed"] for each in made] == [[], [], [str(tmp_path / "night-0")]]
    assert [each["errors"] for each in made] == [[], [], []]
    assert first.code == 2
    assert (good.code, good.json["documents"]) == (0, 3)
    assert damaged.code == 1
    assert f"{NAME}.bson.gz is missing" in damaged.out


def test_a_note_in_an_old_backup_is_reported_once_and_fails_no_night(
    cli: Cli, stored: Collection[Document], tmp_path: Path
) -> None:
    fill(stored, 3)
    cli.run("backup", "night-0")
    (tmp_path / "night-0" / "notes.txt").write_text("mine")

    first, second = (cli.run("backup", f"night-{n}", "--keep", "1", "-q") for n in (1, 2))
    shown = cli.run("backup", "night-3", "--keep", "1", "--json")

    assert [each.code for each in (first, second, shown)] == [0, 0, 0]
    assert "night-0 is old, but contains other files too" in first.err
    assert (second.out, second.err) == ("", "")
    assert "night-0 is old" in shown.err
    assert (shown.json["ok"], shown.json["kept"]) == (True, [str(tmp_path / "night-0")])
    assert sorted(each.name for each in tmp_path.iterdir()) == ["night-0", "night-3"]


def test_a_changed_backup_is_not_said_to_be_as_it_was(
    cli: Cli, stored: Collection[Document], tmp_path: Path
) -> None:
    fill(stored, 3)
    cli.run("backup", "night")
    dump = tmp_path / "night" / stored.database.name / f"{NAME}.bson.gz"
    raw = gzip.decompress(dump.read_bytes())
    size = int.from_bytes(raw[:4], "little")

    for changed in (raw[size:], raw + raw[:size], raw.replace(b"padding", b"Padding")):
        dump.write_bytes(gzip.compress(changed))
        verified = cli.run("backup", "verify", "night")

        assert verified.code == 1
        assert "was changed after the backup" in verified.out
        assert "as they were backed up" not in verified.out


def test_a_backup_without_a_stored_checksum_is_not_called_good(
    cli: Cli, stored: Collection[Document], tmp_path: Path
) -> None:
    fill(stored, 3)
    cli.run("backup", "night")
    (tmp_path / "night" / "altegio-backup.json").unlink()

    verified = cli.run("backup", "verify", "night")
    quiet = cli.run("backup", "verify", "night", "-q")

    assert (verified.code, quiet.code) == (0, 0)
    assert verified.out == quiet.out
    assert f"{NAME}.bson.gz cannot be compared: no stored checksum" in verified.out
    assert "good" not in verified.out


def test_a_backup_that_fails_removes_nothing(
    cli: Cli, stored: Collection[Document], tmp_path: Path
) -> None:
    fill(stored, 3)
    for n in range(2):
        cli.run("backup", f"night-{n}")

    failed = cli.run("backup", "night-1", "--keep", "1")

    assert failed.code == 2
    assert sorted(each.name for each in tmp_path.iterdir()) == ["night-0", "night-1"]


@pytest.mark.parametrize(
    "arguments", [["verify"], ["a", "b"], ["--keep", "0"], ["--keep", "-1"], ["--keep", "many"]]
)
def test_a_wrong_use_of_backup_is_refused(cli: Cli, arguments: list[str]) -> None:
    assert cli.run("backup", *arguments).code == 2


def test_a_good_backup_is_silent_for_cron_and_a_bad_one_is_not(
    cli: Cli, stored: Collection[Document], tmp_path: Path
) -> None:
    fill(stored, 3)
    good = cli.run("backup", "night", "--keep", "1", "-q")
    verified = cli.run("backup", "verify", "night", "-q")
    (tmp_path / "night" / stored.database.name / f"{NAME}.bson.gz").write_bytes(b"")
    damaged = cli.run("backup", "verify", "night", "-q")
    failed = cli.run("backup", "night", "-q")

    assert [(each.code, each.out, each.err) for each in (good, verified)] == [(0, "", "")] * 2
    assert (damaged.code, failed.code) == (1, 2)
    assert "The backup is damaged" in damaged.out
    assert failed.err
