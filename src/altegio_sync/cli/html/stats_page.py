"""The report of `stats` as a page of charts. Every chart has its numbers beside it."""

from __future__ import annotations

from datetime import timedelta
from importlib.resources import files
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

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
from altegio_sync.cli.html.markup import Markup, document, element, join
from altegio_sync.domain.appointment import AttendanceStatus
from altegio_sync.domain.day_chart import draw_days
from altegio_sync.domain.durations import age_text
from altegio_sync.domain.stats import open_ends, share_of
from altegio_sync.messages import render
from altegio_sync.messages.figures import ONLY_COMPANIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from altegio_sync.domain.day_chart import DayChart
    from altegio_sync.domain.stats import NamedCount, StatsReport

#: Enough for two months by day, or a year by week.
_MOST_BARS = 62
_KINDS = {
    AttendanceStatus.ARRIVED.value: "arrived",
    AttendanceStatus.CONFIRMED.value: "confirmed",
    AttendanceStatus.PENDING.value: "pending",
    AttendanceStatus.NO_SHOW.value: "no-show",
}


def may_be_replaced(beginning: bytes) -> bool:
    """Whether a file with this beginning is empty, or an earlier page of any version."""
    is_page = beginning.startswith(b"<!doctype html>") and b"<title>Appointments, " in beginning
    return is_page or not beginning.strip()


def render_stats_page(report: StatsReport) -> str:
    """A whole HTML page, without scripts and without anything to load."""
    style = files(__package__).joinpath("stats.css").read_text(encoding="utf-8")
    counts = report.counts
    cards = (
        _status(report),
        _people("teachers", "Top teachers", counts.top_teachers, counts.active),
        _people("services", "Top services", counts.top_services, counts.active),
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
    return document(f"Appointments, {_span(report)}", style, body)


def _section(id_: str, title: str, *content: Markup | None, class_: str = "card") -> Markup:
    head = element("h2", title, id=f"{id_}-title")
    return element("section", head, *content, id=id_, class_=class_, aria_labelledby=f"{id_}-title")


def _note(*text: str) -> Markup:
    return element("p", *text, class_="note")


def _header(report: StatsReport) -> Markup:
    return element(
        "header",
        element("h1", "Appointments"),
        element("p", _span(report), class_="span"),
        _companies(report),
        _note(
            f"Days in {report.timezone} ({render(report.zone_source)}). "
            f"Counted {_moment(report, report.made_at)}."
        ),
    )


def _companies(report: StatsReport) -> Markup | None:
    if report.companies is None:
        return None
    return _note(render(ONLY_COMPANIES(companies=report.companies.ids)))


def _span(report: StatsReport) -> str:
    if report.period is None:
        return "all that is stored"
    first, last = open_ends(report.period)
    if first is None:
        return f"up to {last}"
    return f"from {first} on" if last is None else f"{first} to {last}"


def _moment(report: StatsReport, moment: datetime) -> str:
    return f"{moment.astimezone(ZoneInfo(report.timezone)):%Y-%m-%d %H:%M %Z}"


def _attention(report: StatsReport) -> Markup:
    if not report.warnings:
        return _section("attention", "Attention", _note("Everything looks fine."), class_="calm")
    lines = []
    for each in report.warnings:
        text = str(each).removeprefix(each.level)
        level = element("strong", each.level)
        lines.append(element("li", level, name(text), class_=each.level.lower()))
    return _section("attention", "Attention", element("ul", *lines), class_="alarm")


def _totals(report: StatsReport) -> Markup:
    counts = report.counts
    tiles: tuple[tuple[str, Markup], ...] = (
        ("Active", number(counts.active)),
        ("Upcoming", number(counts.upcoming)),
        ("Last 30 days", number(counts.last_30_days)),
        ("Trial", number(counts.trial)),
        ("Deleted", number(counts.deleted)),
        ("Total", number(counts.total)),
    )
    return _section("totals", "Totals", _facts(tiles, "tiles"), class_="totals")


def _time(day: date) -> Markup:
    return element("time", str(day), datetime=str(day))


def _facts(facts: Iterable[tuple[str, Markup]], class_: str) -> Markup:
    pairs = (element("div", element("dt", term), element("dd", told)) for term, told in facts)
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
            label = f"{label}: {each.status}"
        key = element("svg", element("rect", width="100%", height="100%", rx="3"),
                      class_=f"key {kind}", aria_hidden="true")  # fmt: skip
        rows.append((join((key, name(label))), number(each.count), percentage(share)))
    told = ", ".join(f"{label} {count:,}" for label, count, _ in parts)
    shown = table(("Status", "count", "share"), rows, label_id="status-title")
    return _section("status", "Statuses", stacked_bar(parts, f"Statuses: {told}"), shown)


def _days(report: StatsReport) -> Markup:
    chart = draw_days(report.counts.by_day, report.period, report.today, most_bars=_MOST_BARS)
    title = f"By {chart.unit}"
    notes = list(_about_days(report, chart))
    if not chart.bars:
        return _section("days", title, *notes)
    highest = max(chart.bars, key=lambda each: each.count)
    label = (
        f"Appointments by {chart.unit}, {chart.title(chart.bars[0])} to "
        f"{chart.title(chart.bars[-1])}; the most, {highest.count:,}: {chart.title(highest)}"
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
        element("summary", "As numbers"),
        table((chart.unit.capitalize(), "count"), rows, label_id="days-title"),
    )
    return _section("days", title, columns(chart, label), *notes, numbers)


def _about_days(report: StatsReport, chart: DayChart) -> Iterable[Markup]:
    if report.oldest is None or report.newest is None:
        yield _note("No appointments.")
    else:
        yield _note("Oldest ", _time(report.oldest), ", newest ", _time(report.newest), ".")
    if any(each.is_ahead for each in chart.bars):
        yield _note("Lighter bars: upcoming lessons.")
    if chart.outside:
        yield _note(number(chart.outside), " are too many years from today to be shown.")


def _people(id_: str, title: str, found: Sequence[NamedCount], whole: int) -> Markup:
    most = max((each.count for each in found), default=0)
    rows = [
        (
            join((name(each.shown_name), bar(each.count, most))),
            number(each.count),
            percentage(share_of(each.count, whole)),
        )
        for each in found
    ]
    head = ("Name", "count", "share")
    shown = table(head, rows, label_id=f"{id_}-title") if rows else _note("None.")
    return _section(id_, title, shown)


def _week(report: StatsReport) -> Markup:
    counts = {(each.weekday, each.hour): each.count for each in report.counts.heat_map}
    shown = week(counts, "week-title") if counts else _note("No appointments.")
    return _section("week", "The week by hour", shown)


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
        element("em", "all"),
        number(whole.arrived),
        number(whole.no_show),
        percentage(whole.rate),
    )
    head = ("Teacher", "arrived", "no-show", "rate")
    shown = table(head, [all_of_them, *rows], label_id="no-shows-title")
    return _section("no-shows", "No-shows by teacher", shown)


