"""The report of `stats` as a page of charts. Every chart has its numbers beside it."""

from __future__ import annotations

from datetime import timedelta
from importlib.resources import files
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from altegio_sync.cli.attention_lines import attention_text
from altegio_sync.cli.html.charts import (
    bar,
    columns,
    name,
    number,
    percentage,
    stacked_bar,
    table,
    week,
)
from altegio_sync.cli.html.markup import GENERATOR, Markup, document, element, join
from altegio_sync.cli.render_stats import HEADINGS
from altegio_sync.domain.appointment import AttendanceStatus
from altegio_sync.domain.day_chart import draw_days
from altegio_sync.domain.day_words import day_or_text, moment_in_zone
from altegio_sync.domain.durations import age_text
from altegio_sync.domain.stats import open_ends, share_of
from altegio_sync.messages import page as texts
from altegio_sync.messages import render
from altegio_sync.messages.figures import EVERYTHING_FINE, ONLY_COMPANIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from altegio_sync.domain.day_chart import DayChart
    from altegio_sync.domain.report import DaysAsked
    from altegio_sync.domain.stats import NamedCount, StatsReport
    from altegio_sync.messages import Message

#: Enough for two months by day, or a year by week.
_MOST_BARS = 62
_UNITS = {"day": texts.DAY, "week": texts.WEEK, "month": texts.MONTH, "year": texts.YEAR}
_KINDS = {
    AttendanceStatus.ARRIVED.value: "arrived",
    AttendanceStatus.CONFIRMED.value: "confirmed",
    AttendanceStatus.PENDING.value: "pending",
    AttendanceStatus.NO_SHOW.value: "no-show",
}


def may_be_replaced(beginning: bytes) -> bool:
    """Whether a file with this beginning is empty, or an earlier page of any version."""
    is_ours = GENERATOR.encode() in beginning or b"<title>Appointments, " in beginning
    return (beginning.startswith(b"<!doctype html>") and is_ours) or not beginning.strip()


def render_stats_page(report: StatsReport) -> str:
    """A whole HTML page, without scripts and without anything to load."""
    style = files(__package__).joinpath("stats.css").read_text(encoding="utf-8")
    counts = report.counts
    cards = (
        _status(report),
        _people("teachers", texts.TOP_TEACHERS(), counts.top_teachers, counts.active),
        _people("services", texts.TOP_SERVICES(), counts.top_services, counts.active),
        _trials(report),
        _duplicates(report),
        _week(report),
        _no_shows(report),
        _last_run(report),
    )
    main = element(
        "main",
        _attention(report),
        _totals(report),
        _days(report),
        element("div", *cards, class_="cards"),
    )
    body = element("body", _header(report), main)
    return document(render(texts.TITLE(days=_span(report))), style, body)


def _section(id_: str, title: Message, *content: Markup | None, class_: str = "card") -> Markup:
    head = element("h2", render(title), id=f"{id_}-title")
    return element("section", head, *content, id=id_, class_=class_, aria_labelledby=f"{id_}-title")


def _note(text: Message) -> Markup:
    return element("p", render(text), class_="note")


def _header(report: StatsReport) -> Markup:
    return element(
        "header",
        element("h1", render(texts.APPOINTMENTS())),
        element("p", render(_span(report)), class_="span"),
        _companies(report),
        _note(
            texts.DAYS_IN(
                zone=report.timezone,
                source=report.zone_source,
                moment=_moment(report, report.made_at),
            )
        ),
    )


def _companies(report: StatsReport) -> Markup | None:
    if report.companies is None:
        return None
    return _note(ONLY_COMPANIES(companies=report.companies.ids))


def _span(report: StatsReport) -> Message:
    if report.period is None:
        return texts.ALL_DAYS()
    first, last = open_ends(report.period)
    if first is None:
        return texts.UP_TO(last=last)
    return texts.FROM_ON(first=first) if last is None else texts.FROM_TO(first=first, last=last)


def _moment(report: StatsReport, moment: datetime) -> Message:
    return moment_in_zone(moment.astimezone(ZoneInfo(report.timezone)))


