"""`backup verify` finds each kind of damage, and needs no MongoDB."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import bson
import pytest

from altegio_sync.errors import ConfigError
from altegio_sync.mongo.backup.dump_folder import PRELUDE
from altegio_sync.mongo.backup.manifest import NAME
from altegio_sync.mongo.backup.verifying import verify_backup
from tests.unit.backups import DUMP, METADATA, make_backup

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    return make_backup(tmp_path / "backup")


def _zip(folder: Path, raw: bytes) -> None:
    (folder / DUMP).write_bytes(gzip.compress(raw))


def _flip(path: Path, at: int) -> None:
    raw = bytearray(path.read_bytes())
    raw[at] ^= 0x40
    path.write_bytes(raw)


def _append_zeros(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\x00" * 512)


def _documents(*ids: object) -> bytes:
    return b"".join(bson.encode({"_id": each, "appointmentId": str(each)}) for each in ids)


async def test_a_good_backup_is_good_by_each_of_its_paths(backup: Path) -> None:
    for path in (backup, backup / "school", backup / DUMP):
        report = await verify_backup(path)

        assert report.errors == []
        assert report.exit_code == 0
        assert report.documents == 3
        assert [each.is_equal for each in report.files] == [True]
        assert report.not_compared == []


async def test_a_good_backup_is_good_from_inside_its_folder(
    backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(backup / "school")

    for path in (Path(), Path("altegio-appointments.bson.gz")):
        report = await verify_backup(path)

        assert (report.errors, report.not_compared) == ([], [])
        assert [each.is_equal for each in report.files] == [True]


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "no dump": (lambda folder: (folder / DUMP).unlink(), "missing_file"),
    "no metadata": (lambda folder: (folder / METADATA).unlink(), "missing_file"),
    "no prelude": (lambda folder: (folder / PRELUDE).unlink(), "missing_file"),
    "no folder": (lambda folder: shutil.rmtree(folder / "school"), "missing_file"),
    "metadata not zipped": (lambda folder: (folder / METADATA).write_bytes(b"{"), "damaged"),
    "metadata cut": (
        lambda folder: (folder / METADATA).write_bytes(gzip.compress(b"{")),
        "damaged",
    ),
    "empty prelude": (lambda folder: (folder / PRELUDE).write_bytes(b""), "damaged"),
    "manifest without fields": (lambda folder: (folder / NAME).write_text("{}"), "damaged"),
    "manifest no text": (lambda folder: (folder / NAME).write_bytes(b"\xff\x00"), "damaged"),
    "manifest with another name": (
        lambda folder: (folder / NAME).write_text(
            (folder / NAME).read_text().replace(f'"{METADATA}"', '"school/altegin.json.gz"')
        ),
        "damaged",
    ),
    "empty dump": (lambda folder: (folder / DUMP).write_bytes(b""), "damaged"),
    "dump cut": (
        lambda folder: (folder / DUMP).write_bytes((folder / DUMP).read_bytes()[:-9]),
        "damaged",
    ),
    "checksum of gzip": (lambda folder: _flip(folder / DUMP, -6), "damaged"),
    "a bit": (lambda folder: _flip(folder / DUMP, 20), "damaged"),
    "document cut": (lambda folder: _zip(folder, _documents(0, 1, 2)[:-1]), "damaged"),
    "zeros": (lambda folder: _zip(folder, b"\x00" * 64), "damaged"),
    "no _id": (lambda folder: _zip(folder, bson.encode({"a": 1})), "damaged"),
    "a document less": (lambda folder: _zip(folder, _documents(0, 1)), "differs"),
    "no documents": (lambda folder: _zip(folder, b""), "differs"),
    "another document": (lambda folder: _zip(folder, _documents(0, 1, 3)), "differs"),
    "another order": (lambda folder: _zip(folder, _documents(0, 2, 1)), "differs"),
    "zeros behind the dump": (lambda folder: _append_zeros(folder / DUMP), "differs"),
    "zeros behind the metadata": (lambda folder: _append_zeros(folder / METADATA), "differs"),
    "zeros behind the prelude": (lambda folder: _append_zeros(folder / PRELUDE), "differs"),
    "other metadata": (
        lambda folder: (folder / METADATA).write_bytes(gzip.compress(b"{}")),
        "differs",
    ),
    "an _id twice": (lambda folder: _zip(folder, _documents(0, 1, 1)), "same_id_twice"),
}


@pytest.mark.parametrize("name", DAMAGES)
async def test_each_damage_is_found(backup: Path, name: str) -> None:
    damage, code = DAMAGES[name]
    damage(backup)

    report = await verify_backup(backup)

    assert code in [each.code for each in report.errors]
    assert report.exit_code == 1
    is_of_dump = any(DUMP in str(each.message) for each in report.errors)
    assert [each for each in report.files if each.is_equal and is_of_dump] == []


@pytest.mark.parametrize("name", [DUMP, METADATA, PRELUDE])
async def test_a_flipped_bit_is_found(backup: Path, name: str) -> None:
    whole = (backup / name).read_bytes()
    for at in range(len(whole)):
        _flip(backup / name, at)
        assert (await verify_backup(backup)).errors, f"byte {at}"
        (backup / name).write_bytes(whole)


async def test_a_backup_of_an_earlier_version_is_compared_as_far_as_it_can_be(
    backup: Path,
) -> None:
    manifest = json.loads((backup / NAME).read_text())
    del manifest["checksums"]
    (backup / NAME).write_text(json.dumps(manifest))

    report = await verify_backup(backup)
    _append_zeros(backup / DUMP)
    changed = await verify_backup(backup)

    assert (report.errors, report.not_compared) == ([], [backup / PRELUDE, backup / METADATA])
    assert [each.is_equal for each in report.files] == [True]
    assert [each.code for each in changed.errors] == ["differs"]


async def test_a_backup_without_its_manifest_cannot_be_compared(backup: Path) -> None:
    (backup / NAME).unlink()

    report = await verify_backup(backup)

    assert report.errors == []
    assert report.not_compared == [backup / PRELUDE, backup / METADATA, backup / DUMP]


@pytest.mark.parametrize("suffix", ["", ".gz"])
async def test_a_dump_of_mongodump_is_read_and_has_nothing_to_compare_with(
    tmp_path: Path, suffix: str
) -> None:
    folder = tmp_path / "dump" / "school"
    folder.mkdir(parents=True)
    raw = _documents(1, 2)
    (folder / f"a.bson{suffix}").write_bytes(gzip.compress(raw) if suffix else raw)
    metadata = gzip.compress(b"{}") if suffix else b"{}"
    (folder / f"a.metadata.json{suffix}").write_bytes(metadata)

    report = await verify_backup(tmp_path / "dump")

    assert report.errors == []
    assert report.documents == 2
    assert [each.is_compared for each in report.files] == [False]
    assert [each.is_equal for each in report.files] == [False]


async def test_damage_in_one_of_two_collections_names_its_file(tmp_path: Path) -> None:
    folder = tmp_path / "dump" / "school"
    folder.mkdir(parents=True)
    (folder / "good.bson").write_bytes(_documents(1, 2))
    (folder / "bad.bson").write_bytes(_documents(1)[:-1])

    report = await verify_backup(tmp_path / "dump")

    [error] = report.errors
    assert "bad.bson" in str(error.message)
    assert [each.path.name for each in report.files] == ["good.bson"]


@pytest.mark.parametrize("name", ["nothing", "empty", "list.csv", "pipe.bson"])
async def test_a_path_without_a_dump_is_a_wrong_use(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "list.csv").write_text("a,b\n")
    os.mkfifo(tmp_path / "pipe.bson")

    with pytest.raises(ConfigError):
        await verify_backup(tmp_path / name)
