"""What `clean`, `undo`, `purge`, `backup` and `restore` decide, whatever stores the documents."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel
import pytest

from altegio_sync.domain.cleaning import CleanReport
from altegio_sync.domain.dump import BackupReport, DumpDigest, RestoreReport
from altegio_sync.domain.report import RunError
from altegio_sync.domain.trash import UndoReport
from altegio_sync.errors import ConfigError, LeaseHeldError, StoreError
from altegio_sync.usecases.backup import back_up
from altegio_sync.usecases.clean import clean_duplicates
from altegio_sync.usecases.kept_run import KeptRun
from altegio_sync.usecases.purge import purge_trash
from altegio_sync.usecases.rearranging import Rearrangement
from altegio_sync.usecases.restore import restore_dump
from altegio_sync.usecases.stopping import StopSignal
from altegio_sync.usecases.undo import undo_run
from tests.fakes import NOW, MemoryLease, MemoryRuns

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from altegio_sync.usecases.backup import CollectionBackup

RUN_ID = "20260410-090000-000abcd"
DUMP = Path("dump")


class Collection:
    """Does whatever is asked, and notes it."""

    def __init__(self, log: list[str]) -> None:
        self.log = log
        self.knows_the_run = True
        self.breaks_off = False

    async def clean(
        self, *, dry_run: bool, run_id: str, should_stop: Callable[[], bool]
    ) -> CleanReport:
        self.log.append("cleaned")
        return CleanReport(run_id, dry_run, interrupted=should_stop())

    async def undo(
        self, run_id: str, *, force: bool, should_stop: Callable[[], bool]
    ) -> UndoReport | None:
        del force
        self.log.append("undone")
        return UndoReport(run_id, interrupted=should_stop()) if self.knows_the_run else None

    async def count_before(self, before: datetime) -> int:
        return before.day

    async def purge(self, before: datetime) -> int:
        self.log.append("purged")
        return before.day

    def find_dump(self, path: Path) -> Path:
        return path / "appointments.bson.gz"

    async def restore(self, file: Path, *, dry_run: bool) -> RestoreReport:
        self.log.append("restored")
        report = RestoreReport(file, dry_run)
        if self.breaks_off:
            report.broke_off = True
            report.errors.append(RunError("broken_off", "MongoDB went away"))
        return report

    async def back_up(self, target: Path, _keep: int | None = None) -> BackupReport:
        await anyio.lowlevel.checkpoint()
        return BackupReport(target, DumpDigest(1, 2, "3"))


class World:
    """A run, and all that it works with."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.reports = MemoryRuns()
        self.lease = MemoryLease(self.log)
        self.collection = Collection(self.log)
        self.warnings: list[str] = []
        self.stop = StopSignal()

    def warn(self, event: str, /, **fields: object) -> None:
        self.warnings.append(f"{event}: {fields['reason']}")

    def run(self, command: str) -> Rearrangement:
        return Rearrangement(
            command, RUN_ID, NOW, self.reports, self.warn, lease=self.lease, stop=self.stop
        )

    def kept_run(self, command: str) -> KeptRun:
        return KeptRun(command, RUN_ID, NOW, self.reports, self.warn)


@pytest.fixture
def world() -> World:
    return World()


async def test_the_collection_is_held_while_it_is_cleaned(world: World) -> None:
    report = await clean_duplicates(world.collection, world.run("clean"), dry_run=False)

    assert world.log == ["taken", "cleaned", "given back"]
    assert report.run_id == RUN_ID


async def test_a_dry_run_holds_nothing_and_keeps_no_report(world: World) -> None:
    await clean_duplicates(world.collection, world.run("clean"), dry_run=True)
    await restore_dump(world.collection, world.run("restore"), DUMP, dry_run=True)
    counted = await purge_trash(world.collection, world.kept_run("purge"), NOW, dry_run=True)

    assert world.log == ["cleaned", "restored"]
    assert world.reports.kept == []
    assert counted.purged == NOW.day


async def test_what_another_run_holds_is_left_alone(world: World) -> None:
    world.lease.is_held_by_another = True

    with pytest.raises(LeaseHeldError):
        await clean_duplicates(world.collection, world.run("clean"), dry_run=False)

    assert world.log == []


async def test_a_run_that_is_stopped_while_it_waits_begins_nothing(world: World) -> None:
    world.lease.is_free = anyio.Event()
    world.stop.set()

    with pytest.raises(asyncio.CancelledError):
        await clean_duplicates(world.collection, world.run("clean"), dry_run=False)

    assert world.log == []


async def test_a_kept_report_says_when_the_run_was_and_whether_it_was_interrupted(
    world: World,
) -> None:
    run = world.run("clean")
    async with run.alone():
        world.stop.set()
        report = await world.collection.clean(
            dry_run=False, run_id=run.run_id, should_stop=run.should_stop
        )
    await run.keep(report.to_json(), interrupted=report.interrupted)

    [kept] = world.reports.kept
    assert kept["command"] == "clean"
    assert kept["run_id"] == RUN_ID
    assert kept["interrupted"] is True
    assert datetime.fromisoformat(kept["started_at"]) == NOW
    assert datetime.fromisoformat(kept["finished_at"]) > NOW


async def test_the_report_of_an_undo_is_kept_under_an_id_of_its_own(world: World) -> None:
    report = await undo_run(world.collection, world.run("undo"), "another run", force=False)

    [kept] = world.reports.kept
    assert kept["run_id"] == RUN_ID
    assert kept["undone_run_id"] == "another run"
    assert report.to_json()["run_id"] == "another run"


async def test_an_unknown_run_is_wrong_use_and_keeps_no_report(world: World) -> None:
    world.collection.knows_the_run = False

    with pytest.raises(ConfigError, match="No run 'x' in the trash"):
        await undo_run(world.collection, world.run("undo"), "x", force=False)

    assert world.log[-1] == "given back"
    assert world.reports.kept == []


async def test_a_purge_holds_no_lease_and_keeps_its_report(world: World) -> None:
    report = await purge_trash(world.collection, world.kept_run("trash purge"), NOW, dry_run=False)

    assert world.log == ["purged"]
    assert [each["purged"] for each in world.reports.kept] == [report.purged]


async def test_a_report_that_cannot_be_kept_is_a_warning(world: World) -> None:
    world.reports.failure = StoreError("no right")

    report = await clean_duplicates(world.collection, world.run("clean"), dry_run=False)

    assert report.exit_code == 0
    assert world.warnings == ["report_not_kept: no right"]


async def test_a_restore_finds_the_file_before_it_holds_the_collection(world: World) -> None:
    report = await restore_dump(world.collection, world.run("restore"), DUMP, dry_run=False)

    assert report.path == DUMP / "appointments.bson.gz"
    assert [each["path"] for each in world.reports.kept] == [str(report.path)]


async def test_a_restore_that_broke_off_does_not_wait_for_mongodb_again(world: World) -> None:
    world.collection.breaks_off = True

    await restore_dump(world.collection, world.run("restore"), DUMP, dry_run=False)

    assert world.reports.kept == []
    assert world.warnings == ["report_not_kept: the run failed"]


@asynccontextmanager
async def opened(backup: CollectionBackup) -> AsyncIterator[CollectionBackup]:
    yield backup


async def test_a_backup_that_is_stopped_has_no_report(world: World) -> None:
    made = await back_up(opened(world.collection), DUMP, world.stop)
    world.stop.set()
    stopped = await back_up(opened(world.collection), DUMP, world.stop)

    assert made is not None
    assert stopped is None
