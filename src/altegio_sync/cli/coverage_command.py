"""`altegio-sync coverage`: a calendar of the days that are known to be complete."""

from __future__ import annotations

import sys
from itertools import groupby
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from altegio_sync.app.companies import find_companies
from altegio_sync.app.school import open_school
from altegio_sync.cli.columns import padded_left
from altegio_sync.cli.command import leaving_at_once, load, run_command
from altegio_sync.cli.json_output import print_json
from altegio_sync.cli.repeated_warnings import log_warning
from altegio_sync.domain.day_words import month_heading
from altegio_sync.domain.durations import age_text
from altegio_sync.domain.exit_code import ExitCode
from altegio_sync.domain.ledger import CompanyCoverage, Grade
from altegio_sync.domain.period_words import parse_period
from altegio_sync.messages import coverage as texts
from altegio_sync.messages import render
from altegio_sync.messages.calendar import WEEKDAYS
from altegio_sync.usecases.coverage import collect_coverage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime
    from typing import NoReturn

    from altegio_sync.cli.command import CommandOptions
    from altegio_sync.domain.ledger import CoverageReport
    from altegio_sync.domain.period import Period
    from altegio_sync.messages import Message

_MARKS = {Grade.PROVED: ("=", "green"), Grade.CHECKED: ("+", "cyan")}
_GAP = ("!", "bold red")


def run_coverage(
    options: CommandOptions, first: str | None, last: str | None, companies: Sequence[str]
) -> NoReturn:
    async def body() -> int:
        period = None if first is None else parse_period(first, last)
        config = load(options, ["DB_URI"])
        picked = config.pick_companies(companies)
        async with open_school(config, warn=log_warning) as school:
            now = await school.appointments.find_server_time()
            report = await collect_coverage(
                school.ledger,
                period,
                companies=await find_companies(school, picked),
                rules_fingerprint=config.settings_hash,
                configured_zone=config.timezone,
                local=await school.find_zone(),
                now=now,
                zones=await school.find_location_zones(),
            )
        if options.json_output:
            print_json(report.to_json())
        elif not options.quiet or report.exit_code != ExitCode.DONE:
            _print(report, now)
        return report.exit_code

    run_command(options, leaving_at_once(body))


def _print(report: CoverageReport, now: datetime) -> None:
    console = Console(
        width=None if sys.stdout.isatty() else 100, highlight=False, markup=False, emoji=False
    )
    for company in report.companies:
        console.print(
            Text(render(texts.HEADING(company=company.company, zone=company.timezone)), "bold"),
            soft_wrap=True,
        )
        for line in _calendar(report, company):
            console.print(line)
        console.print(render(_summary(company, now)), soft_wrap=True)
        if company.outdated:
            console.print(render(texts.OUTDATED(count=len(company.outdated))), soft_wrap=True)
        for gap in company.gaps:
            console.print(render(_gap(gap)), style="red", soft_wrap=True)
    console.print(render(texts.LEGEND()), style="dim")


def _summary(company: CompanyCoverage, now: datetime) -> Message:
    covered = texts.COVERED(
        covered=len(company.graded), count=len(company.days), proved=company.proved
    )
    if company.oldest_at is None:
        return covered
    return texts.WITH_AGE(covered=covered, span=age_text(now - company.oldest_at))


def _gap(gap: Period) -> Message:
    if gap.days == 1:
        return texts.GAP_OF_DAY(day=gap.start)
    return texts.GAP(first=gap.start, last=gap.last_day)


def _calendar(report: CoverageReport, company: CompanyCoverage) -> Iterator[Text]:
    """A block for each month, a line for each week from Monday on."""
    weekdays = " ".join(padded_left(render(each()), 3) for each in WEEKDAYS)
    for first_day, days in groupby(report.period.each_day(), key=lambda day: day.replace(day=1)):
        yield Text(render(month_heading(first_day)), style="bold")
        yield Text(weekdays, style="dim")
        line = Text()
        for number, day in enumerate(days):
            if number == 0:
                line.append("    " * day.weekday())
            elif day.weekday() == 0:
                yield line
                line = Text()
            line.append_text(_cell(day, company))
        yield line


def _cell(day: date, company: CompanyCoverage) -> Text:
    if day in company.graded:
        mark, style = _MARKS[company.graded[day].grade]
    elif day in company.days:
        mark, style = _GAP
    else:
        mark, style = " ", "dim"
    return Text(f"{day.day:>3}{mark}", style=style)
