"""Documents are taken apart and put together byte for byte, whatever is in them."""

from __future__ import annotations

import struct
from datetime import UTC, datetime

import bson
import pytest
from bson import (
    Binary,
    Code,
    DatetimeMS,
    DBRef,
    Decimal128,
    Int64,
    MaxKey,
    MinKey,
    ObjectId,
    Regex,
    Timestamp,
)
from hypothesis import given
from hypothesis import strategies as st

from altegio_sync.mongo.core.elements import RawValue, digest, joined, merged, split, to_raw

TEXT = struct.pack("<i", 2) + b"a\0"
#: Types that Python has no value for, or another one.
DEPRECATED = [
    RawValue(b"\x06"),
    RawValue(b"\x0e" + TEXT),
    RawValue(b"\x0c" + TEXT + b"0123456789ab"),
    RawValue(b"\x02" + struct.pack("<i", 3) + b"\xff\xfe\0"),
    RawValue(b"\x0f" + struct.pack("<i", 15) + TEXT + b"\5\0\0\0\0"),
    RawValue(b"\x01" + struct.pack("<Q", 0x7FF8000000000123)),
    RawValue(b"\x05" + struct.pack("<i", 5) + b"\2\1\0\0\0a"),
]
VALUES: list[object] = [
    *(
        None,
        True,
        7,
        Int64(7),
        7.0,
        float("nan"),
        -0.0,
        "",
        "Олена",
        "$name",
        [1, [2]],
        {"$add": 1},
    ),
    *(datetime(2026, 1, 1, tzinfo=UTC), DatetimeMS(8_640_000_000_000_000), ObjectId(), MinKey()),
    *(MaxKey(), Regex("^a", "im"), Code("x"), Code("x", {"y": 1}), Timestamp(0, 0), b"bytes"),
    *(
        Binary(b"abc", 128),
        Decimal128("1E6000"),
        Decimal128.from_bid(b"\0" * 15 + b"\x7e"),
        DBRef("c", 1),
        {"": {"a.b": 1}},
    ),
]
NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=4)
FIELDS = st.lists(
    st.tuples(
        st.one_of(NAMES, st.sampled_from(["", "$x", "a.b", "$ref", "utm.source"])),
        st.one_of(st.sampled_from(DEPRECATED), st.sampled_from(VALUES).map(to_raw)),
    ),
    max_size=8,
)


@given(fields=FIELDS)
def test_what_is_taken_apart_is_put_together_again(fields: list[tuple[str, RawValue]]) -> None:
    assert split(joined(fields)) == fields


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
def test_a_value_has_the_bytes_that_the_driver_writes(value: object) -> None:
    assert joined([("a", to_raw(value)), ("b", to_raw(1))]) == bson.encode({"a": value, "b": 1})


def test_fields_are_set_in_their_place_and_new_ones_come_last() -> None:
    old = bson.encode({"_id": 1, "utm.source": 1, "b": 2, "utm": "plain"})

    new = merged(old, {"b": "$b", "$x": {"$add": 1}, "utm.source": None})

    wanted = {"_id": 1, "utm.source": None, "b": "$b", "utm": "plain", "$x": {"$add": 1}}
    assert new == bson.encode(wanted)


def test_the_order_of_fields_makes_no_other_digest_but_a_type_does() -> None:
    one, two, other = ({"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": 1, "b": Int64(2)})

    digests = [digest(bson.encode(each)) for each in (one, two, other)]

    assert digests[0] == digests[1] != digests[2]
