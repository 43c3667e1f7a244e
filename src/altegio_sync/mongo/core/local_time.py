"""Groups moments so that Python can find their local days: a server's time zones may be old."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from pymongo.asynchronous.collection import AsyncCollection

    Document = dict[str, Any]

#: Between this moment and `_LATEST_START`, Python has a local time in every zone. No lesson starts
#: outside.
EARLIEST_START = datetime(1, 1, 2, tzinfo=UTC)
_LATEST_START = datetime(9999, 12, 30, tzinfo=UTC)
#: Since then, every offset is a multiple of 15 minutes (Liberia was the last to change).
_QUARTERS_SINCE = datetime(1972, 1, 8, tzinfo=UTC)
_QUARTER_MS = 900_000
#: By default the server sends up to 16 MiB in one answer, all of it in the memory of the client.
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
#: The start of the quarter of an hour that contains the moment in `_id`; null if no lesson can be
#: then. All moments of a quarter of an hour have the same local day and hour.
QUARTER_OF_ID: Document = {"$cond": [_IS_SHOWABLE, _MOMENT, None]}


async def count_local_days(
    collection: AsyncCollection[Document], matching: Document, field: str, zone: ZoneInfo
) -> Counter[date]:
    """How many matching documents there are for each local day of the moment in ``field``."""
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
