"""The one definition of "the same appointment id", in Python and inside MongoDB.

An id is a text that is not blank, or a whole number of any of BSON's numeric types: 7, 7.0 and "7"
are the same id, "07" is another. Anything else (a list, a document, a fraction, a number that no
64 bits hold) is no id: no two documents share it, and it is never part of a query.
"""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, Any

import bson
from bson import Code, Decimal128, Int64, ObjectId, Regex

from altegio_sync.mongo.core.documents import KEY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    Document = dict[str, Any]

_INT64_END = 2**63
_BLANK = r"^\s*$"
_SPACE = " \t\n\v\f\r"
_LONGEST = 40
_MOST_DIGITS = 18
#: Part of a query by value: a list would be matched by what it holds.
NO_LIST: Document = {"$not": {"$type": "array"}}
#: A query for a value that may be one.
IS_ID: Document = {"$type": ["string", "number"], **NO_LIST}
#: The number as 64 bits hold it, without its fraction.
AS_LONG: Document = {
    "$convert": {"input": f"${KEY}", "to": "long", "onError": None, "onNull": None}
}
_IS_WHOLE: Document = {"$and": [{"$isNumber": f"${KEY}"}, {"$eq": [AS_LONG, f"${KEY}"]}]}
#: `to_id` as an expression; what is no id stays what it is.
AS_TEXT: Document = {"$cond": [_IS_WHOLE, {"$toString": AS_LONG}, f"${KEY}"]}
#: For a field that holds `AS_TEXT`, to leave out texts of white space.
NOT_BLANK: Document = {"$not": Regex(_BLANK)}


def to_id(value: object) -> str | None:
    """The id as text; None for what is none."""
    if isinstance(value, str) and not isinstance(value, Code):
        return value if value.strip(_SPACE) else None
    number = to_whole_number(value)
    return None if number is None or not -_INT64_END <= number < _INT64_END else str(number)


def to_whole_number(value: object) -> int | None:
    """The number that a BSON value is, however it is stored; None for what is none.

    A number of more digits than 64 bits hold is none: Decimal128 has some of six thousand.
    """
    if isinstance(value, Decimal128):
        number = value.to_decimal()
        if not number.is_finite() or abs(number) >= _INT64_END or number != number.to_integral():
            return None
        return int(number)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not math.isfinite(value) or value != int(value):
        return None
    return int(value) if abs(value) <= _INT64_END else None


def to_askable_id(value: object) -> str | None:
    """The id where Altegio may know it: digits, not too many to be a number of its database."""
    known = to_id(value)
    is_number = known is not None and known.isascii() and known.isdigit()
    return known if is_number and len(known or "") <= _MOST_DIGITS else None


def keys_of(ids: Iterable[str], *, also_numbers: bool) -> list[str | Int64]:
    """As what the ids may be stored; a number finds those of every numeric type."""
    keys: list[str | Int64] = list(ids)
    if also_numbers:
        keys += [number for each in keys if (number := _to_int64(str(each))) is not None]
    return keys


def new_document_id(appointment_id: str) -> ObjectId:
    """An `_id` as MongoDB makes it."""
    del appointment_id  # it says when a document was made, not of what
    return ObjectId()


def fixed_document_id(appointment_id: str) -> ObjectId:
    """The one `_id` that a new document of this appointment may have.

    Where no unique index prevents it, two runs would store the same appointment at the same time;
    the index on `_id` always prevents it. Its time is 1970, since it says nothing of when.
    """
    digest = hashlib.blake2b(appointment_id.encode(), digest_size=8, person=b"altegio-sync")
    return ObjectId(bytes(4) + digest.digest())


def id_key(document_id: Any) -> bytes:
    """What an `_id` is compared by in Python, where 1 and 1.0 and True would be equal."""
    return bson.encode({"_id": document_id})


def made_at(document_id: object) -> datetime | None:
    """When a document was made, where its `_id` says so."""
    if not isinstance(document_id, ObjectId) or not any(document_id.binary[:4]):
        return None
    generated_at: datetime = document_id.generation_time
    return generated_at


def label_of(document: Mapping[str, Any]) -> str:
    """What people know a document by: the appointment id, or the value there, else the `_id`."""
    key = document.get(KEY)
    known = to_id(key)
    if known is None and isinstance(key, list | float | Decimal128):
        known = str(key)
    return f"_id {str(document['_id'])[:_LONGEST]}" if known is None else known[:_LONGEST]


def _to_int64(text: str) -> Int64 | None:
    """The number that is written in this way; None where BSON cannot hold it."""
    if not (text.isascii() and text.isdigit()) or len(text) > len(str(_INT64_END)):
        return None
    return Int64(text) if int(text) < _INT64_END and str(int(text)) == text else None
