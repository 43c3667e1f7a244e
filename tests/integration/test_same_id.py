"""The same appointment id, as Python and as MongoDB see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from bson import Code, Decimal128, Int64, ObjectId, Regex

from altegio_sync.mongo.core.ids import AS_TEXT, keys_of, label_of, to_id
from altegio_sync.mongo.tending.duplicates import repeated_ids

if TYPE_CHECKING:
    from pymongo.asynchronous.database import AsyncDatabase

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


async def test_mongodb_sees_the_same(database: AsyncDatabase[dict[str, Any]]) -> None:
    values = [*SEVENS, *NO_IDS, *OTHERS]
    await database["a"].insert_many([{"_id": n, "appointmentId": v} for n, v in enumerate(values)])

    found = await (await database["a"].aggregate([{"$project": {"text": AS_TEXT}}])).to_list()

    texts = {each["_id"]: each.get("text") for each in found}
    for number, value in enumerate(values):
        if (known := to_id(value)) is not None:
            assert texts[number] == known, value


async def test_only_ids_are_there_twice(database: AsyncDatabase[dict[str, Any]]) -> None:
    values = [*SEVENS, *NO_IDS, *NO_IDS, *OTHERS]
    await database["a"].insert_many([{"appointmentId": each} for each in values])

    found = await (await database["a"].aggregate(repeated_ids({}))).to_list()

    assert [(each["_id"], each["documents"]) for each in found] == [("7", len(SEVENS))]


def test_an_id_is_looked_for_as_the_number_that_is_written_so() -> None:
    keys = keys_of(["7", "07", "x", str(2**63)], also_numbers=True)

    assert keys == ["7", "07", "x", str(2**63), 7]
    assert isinstance(keys[-1], Int64)
