"""Writes that store documents and fields exactly as given, whatever their names and values are.

`$set` reads `utm.source` as a path, `ReplaceOne` refuses a name that begins with a dollar, and an
insert fills in an empty timestamp. A `$literal` in a pipeline is stored unchanged.

Each write is a compare-and-set: it changes a document only if nobody changed it since it was read.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from bson import ObjectId
from bson.codec_options import CodecOptions
from bson.datetime_ms import DatetimeMS
from bson.raw_bson import RawBSONDocument
from pymongo import DeleteOne, UpdateOne

from altegio_sync.mongo.core.bulk import MOST_BYTES
from altegio_sync.mongo.core.connection import LENIENT
from altegio_sync.mongo.core.elements import RawValue, joined, merged, split, to_raw

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Document = dict[str, Any]

_COMPARABLE = (str, bool, int, float, datetime, DatetimeMS, ObjectId, type(None))
#: Python reads this character instead of bytes that are not UTF-8.
_NOT_UTF8 = "\ufffd"
RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument, **LENIENT)
#: One command holds about 16 MiB. An old and a new document do not fit together if both are large.
_ROOM = MOST_BYTES - 64 * 1024
#: If a document does not fit, only its values up to this size are compared, one by one.
_SMALL = 1024


def to_document(raw: bytes) -> RawBSONDocument:
    return RawBSONDocument(raw, RAW)


def with_fields(old: RawBSONDocument, fields: Mapping[str, Any]) -> RawBSONDocument:
    """The document after the write of `setting`."""
    return to_document(merged(old.raw, fields)) if fields else old


def setting(old: RawBSONDocument, fields: Mapping[str, Any]) -> UpdateOne:
    """Set the fields; every other field keeps its place and value."""
    new = to_document(joined((name, to_raw(value)) for name, value in fields.items()))
    pipeline = [{"$replaceWith": {"$mergeObjects": ["$$ROOT", {"$literal": new}]}}]
    return UpdateOne(unchanged_filter(old, beside=len(new.raw)), pipeline)


def replacing(found: RawBSONDocument, new: RawBSONDocument) -> UpdateOne:
    pipeline = [{"$replaceWith": {"$literal": new}}]
    return UpdateOne(unchanged_filter(found, beside=len(new.raw)), pipeline)


def adding(new: RawBSONDocument) -> UpdateOne:
    """Insert the document. It is refused as a duplicate if its `_id` exists."""
    pipeline = [{"$replaceWith": {"$literal": new}}]
    return UpdateOne({"_id": {"$eq": new["_id"], "$in": []}}, pipeline, upsert=True)


def removing(old: RawBSONDocument) -> DeleteOne:
    return DeleteOne(unchanged_filter(old))


def unchanged_filter(old: RawBSONDocument, *, beside: int = 0) -> Document:
    """Matches the document while nobody has changed it, so that no change of others is lost.

    ``beside`` is the number of other bytes in the same command. If the document does not fit, only
    its size and its small values are compared.
    """
    by_id: Document = {"_id": {"$eq": old["_id"]}}
    if len(old.raw) + beside <= _ROOM:
        return {**by_id, "$expr": {"$eq": ["$$ROOT", {"$literal": old}]}}
    same: list[Document] = [{"$eq": [{"$bsonSize": "$$ROOT"}, len(old.raw)]}]
    same += [_same(name, value) for name, value in split(old.raw) if len(value.data) <= _SMALL]
    return {**by_id, "$expr": {"$and": same}}


def still_has(stored: Mapping[str, Any], names: Iterable[str]) -> Document:
    """A query: matches while the named fields have the values that were read.

    Some values cannot be part of a query as they are: lists, sub-documents, numbers of 34 digits,
    texts that are not UTF-8. Such a field only has to exist.
    """
    return {name: _has(stored[name]) if name in stored else {"$exists": False} for name in names}


def _has(value: object) -> Document:
    is_comparable = isinstance(value, _COMPARABLE) and not (
        isinstance(value, str) and _NOT_UTF8 in value
    )
    return {"$eq": value} if is_comparable else {"$exists": True}


def _same(name: str, value: RawValue) -> Document:
    field = to_document(joined([("$literal", to_raw(name))]))
    stored = {"$getField": {"field": field, "input": "$$ROOT"}}
    return {"$eq": [stored, to_document(joined([("$literal", value)]))]}
