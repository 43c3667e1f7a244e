"""Reads from the ledger which days are complete."""

from __future__ import annotations

from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from altegio_sync.domain.ledger import CompanyCoverage, CoverageReport, cover
from altegio_sync.domain.period import Period
from altegio_sync.domain.zones import find_zone

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from altegio_sync.domain.period import AnyPeriod
    from altegio_sync.ports import Ledger
    from altegio_sync.usecases.zones import LocalZone

#: Used instead of a company if no company is configured and no company was ever read.
NO_COMPANY = "-"
#: The number of days that `coverage` shows by default, and that `status` counts.
_DAYS = 30
_NO_ZONES: Mapping[str, str] = MappingProxyType({})


def last_ended_days(today: date) -> Period:
    """The last 30 days before today."""
    return Period(today - timedelta(days=_DAYS), today)


async def collect_coverage(
    ledger: Ledger,
    period: AnyPeriod | None,
    *,
    companies: Sequence[str],
    rules_fingerprint: str,
    configured_zone: str | None,
    local: LocalZone,
    now: datetime,
    zones: Mapping[str, str] = _NO_ZONES,
) -> CoverageReport:
    """The days of the period in the ledger; by default the last 30 days that have ended.

    ``rules_fingerprint`` is the `settings_hash` of today: days under other settings do not count.
    Without ``companies``, the report has all companies of the ledger. Days begin and end in the
    configured zone, else in the zone that Altegio last named (``zones``, by company), else in the
    zone of the company's newest entries, else in the local zone.

    Raises:
        StoreError: MongoDB failed.
    """
    wanted = list(companies) or list(await ledger.list_companies()) or [NO_COMPANY]
    found: list[CompanyCoverage] = []
    today = now.astimezone(local.zone).date()
    days = last_ended_days(today) if period is None else period.on(today)
    for company in wanted:
        zone = find_zone(configured_zone or zones.get(company))
        zone = zone or find_zone(await ledger.find_timezone(company)) or local.zone
        records = await ledger.find_days(company, days)
        found.append(cover(company, days, records, zone, settings=rules_fingerprint, now=now))
    return CoverageReport(days, found)
