"""`backup --keep` removes old backups, and never the last good one."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from altegio_sync.domain.dump import Retention
from altegio_sync.mongo.backup.manifest import NAME, read_manifest
from altegio_sync.mongo.backup.retention import keep_newest
from tests.unit.backups import DUMP, make_backup


def keep(made: Path, number: int, *, took: timedelta = timedelta()) -> Retention:
    manifest = read_manifest(made)
    assert manifest is not None
    return keep_newest(made, manifest, number, manifest.made_at + took)


def names_in(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def make_week(place: Path) -> Path:
    """Seven backups, named against their age; the newest is returned."""
    for day in range(1, 7):
        make_backup(place / f"of-{9 - day}", day=day)
    return make_backup(place / "of-0", day=7)


def test_the_newest_remain_by_the_time_in_them_not_by_name(tmp_path: Path) -> None:
    made = make_week(tmp_path)

    retention = keep(made, 3)

    assert names_in(tmp_path) == ["of-0", "of-3", "of-4"]
    assert sorted(each.name for each in retention.removed) == ["of-5", "of-6", "of-7", "of-8"]
    assert retention.errors == []


def test_fewer_than_wanted_all_remain(tmp_path: Path) -> None:
    made = make_week(tmp_path)

    assert keep(made, 7).removed == []
    assert len(names_in(tmp_path)) == 7


def test_what_backup_did_not_make_is_never_removed(tmp_path: Path) -> None:
    made = make_week(tmp_path)
    shutil.copytree(tmp_path / "of-8", tmp_path / "of-mongodump")
    (tmp_path / "of-mongodump" / NAME).unlink()
    (tmp_path / "altegio-backup-20200101-000000").mkdir()
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "killed.x.partial").mkdir()
    elsewhere = make_backup(tmp_path.parent / f"{tmp_path.name}-elsewhere", day=0)
    (tmp_path / "link").symlink_to(elsewhere)
    make_backup(tmp_path / "other-school", day=0, uuid="cd")

    keep(made, 1)

    assert names_in(tmp_path) == [
        *("altegio-backup-20200101-000000", "killed.x.partial", "link", "notes.txt", "of-0"),
        *("of-mongodump", "other-school"),
    ]
    assert (elsewhere / DUMP).exists()


def test_a_folder_with_other_files_too_is_kept(tmp_path: Path) -> None:
    made = make_week(tmp_path)
    (tmp_path / "of-8" / "school" / "notes.txt").write_text("mine")

    retention = keep(made, 1)

    assert names_in(tmp_path) == ["of-0", "of-8"]
    assert (tmp_path / "of-8" / DUMP).exists()
    assert (retention.kept, retention.errors) == ([tmp_path / "of-8"], [])


def test_a_kept_folder_is_news_only_when_it_became_old(tmp_path: Path) -> None:
    made = make_week(tmp_path)
    (tmp_path / "of-4" / "notes.txt").write_text("mine")

    before = keep(made, 3)
    nights = [keep(make_backup(tmp_path / f"{day}", day=day), 3) for day in range(8, 11)]

    assert (before.kept, before.is_kept_news) == ([], False)
    assert [each.kept for each in nights] == [[tmp_path / "of-4"]] * 3
    assert [each.is_kept_news for each in nights] == [True, False, False]


def test_a_backup_of_an_empty_collection_removes_nothing(tmp_path: Path) -> None:
    make_week(tmp_path)
    made = make_backup(tmp_path / "empty", day=8, documents=0)

    retention = keep(made, 1)

    assert len(names_in(tmp_path)) == 8
    assert [each.code for each in retention.errors] == ["backup_empty"]


@pytest.mark.parametrize("damage", ["cut off", "gone", "empty"])
def test_bad_backups_are_not_counted(tmp_path: Path, damage: str) -> None:
    made = make_week(tmp_path)
    if damage == "empty":
        shutil.rmtree(tmp_path / "of-3")
        make_backup(tmp_path / "of-3", day=6, documents=0)
    elif damage == "gone":
        (tmp_path / "of-3" / DUMP).unlink()
    else:
        (tmp_path / "of-3" / DUMP).write_bytes(b"\x1f\x8b")

    keep(made, 2)

    assert names_in(tmp_path) == ["of-0", "of-3", "of-4"]


def test_the_backup_just_made_remains_even_if_the_clock_went_back(tmp_path: Path) -> None:
    make_week(tmp_path)
    made = make_backup(tmp_path / "by a wrong clock", day=-400)

    keep(made, 1)

    assert names_in(tmp_path) == ["by a wrong clock"]


def test_two_runs_at_once_never_remove_both_backups(tmp_path: Path) -> None:
    slow, quick = (make_backup(tmp_path / name, day=day) for name, day in (("slow", 1), ("q", 2)))
    slow_manifest = read_manifest(slow)
    assert slow_manifest is not None

    of_slow = keep(slow, 1, took=timedelta(days=2))
    of_quick = keep(quick, 1)
    after = keep_newest(slow, slow_manifest, 1, datetime.now(UTC))

    assert (of_slow.removed, of_quick.removed) == ([], [slow])
    assert (after.removed, after.errors) == ([], [])
    assert names_in(tmp_path) == ["q"]


def test_what_an_interrupted_removal_left_is_removed_the_next_time(tmp_path: Path) -> None:
    made = make_week(tmp_path)
    shutil.rmtree(tmp_path / "of-8" / "school")

    keep(made, 1)

    assert names_in(tmp_path) == ["of-0"]


@pytest.mark.parametrize("file", ["../x/a.bson.gz", "../a.bson.gz", "/etc/a.bson.gz", "a.bson.gz"])
def test_a_manifest_that_points_elsewhere_removes_nothing(tmp_path: Path, file: str) -> None:
    made = make_week(tmp_path)
    forged = tmp_path / "of-8" / NAME
    forged.write_text(forged.read_text().replace(DUMP, file))

    keep(made, 1)

    assert names_in(tmp_path) == ["of-0", "of-8"]


@settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
)
@given(
    older=st.lists(
        st.tuples(st.integers(-5, 30), st.sampled_from(["good", "empty", "cut off"])), max_size=8
    ),
    number=st.integers(1, 4),
)
def test_as_many_good_ones_remain_as_wanted_or_all_there_are(
    tmp_path_factory: pytest.TempPathFactory, older: list[tuple[int, str]], number: int
) -> None:
    place = tmp_path_factory.mktemp("place")
    for name, (day, kind) in enumerate(older):
        folder = make_backup(place / str(name), day=day, documents=0 if kind == "empty" else 2)
        if kind == "cut off":
            (folder / DUMP).write_bytes(b"")
    made = make_backup(place / "made", day=10)
    good = {str(name) for name, (_, kind) in enumerate(older) if kind == "good"}

    keep(made, number)

    remaining = set(names_in(place))
    assert "made" in remaining
    assert len(remaining & good) == min(number - 1, len(good))
