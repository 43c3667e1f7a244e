"""Notices an answer to another question, as of a proxy that ignores which days were asked for."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from altegio_sync.errors import UnexpectedAnswerError

if TYPE_CHECKING:
    from altegio_sync.ports import Page, PageQuery

#: Days may have been asked for in the zone of an earlier run.
_TOLERANCE = timedelta(days=1)


def refuse_other_days(query: PageQuery, page: Page) -> None:
    """Such an answer shows nothing of the days that were asked for, and must not complete them.

    Raises:
        UnexpectedAnswerError: every row whose start can be read is of other days.
    """
    starts = [each.starts_at for each in page.bookings if each.starts_at is not None]
    if query.period is None or not starts:
        return
    first, end = query.period.moments(query.zone)
    if all(first - each > _TOLERANCE or each - end > _TOLERANCE for each in starts):
        raise UnexpectedAnswerError(
            "Altegio answered with bookings of other days than were asked for: check "
            "ALTEGIO_API_URL, and whether a proxy is between"
        )
