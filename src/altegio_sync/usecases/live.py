"""Reads what the live page shows. Each query is bounded, and asks for no name of a pupil."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from altegio_sync.domain.export import ExportQuery
from altegio_sync.domain.live import Lesson, Timetable
from altegio_sync.domain.period import Period
from altegio_sync.domain.public_ids import public_lead
from altegio_sync.messages.foreign_text import plain

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from datetime import date
    from zoneinfo import ZoneInfo

    from altegio_sync.domain.company_scope import CompanyScope
    from altegio_sync.domain.export import StoredAppointment
    from altegio_sync.domain.leads import LeadRules

#: More lessons than this on one day of one location are only counted.
_MOST_LESSONS = 500
_LONGEST_NAME = 80
_TIMETABLE_FIELDS = (
    *("teacherId", "teacherName", "serviceId", "serviceName", "endDateTime"),
    *("status", "leadId", "IsTrial", "isDeleted"),
)


class LessonSource(Protocol):
    """Reads stored appointments; see `MongoExport`. Raises StoreError when MongoDB fails."""

    def read(
        self, query: ExportQuery, fields: Sequence[str]
    ) -> AsyncIterator[StoredAppointment]: ...


async def read_timetable(
    source: LessonSource,
    day: date,
    zone: ZoneInfo,
    leads: LeadRules,
    companies: CompanyScope | None = None,
) -> Timetable:
    """The lessons of the local day, by start.

    Raises:
        StoreError: MongoDB failed.
    """
    query = ExportQuery(Period.of_days(day, day), zone, companies=companies)
    lessons: list[Lesson] = []
    cancelled = left_out = 0
    async for each in source.read(query, _TIMETABLE_FIELDS):
        if each.is_deleted:
            cancelled += 1
        elif len(lessons) < _MOST_LESSONS:
            lessons.append(_to_lesson(each, zone, leads))
        else:
            left_out += 1
    return Timetable(day, lessons, cancelled, left_out)


def _to_lesson(stored: StoredAppointment, zone: ZoneInfo, leads: LeadRules) -> Lesson:
    fields = stored.fields
    has_end = timedelta() < stored.length < timedelta(days=1)
    return Lesson(
        starts_at=stored.starts_at.astimezone(zone),
        ends_at=(stored.starts_at + stored.length).astimezone(zone) if has_end else None,
        teacher=_named(stored.teacher_name, stored.teacher_id),
        service=_named(fields.get("serviceName"), fields.get("serviceId")),
        status=stored.status,
        lead_id=public_lead(fields.get("leadId"), leads),
        is_trial=stored.is_trial,
    )


def _named(name: object, known_as: object) -> str:
    """The name, else the id; empty where there is neither."""
    text = plain(name, _LONGEST_NAME).strip() if isinstance(name, str) else ""
    number = plain(known_as, _LONGEST_NAME).strip() if isinstance(known_as, str | int) else ""
    return text or (f"#{number}" if number else "")
