"""The statistics as tables and bars; lines that need attention are plain, for `grep`."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from altegio_sync.cli.attention_lines import attention_line
from altegio_sync.cli.columns import padded, width_of
from altegio_sync.domain.day_chart import draw_days
from altegio_sync.domain.durations import age_text
from altegio_sync.domain.stats import share_of
from altegio_sync.messages import figures as texts
from altegio_sync.messages import page, render
from altegio_sync.messages.calendar import WEEKDAYS
from altegio_sync.messages.numbers import format_count, format_percent

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from altegio_sync.domain.last_run import LastRun
    from altegio_sync.domain.stats import HourCount, StatsReport
    from altegio_sync.messages import Message

_WIDTH = 100
_BAR_CELLS = 40
_MOST_BARS = 31
_MOST_TEACHERS = 10
_SHADES = " ░▒▓█"


def print_stats(report: StatsReport, *, only_attention: bool = False) -> None:
    """On stdout: colours on a terminal, plain text of a fixed width elsewhere."""
    if not only_attention:
        _print_figures(report)
    for warning in report.warnings:
        print(attention_line(warning))


def _print_figures(report: StatsReport) -> None:
    is_terminal = sys.stdout.isatty()
    console = Console(
        width=None if is_terminal else _WIDTH, highlight=False, markup=False, emoji=False
    )
    for part in draw_stats(report, console.width):
        # If a long line were folded, its second part could begin with foreign text.
        console.print(part, soft_wrap=True)


def draw_stats(report: StatsReport, width: int = _WIDTH) -> Iterable[Table | Text | str]:
    """What a console prints, part by part, without the lines that need attention."""
    zone = texts.APPOINTMENTS(zone=report.timezone, source=report.zone_source)
    yield Text(render(zone), style="bold")
    if report.companies is not None:
        yield render(texts.ONLY_COMPANIES(companies=report.companies.ids))
    yield from _totals(report)
    counts = report.counts
    statuses = [(render(each.label), each.count) for each in report.by_status]
    yield counts_table(page.STATUS(), statuses, counts.active)
    teachers = [(each.shown_name, each.count) for each in counts.top_teachers]
    yield counts_table(page.TEACHERS(), teachers, counts.active)
    services = [(each.shown_name, each.count) for each in counts.top_services]
    yield counts_table(page.SERVICES(), services, counts.active)
    yield from _days(report, width)
    yield from _heat_map(counts.heat_map, width)
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
    yield render(texts.DATES(oldest=report.oldest or "-", newest=report.newest or "-"))
    yield render(texts.RECENT(last_days=counts.last_30_days, upcoming=counts.upcoming))


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


def _table(*columns: Message) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    # In a narrow terminal only the first column shrinks, so names are cut and numbers never.
    table.add_column(render(columns[0]))
    for column in columns[1:]:
        table.add_column(render(column), justify="right", no_wrap=True)
    return table


def _name(text: str) -> Text:
    """Foreign text on one line; in a plain string, rich would read a bracket as markup."""
    return Text(text, no_wrap=True, overflow="ellipsis")


def counts_table(title: Message, rows: Sequence[tuple[str, int]], whole: int) -> Table:
    table = _table(title, page.COUNT(), page.SHARE())
    for name, count in rows:
        table.add_row(_name(name), format_count(count), _percent(share_of(count, whole)))
    return table


def _percent(share: float | None) -> str:
    return "-" if share is None else format_percent(share, 1)


def _days(report: StatsReport, width: int) -> Iterable[Text]:
    chart = draw_days(report.counts.by_day, report.period, report.today, most_bars=_MOST_BARS)
    most = chart.highest
    if not most:
        return
    yield Text(render(chart.heading), style="bold")
    labels = [render(chart.label(bar)) for bar in chart.bars]
    label_width = width_of(labels) + 2
    most_cells = max(1, min(_BAR_CELLS, width - label_width - len(f" {format_count(most)}")))
    for label, bar in zip(labels, chart.bars, strict=True):
        cells = round(bar.count * most_cells / most) or (1 if bar.count else 0)
        style = "dim cyan" if bar.is_ahead else "cyan"
        number = f" {format_count(bar.count)}" if bar.count else ""
        yield Text.assemble(padded(label, label_width), ("█" * cells, style), number)


def _heat_map(hours: Sequence[HourCount], width: int) -> Iterable[Text]:
    if not hours:
        return
    counts = {(each.weekday, each.hour): each.count for each in hours}
    first, last = min(each.hour for each in hours), max(each.hour for each in hours)
    most = max(counts.values())
    names = [render(each()) for each in WEEKDAYS]
    name_width = width_of(names) + 2
    hours_shown = range(first, last + 1)
    is_narrow = name_width + 3 * len(hours_shown) > width
    head = "".join(f"{hour:>3}" for hour in hours_shown)
    if is_narrow:
        head = "".join(f"{hour:>2}  " for hour in hours_shown[::2])
    yield Text(render(page.WEEK_BY_HOUR()), style="bold")
    yield Text(" " * name_width + head.rstrip())
    for number, name in enumerate(names, start=1):
        shades = (_shade(counts.get((number, hour), 0), most) for hour in hours_shown)
        cells = (f" {shade}" if is_narrow else f" {shade * 2}" for shade in shades)
        yield Text(padded(name, name_width) + "".join(cells))


def _shade(count: int, most: int) -> str:
    return _SHADES[-(-count * (len(_SHADES) - 1) // most)]


def _no_shows(report: StatsReport) -> Table:
    table = _table(page.NO_SHOWS(), page.ARRIVED(), page.NO_SHOW(), page.RATE())
    whole = report.attendance
    table.add_row(
        _name(render(page.ALL())),
        format_count(whole.arrived),
        format_count(whole.no_show),
        _percent(whole.rate),
    )
    for each in report.counts.shows[:_MOST_TEACHERS]:
        name = _name(each.shown_name)
        table.add_row(
            name, format_count(each.arrived), format_count(each.no_show), _percent(each.rate)
        )
    return table
