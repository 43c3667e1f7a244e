"""Moments as the live page shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.domain.day_words import moment_in_table
from altegio_sync.messages.live import AT_TIME

if TYPE_CHECKING:
    from datetime import datetime

    from altegio_sync.messages import Message


def to_local(moment: datetime | None, now: datetime) -> datetime | None:
    """The moment in the zone of ``now``; None at the edge of the calendar, where it has no day."""
    try:
        return None if moment is None else moment.astimezone(now.tzinfo)
    except OverflowError:
        return None


def moment_or_time(moment: datetime, now: datetime) -> Message:
    """The local time, with the day where it is not today. ``now`` is local."""
    local = moment.astimezone(now.tzinfo)
    if local.date() == now.date():
        return AT_TIME(time=f"{local:%H:%M}")
    return moment_in_table(local)
