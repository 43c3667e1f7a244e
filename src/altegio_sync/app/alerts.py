"""Sends an alert when runs begin to fail, and when they succeed again."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import anyio

from altegio_sync.app.companies import find_companies
from altegio_sync.app.school import open_school
from altegio_sync.config import SchoolOfFile
from altegio_sync.domain.alerts import Alert, newer, plan_alert
from altegio_sync.domain.clock import utc_now
from altegio_sync.domain.durations import age_text
from altegio_sync.domain.exit_code import ExitCode
from altegio_sync.errors import AltegioSyncError, StoreError
from altegio_sync.messages import notify as texts
from altegio_sync.messages import render
from altegio_sync.messages.words import some_ids
from altegio_sync.notify.messages import Delivery, send_message
from altegio_sync.notify.state_file import StateFile
from altegio_sync.usecases.coverage import collect_coverage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from altegio_sync.app.school import School
    from altegio_sync.app.watched import RunOutcome
    from altegio_sync.config import SchoolConfig
    from altegio_sync.domain.alerts import AlertState
    from altegio_sync.messages import Message
    from altegio_sync.ports import Warn

#: MongoDB is not waited for longer than this: the file takes its place.
_STORE_SECONDS = 5
#: The commands after which missing days are looked for.
READING_COMMANDS = ("sync", "changes")
#: A message reports a day that is a gap two days after the end of the day.
_GAP_AGE = timedelta(days=2)
_DAYS_NAMED = 10
_PROGRAM = "altegio-sync "
_TODO = {
    ExitCode.WRONG_USE: texts.DO_SETTINGS,
    ExitCode.OUT_OF_REACH: texts.DO_CHECK,
    ExitCode.PARTLY: texts.DO_STATUS,
}


@dataclass(frozen=True, slots=True)
class Subject:
    """What an alert is about, and the sentences for it."""

    name: str
    has_failed: bool
    fails: Callable[[AlertState | None, datetime], Message]
    recovered: Message


def name_of(config: SchoolConfig) -> str:
    """How the school is called in a message."""
    if isinstance(config, SchoolOfFile):
        return config.name
    return ", ".join(config.company_ids) or config.collection


def file_key(config: SchoolConfig, subject: str) -> str:
    """Under which key the file on the disk has the state of a subject."""
    return f"{name_of(config)}/{config.collection}/{subject}"


def state_file(config: SchoolConfig) -> StateFile:
    """What was said, on the disk."""
    return StateFile(config.data_dir, config.place)


async def send_alerts(config: SchoolConfig, command: str, outcome: RunOutcome, warn: Warn) -> None:
    """Send the alerts about the run that are due. An alert that cannot be sent is a warning.

    A run that was interrupted, or that gave way to another run, shows nothing about the command.
    """
    if config.notify_addresses is None or outcome.gave_way:
        return
    code = ExitCode(outcome.exit_code) if outcome.exit_code is not None else ExitCode.INTERRUPTED
    if code is ExitCode.INTERRUPTED:
        return
    async with AsyncExitStack() as stack:
        school = None if outcome.lost_store else await _try_to_open(config, stack)
        subjects = [_of_command(command, code, outcome)]
        if school is not None and command in READING_COMMANDS:
            subjects += [*await _find_gaps(school), *await _find_losses(school)]
        for each in subjects:
            delivery = await _send(config, each, school)
            if delivery is not None:
                _warn_once_a_day(config, delivery.problem, warn)
            if delivery is not None and not delivery.is_taken:
                return


async def _try_to_open(config: SchoolConfig, stack: AsyncExitStack) -> School | None:
    """The school, if its MongoDB answers soon."""
    with anyio.move_on_after(_STORE_SECONDS):
        try:
            school = await stack.enter_async_context(open_school(config))
            await school.appointments.find_server_time()
        except AltegioSyncError:  # a MongoDB that cannot be used may be what the alert is about
            return None
        return school
    return None


async def _find_gaps(school: School) -> Sequence[Subject]:
    """The subject of missing days. Days before the first complete day are not missing.

    Two days after the first run, what is missing has had its time too.
    """
    config = school.config
    try:
        local, now = await school.find_zone(), utc_now()
        began = await school.runs.find_first_start()
        if began is None or now - began < _GAP_AGE:
            return ()
        coverage = await collect_coverage(
            school.ledger,
            None,
            companies=await find_companies(school),
            rules_fingerprint=config.settings_hash,
            configured_zone=config.timezone,
            local=local,
            now=now,
            zones=await school.find_location_zones(),
        )
    except StoreError:
        return ()
    last = now.astimezone(local.zone).date() - _GAP_AGE
    days = sorted(
        {
            day
            for company in coverage.companies
            for gap in company.gaps
            for day in gap.each_day()
            if company.graded and min(company.graded) < day < last
        }
    )

    def fails(_state: AlertState | None, _now: datetime) -> Message:
        rerun = f"altegio-sync sync {days[0]} {days[-1]} --update --resume"
        return texts.GAP(days=days[:_DAYS_NAMED], rerun=rerun)

    return [Subject("gap", bool(days), fails, texts.NO_GAP())]


async def _find_losses(school: School) -> Sequence[Subject]:
    """The subject of lost webhooks; none if nothing is known about the last 24 hours."""
    try:
        now = await school.appointments.find_server_time()
        figures = await school.webhook_figures.find(now)
    except StoreError:
        return ()
    if figures is None or not figures.last_day.changes:
        return ()
    lossy = figures.lossy

    def fails(_state: AlertState | None, _now: datetime) -> Message:
        return texts.WEBHOOKS_ARE_LOST(
            count=sum(each.lost for each in lossy.values()),
            changes=sum(each.changes for each in lossy.values()),
            companies=some_ids(list(lossy)),
        )

    return [Subject("webhooks", bool(lossy), fails, texts.WEBHOOKS_COME_AGAIN())]


def _of_command(command: str, code: ExitCode, outcome: RunOutcome) -> Subject:
    reason = outcome.reason or texts.UNKNOWN_REASON(code=int(code))
    # Some reasons name the command that helps.
    names_command = _PROGRAM in str(reason)
    todo = texts.DO_SAID() if names_command else _TODO.get(code, texts.DO_STATUS)()

    def fails(state: AlertState | None, now: datetime) -> Message:
        if state is None:
            return texts.FAILS(command=command, reason=reason, todo=todo)
        span = age_text(now - state.since)
        return texts.STILL_FAILS(command=command, span=span, reason=reason, todo=todo)

    return Subject(command, code is not ExitCode.DONE, fails, texts.WELL_AGAIN(command=command))


def _warn_once_a_day(config: SchoolConfig, problem: Message | None, warn: Warn) -> None:
    """Every run tries again to send an alert that did not arrive."""
    key = file_key(config, "undelivered")
    is_news = state_file(config).is_news(key, utc_now(), has_failed=problem is not None)
    if problem is not None and is_news:
        warn("notify_failed", message=problem)


async def _send(config: SchoolConfig, subject: Subject, school: School | None) -> Delivery | None:
    """Send the alert that is due, if any. Returns what became of it."""
    file = state_file(config)
    key = file_key(config, subject.name)
    stored = None if school is None else await _find(school, subject.name)
    state, now = newer(stored, file.find(key)), utc_now()
    plan = plan_alert(state, now, has_failed=subject.has_failed)
    if plan is None:
        return None
    alert, after = plan
    failing = state if alert is Alert.STILL_FAILS else None
    message = subject.recovered if alert is Alert.RECOVERED else subject.fails(failing, now)
    title = render(texts.TITLE(name=await _title_of(config, school)))
    delivery = await send_message(config.notify_addresses or "", title, render(message))
    if not delivery.is_taken:
        return delivery
    if school is not None and await _write(school, subject.name, after):
        file.forget(key)
    else:
        file.write(key, after)
    return delivery


async def _title_of(config: SchoolConfig, school: School | None) -> str:
    """The name of the school, with its title at Altegio if that is known."""
    name = name_of(config)
    if school is None:
        return name
    try:
        location = (await school.locations.find_all()).get(name)
    except StoreError:
        return name
    return name if location is None or not location.title else f"{location.title} ({name})"


async def _find(school: School, subject: str) -> AlertState | None:
    try:
        return await school.alerts.find(subject)
    except StoreError:
        return None


async def _write(school: School, subject: str, state: AlertState) -> bool:
    try:
        await school.alerts.write(subject, state)
    except StoreError:
        return False
    return True
