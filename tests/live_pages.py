"""Live pages made up by hand, for what draws them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from altegio_sync.domain.appointment import AttendanceStatus
from altegio_sync.domain.attention import Attention
from altegio_sync.domain.field_change import FieldChange
from altegio_sync.domain.last_run import LastRun
from altegio_sync.domain.latest import LatestChange
from altegio_sync.domain.ledger import CompanyCoverage, Grade, LedgerEntry
from altegio_sync.domain.live import (
    ChangeLine,
    Lesson,
    LivePage,
    Month,
    Overview,
    Place,
    Section,
    Timetable,
    View,
    Webhooks,
)
from altegio_sync.domain.period import Period
from altegio_sync.domain.report import SyncMode
from altegio_sync.domain.status import StatusReport
from altegio_sync.domain.todo import Problem, TodoItem, TodoReport
from altegio_sync.domain.webhooks import ClassCounts, Delay, NoticeQueue, WebhookFigures
from tests.stats_reports import a_report, an_empty_report

KYIV = ZoneInfo("Europe/Kyiv")
NOW = datetime(2026, 11, 26, 10, 20, tzinfo=KYIV)
TODAY = NOW.date()


def a_lesson(hour: int = 10, teacher: str = "Агата Взірцева", **changes: Any) -> Lesson:
    starts_at = NOW.replace(hour=hour, minute=0)
    lesson = Lesson(
        starts_at,
        starts_at + timedelta(hours=1),
        teacher,
        "Індивідуальний урок",
        AttendanceStatus.CONFIRMED,
        "12345678",
    )
    return replace(lesson, **changes)


def a_status(*attention: Attention, **changes: Any) -> StatusReport:
    status = StatusReport(
        now=NOW,
        last_run=None,
        about_run=attention,
        coverage=[a_coverage()],
        cursors={"77": NOW - timedelta(minutes=5)},
        leases=[],
        budget_key="machine",
        budget_spent=0,
        budget_limit=195,
        documents=12_345,
        stale=0,
        validation_errors=0,
    )
    return replace(status, **changes)


def a_coverage() -> CompanyCoverage:
    """30 days: the first is a gap, the second is proved."""
    days = [TODAY - timedelta(days=each) for each in range(30, 0, -1)]
    graded = {day: an_entry(day, Grade.CHECKED) for day in days[1:]}
    graded[days[1]] = an_entry(days[1], Grade.PROVED)
    return CompanyCoverage("77", KYIV.key, days, graded)


def an_entry(day: date, grade: Grade) -> LedgerEntry:
    return LedgerEntry(day, grade, NOW, SyncMode.UPDATE, "settings", KYIV.key, "run")


def a_change(name: str = "status", old: object = "0", new: object = "1", **changes: Any) -> Any:
    change = LatestChange(
        "77",
        "501",
        "serve",
        changes=(FieldChange(name, old, new),),
        changed_at=NOW - timedelta(seconds=9),
        at=NOW - timedelta(seconds=5),
    )
    line = ChangeLine(change, "Агата Взірцева", "Індивідуальний урок", NOW, {"9": "Щукін"})
    return replace(line, change=replace(change, **changes))


def some_changes() -> list[ChangeLine]:
    """One of each kind."""
    return [
        a_change(),
        a_change("startDateTime", NOW, NOW + timedelta(days=1), command="changes"),
        a_change("endDateTime", NOW, None, command="sync"),
        a_change("teacherId", "9", "10"),
        a_change("serviceId", "1", "2"),
        a_change("leadId", None, "12345678"),
        a_change("companyId", "77", "78"),
        a_change("isDeleted", old=False, new=True),
        a_change("isDeleted", old=True, new=False),
        a_change("IsTrial", old=False, new=True),
        a_change("IsTrial", old=True, new=False),
        a_change(is_new=True, changes=()),
        a_change(changes=(), changed_at=None),
    ]


def a_todo(count: int = 30) -> TodoReport:
    report = TodoReport()
    for number in range(count):
        problem = list(Problem)[number % len(Problem)]
        starts_at = NOW + timedelta(hours=number) if number else None
        report.add(TodoItem(problem, str(501 + number), "77", "Агата Взірцева", starts_at))
    return report


def a_month() -> Month:
    counts = a_report().counts
    days = Period.of_days(TODAY.replace(day=1), TODAY.replace(day=30))
    so_far = Period.of_days(TODAY.replace(day=1), TODAY)
    before = Period.of_days(date(2026, 10, 1), date(2026, 10, 26))
    less = replace(counts, active=counts.active - 7, deleted=0)
    return Month(days, so_far, before, counts, less, replace(less, trial=0))


def some_webhooks(**changes: Any) -> Webhooks:
    figures = WebhookFigures(
        since=NOW - timedelta(days=3),
        receiver_age=timedelta(seconds=2),
        total=ClassCounts(19_000, 380, 570, 50, 3),
        last_day=ClassCounts(940, 20, 40, 0, 3),
        delay=Delay(3.2, 8.25),
        queue=NoticeQueue(2, timedelta(seconds=4), dead=1),
    )
    return Webhooks(NOW, replace(figures, **changes), poll_interval=timedelta(minutes=5))


def a_live_page(**changes: Any) -> LivePage:
    """A page of one of two locations, with every section."""
    page = LivePage(
        view=View("77"),
        now=NOW,
        places=[Place("77", "Подвір’я"), Place("78")],
        contents={
            Section.NOW: Overview(
                a_status(Attention("ERROR", "2 validation errors are open")), ["78"]
            ),
            Section.TODAY: Timetable(TODAY, [a_lesson(10), a_lesson(12, "Щукін")], cancelled=1),
            Section.CHANGES: some_changes(),
            Section.TODO: a_todo(),
            Section.MONTH: a_month(),
            Section.WEBHOOKS: some_webhooks(),
            Section.COMPLETE: a_coverage(),
        },
    )
    return replace(page, **changes)


def a_calm_status(*attention: Attention) -> StatusReport:
    """A status in which nothing but this needs attention."""
    run = LastRun("20261126-081500-1", "changes", ok=True, finished_at=NOW, age_hours=0.0,
                  period=None)  # fmt: skip
    return a_status(*attention, last_run=run, coverage=[])


def an_odd_page(name: str = "Агата Взірцева") -> LivePage:
    """A page of what is seldom: values that are missing, long or of another program."""
    last = datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
    lessons = [
        a_lesson(8, name, service=name, ends_at=None, status=None, lead_id=None, is_trial=True),
        a_lesson(23, "", service=""),
    ]
    changes = [
        replace(a_change("teacherId", "9", None), teacher=name, service=name, teachers={"9": name}),
        replace(a_change("startDateTime", last, NOW), teacher="", service="", starts_at=last),
        a_change("status", None, None, command="another", at=None),
        a_change("another", 1, 2, changed_at=NOW + timedelta(hours=1)),
    ]
    report = TodoReport()
    report.add(TodoItem(Problem.OVERLAP, name, teacher=name))
    report.add(TodoItem(Problem.NO_CRM_ID, "501"))
    month = a_month()
    empty = an_empty_report().counts
    return a_live_page(
        view=View(),
        places=[Place("77", name)],
        contents={
            Section.NOW: Overview(a_calm_status()),
            Section.TODAY: Timetable(TODAY, lessons, left_out=3),
            Section.CHANGES: changes,
            Section.TODO: report,
            Section.MONTH: replace(month, counts=empty, counts_so_far=empty, counts_before=empty),
            Section.COMPLETE: CompanyCoverage("77", KYIV.key, [], {}),
            Section.WEBHOOKS: Webhooks(NOW, None),
        },
    )


def a_busy_page() -> LivePage:
    """A page with a lesson of each teacher in each hour of a long day."""
    lessons = [a_lesson(hour, f"Викладач {each}") for hour in range(24) for each in range(12)]
    page = a_live_page()
    return replace(page, contents={**page.contents, Section.TODAY: Timetable(TODAY, lessons)})
