"""Live pages made up by hand, for what draws them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from altegio_sync.domain.appointment import AttendanceStatus
from altegio_sync.domain.attention import Attention
from altegio_sync.domain.ledger import CompanyCoverage, Grade, LedgerEntry
from altegio_sync.domain.live import Lesson, LivePage, Place, Section, Timetable, View
from altegio_sync.domain.report import SyncMode
from altegio_sync.domain.status import StatusReport

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


def a_live_page(**changes: Any) -> LivePage:
    """A page of one of two locations, with every section."""
    page = LivePage(
        view=View("77"),
        now=NOW,
        places=[Place("77", "Подвір’я"), Place("78")],
        contents={
            Section.NOW: a_status(Attention("ERROR", "2 validation errors are open")),
            Section.TODAY: Timetable(TODAY, [a_lesson(10), a_lesson(12, "Щукін")], cancelled=1),
            Section.COMPLETE: a_coverage(),
        },
    )
    return replace(page, **changes)
