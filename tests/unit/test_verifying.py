"""`backup verify` finds each kind of damage, and needs no MongoDB."""

from __future__ import annotations

import gzip
import shutil
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
    from pathlib import Path


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    return make_backup(tmp_path / "backup")


def _zip(folder: Path, raw: bytes) -> None:
    (folder / DUMP).write_bytes(gzip.compress(raw))


def _flip(path: Path, at: int) -> None:
    raw = bytearray(path.read_bytes())
    raw[at] ^= 0x40
    path.write_bytes(raw)


def _documents(*ids: object) -> bytes:
    return b"".join(bson.encode({"_id": each, "appointmentId": str(each)}) for each in ids)


async def test_a_good_backup_is_good_by_each_of_its_paths(backup: Path) -> None:
    for path in (backup, backup / "school", backup / DUMP):
        report = await verify_backup(path)

        assert report.errors == []
        assert report.exit_code == 0
        assert report.documents == 3
        assert [each.is_compared for each in report.files] == [True]


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
    "an _id twice": (lambda folder: _zip(folder, _documents(0, 1, 1)), "same_id_twice"),
}


@pytest.mark.parametrize("name", DAMAGES)
async def test_each_damage_is_found(backup: Path, name: str) -> None:
    damage, code = DAMAGES[name]
    damage(backup)

    report = await verify_backup(backup)

    assert code in [each.code for each in report.errors]
    assert report.exit_code == 1


async def test_a_flipped_bit_is_found_unless_it_changes_no_document(backup: Path) -> None:
    whole = (backup / DUMP).read_bytes()
    missed = []
    for at in range(10, len(whole)):  # the first ten bytes are gzip's header: time, system, flags
        _flip(backup / DUMP, at)
        if not (await verify_backup(backup)).errors:
            missed.append(gzip.decompress((backup / DUMP).read_bytes()))
        (backup / DUMP).write_bytes(whole)

    assert len(missed) < 3  # bits that gzip does not use
    assert set(missed) <= {gzip.decompress(whole)}


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


async def test_damage_in_one_of_two_collections_names_its_file(tmp_path: Path) -> None:
    folder = tmp_path / "dump" / "school"
    folder.mkdir(parents=True)
    (folder / "good.bson").write_bytes(_documents(1, 2))
    (folder / "bad.bson").write_bytes(_documents(1)[:-1])

    report = await verify_backup(tmp_path / "dump")

    [error] = report.errors
    assert "bad.bson" in str(error.message)
    assert [each.path.name for each in report.files] == ["good.bson"]


@pytest.mark.parametrize("name", ["nothing", "empty"])
async def test_a_path_without_a_dump_is_a_wrong_use(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()

    with pytest.raises(ConfigError):
        await verify_backup(tmp_path / name)
