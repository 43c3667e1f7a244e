"""Tests the right to the timetable, and fetches the newest bookings from it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from altegio_sync.domain.period import Period
from altegio_sync.errors import AltegioError
from altegio_sync.messages import check as texts
from altegio_sync.messages import check_names as names
from altegio_sync.ports import PageQuery
from altegio_sync.usecases.check.bookings import SAMPLE
from altegio_sync.usecases.check.checks import Check

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from altegio_sync.domain.appointment import Booking
    from altegio_sync.ports import AppointmentSource, Page

_LARGEST_PAGE = 1000
_DAYS_LOOKED_AT = 365
_MOST_PAGES = 10


async def check_timetable(
    source: AppointmentSource, company_id: str, zone: ZoneInfo
) -> tuple[Check, Sequence[Booking]]:
    """The check, and bookings with the newest among them."""
    name = names.TIMETABLE()
    today = datetime.now(zone).date()
    year = Period.of_days(today - timedelta(days=_DAYS_LOOKED_AT), today)
    query = PageQuery(company_id, year, zone, 1, _LARGEST_PAGE)
    try:
        page = await source.fetch_page(query)
        total = page.rows if page.total is None else page.total
        bookings = [*page.bookings, *await _fetch_newest(source, query, page, total)]
    except AltegioError as error:
        return Check.bad(name, error.message, texts.TIMETABLE_RIGHT()), []
    if page.rows < min(_LARGEST_PAGE, total):
        size = texts.SMALLER_PAGES(rows=page.rows, most=str(_LARGEST_PAGE))
    elif page.rows == _LARGEST_PAGE:
        size = texts.LARGEST_PAGES(most=str(_LARGEST_PAGE))
    else:
        size = texts.ONE_PAGE(rows=page.rows)
    return Check.good(name, texts.TIMETABLE(records=total, size=size)), bookings


async def _fetch_newest(
    source: AppointmentSource, query: PageQuery, first: Page, total: int
) -> list[Booking]:
    """More pages, if the first page does not contain the newest bookings.

    Altegio lists the newest bookings first, but its documentation does not promise this order.
    """
    if not first.rows or first.rows >= total:
        return []
    starts = [each.starts_at for each in first.bookings if each.starts_at is not None]
    pages, last = min(-(-SAMPLE // first.rows), _MOST_PAGES), -(-total // first.rows)
    is_ascending = bool(starts) and starts[0] < starts[-1]
    numbers = range(max(2, last - pages), last + 1) if is_ascending else range(2, pages + 1)
    found: list[Booking] = []
    for number in numbers:
        page = await source.fetch_page(replace(query, page=number, page_size=first.rows))
        found += page.bookings
    return found
