"""Finds, inside MongoDB, the appointment ids that several documents share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from altegio_sync.mongo.core.connection import translated_errors
from altegio_sync.mongo.core.documents import KEY
from altegio_sync.mongo.core.ids import AS_ID, AS_LONG, MAY_BE_ID

if TYPE_CHECKING:
    from pymongo.asynchronous.collection import AsyncCollection

Document = dict[str, Any]
Pipeline = list[Document]

_NOT_EMPTY: Document = {"$nin": [None, ""]}
#: A collection with millions of ids has some hundreds of ids in each bucket.
_BUCKETS = 4096


async def has_numeric_ids(collection: AsyncCollection[Document]) -> bool:
    """Whether any id is a number. A unique index allows the number 501 beside the text "501"."""
    with translated_errors():
        # Numbers sort before texts, so the index finds a number at once.
        return await collection.find_one({KEY: {"$type": "number"}}, {"_id": 1}) is not None


def repeated_ids(condition: Document) -> Pipeline:
    """Stages: one result for each id that several documents share; they match ``condition``.

    The `_id` of a result is the id as text, `documents` is their number, and `keys` are the stored
    forms of the id.

    A group for each id would be slow: the server writes millions of groups to its disk. So the ids
    are put into buckets first, and only buckets that may contain an id twice are examined.
    """
    bucket = {"$ifNull": [{"$mod": [AS_LONG, _BUCKETS]}, f"${KEY}"]}
    has_one_twice = {"$ne": ["$documents", {"$size": {"$setUnion": ["$keys", []]}}]}
    # 501 and "501" are not equal, so a bucket with different types is examined as well.
    has_types = {"$ne": [{"$type": "$least"}, {"$type": "$most"}]}
    return [
        {"$match": {**condition, KEY: _NOT_EMPTY}},
        {
            "$group": {
                "_id": bucket,
                "documents": {"$sum": 1},
                "keys": {"$push": f"${KEY}"},
                "least": {"$min": f"${KEY}"},
                "most": {"$max": f"${KEY}"},
            }
        },
        {"$match": {"$expr": {"$or": [has_one_twice, has_types]}}},
        {"$unwind": "$keys"},
        {"$project": {KEY: "$keys"}},
        {"$match": {KEY: MAY_BE_ID}},
        {
            "$group": {
                "_id": AS_ID,
                "documents": {"$sum": 1},
                "keys": {"$addToSet": f"${KEY}"},
            }
        },
        {"$match": {"documents": {"$gt": 1}, "_id": {"$ne": None}}},
    ]
