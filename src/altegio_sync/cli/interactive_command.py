"""`altegio-sync interactive`: asks step by step, with menus on a terminal, else line by line."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from altegio_sync.app.companies import ask_companies
from altegio_sync.app.school import open_school
from altegio_sync.cli.command import (
    CommandOptions,
    execute,
    fail,
    load,
)
from altegio_sync.cli.sync_command import execute_sync
from altegio_sync.domain.clock import utc_now
from altegio_sync.domain.exit_code import ExitCode
from altegio_sync.domain.period import PERIOD_NAMES, NamedPeriod
from altegio_sync.domain.period_words import parse_period
from altegio_sync.errors import AltegioSyncError, ConfigError
from altegio_sync.messages import commands as texts
from altegio_sync.messages.foreign_text import plain
from altegio_sync.usecases.announce import announce
from altegio_sync.usecases.zones import to_zone

if TYPE_CHECKING:
    from datetime import date

    from altegio_sync.config import SchoolConfig, SettingsSource
    from altegio_sync.usecases.announce import Announcement
    from altegio_sync.usecases.stopping import StopSignal

_TWO_DATES = "two dates"
_DATE_HINT = "YYYY-MM-DD"


class Questions(Protocol):
    """Asks the user questions; raises KeyboardInterrupt when the user cancels."""

    def ask_period(self) -> tuple[str, str | None]: ...

    def confirm(self, question: str) -> bool: ...


def run_interactive(first: str | None, last: str | None, source: SettingsSource) -> int:
    """Return the exit code. With dates as arguments, nothing is asked."""
    options = CommandOptions("interactive", source)
    options.configure_logging()
    if first is not None:
        return execute_sync(CommandOptions("sync", source), first, last)
    has_terminal = sys.stdin is not None and sys.stdin.isatty()
    try:
        config = load(options)  # missing settings are reported before the first question
        questions: Questions = _Menus(_today(config)) if has_terminal else _Lines()
        first, last = questions.ask_period()
        options = replace(options, reports_settings_file=False)
        code = _announce(options, first, last)
        if code == ExitCode.INTERRUPTED:
            print("Cancelled")
        if code != ExitCode.DONE:
            return code
        if not questions.confirm("Sync these appointments?"):
            print("Nothing was changed.")
            return ExitCode.DONE
        code = execute_sync(replace(options, name="sync"), first, last)
        if has_terminal and code != ExitCode.INTERRUPTED:
            _offer(questions, source)
    except AltegioSyncError as error:
        return fail(options, error)
    except KeyboardInterrupt:
        print("Cancelled")
        return ExitCode.INTERRUPTED
    return code


def _today(config: SchoolConfig) -> date:
    """Today by this machine's clock. The location's days are shown before anything is synced."""
    zone = None if config.timezone is None else to_zone(config.timezone, "")
    return utc_now().astimezone(zone).date()


def _announce(options: CommandOptions, first: str, last: str | None) -> int:
    async def body(stop: StopSignal) -> int:
        config = load(options)
        with stop.interrupting():
            async with open_school(config) as school:
                companies = await ask_companies(config, school.altegio, dry_run=True)
                for company in companies.ids:
                    told = await announce(
                        school.altegio,
                        company,
                        parse_period(first, last),
                        timezone=config.timezone,
                        page_size=config.first_page_size,
                        requests_per_second=config.requests_per_second,
                        requests_per_minute=config.requests_per_minute,
                    )
                    print(plain(_text(told)))
        return ExitCode.INTERRUPTED if stop.is_set else ExitCode.DONE

    return execute(options, body)


def _text(told: Announcement) -> str:
    period = told.period
    days = "1 day" if period.days == 1 else f"{period.days} days"
    head = f"Company {told.company}: {period.start} to {period.last_day} ({told.timezone}), {days}"
    if told.records is None:
        return f"{head}; Altegio does not say how many records"
    seconds = max(1, round(told.seconds))
    return f"{head}; {told.records} records, {told.requests} requests, about {seconds} s"


def _offer(questions: Questions, source: SettingsSource) -> None:
    """Offer statistics and validation; each runs as its own command."""
    for question, command in (("Show statistics?", "stats"), ("Validate?", "validate")):
        if questions.confirm(question):
            subprocess.run(  # noqa: S603 - our own
                [sys.executable, "-m", "altegio_sync", command, *source.to_words()], check=False
            )


@dataclass(frozen=True, slots=True)
class _Menus:
    """Questions on a terminal; ``today`` decides the dates that are shown behind the names."""

    today: date

    def ask_period(self) -> tuple[str, str | None]:
        import questionary

        choices = [
            *(questionary.Choice(_label(name, self.today), value=name) for name in PERIOD_NAMES),
            questionary.Choice(_TWO_DATES),
        ]
        question = "Which period? (this-… ends today)"
        chosen: str = questionary.select(question, choices=choices).unsafe_ask()
        if chosen != _TWO_DATES:
            return chosen, None
        first: str = questionary.text(
            f"Start date ({_DATE_HINT}):", validate=lambda text: _problem(text, None) or True
        ).unsafe_ask()
        last: str = questionary.text(
            f"End date ({_DATE_HINT}):", validate=lambda text: _problem(first, text) or True
        ).unsafe_ask()
        return first.strip(), last.strip()

    def confirm(self, question: str) -> bool:
        import questionary

        answer: bool = questionary.confirm(question, default=True).unsafe_ask()
        return answer


def _label(name: str, today: date) -> str:
    period = NamedPeriod(name).on(today)
    days = f"{period.start}" if period.days == 1 else f"{period.start} to {period.last_day}"
    return f"{name:<14}{days}"


def _problem(first: str, last: str | None) -> str | None:
    """What is wrong with the dates; None when nothing is."""
    try:
        parse_period(first.strip(), (first if last is None else last).strip())
    except ConfigError as error:
        return str(error)
    return None


@dataclass(frozen=True, slots=True)
class _Lines:
    """Answers line by line: start date, end date, y or n."""

    def ask_period(self) -> tuple[str, str | None]:
        first = self._read(f"Start date ({_DATE_HINT}): ")
        # A wrong date is reported before the next question.
        parse_period(first, first)
        last = self._read(f"End date ({_DATE_HINT}): ")
        parse_period(first, last)
        return first, last

    def confirm(self, question: str) -> bool:
        answer = self._read(f"{question} (y/n) ").lower()
        if answer not in ("y", "yes", "n", "no"):
            raise ConfigError(texts.YES_OR_NO_EXPECTED(answer=repr(answer[:20])))
        return answer.startswith("y")

    def _read(self, question: str) -> str:
        print(question, end="", flush=True)
        line = "" if sys.stdin is None else sys.stdin.readline()
        print()
        if not line:
            raise ConfigError(texts.INPUT_ENDED())
        return line.strip()
