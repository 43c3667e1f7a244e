"""Messages that are sent on request: a test, and the summary of a week."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.app.alerts import name_of
from altegio_sync.app.companies import find_companies
from altegio_sync.app.school import open_school
from altegio_sync.app.todo import collect_todo
from altegio_sync.domain.clock import utc_now
from altegio_sync.domain.period_words import parse_period
from altegio_sync.errors import AltegioSyncError, ConfigError
from altegio_sync.messages import notify as texts
from altegio_sync.messages import render
from altegio_sync.notify.messages import send_message
from altegio_sync.usecases.coverage import collect_coverage
from altegio_sync.usecases.stats import collect_stats

if TYPE_CHECKING:
    from altegio_sync.app.school import School
    from altegio_sync.config import SchoolConfig
    from altegio_sync.domain.period import AnyPeriod
    from altegio_sync.messages import Message
    from altegio_sync.usecases.stopping import StopSignal

_PERIOD = "last-week"


class NotSentError(AltegioSyncError):
    """The message could not be sent."""


async def send_test(config: SchoolConfig) -> None:
    """Send a test to every address.

    Raises:
        ConfigError: there is no address.
        NotSentError: an address did not take the message.
    """
    await _send(config, texts.TEST())


async def send_week(config: SchoolConfig, stop: StopSignal) -> None:
    """Send the lessons of the last week, the no-shows, and how much needs correction.

    The message also says how many days may be incomplete in MongoDB.

    Raises:
        AltegioError: Altegio could not be read.
        ConfigError: there is no address.
        NotSentError: an address did not take the message.
        StoreError: MongoDB failed.
    """
    _addresses(config)
    period = parse_period(_PERIOD)
    async with open_school(config, stop=stop) as school:
        local = await school.find_zone()
        stats = await collect_stats(school.stats, school.runs, zone=local, period=period)
        unread_days = await _count_unread_days(school, period)
        todo = await collect_todo(school, parse_period("around"), stop)
    days = period.on(utc_now().astimezone(local.zone).date())
    count = len(todo.items)
    summary = texts.WEEKLY(
        first=days.start,
        last=days.last_day,
        lessons=texts.LESSONS(count=stats.counts.active),
        no_shows=texts.NO_SHOWS(count=stats.attendance.no_show),
        todo=texts.TO_CORRECT(count=count) if count else texts.NOTHING_TO_CORRECT(),
    )
    if unread_days:
        rerun = f"altegio-sync sync {_PERIOD} --update"
        more = texts.WEEKLY_UNREAD_DAYS(count=unread_days, days=days.days, rerun=rerun)
        summary = texts.WEEKLY_WITH(summary=summary, more=more)
    if stats.counts.unread_starts:
        more = texts.WEEKLY_UNREAD_STARTS(count=stats.counts.unread_starts)
        summary = texts.WEEKLY_WITH(summary=summary, more=more)
    if todo.errors:
        summary = texts.WEEKLY_INCOMPLETE(summary=summary, reason=todo.errors[0].message)
    await _send(config, summary)


async def _count_unread_days(school: School, period: AnyPeriod) -> int:
    """How many days of the period are not known to be complete, at any location."""
    coverage = await collect_coverage(
        school.ledger,
        period,
        companies=await find_companies(school),
        rules_fingerprint=school.config.settings_hash,
        configured_zone=school.config.timezone,
        local=await school.find_zone(),
        now=utc_now(),
        zones=await school.find_location_zones(),
    )
    gaps = (gap for company in coverage.companies for gap in company.gaps)
    return len({day for gap in gaps for day in gap.each_day()})


async def _send(config: SchoolConfig, message: Message) -> None:
    title = render(texts.TITLE(name=name_of(config)))
    delivery = await send_message(_addresses(config), title, render(message))
    if delivery.problem is not None:
        raise NotSentError(delivery.problem)


def _addresses(config: SchoolConfig) -> str:
    if config.notify_addresses is None:
        raise ConfigError(texts.NO_ADDRESS())
    return config.notify_addresses
