"""Reads the services and the bookings of last month, to make proposals from them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from altegio_sync.domain.period import NamedPeriod
from altegio_sync.domain.zones import find_zone
from altegio_sync.ports import PageQuery

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from altegio_sync.domain.appointment import Booking, Location, Service
    from altegio_sync.domain.period import Period
    from altegio_sync.ports import AppointmentSource, ServiceSource

_LARGEST_PAGE = 1000
#: Enough for proposals: a page has at least 50 bookings.
_MOST_PAGES = 40


@dataclass(slots=True)
class LastMonth:
    """What Altegio has about last month. The lead of a booking has the client's id and name."""

    services: list[Service] = field(default_factory=list)
    bookings: list[Booking] = field(default_factory=list)
    timezone: str = "UTC"


async def read_last_month(
    source: ServiceSource, locations: Sequence[Location], now: datetime
) -> LastMonth:
    """The services of the locations, and their bookings of last month.

    Raises:
        AltegioError: a list cannot be read.
    """
    month = LastMonth()
    services: dict[str, Service] = {}
    for each in locations:
        zone = find_zone(each.timezone) or ZoneInfo("UTC")
        month.timezone = zone.key
        services |= {one.id: one for one in await source.fetch_services(each.id)}
        period = NamedPeriod("last-month").on(now.astimezone(zone).date())
        month.bookings += await _read_bookings(source, each.id, period, zone)
    month.services = list(services.values())
    return month


async def _read_bookings(
    source: AppointmentSource, company_id: str, period: Period, zone: ZoneInfo
) -> list[Booking]:
    """The bookings once each. A server may serve smaller pages than it is asked for."""
    query = PageQuery(company_id, period, zone, 1, _LARGEST_PAGE)
    found: dict[str, Booking] = {}
    for number in range(1, _MOST_PAGES + 1):
        page = await source.fetch_page(replace(query, page=number))
        found |= {each.id: each for each in page.bookings}
        if number == 1:
            query = replace(query, page_size=page.rows or _LARGEST_PAGE)
        if page.rows < query.page_size or (page.total is not None and len(found) >= page.total):
            break
    return list(found.values())
