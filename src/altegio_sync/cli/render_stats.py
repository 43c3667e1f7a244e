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
from altegio_sync.messages import render
from altegio_sync.messages.foreign_text import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from altegio_sync.domain.stats import HourCount, StatsReport

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
        # A folded line could begin with the words of another program.
        console.print(part, soft_wrap=True)
    for warning in report.warnings:
        print(warning)


def draw_stats(report: StatsReport) -> Iterable[Table | Text | str]:
    """What a console prints, part by part, without the lines that need attention."""
    counts = report.counts
    yield Text(
        shown(f"Appointments, days in {report.timezone} ({render(report.zone_source)})"),
        style="bold",
    )
    yield (
        f"total {counts.total}   active {counts.active}   deleted {counts.deleted}   "
        f"trial {counts.trial}"
    )
    yield (
        f"oldest {report.oldest or '-'}   newest {report.newest or '-'}   "
        f"last 30 days {counts.last_30_days}   upcoming {counts.upcoming}"
    )
    yield _counts(
        "Status", [(shown(each.label), each.count) for each in report.by_status], counts.active
    )
    yield _counts(
        "Teachers", [(each.shown_name, each.count) for each in counts.top_teachers], counts.active
    )
    yield _counts(
        "Services", [(each.shown_name, each.count) for each in counts.top_services], counts.active
    )
    yield from _days(report)
    yield from _heat_map(counts.heat_map)
    yield _no_shows(report)
    trials = counts.trials
    yield (
        f"Trial lessons: {trials.lessons}, of {trials.leads} leads; {trials.booked_again} booked "
        f"again, {trials.came_again} came again"
    )
    run = report.last_run
    if run is None:
        yield "Last sync: none yet"
    else:
        ending = "succeeded" if run.ok else "was interrupted" if run.interrupted else "failed"
        age = "at an unknown time"
        if run.age_hours is not None:
            age = f"{age_text(timedelta(hours=run.age_hours))} ago"
        yield f"Last {run.command}: {shown(run.run_id)} {ending} {age}"


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    # Without room the names are shortened, never the numbers: only the first column shrinks.
    table.add_column(columns[0])
    for column in columns[1:]:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _name(text: str) -> Text:
    """Foreign text on one line; in a plain string, rich would read a bracket as markup."""
    return Text(text, no_wrap=True, overflow="ellipsis")


def _counts(title: str, rows: Sequence[tuple[str, int]], whole: int) -> Table:
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
