"""Reads from the ledger which days are known to be complete."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from altegio_sync.domain.ledger import CompanyCoverage, CoverageReport, cover
from altegio_sync.domain.period import Period
from altegio_sync.domain.zones import find_zone

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from altegio_sync.domain.period import AnyPeriod
    from altegio_sync.ports import Ledger
    from altegio_sync.usecases.zones import LocalZone

#: Stands for the school where no company is configured, and none was ever read.
NO_COMPANY = "-"
#: So many days that have ended are shown, and are what the status counts.
_DAYS = 30


def last_ended_days(today: date) -> Period:
    """The last 30 days before today."""
    return Period(today - timedelta(days=_DAYS), today)


async def collect_coverage(
    ledger: Ledger,
    period: AnyPeriod | None,
    *,
    companies: Sequence[str],
    settings: str,
    configured_zone: str | None,
    local: LocalZone,
    now: datetime,
) -> CoverageReport:
    """The period's days as the ledger has them, under the settings of today.

    By default the last 30 days that have ended.

    Without ``companies`` all that the ledger knows. Days are cut in the configured zone, else in
    the one that the company was read in last, else in the local one.

    Raises:
        StoreError: MongoDB failed.
    """
    wanted = list(companies) or list(await ledger.list_companies()) or [NO_COMPANY]
    found: list[CompanyCoverage] = []
    today = now.astimezone(local.zone).date()
    days = last_ended_days(today) if period is None else period.on(today)
    for company in wanted:
        told = configured_zone or await ledger.find_timezone(company)
        zone = find_zone(told) or local.zone
        records = await ledger.find_days(company, days)
        found.append(cover(company, days, records, zone, settings=settings, now=now))
    return CoverageReport(days, found)
