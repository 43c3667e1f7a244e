"""What a run does with one school: a period, some months of some companies, or the changes."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING

from altegio_sync.app.companies import ask_companies, find_companies
from altegio_sync.app.syncing import sync_school, sync_school_changes
from altegio_sync.chain.partitions import period_of, split_key
from altegio_sync.chain.schools import company_of
from altegio_sync.domain.period import Period, spans
from altegio_sync.domain.report import SyncMode
from altegio_sync.usecases.changes import ChangesRequest
from altegio_sync.usecases.sync import SyncRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from altegio_sync.app.school import School
    from altegio_sync.chain.log import ChainProgress
    from altegio_sync.chain.running import Work
    from altegio_sync.config import SchoolConfig
    from altegio_sync.domain.report import SyncReport
    from altegio_sync.usecases.stopping import StopSignal

#: How long a run waits for another run on the same company.
_WAIT = "10m"
#: Whatever the ledger has is not asked for again.
_ANY_AGE = timedelta(days=36_500)
#: How far back the first changes of a location are read.
_FIRST_CHANGES = timedelta(days=7)


def read_period(period: Period, *, update: bool, again: bool) -> Work:
    """Read the period for all companies. Days that the ledger has are left out unless ``again``."""

    async def work(school: School, progress: ChainProgress, stop: StopSignal) -> list[SyncReport]:
        request = _request(school.config.pick_companies(()), period, update=update, again=again)
        return [await sync_school(school, request, wait=_WAIT, progress=progress, stop=stop)]

    return work


def read_months(
    keys: Iterable[str], *, update: bool, again: bool, within: Period | None = None
) -> Work:
    """Read months of companies; ``within`` narrows all of them.

    Companies with the same months are read together, so that one waits while another is answered.
    """
    keys = list(keys)

    async def work(school: School, progress: ChainProgress, stop: StopSignal) -> list[SyncReport]:
        reports = []
        for period, wanted in plan_reading(school.config, keys, within).items():
            if not stop.is_set:
                request = _request(wanted, period, update=update, again=again)
                sync = partial(sync_school, wait=_WAIT, progress=progress, stop=stop)
                reports.append(await sync(school, request))
        return reports

    return work


def plan_reading(
    config: SchoolConfig, keys: Iterable[str], within: Period | None = None
) -> Mapping[Period, Sequence[str]]:
    """The periods to read, each with the school's companies."""
    days: dict[str, set[date]] = defaultdict(set)
    for key in keys:
        company_key, month = split_key(key)
        company = company_of(config, company_key)
        if company is not None:
            days[company].update(_inside(period_of(month), within))
    plan: dict[Period, list[str]] = defaultdict(list)
    for company, wanted in days.items():
        for period in spans(sorted(wanted)):
            plan[period].append(company)
    return dict(sorted(plan.items(), key=lambda each: each[0].start))


async def find_or_ask_companies(school: School) -> Sequence[str]:
    """The companies of the school. Altegio is asked only where it lists them, and never did."""
    found = await find_companies(school)
    if found:
        return found
    return (await ask_companies(school.config, school.altegio, school.locations)).ids


async def bring_changes(
    school: School, progress: ChainProgress, stop: StopSignal
) -> list[SyncReport]:
    """Bring the changes of all companies; a company without a cursor begins a week ago."""
    companies = await find_or_ask_companies(school)
    known = await school.cursors.find_all()
    groups = (
        ([each for each in companies if each in known], None),
        ([each for each in companies if each not in known], _FIRST_CHANGES),
    )
    reports = []
    for group, since in groups:
        if group and not stop.is_set:
            request = ChangesRequest(companies=group, since=since)
            sync = partial(sync_school_changes, progress=progress, stop=stop)
            reports.append(await sync(school, request))
    return reports


def _request(companies: Sequence[str], period: Period, *, update: bool, again: bool) -> SyncRequest:
    return SyncRequest(
        companies=companies,
        period=period,
        mode=SyncMode.UPDATE if update else SyncMode.NEW_ONLY,
        max_age=None if again else _ANY_AGE,
    )


def _inside(period: Period, within: Period | None) -> list[date]:
    return [day for day in period.each_day() if within is None or within.start <= day < within.end]
