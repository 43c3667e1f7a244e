"""No value in any field ends a command, and an undo brings every byte back."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import bson
import pytest
from bson import ObjectId
from bson.raw_bson import RawBSONDocument
from pymongo import UpdateOne
from pymongo.errors import WriteError

from altegio_sync.domain.lessons import LessonRules, judge
from altegio_sync.domain.period import Period
from altegio_sync.domain.repair import SchoolZones, Unrepaired
from altegio_sync.domain.report import SyncMode
from altegio_sync.domain.validation import RuleContext
from altegio_sync.mongo.backup.dump import MongoBackup
from altegio_sync.mongo.backup.dump_folder import find_dump_file
from altegio_sync.mongo.backup.restoring import MongoRestorer
from altegio_sync.mongo.bookkeeping.runs import MongoRuns
from altegio_sync.mongo.core.documents import BOOKING_FIELDS
from altegio_sync.mongo.core.elements import joined, split, to_raw
from altegio_sync.mongo.core.indexes import ensure_unique_index
from altegio_sync.mongo.core.literal import RAW
from altegio_sync.mongo.stats import MongoStats
from altegio_sync.mongo.stores import MongoAppointments
from altegio_sync.mongo.tending.cleaning import MongoCleaner
from altegio_sync.mongo.tending.findings import MongoFindings
from altegio_sync.mongo.tending.repairs import MongoRepairs
from altegio_sync.mongo.tending.undo import MongoTrash
from altegio_sync.mongo.tending.validation import MongoValidator
from altegio_sync.ports import StoredScope
from altegio_sync.usecases.asking.plan import RepairRequest
from altegio_sync.usecases.repair import RepairRun
from altegio_sync.usecases.stats import collect_stats
from altegio_sync.usecases.stopping import StopSignal
from altegio_sync.usecases.zones import LocalZone
from tests.documents import right_document
from tests.fakes import NOW, START, ListSource, booking
from tests.odd_values import ODD_VALUES

if TYPE_CHECKING:
    from pathlib import Path

    from pymongo.asynchronous.database import AsyncDatabase

Document = dict[str, Any]
NAME = "altegio-appointments"
KYIV = ZoneInfo("Europe/Kyiv")
FIELDS = (*BOOKING_FIELDS, "createdAt", "updatedAt")


def right(number: int, start: datetime) -> Document:
    return right_document(
        str(1000 + number),
        start,
        _id=ObjectId(),
        createdAt=start,
        updatedAt=start,
        altegioUpdatedAt=start,
    )


@pytest.fixture
async def hostile(database: AsyncDatabase[Document]) -> AsyncDatabase[Document]:
    """Each value in each field, in two documents of one id (or with one odd id)."""
    writes = []
    for number, (name, value) in enumerate((n, v) for n in FIELDS for v in ODD_VALUES):
        for later in range(2):
            start = START + timedelta(minutes=number % 600, seconds=later)
            fields = split(bson.encode(right(number, start)))
            raw = joined((each, value if each == name else own) for each, own in fields)
            whole = RawBSONDocument(raw, RAW)
            pipeline = [{"$replaceWith": {"$literal": whole}}]
            writes.append(UpdateOne({"_id": whole["_id"]}, pipeline, upsert=True))
    await database[NAME].bulk_write(writes)
    return database


async def everything(database: AsyncDatabase[Document]) -> list[bytes]:
    raw = database[NAME].with_options(codec_options=RAW)
    return [bytes(each.raw) async for each in raw.find(sort=["_id"])]


async def test_a_clean_and_its_undo(hostile: AsyncDatabase[Document]) -> None:
    before = await everything(hostile)

    report = await MongoCleaner(hostile, NAME).clean(dry_run=False)
    undone = await MongoTrash(hostile).undo(report.run_id)

    assert report.left == []
    assert report.removed > len(before) // 3
    assert "is no id" in str(report.no_index)
    assert undone is not None
    assert undone.exit_code == 0
    assert await everything(hostile) == before


async def test_a_fix_and_its_undo(hostile: AsyncDatabase[Document]) -> None:
    before = await everything(hostile)
    store = MongoRepairs(hostile, NAME, run_id="r", clock=lambda: NOW)
    request = RepairRequest(("77",), LocalZone(KYIV, "of the last run"), "Europe/Kyiv")
    source = ListSource([booking(str(1000 + n)) for n in range(0, 999, 2)])
    repair = RepairRun(store, source, request, RuleContext(NOW), StopSignal())

    await repair.plan()
    assert await repair.run() is None
    undone = await MongoTrash(hostile).undo("r")

    assert undone is not None
    assert undone.exit_code == 0
    assert undone.restored > len(before) // 3
    assert await everything(hostile) == before


async def test_a_backup_and_its_restore(hostile: AsyncDatabase[Document], tmp_path: Path) -> None:
    before = await everything(hostile)
    await MongoBackup(hostile, NAME).back_up(tmp_path / "dump")
    file = find_dump_file(tmp_path / "dump", hostile.name, NAME)
    await hostile[NAME].update_many({"leadName": "Олена Приклад"}, {"$set": {"leadName": "x"}})
    await hostile[NAME].delete_many({"status": "1", "IsTrial": False})
    await ensure_unique_index(hostile[NAME])

    planned = await MongoRestorer(hostile, NAME).restore(file, dry_run=True)
    restored = await MongoRestorer(hostile, NAME).restore(file, dry_run=False)

    assert planned.errors == []
    assert restored.errors == []
    assert restored.failed == 0
    assert await everything(hostile) == before


async def test_what_only_reads(hostile: AsyncDatabase[Document]) -> None:
    findings = await MongoValidator(hostile, NAME).run_rules(RuleContext(NOW))
    slowly = await MongoValidator(hostile, NAME, most_ids=1).run_rules(RuleContext(NOW))
    report = await collect_stats(
        MongoStats(hostile, NAME), MongoRuns(hostile), zone=KYIV, clock=lambda: NOW
    )

    counts = {each.rule: each.count for each in findings}
    assert counts["wrong-type"] > 300
    assert counts["duplicate-appointment"] > 1000
    assert {each.rule for each in slowly} == counts.keys()
    findings_of = MongoFindings(hostile, NAME)
    for finding in findings:
        groups = [each async for each in findings_of.find_groups(finding.rule, RuleContext(NOW))]
        assert (finding.count == 0) == (groups == [])
        await findings_of.find_examples(finding)
    assert report.counts.total == len(await everything(hostile))


async def test_a_sync(hostile: AsyncDatabase[Document]) -> None:
    store = MongoAppointments(hostile, NAME, clock=lambda: NOW)
    first_day = START.astimezone(KYIV).date()
    scope = StoredScope("77", Period(first_day, first_day + timedelta(days=1)), KYIV, True)

    await store.prepare(dry_run=True)
    ids = await store.find_undeleted(scope)
    bookings = [booking(each) for each in [*ids, "7", "501"]]
    result = await store.store_batch(
        [judge(each, LessonRules(), {}) for each in bookings], mode=SyncMode.UPDATE, dry_run=False
    )

    assert len(ids) > 300
    assert max(map(len, ids)) < 20
    assert result.failures == []


@pytest.fixture
async def odd_ids(database: AsyncDatabase[Document]) -> AsyncDatabase[Document]:
    """Two documents of one appointment under each odd `_id` that the server accepts."""
    collection = database[NAME].with_options(codec_options=RAW)
    # Python has no value for the two that it decodes to another one.
    values = [
        each for each in ODD_VALUES if each.data[:1] != b"\x0c" and b"\xff\xfe" not in each.data
    ]
    for number, value in enumerate(each for each in values for _ in range(2)):
        start = START + timedelta(minutes=number)
        fields = {**right(number // 2, start), "leadName": " Олена  Приклад"}
        whole = [(name, to_raw(each)) for name, each in fields.items() if name != "_id"]
        odd = [("_id", value if number % 2 else to_raw(number))]
        # What the server does not accept as an `_id` is left out.
        with suppress(WriteError):
            await collection.insert_one(RawBSONDocument(joined([*odd, *whole]), RAW))
    return database


async def test_documents_with_odd_ids_of_their_own(odd_ids: AsyncDatabase[Document]) -> None:
    before = await everything(odd_ids)
    store = MongoRepairs(odd_ids, NAME, run_id="r", clock=lambda: NOW)

    await store.repair_locally(
        RuleContext(NOW), SchoolZones(KYIV, "a test"), Unrepaired(), should_stop=lambda: False
    )
    cleaned = await MongoCleaner(odd_ids, NAME).clean(dry_run=False)
    await MongoTrash(odd_ids).undo(cleaned.run_id)
    undone = await MongoTrash(odd_ids).undo("r")

    assert len(before) > len(ODD_VALUES) * 3 // 2
    assert cleaned.removed > len(ODD_VALUES) // 2
    assert undone is not None
    assert undone.exit_code == 0
    assert await everything(odd_ids) == before


async def test_a_backup_of_odd_ids_and_its_restore(
    odd_ids: AsyncDatabase[Document], tmp_path: Path
) -> None:
    before = await everything(odd_ids)
    await MongoBackup(odd_ids, NAME).back_up(tmp_path / "dump")
    file = find_dump_file(tmp_path / "dump", odd_ids.name, NAME)
    await odd_ids[NAME].delete_many({"appointmentId": {"$lt": "1050"}})
    await odd_ids[NAME].update_many({}, {"$set": {"leadName": "x"}})

    restored = await MongoRestorer(odd_ids, NAME).restore(file, dry_run=False)

    assert restored.errors == []
    assert restored.failed == 0
    assert await everything(odd_ids) == before
