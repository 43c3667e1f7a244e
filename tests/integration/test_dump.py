"""A dump of a real collection, and what a restore of it brings back."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import bson
import pytest
from bson import Binary, Code, DatetimeMS, Decimal128, Int64, ObjectId, Regex, Timestamp, json_util
from bson.codec_options import CodecOptions, DatetimeConversion
from bson.raw_bson import RawBSONDocument

from altegio_sync.domain.dump import Step
from altegio_sync.errors import ConfigError
from altegio_sync.mongo.backup.dump import MongoBackup
from altegio_sync.mongo.backup.dump_file import RAW, UnreadableDumpError
from altegio_sync.mongo.backup.dump_folder import find_dump_file
from altegio_sync.mongo.backup.restoring import MongoRestorer
from altegio_sync.mongo.core.indexes import ensure_unique_index, has_unique_index
from altegio_sync.mongo.tending.cleaning import MongoCleaner

if TYPE_CHECKING:
    from pathlib import Path

    from pymongo.asynchronous.collection import AsyncCollection
    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.domain.dump import RestoreReport

    Document = dict[str, Any]

NAME = "altegio-appointments"
ODD: list[dict[str, Any]] = [
    {"_id": 1, "appointmentId": "1", "big": Int64(1), "small": 1, "exact": Decimal128("1.10")},
    {
        "_id": Int64(2),
        "appointmentId": "2",
        "late": DatetimeMS(2**60),
        "early": DatetimeMS(-(2**60)),
    },
    {"_id": "three", "appointmentId": "3", "bytes": Binary(b"x", 128), "pattern": Regex("^a", "i")},
    {"_id": ObjectId(), "appointmentId": "4", "nested": {"a": [{"b": {"c": None}}, "ї"]}},
    {"_id": {"a": 1, "b": 2.5}, "appointmentId": "5", "code": Code("1", {"x": 1})},
    {"_id": None, "appointmentId": "6", "at": Timestamp(1, 2), "a.b": 1, "$c": 2},
    {"_id": DatetimeMS(2**60), "appointmentId": "7", "leadPurchasedCourse": "A2", "__v": 3},
    {"_id": 8.5, "no": "appointment id"},
]


async def everything(database: AsyncDatabase[Document]) -> list[bytes]:
    raw: AsyncCollection[RawBSONDocument] = database[NAME].with_options(codec_options=RAW)
    return [bytes(each.raw) async for each in raw.find(sort=["_id"])]


def unzipped(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes())


def names_in(folder: Path) -> list[str]:
    return [each.name for each in folder.iterdir()]


async def back_up(database: AsyncDatabase[Document], target: Path) -> Path:
    await MongoBackup(database, NAME).back_up(target)
    return find_dump_file(target, database.name, NAME)


async def restore(
    database: AsyncDatabase[Document], file: Path, *, dry_run: bool = False
) -> RestoreReport:
    return await MongoRestorer(database, NAME).restore(file, dry_run=dry_run)


def counts(report: RestoreReport) -> tuple[int, int, int, int | None, int]:
    return (report.inserted, report.replaced, report.unchanged, report.extra, report.failed)


@pytest.fixture
async def odd_collection(database: AsyncDatabase[Document]) -> None:
    """Odd documents, under a validator and indexes."""
    await database.create_collection(NAME, validator={"appointmentId": {"$ne": Int64(0)}})
    await database[NAME].insert_many(ODD)
    await ensure_unique_index(database[NAME])
    await database[NAME].create_index([("startDateTime", -1)], expireAfterSeconds=10**9)


@pytest.mark.usefixtures("odd_collection")
async def test_a_dump_has_the_layout_of_mongodump_and_bson_decodes_it(
    database: AsyncDatabase[Document], tmp_path: Path
) -> None:
    steps = []
    backup = MongoBackup(database, NAME, on_progress=lambda *told: steps.append(told))

    report = await backup.back_up(tmp_path / "made")

    folder = tmp_path / "made" / database.name
    options: CodecOptions[Document] = CodecOptions(
        datetime_conversion=DatetimeConversion.DATETIME_MS
    )
    decoded = bson.decode_all(unzipped(folder / f"{NAME}.bson.gz"), options)
    prelude = json_util.loads(unzipped(tmp_path / "made" / "prelude.json.gz"))
    assert sorted(each.name for each in folder.iterdir()) == [
        f"{NAME}.bson.gz",
        f"{NAME}.metadata.json.gz",
    ]
    assert [bson.encode(each) for each in decoded] == await everything(database)
    assert report.digest.documents == len(ODD)
    assert prelude["ServerVersion"].split(".")[0].isdigit()
    assert steps[-1] == (Step.CHECKING, len(ODD), len(ODD))


@pytest.mark.usefixtures("odd_collection")
async def test_a_dump_has_the_metadata_of_mongodump(
    database: AsyncDatabase[Document], tmp_path: Path
) -> None:
    await MongoBackup(database, NAME).back_up(tmp_path / "made")

    file = tmp_path / "made" / database.name / f"{NAME}.metadata.json.gz"
    metadata = json_util.loads(unzipped(file))
    assert list(metadata) == ["options", "indexes", "uuid", "collectionName", "type"]
    assert metadata["options"]["validator"] == {"appointmentId": {"$ne": 0}}
    assert [each["name"] for each in metadata["indexes"]] == [
        "_id_",
        "appointmentId_1",
        "startDateTime_-1",
    ]
    assert metadata["indexes"][1] == {
        "v": 2,
        "key": {"appointmentId": 1},
        "name": "appointmentId_1",
        "unique": True,
        "partialFilterExpression": {"appointmentId": {"$exists": True}},
    }
    assert metadata["collectionName"] == NAME
    assert metadata["type"] == "collection"
    assert len(bytes.fromhex(metadata["uuid"])) == 16


async def test_what_was_lost_or_changed_comes_back_byte_for_byte_and_the_rest_is_left(
    database: AsyncDatabase[Document], tmp_path: Path
) -> None:
    collection = database[NAME]
    await collection.insert_many(ODD)
    before = await everything(database)
    file = await back_up(database, tmp_path / "made")
    await collection.delete_one({"_id": {"a": 1, "b": 2.5}})
    await collection.delete_one({"_id": "three"})
    await collection.update_one({"_id": 1}, {"$set": {"small": Int64(1)}})
    await collection.update_one({"appointmentId": "6"}, {"$set": {"new": 1}})
    changed = await everything(database)

    dry = await restore(database, file, dry_run=True)
    after_dry = await everything(database)
    done = await restore(database, file)
    again = await restore(database, file)

    assert counts(dry) == counts(done) == (2, 2, 4, 0, 0)
    assert after_dry == changed
    assert counts(again) == (0, 0, 8, 0, 0)
    assert await everything(database) == before
    assert done.documents == 8
    assert done.exit_code == 0
    assert done.index_dropped is False


async def test_a_wrong_clean_is_taken_back_whole(
    database: AsyncDatabase[Document], tmp_path: Path
) -> None:
    await database[NAME].insert_many(
        [{"appointmentId": str(n % 300), "status": str(n), "extra": n} for n in range(1200)]
    )
    before = await everything(database)
    file = await back_up(database, tmp_path / "made")
    await MongoCleaner(database, NAME).clean(dry_run=False)

    dry = await restore(database, file, dry_run=True)
    guarded = await has_unique_index(database[NAME])
    done = await restore(database, file)

    assert counts(dry) == counts(done) == (900, 300, 0, 0, 0)
    assert dry.index_dropped is True
    assert guarded is True
    assert done.index_dropped is True
    assert done.exit_code == 0
    assert await everything(database) == before
    assert "appointmentId_1" not in await database[NAME].index_information()


async def test_a_duplicate_of_a_document_that_stays_is_brought_back_too(
    database: AsyncDatabase[Document], tmp_path: Path
) -> None:
    await database[NAME].insert_one({"_id": 1, "appointmentId": "501"})
    file = await back_up(database, tmp_path / "made")
    await database[NAME].delete_many({})
    await ensure_unique_index(database[NAME])
    await database[NAME].insert_one({"_id": 2, "appointmentId": "501"})

    dry = await restore(database, file, dry_run=True)
    done = await restore(database, file)

    assert counts(dry) == counts(done) == (1, 0, 0, 1, 0)
    assert dry.index_dropped
    assert done.index_dropped
    assert await database[NAME].count_documents({"appointmentId": "501"}) == 2


async def test_ids_that_changed_places_meet_on_the_way_and_the_index_stays(
    database: AsyncDatabase[Document], tmp_path: Path
) -> None:
    await ensure_unique_index(database[NAME])
    await database[NAME].insert_many([{"_id": n, "appointmentId": str(n)} for n in range(4)])
    before = await everything(database)
    file = await back_up(database, tmp_path / "made")
    await database[NAME].delete_many({})
    await database[NAME].insert_many([{"_id": n, "appointmentId": str(3 - n)} for n in range(4)])

    done = await restore(database, file)

    assert counts(done) == (0, 4, 0, 0, 0)
    assert not done.index_dropped
    assert await everything(database) == before
    assert await has_unique_index(database[NAME])


async def test_an_index_of_others_stays_and_what_it_refuses_is_told(
    database: AsyncDatabase[Document], tmp_path: Path
) -> None:
    await database[NAME].insert_many([{"_id": n, "appointmentId": "501"} for n in range(2)])
    await database[NAME].insert_one({"_id": 9, "appointmentId": "509"})
    file = await back_up(database, tmp_path / "made")
    await database[NAME].delete_many({})
    await database[NAME].create_index("appointmentId", unique=True, name="theirs")

    dry = await restore(database, file, dry_run=True)
    done = await restore(database, file)

    assert counts(done) == (2, 0, 0, 0, 1)
    assert dry.exit_code == 1
    assert done.exit_code == 1
    assert done.index_dropped is False
    assert [(each.code, str(each.message)) for each in done.errors] == [
        (
            "refused_by_index",
            "A unique index of another program prevents 1 documents from being restored "
            "(appointments 501)",
        )
    ]
    assert "theirs" in await database[NAME].index_information()


async def test_what_the_server_refuses_for_itself_is_told_without_its_contents(
    database: AsyncDatabase[Document], tmp_path: Path
) -> None:
    await database[NAME].insert_many(
        [{"_id": 1, "appointmentId": "1", "leadName": "Олена"}, {"_id": 2, "appointmentId": "2"}]
    )
    file = await back_up(database, tmp_path / "made")
    await database[NAME].drop()
    await database.create_collection(NAME, validator={"leadName": {"$exists": False}})

    done = await restore(database, file)

    assert counts(done) == (1, 0, 0, 0, 1)
    assert str(done.errors[0].message) == (
        "MongoDB refused 1 documents (code 121) (appointments 1): the collection's validator does "
        "not accept the document"
    )


async def test_a_moment_that_the_server_would_fill_in_stays_empty(
    database: AsyncDatabase[Document], tmp_path: Path
) -> None:
    """MongoDB puts its own time where an empty timestamp is inserted."""
    document = bson.encode({"_id": 1, "appointmentId": "1", "at": Timestamp(0, 0)})
    file = tmp_path / "given.bson"
    file.write_bytes(document)

    done = await restore(database, file)

    assert counts(done) == (1, 0, 0, 0, 0)
    assert done.exit_code == 0
    assert await everything(database) == [document]


async def test_a_plain_dump_of_another_tool_is_read_too(
    database: AsyncDatabase[Document], tmp_path: Path
) -> None:
    file = tmp_path / "dump" / "school" / f"{NAME}.bson"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"".join(bson.encode(each) for each in reversed(ODD)))

    done = await restore(database, find_dump_file(tmp_path / "dump", database.name, NAME))

    assert counts(done) == (len(ODD), 0, 0, 0, 0)
    assert sorted(await everything(database)) == sorted(bson.encode(each) for each in ODD)


@pytest.mark.parametrize("other_id", ["one", 2.0], ids=["text", "number"])
async def test_a_dump_with_one_id_twice_is_refused_before_anything_is_written(
    database: AsyncDatabase[Document], tmp_path: Path, other_id: object
) -> None:
    documents: list[Document] = [{"_id": "one", "n": 1}, {"_id": 2, "n": 2}]
    file = tmp_path / f"{NAME}.bson"
    file.write_bytes(b"".join(map(bson.encode, [*documents, {"_id": other_id, "n": 3}])))

    with pytest.raises(UnreadableDumpError, match="two documents with the same _id"):
        await restore(database, file)

    assert await everything(database) == []


@pytest.mark.parametrize("odd", [{"$gt": 1}, Regex("^a")], ids=["operator", "expression"])
async def test_an_id_that_no_document_can_have_is_refused_alone(
    database: AsyncDatabase[Document], tmp_path: Path, odd: object
) -> None:
    file = tmp_path / f"{NAME}.bson"
    file.write_bytes(b"".join(map(bson.encode, [{"_id": "a", "n": 1}, {"_id": odd, "n": 2}])))

    report = await restore(database, file)

    assert report.inserted == 1
    assert report.failed == 1
    assert [each.code for each in report.errors] == ["refused"]


async def test_damage_at_the_very_end_is_found_before_anything_is_written(
    database: AsyncDatabase[Document], tmp_path: Path
) -> None:
    await database[NAME].insert_many([{"_id": n, "appointmentId": str(n)} for n in range(3000)])
    file = await back_up(database, tmp_path / "made")
    await database[NAME].delete_many({})
    file.write_bytes(file.read_bytes()[:-1])

    with pytest.raises(UnreadableDumpError, match="damaged or cut off"):
        await restore(database, file)

    assert await everything(database) == []


async def test_a_stop_keeps_what_was_brought_back_and_a_second_run_does_the_rest(
    database: AsyncDatabase[Document], tmp_path: Path
) -> None:
    await database[NAME].insert_many([{"_id": n, "appointmentId": str(n)} for n in range(2000)])
    before = await everything(database)
    file = await back_up(database, tmp_path / "made")
    await database[NAME].delete_many({})
    done: list[int] = []

    def on_progress(step: Step, documents: int, _total: int | None) -> None:
        if step is Step.RESTORING:
            done.append(documents)

    restorer = MongoRestorer(
        database, NAME, on_progress=on_progress, should_stop=lambda: len(done) > 1
    )
    stopped = await restorer.restore(file, dry_run=False)

    assert counts(stopped) == (1000, 0, 0, None, 0)
    assert stopped.exit_code == 130
    assert counts(await restore(database, file)) == (1000, 0, 1000, 0, 0)
    assert await everything(database) == before


async def test_what_is_no_collection_is_not_backed_up(
    database: AsyncDatabase[Document], tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=f"has no collection {NAME}"):
        await back_up(database, tmp_path / "made")
    await database.create_collection("source")
    await database.create_collection(NAME, viewOn="source", pipeline=[])
    with pytest.raises(ConfigError, match="is a view"):
        await back_up(database, tmp_path / "made")

    assert names_in(tmp_path) == []


async def test_an_empty_collection_is_backed_up_as_such(
    database: AsyncDatabase[Document], tmp_path: Path
) -> None:
    await database.create_collection(NAME)

    file = await back_up(database, tmp_path / "made")

    assert counts(await restore(database, file)) == (0, 0, 0, 0, 0)