def _trials(report: StatsReport) -> Markup:
    trials = report.counts.trials
    steps = (
        ("Leads with a trial lesson", trials.leads),
        ("booked again", trials.booked_again),
        ("came again", trials.came_again),
    )
    rows = [
        (
            join((step, bar(count, trials.leads, "arrived"))),
            number(count),
            percentage(share_of(count, trials.leads)),
        )
        for step, count in steps
    ]
    return _section(
        "trials",
        "Trial lessons, and who came again",
        table(("Step", "leads", "share"), rows, label_id="trials-title"),
        _note(number(trials.lessons), " trial lessons in all."),
    )


def _duplicates(report: StatsReport) -> Markup:
    found = report.counts.duplicates
    facts = (
        ("Ids stored more than once", number(found.appointment_ids)),
        ("Extra copies", number(found.extra_documents)),
    )
    return _section("duplicates", "Duplicates", _facts(facts, "facts"))


def _last_run(report: StatsReport) -> Markup:
    run = report.last_run
    if run is None:
        return _section("last-run", "Last sync", _note("None yet."))
    result = element("span", "well" if run.ok else "failed", class_="well" if run.ok else "failed")
    facts = [
        ("Run", element("code", run.run_id)),
        ("Command", name(run.command)),
        ("Ended", result),
    ]
    if run.finished_at is not None:
        at = run.finished_at.isoformat(timespec="seconds")
        facts.append(("At", element("time", _moment(report, run.finished_at), datetime=at)))
    if run.age_hours is not None:
        age = age_text(timedelta(hours=run.age_hours))
        facts.append(("Age at the count", element("data", str(age), value=round(run.age_hours, 1))))
    if run.period is not None:
        told = f"{run.period.first} to {run.period.last} ({run.period.timezone})"
        facts.append(("Period", name(told)))
    return _section("last-run", "Last sync", _facts(facts, "facts"))
