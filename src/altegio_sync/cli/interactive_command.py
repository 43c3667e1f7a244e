"""`altegio-sync interactive`: asks step by step, with menus on a terminal, else line by line."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from altegio_sync.app.companies import ask_companies
from altegio_sync.app.school import open_school
from altegio_sync.cli.asking import answer_problem, is_yes, read_line
from altegio_sync.cli.columns import padded, width_of
from altegio_sync.cli.command import CommandOptions, converse, execute, load
from altegio_sync.cli.sync_command import execute_sync
from altegio_sync.domain.clock import utc_now
from altegio_sync.domain.exit_code import ExitCode
from altegio_sync.domain.period import PERIOD_NAMES, NamedPeriod
from altegio_sync.domain.period_words import parse_period
from altegio_sync.errors import ConfigError
from altegio_sync.messages import periods, questions, render
from altegio_sync.messages.calendar import DAY_ALONE
from altegio_sync.messages.language import current_language
from altegio_sync.messages.summary import DAYS_READ
from altegio_sync.messages.words import DAYS
from altegio_sync.usecases.announce import announce
from altegio_sync.usecases.zones import to_zone

if TYPE_CHECKING:
    from datetime import date

    from altegio_sync.config import SchoolConfig, SettingsSource
    from altegio_sync.messages import Message
    from altegio_sync.usecases.announce import Announcement
    from altegio_sync.usecases.stopping import StopSignal

_TWO_DATES = "two-dates"
_WORDS = {each.english: each for each in periods.NAMES}


class Questions(Protocol):
    """Asks the user questions; raises KeyboardInterrupt when the user cancels."""

    def ask_period(self) -> tuple[str, str | None]: ...

    def confirm(self, question: Message) -> bool: ...


def run_interactive(first: str | None, last: str | None, source: SettingsSource) -> int:
    """Return the exit code. With dates as arguments, nothing is asked."""
    options = CommandOptions("interactive", source)
    if first is not None:
        return execute_sync(CommandOptions("sync", source), first, last)
    return converse(options, lambda: _talk(options), questions.CANCELLED)


def _talk(options: CommandOptions) -> int:
    has_terminal = sys.stdin is not None and sys.stdin.isatty()
    config = load(options)  # missing settings are reported before the first question
    asker: Questions = _Menus(_today(config)) if has_terminal else _Lines()
    first, last = asker.ask_period()
    options = replace(options, reports_settings_file=False)
    code = _announce(options, first, last)
    if code == ExitCode.INTERRUPTED:
        print(render(questions.CANCELLED()))
    if code != ExitCode.DONE:
        return code
    if not asker.confirm(questions.SYNC_THESE()):
        print(render(questions.NOTHING_CHANGED()))
        return ExitCode.DONE
    code = execute_sync(replace(options, name="sync"), first, last)
    if has_terminal and code != ExitCode.INTERRUPTED:
        # Ctrl-C or Ctrl-D only skips the offers: the sync has ended, however it ended.
        with suppress(KeyboardInterrupt, EOFError):
            _offer(asker, options.source)
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
                    print(render(_describe(told)))
        return ExitCode.INTERRUPTED if stop.is_set else ExitCode.DONE

    return execute(options, body)


def _describe(told: Announcement) -> Message:
    period = told.period
    company, zone, days = told.company, told.timezone, DAYS(count=period.days)
    head = questions.ONE_DAY(company=company, day=period.start, zone=zone, days=days)
    if period.days > 1:
        first, last = period.start, period.last_day
        head = questions.SEVERAL_DAYS(company=company, first=first, last=last, zone=zone, days=days)
    if told.records is None:
        return questions.NOT_ANNOUNCED(period=head)
    return questions.ANNOUNCED(
        period=head,
        records=questions.RECORDS(count=told.records),
        requests=questions.REQUESTS(count=told.requests),
        seconds=max(1, round(told.seconds)),
    )


def _offer(asker: Questions, source: SettingsSource) -> None:
    """Offer statistics and validation; each runs as its own command."""
    offers = ((questions.SHOW_STATISTICS(), "stats"), (questions.VALIDATE(), "validate"))
    for question, command in offers:
        if asker.confirm(question):
            words = [command, "--lang", current_language(), *source.to_words()]
            subprocess.run([sys.executable, "-m", "altegio_sync", *words], check=False)  # noqa: S603 - our own


@dataclass(frozen=True, slots=True)
class _Menus:
    """Questions on a terminal; ``today`` decides the dates that are shown behind the names."""

    today: date

    def ask_period(self) -> tuple[str, str | None]:
        import questionary

        labels = _labels(self.today)
        choices = [
            *(questionary.Choice(label, value=name) for name, label in labels.items()),
            questionary.Choice(render(questions.TWO_DATES()), value=_TWO_DATES),
        ]
        chosen: str = questionary.select(
            render(questions.WHICH_PERIOD()),
            choices=choices,
            instruction=render(questions.USE_ARROWS()),
        ).unsafe_ask()
        if chosen != _TWO_DATES:
            return chosen, None
        first: str = questionary.text(
            render(questions.START_DATE()), validate=lambda text: _problem(text, None) or True
        ).unsafe_ask()
        last: str = questionary.text(
            render(questions.END_DATE()), validate=lambda text: _problem(first, text) or True
        ).unsafe_ask()
        return first.strip(), last.strip()

    def confirm(self, question: Message) -> bool:
        import questionary

        answer: str = questionary.text(
            render(questions.YES_UNLESS_NO(question=question)),
            validate=lambda text: not text.strip() or answer_problem(text) or True,
        ).unsafe_ask()
        return not answer.strip() or is_yes(answer)


def _labels(today: date) -> dict[str, str]:
    """The lines of the menu by the names of the periods: the word, and the days it means."""
    words = {name: render(_WORDS[name]()) for name in PERIOD_NAMES}
    width = width_of(words.values()) + 2
    return {name: padded(word, width) + _days(name, today) for name, word in words.items()}


def _days(name: str, today: date) -> str:
    period = NamedPeriod(name).on(today)
    if period.days == 1:
        return render(DAY_ALONE(day=period.start))
    return render(DAYS_READ(first=period.start, last=period.last_day))


def _problem(first: str, last: str | None) -> str | None:
    """What is wrong with the dates; None when nothing is."""
    try:
        parse_period(first.strip(), (first if last is None else last).strip())
    except ConfigError as error:
        return render(error.message)
    return None


@dataclass(frozen=True, slots=True)
class _Lines:
    """Answers line by line: start date, end date, y or n."""

    def ask_period(self) -> tuple[str, str | None]:
        first = read_line(questions.START_DATE())
        # A wrong date is reported before the next question.
        parse_period(first, first)
        last = read_line(questions.END_DATE())
        parse_period(first, last)
        return first, last

    def confirm(self, question: Message) -> bool:
        return is_yes(read_line(questions.YES_OR_NO(question=question)))
