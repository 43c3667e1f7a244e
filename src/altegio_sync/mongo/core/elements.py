"""The fields of a BSON document as bytes, so that values of other programs are copied unread.

Python has no value for some BSON values: undefined, symbol, text that is not UTF-8, dates beyond
the year 9999, the payload of a NaN. So decoding and encoding such a value would change it.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import bson

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_INT32 = struct.Struct("<i")
#: The number of bytes of a value, by its type.
_FIXED = {
    0x01: 8,
    0x06: 0,
    0x07: 12,
    0x08: 1,
    0x09: 8,
    0x0A: 0,
    0x10: 4,
    0x11: 8,
    0x12: 8,
    0x13: 16,
    0x7F: 0,
    0xFF: 0,
}
#: Values of these types begin with a length, which does not count so many of their bytes.
_BESIDE_LENGTH = {
    0x02: 4,
    0x03: 0,
    0x04: 0,
    0x05: 5,
    0x0C: 16,
    0x0D: 4,
    0x0E: 4,
    0x0F: 0,
}
_REGEX = 0x0B


@dataclass(frozen=True, slots=True)
class RawValue:
    """A stored value: the byte of its type, then its bytes."""

    data: bytes


def split(document: bytes | memoryview) -> list[tuple[str, RawValue]]:
    """The fields in their order. `joined` restores a name that is not UTF-8."""
    raw = bytes(document)
    fields = []
    position, end = 4, len(raw) - 1
    while position < end:
        name_end = raw.index(0, position + 1)
        name = raw[position + 1 : name_end].decode("utf-8", "surrogateescape")
        value_start = name_end + 1
        value_end = value_start + _length(raw, raw[position], value_start)
        value = bytes([raw[position]]) + raw[value_start:value_end]
        fields.append((name, RawValue(value)))
        position = value_end
    return fields


def joined(fields: Iterable[tuple[str, RawValue]]) -> bytes:
    """The document with these fields."""
    return _document(_element(name, value) for name, value in fields)


def to_raw(value: Any) -> RawValue:
    """The value as it would be stored."""
    if isinstance(value, RawValue):
        return value
    [(_, raw)] = split(bson.encode({"": value}))
    return raw


def merged(raw: bytes | memoryview, fields: Mapping[str, Any]) -> bytes:
    """The document with the fields set. Existing fields keep their place; new ones come last."""
    new = {name: to_raw(value) for name, value in fields.items()}
    old = split(raw)
    kept = [(name, new.get(name, value)) for name, value in old]
    names = {name for name, _ in old}
    return joined(kept + [each for each in new.items() if each[0] not in names])


def digest(raw: bytes | memoryview) -> str:
    """A hash that is the same for documents with the same fields in any order."""
    fields = sorted(split(raw), key=lambda each: each[0])
    return hashlib.sha256(joined(fields)).hexdigest()


def _document(elements: Iterable[bytes]) -> bytes:
    body = b"".join(elements)
    return _INT32.pack(len(body) + 5) + body + b"\0"


def _element(name: str, value: RawValue) -> bytes:
    return value.data[:1] + name.encode("utf-8", "surrogateescape") + b"\0" + value.data[1:]


def _length(raw: bytes, kind: int, start: int) -> int:
    if kind in _FIXED:
        return _FIXED[kind]
    if kind == _REGEX:
        pattern_end = raw.index(0, start)
        return raw.index(0, pattern_end + 1) + 1 - start
    length: int = _INT32.unpack_from(raw, start)[0]
    return length + _BESIDE_LENGTH[kind]
