"""Counts the documents whose start is no date, so that no question about a period finds them."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from altegio_sync.mongo.tending.repaired_fields import to_moment

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

    from pymongo.asynchronous.collection import AsyncCollection

    Document = dict[str, Any]
    #: The first moment of a period, the moment after its last one, and the zone of its days.
    Span = tuple[datetime, datetime, ZoneInfo]

_BATCH = 1000
#: A list that contains a date has the type of a date too.
_NO_DATE: Document = {
    "$or": [
        {"startDateTime": {"$not": {"$type": "date"}}},
        {"startDateTime": {"$type": "array"}},
    ]
}


async def count_unread_starts(
    collection: AsyncCollection[Document], matching: Document, span_of: Callable[[object], Span]
) -> int:
    """How many matching documents may start in the period, although their start is no date.

    ``span_of`` has the period of a company. A text that shows a moment outside the period does not
    count.
    """
    fields = {"_id": 0, "startDateTime": 1, "companyId": 1}
    count = 0
    async for each in collection.find({**matching, **_NO_DATE}, fields, batch_size=_BATCH):
        since, until, zone = span_of(each.get("companyId"))
        moment = _read(each.get("startDateTime"), zone)
        count += moment is None or since <= moment < until
    return count


def _read(value: object, zone: ZoneInfo) -> datetime | None:
    if isinstance(value, str):
        with suppress(ValueError):
            return datetime.combine(date.fromisoformat(value.strip()), time(), zone)
    return to_moment(value, zone)
