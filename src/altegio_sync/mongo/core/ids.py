"""The one definition of "the same appointment id", in Python and inside MongoDB.

An id is a text that is not blank, or a whole number of any BSON type that fits into 64 bits. 7, 7.0
and "7" are the same id; "07" is another id. Every other value (a list, a document, a fraction) is
no id: no two documents share it, and no query contains it.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from bson import Code, Decimal128, Int64, Regex

from altegio_sync.mongo.core.documents import KEY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Document = dict[str, Any]

_INT64 = range(-(2**63), 2**63)
#: The white space of the regular expressions and of `$trim` below. A no-break space is a letter.
_SPACE = " \t\n\v\f\r"
_LONGEST_LABEL = 40
_MOST_DIGITS = 18
_INTEGER = re.compile(r"-?[0-9]{1,19}")
#: Part of a query for a value. Without it, a list matches if any of its items matches.
NO_LIST: Document = {"$not": {"$type": "array"}}
#: A query for every value that is an id. It also finds fractions and blank texts.
MAY_BE_ID: Document = {"$type": ["string", "symbol", "number"], **NO_LIST}
#: Matches a blank text.
BLANK = Regex(r"^\s*$")
#: The number as 64 bits, without its fraction; null if it does not fit.
AS_LONG: Document = {
    "$convert": {"input": f"${KEY}", "to": "long", "onError": None, "onNull": None}
}


def is_blank_text(text: object) -> Document:
    """An expression: whether the text, such as `$leadName`, has only white space."""
    return {"$eq": [{"$trim": {"input": text, "chars": _SPACE}}, ""]}


def _as_id() -> Document:
    kind = {"$type": f"${KEY}"}
    is_whole = {"$and": [{"$isNumber": f"${KEY}"}, {"$eq": [AS_LONG, f"${KEY}"]}]}
    # Python reads a symbol, a type of old programs, as a text.
    symbol_text = {"$substrBytes": [f"${KEY}", 0, -1]}
    branches = [
        {"case": {"$eq": [kind, "string"]}, "then": _unless_blank(f"${KEY}")},
        {"case": is_whole, "then": {"$toString": AS_LONG}},
        {"case": {"$eq": [kind, "symbol"]}, "then": _unless_blank(symbol_text)},
    ]
    return {"$switch": {"branches": branches, "default": None}}


def _unless_blank(text: object) -> Document:
    return {"$cond": [is_blank_text(text), None, text]}


#: `to_id` as an expression: null for a value that is no id.
AS_ID: Document = _as_id()


def to_id(value: object) -> str | None:
    """The id as text; None for a value that is no id."""
    if isinstance(value, str) and not isinstance(value, Code):
        return None if is_blank(value) else value
    number = to_whole_number(value)
    return None if number is None else str(number)


def is_blank(value: object) -> bool:
    """Whether it is null or a text of white space. A no-break space is a letter here."""
    return value is None or (isinstance(value, str) and not value.strip(_SPACE))


def is_same_id(one: object, other: object) -> bool:
    known = to_id(one)
    return known is not None and known == to_id(other)


def to_whole_number(value: object) -> int | None:
    """The value as a whole number, if it is a BSON number that fits into 64 bits; else None.

    The limits are compared first: a Decimal128 may have six thousand digits.
    """
    if isinstance(value, Decimal128):
        value = value.to_decimal()
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    is_finite = value.is_finite() if isinstance(value, Decimal) else math.isfinite(value)
    is_whole = is_finite and _INT64.start <= value < _INT64.stop and value == int(value)
    return int(value) if is_whole else None


def to_askable_id(value: object) -> str | None:
    """The id if Altegio may know it: at most 18 digits, as numbers in a database have."""
    known = to_id(value)
    is_number = known is not None and known.isascii() and known.isdigit()
    return known if is_number and len(known or "") <= _MOST_DIGITS else None


def having_ids(keys: Sequence[Any]) -> Document:
    """A query for the documents with one of the ids. ``keys`` are from `keys_of`, or stored ids."""
    return {KEY: {"$in": keys, **NO_LIST}}


def keys_of(ids: Iterable[str], *, also_numbers: bool) -> list[str | Int64]:
    """The values under which the ids may be stored. A number finds every numeric type."""
    keys: list[str | Int64] = list(ids)
    if also_numbers:
        keys += [number for each in keys if (number := _to_int64(str(each))) is not None]
    return keys


def label_of(document: Mapping[str, Any]) -> str:
    """The name of a document for people: its appointment id, else the value there or the `_id`."""
    key = document.get(KEY)
    known = to_id(key)
    if known is None and isinstance(key, list | float | Decimal128):
        known = str(key)
    if known is None:
        return f"_id {str(document['_id'])[:_LONGEST_LABEL]}"
    return known[:_LONGEST_LABEL]


def _to_int64(text: str) -> Int64 | None:
    """The number with exactly this text; None for "07"."""
    if not _INTEGER.fullmatch(text) or int(text) not in _INT64 or str(int(text)) != text:
        return None
    return Int64(text)
