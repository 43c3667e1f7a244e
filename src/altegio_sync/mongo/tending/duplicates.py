"""Appointment ids that stand in several documents, found inside MongoDB."""

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
#: As many as give each some hundreds of ids where there are millions.
_BUCKETS = 4096


async def has_numeric_ids(collection: AsyncCollection[Document]) -> bool:
    """Whether any id is a number: a unique index lets it stand beside the same one in text."""
    with translated_errors():
        # Numbers sort before texts, so the index finds one at once.
        return await collection.find_one({KEY: {"$type": "number"}}, {"_id": 1}) is not None


def repeated_ids(condition: Document) -> Pipeline:
    """Stages that leave one document for each id that several documents of the condition have.

    Its `_id` is the id as text, `documents` counts them, `keys` are the id as they have it.

    A group for every id is slow, for the server has to spill millions of them. So the ids are put
    into buckets first, and only those of a bucket that may have one twice are grouped.
    """
    bucket = {"$ifNull": [{"$mod": [AS_LONG, _BUCKETS]}, f"${KEY}"]}
    has_one_twice = {"$ne": ["$documents", {"$size": {"$setUnion": ["$keys", []]}}]}
    # 501 and "501" are not equal: where types differ, it takes the texts to tell.
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
