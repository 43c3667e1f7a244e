"""The section *Today*: the lessons of a day by hour and teacher."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from altegio_sync.domain.appointment import AttendanceStatus
from altegio_sync.domain.day_words import whole_day
from altegio_sync.messages import live as texts

if TYPE_CHECKING:
    from datetime import date

    from altegio_sync.domain.live import Lesson, LivePage, Timetable
    from altegio_sync.messages import Message

#: The class of the colour, a sign that does not need the colour, and the word.
_STATUSES = {
    AttendanceStatus.ARRIVED: ("arrived", "✓", texts.HAS_ARRIVED),
    AttendanceStatus.CONFIRMED: ("confirmed", "●", texts.IS_CONFIRMED),
    AttendanceStatus.PENDING: ("pending", "○", texts.IS_PENDING),
    AttendanceStatus.NO_SHOW: ("no-show", "✕", texts.IS_NO_SHOW),
}
_OTHER = ("other", "?", texts.HAS_NO_STATUS)


@dataclass(frozen=True, slots=True)
class _Cell:
    """A lesson as it is drawn."""

    lesson: Lesson
    time: str
    until: Message | None
    kind: str
    sign: str
    status: Message
    lead: Message


@dataclass(frozen=True, slots=True)
class _Hour:
    """A row: the cells of the hour for each teacher."""

    label: str
    is_now: bool
    by_teacher: list[list[_Cell]] = field(default_factory=list)


def show_timetable(page: LivePage, timetable: Timetable) -> dict[str, Any]:
    lessons = timetable.lessons
    teachers = sorted({each.teacher for each in lessons}, key=str.casefold)
    return {
        "title": _title(page, timetable.day),
        "day_name": whole_day(timetable.day),
        "before": timetable.day - timedelta(days=1),
        "after": timetable.day + timedelta(days=1),
        "teachers": [each or texts.NO_TEACHER() for each in teachers],
        "hours": _hours(page, timetable, teachers),
        "counts": _counts(timetable),
        "left_out": timetable.left_out,
    }


def _title(page: LivePage, day: date) -> Message:
    return texts.TODAY() if day == page.today else texts.LESSONS_ON(day=whole_day(day))


def _counts(timetable: Timetable) -> list[Message]:
    found = [texts.LESSONS(count=len(timetable.lessons) + timetable.left_out)]
    if timetable.cancelled:
        found.append(texts.CANCELLED(count=timetable.cancelled))
    return found


def _hours(page: LivePage, timetable: Timetable, teachers: list[str]) -> list[_Hour]:
    """A row for each hour from the first lesson to the last."""
    by_place: dict[tuple[int, str], list[_Cell]] = {}
    for each in timetable.lessons:
        by_place.setdefault((each.starts_at.hour, each.teacher), []).append(_to_cell(each))
    starts = [hour for hour, _ in by_place]
    is_today = timetable.day == page.today
    return [
        _Hour(
            f"{hour:02}:00",
            is_today and hour == page.now.hour,
            [by_place.get((hour, teacher), []) for teacher in teachers],
        )
        for hour in range(min(starts, default=0), max(starts, default=-1) + 1)
    ]


def _to_cell(lesson: Lesson) -> _Cell:
    kind, sign, status = _OTHER if lesson.status is None else _STATUSES[lesson.status]
    end = lesson.ends_at
    return _Cell(
        lesson=lesson,
        time=f"{lesson.starts_at:%H:%M}",
        until=None if end is None else texts.UNTIL(time=f"{end:%H:%M}"),
        kind=kind,
        sign=sign,
        status=status(),
        lead=texts.NO_LEAD() if lesson.lead_id is None else texts.LEAD(lead=lesson.lead_id),
    )
