"""A change that the server refuses is reported; every other change is made and can be undone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import bson
import pytest
from bson import ObjectId
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient

from altegio_sync.domain.repair import SchoolZones, Unrepaired
from altegio_sync.domain.validation import RuleContext
from altegio_sync.messages.validation import CHANGE_REFUSED
from altegio_sync.mongo.core.bulk import refused_message
from altegio_sync.mongo.core.connection import open_database
from altegio_sync.mongo.core.elements import RawValue, joined, split
from altegio_sync.mongo.core.indexes import ensure_unique_index, has_unique_index
from altegio_sync.mongo.core.literal import RAW
from altegio_sync.mongo.core.refusals import meaning_of
from altegio_sync.mongo.tending.changes import Change
from altegio_sync.mongo.tending.cleaning import MongoCleaner
from altegio_sync.mongo.tending.repairs import MongoRepairs
from altegio_sync.mongo.tending.trash import RecordedChanges
from altegio_sync.mongo.tending.undo import MongoTrash
from tests.odd_values import ODD_VALUES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymongo.collection import Collection

Document = dict[str, Any]
NAME = "altegio-appointments"
TRASH = "altegio-sync-trash"
NOW = datetime(2026, 4, 1, 12, 0, tzinfo=UTC)
MIB = 1024 * 1024
REFUSES_MARKED = {"$nor": [{"marked": True, "status": {"$ne": "0"}}]}


@pytest.fixture
def raw(any_uri: str) -> Iterator[Collection[RawBSONDocument]]:
    with MongoClient[Document](any_uri) as client:
        yield client.get_default_database()[NAME].with_options(codec_options=RAW)


def copies(appointment_id: object, **fields: Any) -> list[Document]:
    """Two documents of one id; cleaning sets the second's status in the first."""
    return [
        {"appointmentId": appointment_id, "status": str(n), "createdAt": at, "updatedAt": at}
        | (fields if n == 0 else {})
        for n, at in enumerate((NOW, NOW + timedelta(days=1)))
    ]


def insert(collection: Collection[RawBSONDocument], *documents: Document) -> None:
    for each in documents:
        collection.insert_one(RawBSONDocument(bson.encode({"_id": ObjectId(), **each}), RAW))


def everything(collection: Collection[RawBSONDocument]) -> list[bytes]:
    return [bytes(each.raw) for each in collection.find(sort=["_id"])]


def add_validator(
    collection: Collection[RawBSONDocument], validator: Document, level: str = "strict"
) -> None:
    collection.database.command("collMod", NAME, validator=validator, validationLevel=level)


@pytest.mark.parametrize("level", ["strict", "moderate"])
async def test_a_group_that_a_validator_refuses_is_left_and_the_others_are_cleaned(
    any_uri: str, raw: Collection[RawBSONDocument], level: str
) -> None:
    insert(raw, *copies("1"), *copies("2", marked=True), *copies("3"))
    before = everything(raw)
    add_validator(raw, REFUSES_MARKED, level)
    async with open_database(any_uri) as database:
        report = await MongoCleaner(database, NAME).clean(dry_run=False)
        entries = raw.database[TRASH].distinct("document.appointmentId")
        undone = await MongoTrash(database).undo(report.run_id)

    assert report.removed == 2
    assert report.left == ["2"]
    assert report.exit_code == 1
    assert [each.message for each in report.errors] == [refused_message("2", 121)]
    assert entries == ["1", "3"]
    assert undone is not None
    assert undone.restored == 4
    assert undone.exit_code == 0
    assert everything(raw) == before


async def test_a_group_refused_after_its_removals_is_put_back(
    any_uri: str, raw: Collection[RawBSONDocument]
) -> None:
    insert(raw, *copies("1"))
    first, second = copies(2), copies("2")
    insert(raw, first[0], second[1])
    before = everything(raw)
    add_validator(raw, {"$nor": [{"appointmentId": "2", "status": "1", "createdAt": NOW}]})
    async with open_database(any_uri) as database:
        report = await MongoCleaner(database, NAME).clean(dry_run=False)

        assert report.removed == 1
        assert report.left == ["2"]
        assert report.exit_code == 1
        assert raw.database[TRASH].distinct("document.appointmentId") == ["1"]
        await MongoTrash(database).undo(report.run_id)

    assert everything(raw) == before


