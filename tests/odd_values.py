"""Values that other programs and people may have left in a document, as bytes."""

from __future__ import annotations

from datetime import UTC, datetime

from bson import (
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

from altegio_sync.mongo.core.elements import RawValue, to_raw

_TEXT = b"\2\0\0\0a\0"
#: Undefined, a symbol, a pointer, a text that is not UTF-8, a NaN with a payload.
_RAW = [
    RawValue(b"\x06"),
    RawValue(b"\x0e" + _TEXT),
    RawValue(b"\x0c" + _TEXT + b"0123456789ab"),
    RawValue(b"\x02\3\0\0\0\xff\xfe\0"),
    RawValue(b"\x01\x23\1\0\0\0\0\xf8\x7f"),
]
_VALUES: list[object] = [
    *(None, "", "  ", "x", "07", "7", "$name", "a\nb", "٧", "7\0", "9" * 5000),
    *("2026-01-01T10:00:00", "2026-99-01T10:00:00", "0001-01-01T00:00:00+14:00"),
    *(7, Int64(7), 7.0, 7.5, -7, 0, True, False, Int64(2**63 - 1), Int64(-(2**63)), 2.0**63),
    *(1e300, float("inf"), -0.0, Decimal128("7.0"), Decimal128("1E6000"), Decimal128("-1E6000")),
    *(Decimal128.from_bid(b"\0" * 15 + b"\x7e"), Decimal128("NaN"), Decimal128("Infinity")),
    *({"$add": ["$a", 1]}, {"$gt": 1}, {"$ne": None}, {"$in": ["7"]}, {"$where": "1"}, {"": 1}, {}),
    *({"a.b": 1}, {"$ref": "c", "$id": 1}, DBRef("c", 1), [], ["501"], [7], [None], [[7]]),
    *([{"$gt": 1}], [datetime(2026, 1, 1, tzinfo=UTC)], b"x", MinKey(), MaxKey()),
    *(DatetimeMS(2**63 - 1), DatetimeMS(-(2**63)), DatetimeMS(8640000000000000), DatetimeMS(-1)),
    *(datetime(9999, 12, 31, 23, 59, tzinfo=UTC), datetime(1, 1, 1, tzinfo=UTC), ObjectId()),
    *(Regex("^7"), Regex("", "ims"), Code("x"), Code("x", {"y": 1}), Timestamp(0, 0)),
]
ODD_VALUES: list[RawValue] = [*_RAW, *map(to_raw, _VALUES)]