def _attention(report: StatsReport) -> Markup:
    title = texts.ATTENTION()
    if not report.warnings:
        return _section("attention", title, _note(EVERYTHING_FINE()), class_="calm")
    lines = []
    for each in report.warnings:
        level = element("strong", each.level)
        text = name(f" {attention_text(each)}")
        lines.append(element("li", level, text, class_=each.level.lower()))
    return _section("attention", title, element("ul", *lines), class_="alarm")


def _totals(report: StatsReport) -> Markup:
    counts = report.counts
    tiles: tuple[tuple[Message, Markup], ...] = (
        (texts.ACTIVE(), number(counts.active)),
        (texts.UPCOMING(), number(counts.upcoming)),
        (texts.LAST_30_DAYS(), number(counts.last_30_days)),
        (texts.TRIAL(), number(counts.trial)),
        (texts.DELETED(), number(counts.deleted)),
        (texts.TOTAL(), number(counts.total)),
    )
    return _section("totals", texts.TOTALS(), _facts(tiles, "tiles"), class_="totals")


def _facts(facts: Iterable[tuple[Message, Markup]], class_: str) -> Markup:
    pairs = (
        element("div", element("dt", render(term)), element("dd", value)) for term, value in facts
    )
    return element("dl", *pairs, class_=class_)


def _status(report: StatsReport) -> Markup:
    counts = report.counts
    parts, rows = [], []
    for each in report.by_status:
        kind = _KINDS.get(each.status or "", "other")
        share = share_of(each.count, counts.active)
        label = render(each.label)
        parts.append((label, each.count, kind))
        # An unknown status is shown as stored; for a known status the label is enough.
        if kind == "other" and each.status:
            label = render(texts.STATUS_IS(label=each.label, status=each.status))
        key = element("svg", element("rect", width="100%", height="100%", rx="3"),
                      class_=f"key {kind}", aria_hidden="true")  # fmt: skip
        rows.append((join((key, name(label))), number(each.count), percentage(share)))
    listed = [texts.STATUS_COUNT(status=status, number=count) for status, count, _ in parts]
    label = render(texts.STATUSES_ARE(counts=listed))
    head = (texts.STATUS(), texts.COUNT(), texts.SHARE())
    shown = table(head, rows, label_id="status-title")
    return _section("status", texts.STATUSES(), stacked_bar(parts, label), shown)


def _days(report: StatsReport) -> Markup:
    chart = draw_days(report.counts.by_day, report.period, report.today, most_bars=_MOST_BARS)
    title = HEADINGS[chart.unit]()
    notes = list(_about_days(report, chart))
    if not chart.bars:
        return _section("days", title, *notes)
    highest = max(chart.bars, key=lambda each: each.count)
    label = texts.CHART(
        heading=title,
        first=chart.title(chart.bars[0]),
        last=chart.title(chart.bars[-1]),
        number=highest.count,
        highest=chart.title(highest),
    )
    rows = [
        (
            element("time", render(chart.title(each)), datetime=str(each.first_day)),
            number(each.count),
        )
        for each in chart.bars
    ]
    numbers = element(
        "details",
        element("summary", render(texts.AS_NUMBERS())),
        table((_UNITS[chart.unit](), texts.COUNT()), rows, label_id="days-title"),
    )
    return _section("days", title, columns(chart, render(label)), *notes, numbers)


def _about_days(report: StatsReport, chart: DayChart) -> Iterable[Markup]:
    if report.oldest is None or report.newest is None:
        yield _note(texts.NO_APPOINTMENTS())
    else:
        yield _note(texts.OLDEST_NEWEST(oldest=report.oldest, newest=report.newest))
    if any(each.is_ahead for each in chart.bars):
        yield _note(texts.LIGHTER_BARS())
    if chart.outside:
        yield _note(texts.OUTSIDE(count=chart.outside))