@pytest.mark.parametrize("status", ["0", "1"], ids=["the changed one", "the removed one"])
async def test_an_undo_leaves_the_whole_group_that_a_validator_of_today_refuses(
    any_uri: str, raw: Collection[RawBSONDocument], status: str
) -> None:
    insert(raw, *copies("1"))
    insert(raw, *(each | {"odd": n} for n, each in enumerate(copies(2))))
    before = everything(raw)
    async with open_database(any_uri) as database:
        report = await MongoCleaner(database, NAME).clean(dry_run=False)
        cleaned = list(raw.find({"appointmentId": {"$in": [2, "2"]}}))
        add_validator(raw, {"$nor": [{"odd": int(status), "status": status}]}, level="moderate")
        refused = await MongoTrash(database).undo(report.run_id)
        left = list(raw.find({"appointmentId": {"$in": [2, "2"]}}))
        add_validator(raw, {})
        whole = await MongoTrash(database).undo(report.run_id)

    assert refused is not None
    assert whole is not None
    assert refused.restored == 2
    assert refused.refused == ["2"]
    assert refused.exit_code == 1
    assert refused.to_json()["errors"] == [
        {"code": "refused", "message": str(refused_message("2", 121))}
    ]
    assert [each.raw for each in left] == [each.raw for each in cleaned]
    assert whole.restored == 2
    assert whole.already == 2
    assert whole.exit_code == 0
    assert everything(raw) == before


@pytest.mark.parametrize(
    ("size", "code"),
    [(16 * MIB - 50, 17420), (16 * MIB - 20_000, None), (10 * MIB, None)],
    ids=["no room for its entry", "just room", "two do not fit"],
)
async def test_large_documents_are_cleaned_and_undone_or_reported(
    any_uri: str, raw: Collection[RawBSONDocument], size: int, code: int | None
) -> None:
    base = len(bson.encode({"_id": ObjectId(), **copies("2", note="")[0]}))
    insert(raw, *copies("1"), *copies("2", note="x" * (size - base)))
    before = everything(raw)
    async with open_database(any_uri) as database:
        report = await MongoCleaner(database, NAME).clean(dry_run=False)
        undone = await MongoTrash(database).undo(report.run_id)

    assert report.removed == (2 if code is None else 1)
    assert report.left == ([] if code is None else ["2"])
    if code is not None:
        assert report.errors[0].message == refused_message("2", code)
    assert undone is not None
    assert undone.exit_code == 0
    assert everything(raw) == before


async def test_a_document_that_would_grow_too_large_is_left(
    any_uri: str, raw: Collection[RawBSONDocument]
) -> None:
    first, second = copies("1", note="x" * 9 * MIB)
    insert(raw, first, second | {"other": "y" * 9 * MIB}, *copies("2"))
    before = everything(raw)
    async with open_database(any_uri) as database:
        report = await MongoCleaner(database, NAME).clean(dry_run=False)

        assert report.removed == 1
        assert report.left == ["1"]
        assert report.exit_code == 1
        await MongoTrash(database).undo(report.run_id)

    assert everything(raw) == before


ODD_NAMES = [
    "utm.source",
    "$x",
    "$ref",
    "$id",
    "",
    "utm",
    ".",
    "a.",
    "$",
    "$$ROOT",
    "0",
    "__proto__",
]


def odd_fields(prefix: str = "") -> list[tuple[str, RawValue]]:
    fields = [(name, ODD_VALUES[n % len(ODD_VALUES)]) for n, name in enumerate(ODD_NAMES)]
    return fields + [(f"{prefix}v{n}", value) for n, value in enumerate(ODD_VALUES)]


def insert_with(
    collection: Collection[RawBSONDocument], document: Document, fields: list[tuple[str, RawValue]]
) -> None:
    own = split(bson.encode({"_id": ObjectId(), **document}))
    whole = RawBSONDocument(joined([own[0], *fields, *own[1:]]), RAW)
    # An insert would fill an empty timestamp in.
    pipeline = [{"$replaceWith": {"$literal": whole}}]
    collection.update_one({"_id": whole["_id"]}, pipeline, upsert=True)


