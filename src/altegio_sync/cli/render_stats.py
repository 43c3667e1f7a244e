"""The statistics as tables and bars; lines that need attention are plain, for `grep`."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from altegio_sync.domain.day_chart import draw_days
from altegio_sync.domain.durations import age_text
from altegio_sync.domain.stats import share_of
from altegio_sync.messages import figures as texts
from altegio_sync.messages import render

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from altegio_sync.domain.last_run import LastRun
    from altegio_sync.domain.stats import HourCount, StatsReport
    from altegio_sync.messages import Message

_WIDTH = 100
_BAR_CELLS = 40
_MOST_BARS = 31
_MOST_TEACHERS = 10
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_SHADES = " ░▒▓█"


def print_stats(report: StatsReport) -> None:
    """On stdout: colours on a terminal, plain text of a fixed width elsewhere."""
    is_terminal = sys.stdout.isatty()
    console = Console(
        width=None if is_terminal else _WIDTH, highlight=False, markup=False, emoji=False
    )
    for part in draw_stats(report):
        # If a long line were folded, its second part could begin with foreign text.
        console.print(part, soft_wrap=True)
    for warning in report.warnings:
        print(warning)


def draw_stats(report: StatsReport) -> Iterable[Table | Text | str]:
    """What a console prints, part by part, without the lines that need attention."""
    zone = texts.APPOINTMENTS(zone=report.timezone, source=report.zone_source)
    yield Text(render(zone), style="bold")
    if report.companies is not None:
        yield render(texts.ONLY_COMPANIES(companies=report.companies.ids))
    yield from _totals(report)
    counts = report.counts
    statuses = [(render(each.label), each.count) for each in report.by_status]
    yield counts_table("Status", statuses, counts.active)
    teachers = [(each.shown_name, each.count) for each in counts.top_teachers]
    yield counts_table("Teachers", teachers, counts.active)
    services = [(each.shown_name, each.count) for each in counts.top_services]
    yield counts_table("Services", services, counts.active)
    yield from _days(report)
    yield from _heat_map(counts.heat_map)
    yield _no_shows(report)
    trials = counts.trials
    yield render(
        texts.TRIALS(
            lessons=trials.lessons,
            leads=trials.leads,
            booked_again=trials.booked_again,
            came_again=trials.came_again,
        )
    )
    yield render(_last_run(report.last_run))


def _totals(report: StatsReport) -> Iterable[str]:
    counts = report.counts
    yield render(
        texts.TOTALS(
            total=counts.total, active=counts.active, deleted=counts.deleted, trial=counts.trial
        )
    )
    yield render(
        texts.DATES(
            oldest=report.oldest or "-",
            newest=report.newest or "-",
            last_days=counts.last_30_days,
            upcoming=counts.upcoming,
        )
    )


def _last_run(run: LastRun | None) -> Message:
    if run is None:
        return texts.NO_LAST_SYNC()
    ending = texts.LAST_INTERRUPTED if run.interrupted else texts.LAST_FAILED
    if run.ok:
        ending = texts.LAST_SUCCEEDED
    when = texts.AT_UNKNOWN_TIME()
    if run.age_hours is not None:
        when = texts.AGO(span=age_text(timedelta(hours=run.age_hours)))
    return ending(command=run.command, run_id=run.run_id, when=when)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    # In a narrow terminal only the first column shrinks, so names are cut and numbers never.
    table.add_column(columns[0])
    for column in columns[1:]:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _name(text: str) -> Text:
    """Foreign text on one line; in a plain string, rich would read a bracket as markup."""
    return Text(text, no_wrap=True, overflow="ellipsis")


def counts_table(title: str, rows: Sequence[tuple[str, int]], whole: int) -> Table:
    table = _table(title, "count", "share")
    for name, count in rows:
        table.add_row(_name(name), str(count), _percent(share_of(count, whole)))
    return table


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"


def _days(report: StatsReport) -> Iterable[Text]:
    chart = draw_days(report.counts.by_day, report.period, report.today, most_bars=_MOST_BARS)
    most = max((bar.count for bar in chart.bars), default=0)
    if not most:
        return
    yield Text(f"By {chart.unit}", style="bold")
    for bar in chart.bars:
        cells = round(bar.count * _BAR_CELLS / most) or (1 if bar.count else 0)
        style = "dim cyan" if bar.is_ahead else "cyan"
        yield Text.assemble(
            f"{chart.label(bar):<12}", ("█" * cells, style), f" {bar.count}" if bar.count else ""
        )


def _heat_map(hours: Sequence[HourCount]) -> Iterable[Text]:
    if not hours:
        return
    counts = {(each.weekday, each.hour): each.count for each in hours}
    first, last = min(each.hour for each in hours), max(each.hour for each in hours)
    most = max(counts.values())
    yield Text("The week by hour", style="bold")
    yield Text("     " + "".join(f"{hour:>3}" for hour in range(first, last + 1)))
    for number, name in enumerate(_WEEKDAYS, start=1):
        line = "".join(
            f" {_shade(counts.get((number, hour), 0), most) * 2}" for hour in range(first, last + 1)
        )
        yield Text(f"{name}  {line}")


def _shade(count: int, most: int) -> str:
    return _SHADES[-(-count * (len(_SHADES) - 1) // most)]


def _no_shows(report: StatsReport) -> Table:
    table = _table("No-shows", "arrived", "no-show", "rate")
    whole = report.attendance
    table.add_row(_name("all"), str(whole.arrived), str(whole.no_show), _percent(whole.rate))
    for each in report.counts.shows[:_MOST_TEACHERS]:
        name = _name(each.shown_name)
        table.add_row(name, str(each.arrived), str(each.no_show), _percent(each.rate))
    return table
