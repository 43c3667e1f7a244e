"""What the ledgers of all schools say about the last days and about whole months."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from altegio_sync.app.school import open_school
from altegio_sync.chain.partitions import months_in, period_of
from altegio_sync.chain.schools import company_key, name_of
from altegio_sync.chain.work import find_or_ask_companies
from altegio_sync.domain.period import Period
from altegio_sync.errors import AltegioSyncError
from altegio_sync.messages import as_message
from altegio_sync.messages.schools import SCHOOL_FAILED
from altegio_sync.usecases.coverage import collect_coverage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from altegio_sync.app.school import School
    from altegio_sync.config import SchoolConfig
    from altegio_sync.domain.ledger import CompanyCoverage
    from altegio_sync.messages import Message

#: The days in which a gap is looked for.
DAYS = 35
#: A day counts as a gap only when it has ended for so long: first the night has its turn.
_GRACE = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Gap:
    """The days without an entry of one company, from the first to the last.

    ``revision`` changes with the entries of the company.
    """

    company: str
    period: Period
    days: int
    revision: str


@dataclass(frozen=True, slots=True)
class CompanyDays:
    """A company by its partition key, and its days in the ledger."""

    company: str
    coverage: CompanyCoverage

    def find_gap(self, first: date) -> Gap | None:
        """The gap from this day on; None where there is none."""
        open_days = [
            day for day in self.coverage.days if day >= first and day not in self.coverage.graded
        ]
        if not open_days:
            return None
        period = Period.of_days(open_days[0], open_days[-1])
        return Gap(self.company, period, len(open_days), self._revision())

    def count_covered(self, month: str) -> int | None:
        """The covered days of the month; None if one is missing, or none has ended."""
        inside = period_of(month)
        ended = [day for day in self.coverage.days if inside.start <= day < inside.end]
        covered = sum(day in self.coverage.graded for day in ended)
        return covered if ended and covered == len(ended) else None

    def _revision(self) -> str:
        entries = sorted(
            f"{day} {each.at.isoformat()} {each.run_id}"
            for day, each in self.coverage.graded.items()
        )
        return hashlib.sha256("\n".join(entries).encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class SchoolLedger:
    """The days of a school's companies, or why its ledger cannot be read."""

    school: str
    companies: Sequence[CompanyDays] = ()
    problem: Message | None = None

    @property
    def full_problem(self) -> Message:
        """The problem, with the name of the school where there are several."""
        problem = as_message(self.problem or "")
        return SCHOOL_FAILED(school=self.school, reason=problem) if self.school else problem


@dataclass(frozen=True, slots=True)
class ChainLedger:
    """The ledgers of all schools for some months. Gaps are looked for from ``first_day`` on."""

    months: Sequence[str]
    first_day: date
    schools: Sequence[SchoolLedger]

    @property
    def companies(self) -> list[CompanyDays]:
        return [each for school in self.schools for each in school.companies]

    @property
    def gaps(self) -> list[Gap]:
        found = (each.find_gap(self.first_day) for each in self.companies)
        return [each for each in found if each is not None]

    @property
    def problems(self) -> list[SchoolLedger]:
        return [each for each in self.schools if each.problem is not None]


def read_last_days(configs: Sequence[SchoolConfig], now: datetime) -> ChainLedger:
    """The months of the last `DAYS` days."""
    last = (now - _GRACE).date()
    first = last - timedelta(days=DAYS)
    return _read(configs, months_in(Period.of_days(first, last)), first, now)


def read_month(configs: Sequence[SchoolConfig], month: str, now: datetime) -> ChainLedger:
    return _read(configs, [month], period_of(month).start, now)


def _read(
    configs: Sequence[SchoolConfig], months: Sequence[str], first: date, now: datetime
) -> ChainLedger:
    period = Period(period_of(months[0]).start, period_of(months[-1]).end)

    async def read_all() -> ChainLedger:
        found = await asyncio.gather(*(_read_school(each, period, now) for each in configs))
        return ChainLedger(months, first, found)

    return asyncio.run(read_all())


async def _read_school(config: SchoolConfig, period: Period, now: datetime) -> SchoolLedger:
    """A school whose database is away keeps no other from being read."""
    name = name_of(config)
    try:
        async with open_school(config) as school:
            return SchoolLedger(name, await _read_companies(school, period, now))
    except AltegioSyncError as error:
        return SchoolLedger(name, problem=error.message)


async def _read_companies(school: School, period: Period, now: datetime) -> list[CompanyDays]:
    config = school.config
    report = await collect_coverage(
        school.ledger,
        period,
        companies=await find_or_ask_companies(school),
        rules_fingerprint=config.settings_hash,
        configured_zone=config.timezone,
        local=await school.find_zone(),
        now=now - _GRACE,
        zones=await school.find_location_zones(),
    )
    return [CompanyDays(company_key(config, each.company), each) for each in report.companies]
