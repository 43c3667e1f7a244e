"""Duplicates are moved to the trash: nothing is lost, and everything can be restored."""

from __future__ import annotations

import os
import secrets
import signal
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from anyio import to_thread
from bson import Int64, ObjectId
from bson.codec_options import CodecOptions
from bson.datetime_ms import DatetimeMS
from bson.raw_bson import RawBSONDocument
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymongo import MongoClient

from altegio_sync.mongo.core.connection import open_database
from altegio_sync.mongo.core.indexes import ensure_unique_index, has_unique_index
from altegio_sync.mongo.core.literal import RAW
from altegio_sync.mongo.tending.changes import Change
from altegio_sync.mongo.tending.cleaning import MongoCleaner
from altegio_sync.mongo.tending.trash import RecordedChanges
from altegio_sync.mongo.tending.undo import MongoTrash
from tests.acceptance.warm import warm_process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pymongo.asynchronous.database import AsyncDatabase
    from pymongo.collection import Collection

    from tests.mongod import RunningMongod

Document = dict[str, Any]
NAME = "altegio-appointments"
NOW = datetime(2026, 4, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def raw(any_uri: str) -> Iterator[Collection[RawBSONDocument]]:
    with MongoClient[Document](any_uri) as client:
        yield client.get_default_database()[NAME].with_options(codec_options=RAW)


def document(appointment_id: object, days: int = 0, **fields: Any) -> Document:
    """One of several under an id: ``days`` later created and updated, with its own status."""
    moment = NOW + timedelta(days=days)
    own = {"createdAt": moment, "updatedAt": moment, "status": str(days)}
    return {"appointmentId": appointment_id, **own, **fields}


def plain(collection: Collection[RawBSONDocument]) -> Collection[Document]:
    return collection.with_options(codec_options=CodecOptions(document_class=dict))


def everything(collection: Collection[RawBSONDocument]) -> list[bytes]:
    return [bytes(each.raw) for each in collection.find(sort=["_id"])]


async def test_the_first_created_stays_and_takes_what_the_last_updated_says(
    any_uri: str, raw: Collection[RawBSONDocument]
) -> None:
    first = document("501", 0, leadName="Олена", __v=3, leadPurchasedCourse="A2")
    last = document("501", 9, leadName="Олена Нова", leadPurchasedCourse="B1", note=Int64(7))
    middle = document("501", 5, leadName="Олена Інша", note=Int64(5), colour="red")
    plain(raw).insert_many([last, middle, first, document("502")])

    async with open_database(any_uri) as database:
        report = await MongoCleaner(database, NAME).clean(dry_run=False)
        indexed = await has_unique_index(database[NAME])

    kept = plain(raw).find_one({"appointmentId": "501"})
    trashed = list(raw.database["altegio-sync-trash"].find({"removed": True}))
    assert report.appointment_ids == 1
    assert report.removed == 2
    assert report.changed == 1
    assert indexed
    assert kept == {
        "_id": first["_id"],
        "appointmentId": "501",
        "createdAt": NOW.replace(tzinfo=None),
        "updatedAt": (NOW + timedelta(days=9)).replace(tzinfo=None),
        "status": "9",
        "leadName": "Олена Нова",
        "__v": 3,
        "leadPurchasedCourse": "A2",
        "note": 7,
        "colour": "red",
    }
    assert {each["document"]["_id"] for each in trashed} == {last["_id"], middle["_id"]}
    assert {each["run"] for each in trashed} == {report.run_id}


@pytest.mark.parametrize(
    ("stamps", "status"),
    [((9, 5), "0"), ((5, 9), "3"), ((5, 5), "3"), ((None, 5), "3"), ((5, None), "0")],
)
async def test_the_document_with_the_newest_stamp_speaks_for_all_then_the_last_written(
    any_uri: str,
    raw: Collection[RawBSONDocument],
    stamps: tuple[int | None, int | None],
    status: str,
) -> None:
    known = [
        {} if each is None else {"altegioUpdatedAt": NOW + timedelta(days=each)} for each in stamps
    ]
    plain(raw).insert_many([document("501", 0, **known[0]), document("501", 3, **known[1])])

    async with open_database(any_uri) as database:
        await MongoCleaner(database, NAME).clean(dry_run=False)

    [kept] = plain(raw).find({}, {"_id": 0, "status": 1, "altegioUpdatedAt": 1})
    newest = max(each for each in stamps if each is not None)
    assert kept["status"] == status
    assert kept["altegioUpdatedAt"].replace(tzinfo=UTC) == NOW + timedelta(days=newest)


@pytest.mark.parametrize("ids", [(256, 1), ("b", "a"), (2**40, -1)], ids=str)
async def test_of_those_created_together_the_lowest_id_stays(
    database: AsyncDatabase[Document], ids: tuple[object, ...]
) -> None:
    await database[NAME].insert_many([{"_id": each, **document("501")} for each in ids])

    await MongoCleaner(database, NAME).clean(dry_run=False)

    assert await database[NAME].distinct("_id") == [ids[1]]


async def test_altegios_stamp_says_which_was_updated_last(
    database: AsyncDatabase[Document],
) -> None:
    stamps = [NOW, NOW + timedelta(days=1), None]
    await database[NAME].insert_many(
        [document("501", 9 - n, altegioUpdatedAt=each) for n, each in enumerate(stamps)]
    )

    await MongoCleaner(database, NAME).clean(dry_run=False)

    [kept] = await database[NAME].find().to_list()
    assert kept["status"] == "8"
    assert kept["altegioUpdatedAt"] == stamps[1]


async def test_what_the_last_updated_says_nothing_about_is_taken_from_the_latest_that_does(
    any_uri: str, raw: Collection[RawBSONDocument]
) -> None:
    first = document("501", 0, leadName="Олена", teacherId="8", serviceName=None, note=1)
    middle = document("501", 5, leadName="Олена Інша", teacherId="", IsTrial=False)
    last = document("501", 9, leadName=None, teacherId="", serviceName="", IsTrial=None, note=None)
    plain(raw).insert_many([first, middle, last])

    async with open_database(any_uri) as database:
        await MongoCleaner(database, NAME).clean(dry_run=False)

    kept = plain(raw).find_one({"appointmentId": "501"}) or {}
    told = ("leadName", "teacherId", "serviceName", "IsTrial", "note", "status")
    assert [kept[each] for each in told] == ["Олена Інша", "8", "", False, 1, "9"]


async def test_what_was_cleaned_comes_back_byte_for_byte_and_the_index_goes(
    any_uri: str, raw: Collection[RawBSONDocument]
) -> None:
    documents = [document(f"{n % 7}", n, extra=n) for n in range(30)]
    plain(raw).insert_many(documents)
    before = everything(raw)

    async with open_database(any_uri) as database:
        report = await MongoCleaner(database, NAME).clean(dry_run=False)
        cleaned = everything(raw)
        trash = MongoTrash(database)
        undone = await trash.undo(report.run_id)
        again = await trash.undo(report.run_id)
        [run] = await trash.list_runs()
        indexed = await has_unique_index(database[NAME])

    assert len(cleaned) == 7
    assert everything(raw) == before
    assert undone is not None
    assert again is not None
    assert undone.restored == 30
    assert undone.index_dropped is True
    assert undone.exit_code == 0
    assert again.restored == 0
    assert again.already == 30
    assert run.run_id == report.run_id
    assert run.command == "clean"
    assert run.removed == 23
    assert run.undone == 30
    assert not indexed


async def test_without_an_id_documents_are_no_duplicates(
    database: AsyncDatabase[Document],
) -> None:
    odd: list[Document] = [
        {"status": "0"},
        {"status": "1"},
        {"appointmentId": None},
        {"appointmentId": ""},
    ]
    await database[NAME].insert_many([*odd, {"appointmentId": ""}])

    report = await MongoCleaner(database, NAME).clean(dry_run=False)

    assert report.appointment_ids == 0
    assert report.removed == 0
    assert await database[NAME].count_documents({}) == 5


async def test_an_id_as_a_number_is_the_same_as_in_text(
    database: AsyncDatabase[Document],
) -> None:
    await database[NAME].insert_many(
        [document(501, 0), document("501", 1), document(501.0, 2), document(Int64(502), 3)]
    )

    report = await MongoCleaner(database, NAME).clean(dry_run=False)

    left = [each["appointmentId"] async for each in database[NAME].find(sort=["createdAt"])]
    assert report.appointment_ids == 1
    assert report.removed == 2
    assert left == ["501", 502]


async def test_an_id_as_a_number_and_in_text_are_merged_also_where_an_index_keeps_ids_unique(
    any_uri: str, raw: Collection[RawBSONDocument]
) -> None:
    plain(raw).insert_many([document(501, 0, old=1), document("501", 1, new=2), document("502")])
    before = everything(raw)
    async with open_database(any_uri) as database:
        assert await ensure_unique_index(database[NAME]) is None

        report = await MongoCleaner(database, NAME).clean(dry_run=False)
        left = list(plain(raw).find({}, {"_id": 0, "createdAt": 0, "updatedAt": 0}))
        undone = await MongoTrash(database).undo(report.run_id)

    assert report.appointment_ids == 1
    assert report.removed == 1
    assert report.exit_code == 0
    assert left == [
        {"appointmentId": "501", "status": "1", "old": 1, "new": 2},
        {"appointmentId": "502", "status": "0"},
    ]
    assert undone is not None
    assert undone.restored == 2
    assert everything(raw) == before


async def test_nothing_is_removed_while_what_stays_could_not_take_it_over(
    any_uri: str, raw: Collection[RawBSONDocument]
) -> None:
    plain(raw).insert_many([document("1", 0), document("1", 1, note=1), document("2")])
    first, second, third = raw.find(sort=["_id"])
    plain(raw).update_one({"_id": first["_id"]}, {"$set": {"status": "theirs"}})
    groups = [
        [Change(first, {"note": 1}), Change(second, removes=True)],
        [Change(third, {"note": 2})],
    ]

    async with open_database(any_uri) as database:
        changes = RecordedChanges(database, NAME, run_id="r", command="clean")
        applied = await changes.apply(groups, NOW)
        undone = await MongoTrash(database).undo("r")

    assert applied.changed == 1
    assert applied.removed == 0
    assert set(applied.overtaken) == {first["_id"], second["_id"]}
    assert undone is not None
    assert undone.restored == 1
    assert undone.already == 0
    assert [each.get("note") for each in raw.find(sort=["_id"])] == [None, 1, None]


@pytest.mark.parametrize("change", [{"removes": True}, {"fields": {"status": "1"}}], ids=str)
async def test_a_field_that_another_program_added_meanwhile_is_not_lost(
    any_uri: str, raw: Collection[RawBSONDocument], change: Document
) -> None:
    plain(raw).insert_one(document("1", **{"a.b": 1, "$c": 2}))
    [read] = raw.find()
    plain(raw).update_one({}, {"$set": {"leadPurchasedCourse": "A2"}})
    [later] = raw.find()

    async with open_database(any_uri) as database:
        changes = RecordedChanges(database, NAME, run_id="r", command="clean")
        overtaken = await changes.apply([[Change(read, **change)]], NOW)
        left = everything(raw)
        made = await changes.apply([[Change(later, **change)]], NOW)

    assert overtaken.overtaken == [read["_id"]]
    assert left == [bytes(later.raw)]
    assert made.changed + made.removed == 1


async def test_what_python_cannot_hold_is_no_reason_to_stop(
    any_uri: str, raw: Collection[RawBSONDocument]
) -> None:
    far = DatetimeMS(8_640_000_000_000_000)
    plain(raw).insert_many([document("1", 0, until=far), document("1", 1)])

    async with open_database(any_uri) as database:
        report = await MongoCleaner(database, NAME).clean(dry_run=False)

    assert report.removed == 1
    assert [each["until"] for each in raw.find()] == [far]


async def test_what_is_written_is_durable_whatever_the_address_says(
    replica_set: RunningMongod,
) -> None:
    name = f"test_{secrets.token_hex(6)}"
    address = f"{replica_set.uri_of(name)}{'&' if '?' in replica_set.uri_of(name) else '?'}w=0"
    async with open_database(address) as database:
        await database[NAME].insert_many([document("1"), document("1", 1)])

        report = await MongoCleaner(database, NAME).clean(dry_run=False)
        await database.client.drop_database(name)

    assert report.removed == 1


async def test_a_dry_run_counts_and_writes_nothing(
    database: AsyncDatabase[Document],
) -> None:
    await database[NAME].insert_many([document("501", n) for n in range(3)])

    report = await MongoCleaner(database, NAME).clean(dry_run=True)

    assert report.appointment_ids == 1
    assert report.removed == 2
    assert report.exit_code == 0
    assert report.to_json()["unique_index"] is False
    assert await database.list_collection_names() == [NAME]
    assert not await has_unique_index(database[NAME])


async def test_a_dry_run_tells_of_an_index_that_is_there(database: AsyncDatabase[Document]) -> None:
    await database[NAME].insert_one(document("501"))
    made = await MongoCleaner(database, NAME).clean(dry_run=False)

    planned = await MongoCleaner(database, NAME).clean(dry_run=True)

    assert [each.to_json()["unique_index"] for each in (made, planned)] == [True, True]


async def test_an_undo_leaves_alone_what_was_changed_since_unless_it_is_forced(
    any_uri: str, raw: Collection[RawBSONDocument]
) -> None:
    plain(raw).insert_many([document(f"{n % 2}", n) for n in range(4)])
    before = everything(raw)
    async with open_database(any_uri) as database:
        report = await MongoCleaner(database, NAME).clean(dry_run=False)
        plain(raw).update_one({"appointmentId": "1"}, {"$set": {"status": "-1"}})
        trash = MongoTrash(database)

        careful = await trash.undo(report.run_id)
        changed = plain(raw).find_one({"status": "-1"})
        forced = await trash.undo(report.run_id, force=True)

    assert careful is not None
    assert forced is not None
    assert careful.changed_since == ["1"]
    assert careful.restored == 3
    assert careful.exit_code == 1
    assert changed is not None
    assert forced.restored == 1
    assert forced.already == 3
    assert forced.exit_code == 0
    assert everything(raw) == before


async def test_an_undo_that_is_stopped_says_so_and_the_next_does_the_rest(
    any_uri: str, raw: Collection[RawBSONDocument]
) -> None:
    plain(raw).insert_many([document(f"{n}", n) for n in range(1001)])
    read = list(raw.find(sort=["_id"]))
    async with open_database(any_uri) as database:
        changes = RecordedChanges(database, NAME, run_id="r", command="validate")
        await changes.apply([[Change(each, removes=True)] for each in read], NOW)
        trash = MongoTrash(database)

        stopped = await trash.undo("r", should_stop=lambda: True)
        rest = await trash.undo("r")

    assert stopped is not None
    assert rest is not None
    assert stopped.restored == 500
    assert stopped.exit_code == 130
    assert rest.restored == 501
    assert rest.already == 500
    assert rest.exit_code == 0


async def test_an_unknown_run_is_not_undone(database: AsyncDatabase[Document]) -> None:
    assert await MongoTrash(database).undo("20260101-000000-abcd") is None


async def test_an_index_of_others_is_never_dropped(
    database: AsyncDatabase[Document],
) -> None:
    await database[NAME].insert_many([document("501", n) for n in range(2)])
    report = await MongoCleaner(database, NAME).clean(dry_run=False)
    await database[NAME].drop_index("appointmentId_1")
    await database[NAME].create_index("appointmentId", unique=True, name="theirs")

    undone = await MongoTrash(database).undo(report.run_id)

    assert undone is not None
    assert undone.refused == ["501"]
    assert undone.exit_code == 1
    assert "theirs" in await database[NAME].index_information()


async def test_a_document_that_changed_since_it_was_read_is_left(
    any_uri: str, raw: Collection[RawBSONDocument]
) -> None:
    plain(raw).insert_many([document("1"), document("2"), document("3")])
    read = list(raw.find(sort=["_id"]))
    plain(raw).update_one({"appointmentId": "2"}, {"$set": {"status": "new"}})
    plain(raw).delete_one({"appointmentId": "3"})
    groups = [
        [Change(read[0], {"status": "1"})],
        [Change(read[1], {"status": "1"})],
        [Change(read[2], removes=True)],
    ]

    async with open_database(any_uri) as database:
        changes = RecordedChanges(database, NAME, run_id="r", command="validate")
        applied = await changes.apply(groups, NOW)

    status = {each["appointmentId"]: each["status"] for each in raw.find()}
    assert status == {"1": "1", "2": "new"}
    assert applied.changed == 1
    assert read[1]["_id"] in applied.overtaken
    kept = {each["document"]["appointmentId"] for each in raw.database["altegio-sync-trash"].find()}
    assert "2" not in kept


async def test_a_second_change_of_a_run_keeps_the_first_old_self(
    any_uri: str, raw: Collection[RawBSONDocument]
) -> None:
    plain(raw).insert_one(document("1"))
    before = everything(raw)
    async with open_database(any_uri) as database:
        changes = RecordedChanges(database, NAME, run_id="r", command="validate")
        for status in ("1", "2"):
            [read] = raw.find()
            await changes.apply([[Change(read, {"status": status, "new": 1})]], NOW)

        undone = await MongoTrash(database).undo("r")

    assert undone is not None
    assert undone.restored == 1
    assert everything(raw) == before


FIELDS = st.dictionaries(
    st.sampled_from(["leadName", "status", "__v", "leadPurchasedCourse", "note", "tags"]),
    st.one_of(st.none(), st.integers(-5, 5), st.text(max_size=3), st.lists(st.booleans())),
    max_size=5,
)
DOCUMENTS = st.lists(
    st.tuples(st.sampled_from("123"), st.integers(0, 3), st.booleans(), FIELDS), max_size=9
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rows=DOCUMENTS)
async def test_no_field_of_others_is_lost_and_undo_brings_all_back(
    mongod: RunningMongod, rows: list[tuple[str, int, bool, Document]]
) -> None:
    uri = mongod.uri_of(f"test_{secrets.token_hex(6)}")
    async with open_database(uri) as database:
        collection = database[NAME].with_options(codec_options=RAW)
        documents: list[Document] = [
            {"_id": ObjectId(), **(document(key, days) if dated else {"appointmentId": key}), **own}
            for key, days, dated, own in rows
        ]
        if documents:
            await database[NAME].insert_many(documents)
        before = [each.raw async for each in collection.find(sort=["_id"])]

        report = await MongoCleaner(database, NAME).clean(dry_run=False)

        left = [each async for each in database[NAME].find()]
        ids = {each["appointmentId"] for each in documents}
        assert sorted(each["appointmentId"] for each in left) == sorted(ids)
        for each in left:
            same = [one for one in documents if one["appointmentId"] == each["appointmentId"]]
            assert set(each) == {name for one in same for name in one}
        await MongoTrash(database).undo(report.run_id)
        assert [each.raw async for each in collection.find(sort=["_id"])] == before
        await database.client.drop_database(database.name)


#: Cleans, and kills itself with -9 before its n-th write command reaches the server.
KILLED = """
import asyncio, os, signal, sys
from pymongo import monitoring
from altegio_sync.mongo.tending.cleaning import MongoCleaner
from altegio_sync.mongo.core.connection import open_database

class Killer(monitoring.CommandListener):
    left = int(sys.argv[2])
    def started(self, event):
        writes = ("insert", "update", "delete", "createIndexes", "commitTransaction")
        if event.command_name in writes:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
    def succeeded(self, event): pass
    def failed(self, event): pass

monitoring.register(Killer())

async def main():
    async with open_database(sys.argv[1]) as database:
        await MongoCleaner(database, "altegio-appointments").clean(dry_run=False)

asyncio.run(main())
"""


async def test_killed_before_any_write_and_run_again_nothing_is_lost_or_doubled(
    any_uri: str, raw: Collection[RawBSONDocument], tmp_path: Path
) -> None:
    documents = [document(f"{n % 3}", n, **{f"own{n}": n}) for n in range(8)]
    whole: list[Document] | None = None
    killed = True
    writes = 0
    while killed:
        writes += 1
        raw.database.client.drop_database(raw.database.name)
        plain(raw).insert_many(documents)
        before = everything(raw)
        with warm_process().start([any_uri, str(writes)], tmp_path, os.environ, code=KILLED) as ran:
            _out, err = await to_thread.run_sync(ran.communicate)
        killed = ran.returncode == -signal.SIGKILL
        assert killed or ran.returncode == 0, err

        async with open_database(any_uri) as database:
            await MongoCleaner(database, NAME).clean(dry_run=False)
            left = list(plain(raw).find(sort=["_id"]))
            for run in await MongoTrash(database).list_runs():
                await MongoTrash(database).undo(run.run_id)

        assert whole is None or left == whole
        whole = left
        assert everything(raw) == before
    assert writes > 3
