"""The partitions of the chain: its days, and company by month."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import dagster as dg

from altegio_sync.domain.period import Period, month_of
from altegio_sync.domain.zones import find_zone
from altegio_sync.errors import ConfigError
from altegio_sync.messages import chain as texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from altegio_sync.config import SchoolConfig

COMPANY, MONTH = "company", "month"
#: Companies are partitions that the sensor `ledger` adds and removes.
companies = dg.DynamicPartitionsDefinition(name=COMPANY)
#: Months after the present one, for bookings made ahead, and for a code server that runs for long.
_MONTHS_AHEAD = 3
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Calendar:
    """The zone in which the chain's days begin, and the first day of its first month."""

    zone: ZoneInfo
    first: date

    @classmethod
    def read(
        cls, configs: Sequence[SchoolConfig], variables: Mapping[str, str], now: datetime
    ) -> Calendar:
        """The calendar of two variables, each with a default.

        - `CHAIN_TIMEZONE`: by default the first `timezone` of a school, else UTC.
        - `CHAIN_FIRST_MONTH`: by default January of last year.

        Raises:
            ConfigError: a variable has a wrong value.
        """
        configured = next((each.timezone for each in configs if each.timezone), "UTC")
        zone = find_zone(variables.get("CHAIN_TIMEZONE", "").strip() or configured)
        if zone is None:
            raise ConfigError(texts.ZONE_EXPECTED())
        today = now.astimezone(zone).date()
        text = variables.get("CHAIN_FIRST_MONTH", "").strip() or f"{today.year - 1}-01"
        if not _MONTH.fullmatch(text) or text > f"{today:%Y-%m}":
            raise ConfigError(texts.FIRST_MONTH_EXPECTED())
        return cls(zone, month_start(text))

    def months(self, now: datetime) -> list[str]:
        """All months from the first to a few after the present one."""
        last = now.astimezone(self.zone).date()
        for _ in range(_MONTHS_AHEAD):
            last = _month_after(last)
        return list(_each_month(self.first, last))

    def days(self) -> dg.DailyPartitionsDefinition:
        return dg.DailyPartitionsDefinition(
            start_date=self.first.isoformat(), timezone=self.zone.key
        )

    def company_months(self, now: datetime) -> dg.MultiPartitionsDefinition:
        months = dg.StaticPartitionsDefinition(self.months(now))
        return dg.MultiPartitionsDefinition({COMPANY: companies, MONTH: months})


def month_start(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


def period_of(month: str) -> Period:
    return Period.of_days(*month_of(month_start(month)))


def months_in(period: Period) -> list[str]:
    """The months of the period's days."""
    return list(_each_month(period.start, period.last_day))


def partition_key(company: str, month: str) -> str:
    """The key of a company's month, as Dagster writes it."""
    return f"{company}|{month}"


def split_key(key: str) -> tuple[str, str]:
    """The company and the month of a key."""
    company, _, month = key.rpartition("|")
    return company, month


def _each_month(first: date, last: date) -> Iterator[str]:
    day = first.replace(day=1)
    while day <= last:
        yield f"{day:%Y-%m}"
        day = _month_after(day)


def _month_after(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1)
