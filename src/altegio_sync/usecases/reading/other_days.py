"""Refuses an answer with other days. A proxy that ignores the query gives such an answer."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from altegio_sync.errors import UnexpectedAnswerError
from altegio_sync.messages import sync as texts

if TYPE_CHECKING:
    from altegio_sync.ports import Page, PageQuery

#: The days may have been requested in the zone of an earlier run.
_TOLERANCE = timedelta(days=1)


def refuse_other_days(query: PageQuery, page: Page) -> None:
    """Refuse an answer with other days: it says nothing about the days of the query.

    Raises:
        UnexpectedAnswerError: every row with a readable start is on other days.
    """
    starts = [each.starts_at for each in page.bookings if each.starts_at is not None]
    if query.period is None or not starts:
        return
    first, end = query.period.moments(query.zone)
    if all(first - each > _TOLERANCE or each - end > _TOLERANCE for each in starts):
        raise UnexpectedAnswerError(texts.OTHER_DAYS())
