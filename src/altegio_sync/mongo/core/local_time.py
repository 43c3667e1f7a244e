"""Groups moments so that Python can tell their local days: a server's own time zones may be old."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from pymongo.asynchronous.collection import AsyncCollection

    Document = dict[str, Any]

#: What Python can turn into local time in every zone; a date beyond it is no lesson's.
EARLIEST_START = datetime(1, 1, 2, tzinfo=UTC)
_LATEST_START = datetime(9999, 12, 30, tzinfo=UTC)
#: From here on, every zone is off by whole quarters of an hour (Liberia was the last to change).
_QUARTERS_SINCE = datetime(1972, 1, 8, tzinfo=UTC)
_QUARTER_MS = 900_000
#: By default the server sends up to 16 MiB in one answer, which the client then holds.
FEW_AT_ONCE = 1000
_IS_SHOWABLE: Document = {
    "$and": [
        {"$eq": [{"$type": "$_id"}, "date"]},
        {"$gte": ["$_id", EARLIEST_START]},
        {"$lt": ["$_id", _LATEST_START]},
    ]
}
_PAST_QUARTER = {"$mod": [{"$subtract": ["$_id", EARLIEST_START]}, _QUARTER_MS]}
_MOMENT = {
    "$cond": [{"$gte": ["$_id", _QUARTERS_SINCE]}, {"$subtract": ["$_id", _PAST_QUARTER]}, "$_id"]
}
#: The quarter of an hour that the moment in `_id` lies in, in which every moment has the same local
#: day and hour; null for what is no moment of a lesson.
QUARTER_OF_ID: Document = {"$cond": [_IS_SHOWABLE, _MOMENT, None]}


async def count_local_days(
    collection: AsyncCollection[Document], matching: Document, field: str, zone: ZoneInfo
) -> Counter[date]:
    """How many matching documents have the moment in ``field`` on each local day."""
    pipeline: list[Document] = [
        {"$match": matching},
        {"$group": {"_id": f"${field}", "n": {"$sum": 1}}},
        {"$group": {"_id": QUARTER_OF_ID, "n": {"$sum": "$n"}}},
        {"$match": {"_id": {"$ne": None}}},
    ]
    days: Counter[date] = Counter()
    cursor = await collection.aggregate(pipeline, allowDiskUse=True, batchSize=FEW_AT_ONCE)
    async for found in cursor:
        days[found["_id"].astimezone(zone).date()] += found["n"]
    return days
