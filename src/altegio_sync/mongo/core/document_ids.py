"""Makes the `_id` of a document, and compares two `_id`s in Python."""

from __future__ import annotations

import hashlib
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Any

import bson
from bson import Decimal128, ObjectId

if TYPE_CHECKING:
    from datetime import datetime

#: A Decimal128 has 34 digits.
_DIGITS = Context(prec=34)


def new_document_id(appointment_id: str) -> ObjectId:
    """An `_id` as MongoDB makes it."""
    del appointment_id  # such an `_id` does not depend on the appointment
    return ObjectId()


def fixed_document_id(appointment_id: str) -> ObjectId:
    """The only `_id` that a new document of this appointment may have.

    Without a unique index, two runs can store the same appointment at the same time. The index on
    `_id`, which always exists, prevents this. The time in this `_id` is 1970, which means unknown.
    """
    digest = hashlib.blake2b(appointment_id.encode(), digest_size=8, person=b"altegio-sync")
    return ObjectId(bytes(4) + digest.digest())


def made_at(document_id: object) -> datetime | None:
    """When the document was made, if its `_id` contains a time."""
    if not isinstance(document_id, ObjectId) or not any(document_id.binary[:4]):
        return None
    generated_at: datetime = document_id.generation_time
    return generated_at


def id_key(document_id: Any) -> bytes:
    """A key for Python's dictionaries. It differs for 1, 1.0 and True, which Python calls equal."""
    return bson.encode({"_id": document_id})


def server_key(value: object) -> bytes:
    """A key that is the same for all values that the server calls equal, such as 1 and 1.0."""
    number = value.to_decimal() if isinstance(value, Decimal128) else value
    if isinstance(number, int | float | Decimal) and not isinstance(number, bool):
        decimal = Decimal(number)
        if decimal.is_nan():
            return b"NaN"
        if not decimal:
            return b"0"
        return str(decimal.normalize(_DIGITS)).encode()
    return bson.encode({"": value})
