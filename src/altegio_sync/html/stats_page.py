"""The report of `stats` as a page of charts. Every chart has its numbers beside it."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from altegio_sync.domain.day_chart import draw_days
from altegio_sync.domain.day_words import day_or_text, moment_in_zone
from altegio_sync.domain.durations import age_text
from altegio_sync.domain.stats import open_ends
from altegio_sync.html.charts import heat_rows, label_of, percent_of, plot_of
from altegio_sync.html.counted import named_rows, status_rows, trial_rows
from altegio_sync.html.environment import read_asset, render_template
from altegio_sync.messages import page as texts
from altegio_sync.messages.calendar import WEEKDAYS
from altegio_sync.messages.figures import EVERYTHING_FINE, ONLY_COMPANIES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from altegio_sync.domain.day_chart import DayChart
    from altegio_sync.domain.last_run import LastRun
    from altegio_sync.domain.report import DaysAsked
    from altegio_sync.domain.stats import StatsReport
    from altegio_sync.messages import Message

#: By this, the program recognizes its own page, in any language.
GENERATOR = "altegio-sync stats"
#: Enough for two months by day, or a year by week.
_MOST_BARS = 62


def may_be_replaced(beginning: bytes) -> bool:
    """Whether a file with this beginning is empty, or an earlier page of any version."""
    is_ours = GENERATOR.encode() in beginning or b"<title>Appointments, " in beginning
    return (beginning.startswith(b"<!doctype html>") and is_ours) or not beginning.strip()


def render_stats_page(report: StatsReport) -> str:
    """A whole HTML page, without scripts and without anything to load.

    Its policy allows one style sheet, by the hash of its text.
    """
    style = f"\n{read_asset('base.css')}"
    digest = hashlib.sha256(style.encode()).digest()
    counts = report.counts
    return render_template(
        "stats.html",
        generator=GENERATOR,
        style=style,
        style_digest=base64.b64encode(digest).decode(),
        **_head(report),
        totals=_totals(report),
        days=_days(report),
        status=status_rows(counts),
        teachers=named_rows(counts.top_teachers, counts.active),
        services=named_rows(counts.top_services, counts.active),
        trials={"steps": trial_rows(counts.trials), "lessons": counts.trials.lessons},
        duplicates=counts.duplicates,
        hours=heat_rows({(each.weekday, each.hour): each.count for each in counts.heat_map}),
        weekdays=[day() for day in WEEKDAYS],
        shows=_shows(report),
        run=None if report.last_run is None else _last_run(report, report.last_run),
    )


def _head(report: StatsReport) -> dict[str, Any]:
    companies = report.companies
    return {
        "span": _span(report),
        "only_companies": None if companies is None else ONLY_COMPANIES(companies=companies.ids),
        "days_in": texts.DAYS_IN(
            zone=report.timezone,
            source=report.zone_source,
            moment=_moment(report, report.made_at),
        ),
        "attention": [(each.level, each.text) for each in report.warnings],
        "everything_fine": EVERYTHING_FINE(),
    }


def _span(report: StatsReport) -> Message:
    if report.period is None:
        return texts.ALL_DAYS()
    first, last = open_ends(report.period)
    if first is None:
        return texts.UP_TO(last=last)
    return texts.FROM_ON(first=first) if last is None else texts.FROM_TO(first=first, last=last)


def _moment(report: StatsReport, moment: datetime) -> Message:
    return moment_in_zone(moment.astimezone(ZoneInfo(report.timezone)))


def _totals(report: StatsReport) -> tuple[tuple[Message, int], ...]:
    counts = report.counts
    return (
        (texts.ACTIVE(), counts.active),
        (texts.UPCOMING(), counts.upcoming),
        (texts.LAST_30_DAYS(), counts.last_30_days),
        (texts.TRIAL(), counts.trial),
        (texts.DELETED(), counts.deleted),
        (texts.TOTAL(), counts.total),
    )


def _days(report: StatsReport) -> dict[str, Any]:
    chart = draw_days(report.counts.by_day, report.period, report.today, most_bars=_MOST_BARS)
    has_bars = bool(chart.bars)
    return {
        "chart": chart,
        "plot": plot_of(chart) if has_bars else None,
        "label": label_of(chart) if has_bars else None,
        "notes": list(_about_days(report, chart)),
    }


def _about_days(report: StatsReport, chart: DayChart) -> Iterator[Message]:
    if report.oldest is None or report.newest is None:
        yield texts.NO_APPOINTMENTS()
    else:
        yield texts.OLDEST_NEWEST(oldest=report.oldest, newest=report.newest)
    if any(each.is_ahead for each in chart.bars):
        yield texts.LIGHTER_BARS()
    if chart.outside:
        yield texts.OUTSIDE(count=chart.outside)


def _shows(report: StatsReport) -> dict[str, Any]:
    most = max((each.rate or 0 for each in report.counts.shows), default=0)
    rows = [(each, percent_of(each.rate or 0, most)) for each in report.counts.shows]
    return {"whole": report.attendance, "rows": rows}


def _last_run(report: StatsReport, run: LastRun) -> dict[str, Any]:
    ending = texts.INTERRUPTED if run.interrupted else texts.FAILED
    at, hours = run.finished_at, run.age_hours
    return {
        "run_id": run.run_id,
        "command": run.command,
        "ok": run.ok,
        "ending": texts.SUCCEEDED() if run.ok else ending(),
        "finished_at": at,
        "ended": None if at is None else _moment(report, at),
        "age_hours": hours,
        "age": None if hours is None else age_text(timedelta(hours=hours)),
        "period": None if run.period is None else _period(run.period),
    }


def _period(asked: DaysAsked) -> Message:
    first, last = day_or_text(asked.first), day_or_text(asked.last)
    return texts.PERIOD_OF_RUN(first=first, last=last, zone=asked.timezone)