def _people(id_: str, title: Message, found: Sequence[NamedCount], whole: int) -> Markup:
    most = max((each.count for each in found), default=0)
    rows = [
        (
            join((name(each.shown_name), bar(each.count, most))),
            number(each.count),
            percentage(share_of(each.count, whole)),
        )
        for each in found
    ]
    head = (texts.NAME(), texts.COUNT(), texts.SHARE())
    shown = table(head, rows, label_id=f"{id_}-title") if rows else _note(texts.NONE())
    return _section(id_, title, shown)


def _week(report: StatsReport) -> Markup:
    counts = {(each.weekday, each.hour): each.count for each in report.counts.heat_map}
    shown = week(counts, "week-title") if counts else _note(texts.NO_APPOINTMENTS())
    return _section("week", texts.WEEK_BY_HOUR(), shown)


def _no_shows(report: StatsReport) -> Markup:
    whole = report.attendance
    most = max((each.rate or 0 for each in report.counts.shows), default=0)
    rows = [
        (
            join((name(each.shown_name), bar(each.rate or 0, most, "no-show"))),
            number(each.arrived),
            number(each.no_show),
            percentage(each.rate),
        )
        for each in report.counts.shows
    ]
    all_of_them = (
        element("em", render(texts.ALL())),
        number(whole.arrived),
        number(whole.no_show),
        percentage(whole.rate),
    )
    head = (texts.TEACHER(), texts.ARRIVED(), texts.NO_SHOW(), texts.RATE())
    shown = table(head, [all_of_them, *rows], label_id="no-shows-title")
    return _section("no-shows", texts.NO_SHOWS_BY_TEACHER(), shown)


def _trials(report: StatsReport) -> Markup:
    trials = report.counts.trials
    steps = (
        (texts.LEADS_WITH_TRIAL(), trials.leads),
        (texts.BOOKED_AGAIN(), trials.booked_again),
        (texts.CAME_AGAIN(), trials.came_again),
    )
    rows = [
        (
            join((render(step), bar(count, trials.leads, "arrived"))),
            number(count),
            percentage(share_of(count, trials.leads)),
        )
        for step, count in steps
    ]
    return _section(
        "trials",
        texts.TRIAL_LESSONS(),
        table((texts.STEP(), texts.LEADS(), texts.SHARE()), rows, label_id="trials-title"),
        _note(texts.TRIALS_IN_ALL(count=trials.lessons)),
    )


def _duplicates(report: StatsReport) -> Markup:
    found = report.counts.duplicates
    facts = (
        (texts.IDS_STORED_TWICE(), number(found.appointment_ids)),
        (texts.EXTRA_COPIES(), number(found.extra_documents)),
    )
    return _section("duplicates", texts.DUPLICATES(), _facts(facts, "facts"))


def _last_run(report: StatsReport) -> Markup:
    run = report.last_run
    if run is None:
        return _section("last-run", texts.LAST_SYNC(), _note(texts.NONE_YET()))
    ending = texts.INTERRUPTED if run.interrupted else texts.FAILED
    if run.ok:
        ending = texts.SUCCEEDED
    result = element("span", render(ending()), class_="well" if run.ok else "failed")
    facts = [
        (texts.RUN(), element("code", run.run_id)),
        (texts.COMMAND(), name(run.command)),
        (texts.RESULT(), result),
    ]
    if run.finished_at is not None:
        at = run.finished_at.isoformat(timespec="seconds")
        shown = render(_moment(report, run.finished_at))
        facts.append((texts.ENDED_AT(), element("time", shown, datetime=at)))
    if run.age_hours is not None:
        age = render(age_text(timedelta(hours=run.age_hours)))
        facts.append((texts.AGE(), element("data", age, value=round(run.age_hours, 1))))
    if run.period is not None:
        facts.append((texts.PERIOD(), name(render(_period(run.period)))))
    return _section("last-run", texts.LAST_SYNC(), _facts(facts, "facts"))


def _period(asked: DaysAsked) -> Message:
    first, last = day_or_text(asked.first), day_or_text(asked.last)
    return texts.PERIOD_OF_RUN(first=first, last=last, zone=asked.timezone)
