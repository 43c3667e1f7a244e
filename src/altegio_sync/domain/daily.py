"""A time of the day in a zone, at which something happens once a day."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo


def last_moment(at: time, now: datetime, zone: ZoneInfo) -> datetime:
    """When it was ``at`` o'clock in the zone for the last time, not after ``now``.

    A local time that occurs twice counts the first time. A local time that the clock change skips
    is the moment an hour later.
    """
    today = now.astimezone(zone).date()
    moments = (
        datetime.combine(day, at, zone).astimezone(UTC)
        for day in (today, today - timedelta(days=1))
    )
    return next(each for each in moments if each <= now)