async def test_fields_of_others_survive_a_clean_and_its_undo_to_the_byte(
    any_uri: str, raw: Collection[RawBSONDocument]
) -> None:
    first, second = copies("1")
    insert_with(raw, first, odd_fields("first-"))
    insert_with(raw, second, odd_fields("second-"))
    lacking, giving = copies("2")
    insert(raw, lacking)
    insert_with(raw, giving, odd_fields())
    before = everything(raw)
    async with open_database(any_uri) as database:
        report = await MongoCleaner(database, NAME).clean(dry_run=False)
        one, two = (split(each) for each in everything(raw))
        undone = await MongoTrash(database).undo(report.run_id)

    assert report.removed == 2
    assert report.exit_code == 0
    assert [each for each in one if each in odd_fields("first-")] == odd_fields("first-")
    assert [each for each in one if each[0].startswith("second-")] == [
        each for each in odd_fields("second-") if each[0].startswith("second-")
    ]
    assert [each for each in two if each in odd_fields()] == odd_fields()
    assert undone is not None
    assert undone.restored == 4
    assert undone.exit_code == 0
    assert everything(raw) == before


async def test_fields_of_others_survive_a_fix_and_its_undo_to_the_byte(
    any_uri: str, raw: Collection[RawBSONDocument]
) -> None:
    [document, _] = copies("1", leadName=" Олена  Приклад ", IsTrial="true")
    insert_with(raw, document, odd_fields())
    before = everything(raw)
    async with open_database(any_uri) as database:
        repairs = MongoRepairs(database, NAME, run_id="r", clock=lambda: NOW)
        unrepaired = Unrepaired()
        await repairs.repair_locally(
            RuleContext(NOW), SchoolZones(None, "none"), unrepaired, should_stop=lambda: False
        )
        [mended] = raw.find()
        undone = await MongoTrash(database).undo("r")

    assert mended["leadName"] == "Олена Приклад"
    assert mended["IsTrial"] is True
    assert unrepaired.errors == []
    assert [each for each in split(mended.raw) if each in odd_fields()] == odd_fields()
    assert undone is not None
    assert everything(raw) == before


async def test_a_fix_leaves_what_is_refused_and_mends_the_rest(
    any_uri: str, raw: Collection[RawBSONDocument]
) -> None:
    for number in range(3):
        fields = {"leadName": " Олена", "status": "1", "marked": number == 1}
        insert(raw, copies(str(number), **fields)[0])
    before = everything(raw)
    add_validator(raw, REFUSES_MARKED)
    async with open_database(any_uri) as database:
        repairs = MongoRepairs(database, NAME, run_id="r", clock=lambda: NOW)
        unrepaired = Unrepaired()
        await repairs.repair_locally(
            RuleContext(NOW), SchoolZones(None, "none"), unrepaired, should_stop=lambda: False
        )
        done = await repairs.count_done()
        [run] = await MongoTrash(database).list_runs()
        names = [each["leadName"] for each in raw.find(sort=["appointmentId"])]
        await MongoTrash(database).undo("r")

    assert names == ["Олена", " Олена", "Олена"]
    assert done == (2, 0)
    assert run.changed == 2
    assert unrepaired.samples == {CHANGE_REFUSED(code=121, reason=meaning_of(121)): ["1"]}
    assert [each.message for each in unrepaired.errors] == [refused_message("1", 121)]
    assert everything(raw) == before


async def test_a_document_that_came_back_meanwhile_is_not_written_over(
    any_uri: str, raw: Collection[RawBSONDocument]
) -> None:
    insert(raw, *copies("1"))
    async with open_database(any_uri) as database:
        report = await MongoCleaner(database, NAME).clean(dry_run=False)
        [entry] = raw.database[TRASH].find({"removed": True})
        theirs = {"_id": entry["document"]["_id"], "appointmentId": "9"}
        insert(raw, theirs)
        undone = await MongoTrash(database).undo(report.run_id)

    assert undone is not None
    assert undone.restored == 1
    assert undone.changed_since == ["1"]
    assert undone.exit_code == 1
    [found] = raw.find({"_id": theirs["_id"]})
    assert found.raw == bson.encode(theirs)


async def test_our_index_stays_where_another_one_is_in_the_way(
    any_uri: str, raw: Collection[RawBSONDocument]
) -> None:
    insert(raw, copies("1", note=1)[0])
    [read] = raw.find()
    async with open_database(any_uri) as database:
        changes = RecordedChanges(database, NAME, run_id="r", command="validate")
        await changes.apply([[Change(read, removes=True)]], NOW)
        raw.create_index("note", unique=True, name="theirs", sparse=True)
        insert(raw, {"appointmentId": "2", "note": 1})
        assert await ensure_unique_index(database[NAME]) is None
        undone = await MongoTrash(database).undo("r")

        assert await has_unique_index(database[NAME])
    assert undone is not None
    assert undone.refused == ["1"]
    assert undone.index_dropped is False
    assert undone.exit_code == 1
