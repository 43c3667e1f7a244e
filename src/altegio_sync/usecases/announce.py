"""Asks Altegio how many bookings a period has, before the period is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio

from altegio_sync.domain.clock import utc_now
from altegio_sync.ports import PageQuery
from altegio_sync.usecases.zones import fetch_zone

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from altegio_sync.domain.period import AnyPeriod, Period
    from altegio_sync.ports import AppointmentSource


@dataclass(frozen=True, slots=True)
class Announcement:
    """The size of a period. ``requests`` and ``seconds`` are estimates.

    ``records`` is None if Altegio announces no total.
    """

    company: str
    period: Period
    timezone: str
    records: int | None
    requests: int
    seconds: float


async def announce(
    source: AppointmentSource,
    company: str,
    period: AnyPeriod,
    *,
    timezone: str | None,
    page_size: int,
    requests_per_second: float,
    requests_per_minute: int,
    clock: Callable[[], datetime] = utc_now,
) -> Announcement:
    """Request the first page of the period. A limit of 0 means no limit.

    Raises:
        AltegioError: the location or its first page cannot be fetched.
        ConfigError: see `fetch_zone`.
    """
    zone = await fetch_zone(source, company, timezone)
    days = period.on(clock().astimezone(zone).date())
    asked_at = anyio.current_time()
    first = await source.fetch_page(PageQuery(company, days, zone, 1, page_size))
    answer_s = anyio.current_time() - asked_at
    served = first.rows or page_size
    size = served if first.total is not None and first.rows < first.total else page_size
    pages = max(1, -(-(first.total or first.rows) // size))
    requests = pages + (timezone is None)
    rates = [rate for rate in (requests_per_second, requests_per_minute / 60) if rate]
    seconds = requests / min(rates) if rates else requests * answer_s
    return Announcement(company, days, zone.key, first.total, requests, seconds)
