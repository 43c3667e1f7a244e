"""The same appointment id, as Python and as MongoDB see it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from bson import Code, Decimal128, Int64, ObjectId, Regex
from bson.raw_bson import RawBSONDocument
from pymongo import UpdateOne

from altegio_sync.mongo.core.elements import RawValue, joined, to_raw
from altegio_sync.mongo.core.ids import AS_ID, MAY_BE_ID, having_ids, keys_of, label_of, to_id
from altegio_sync.mongo.core.literal import RAW
from altegio_sync.mongo.tending.duplicates import repeated_ids
from tests.odd_values import ODD_VALUES

if TYPE_CHECKING:
    from pymongo.asynchronous.database import AsyncDatabase

Document = dict[str, Any]
#: What Python reads in place of bytes that are not UTF-8.
NOT_UTF8 = "\ufffd"
SEVENS: list[object] = [
    "7",
    7,
    Int64(7),
    7.0,
    Decimal128("7"),
    Decimal128("7.0"),
    Decimal128("70E-1"),
]
NO_IDS: list[object] = [
    *(None, "", "  ", True, 7.5, Decimal128("7.5"), float("nan"), float("inf"), 1e300, ["7"], [7]),
    *(
        Decimal128("1E6000"),
        Decimal128.from_bid(b"\0" * 15 + b"\x7e"),
        Decimal128("-Infinity"),
        {"$gt": 1},
        {"a.b": 1},
    ),
    *(Regex("^7"), ObjectId(), Code("7"), 9223372036854775808.0, b"7", {"": 7}),
]
OTHERS: list[object] = ["07", " 7", "7 ", "7.0", -7, Int64(2**62), Decimal128(str(2**62 + 1)), "x"]
OTHERS += [
    "\0",
    "\0x",
    "\u00a0",
    "\u2003",
    " \t\n\v\f\r",
    "-7",
    "-0",
    str(-(2**63)),
    -0.0,
    -(2.0**63),
]
OTHERS += [Decimal128(str(-(2**63))), Decimal128(str(2**63)), Decimal128("sNaN"), Decimal128("-0")]
OTHERS += [Decimal128("1000000000000000000.5"), Decimal128("9.223372036854775807E18")]
#: Blank texts of the type symbol, which Python has no value for.
BLANK_SYMBOLS = [RawValue(b"\x0e\1\0\0\0\0"), RawValue(b"\x0e\2\0\0\0 \0")]


async def store_each(database: AsyncDatabase[Document]) -> dict[int, object]:
    """Each value as an appointment id; the values as Python reads them, by `_id`."""
    raws = [*ODD_VALUES, *BLANK_SYMBOLS, *map(to_raw, [*SEVENS, *NO_IDS, *OTHERS])]
    writes = []
    for number, raw in enumerate(raws):
        whole = RawBSONDocument(joined([("_id", to_raw(number)), ("appointmentId", raw)]), RAW)
        pipeline = [{"$replaceWith": {"$literal": whole}}]
        writes.append(UpdateOne({"_id": number}, pipeline, upsert=True))
    await database["a"].bulk_write(writes)
    return {each["_id"]: each["appointmentId"] async for each in database["a"].find()}


@pytest.mark.parametrize("value", SEVENS, ids=range(len(SEVENS)))
def test_a_seven_is_a_seven(value: object) -> None:
    assert to_id(value) == "7"


@pytest.mark.parametrize("value", NO_IDS, ids=range(len(NO_IDS)))
def test_what_is_no_id_is_none(value: object) -> None:
    assert to_id(value) is None


@pytest.mark.parametrize(
    ("key", "label"),
    [
        ("501", "501"),
        (Decimal128("7.0"), "7"),
        (None, "_id x"),
        (" ", "_id x"),
        ({"$gt": 1}, "_id x"),
        (["7"], "['7']"),
        (7.5, "7.5"),
        (Decimal128("1E6000"), "1E+6000"),
        ("9" * 5000, "9" * 40),
    ],
    ids=range(9),
)
def test_a_document_is_labelled_by_what_people_know(key: object, label: str) -> None:
    assert label_of({"_id": "x", "appointmentId": key}) == label


async def test_mongodb_sees_the_same_id_in_every_value(database: AsyncDatabase[Document]) -> None:
    stored = await store_each(database)

    stages: list[Document] = [{"$project": {"id": AS_ID}}]
    found = await (await database["a"].aggregate(stages)).to_list()

    assert {each["_id"]: each["id"] for each in found} == {
        number: to_id(value) for number, value in stored.items()
    }


async def test_a_query_for_ids_finds_all_of_them(database: AsyncDatabase[Document]) -> None:
    stored = await store_each(database)

    found = {each["_id"] async for each in database["a"].find({"appointmentId": MAY_BE_ID})}

    assert {number for number, value in stored.items() if to_id(value) is not None} <= found
    assert not any(isinstance(stored[number], list | dict | None) for number in found)


async def test_one_id_finds_every_value_that_is_this_id(database: AsyncDatabase[Document]) -> None:
    stored = await store_each(database)
    ids = {known for each in stored.values() if (known := to_id(each)) is not None}

    for known in sorted(ids):
        query = having_ids(keys_of([known], also_numbers=True))
        found = {each["_id"] async for each in database["a"].find(query, {"_id": 1})}
        if NOT_UTF8 not in known:
            assert found == {number for number, value in stored.items() if to_id(value) == known}


async def test_each_id_is_repeated_as_often_as_it_is_stored(
    database: AsyncDatabase[Document],
) -> None:
    stored = await store_each(database)
    counts = Counter(known for each in stored.values() if (known := to_id(each)) is not None)

    found = await (await database["a"].aggregate(repeated_ids({}))).to_list()

    assert {each["_id"]: each["documents"] for each in found} == {
        known: count for known, count in counts.items() if count > 1
    }


def test_an_id_is_looked_for_as_the_number_that_is_written_so() -> None:
    keys = keys_of(["7", "07", "x", str(2**63)], also_numbers=True)

    assert keys == ["7", "07", "x", str(2**63), 7]
    assert isinstance(keys[-1], Int64)
