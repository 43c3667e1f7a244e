"""Reads what the live page shows. Each query is bounded, and asks for no name of a pupil."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from altegio_sync.domain.export import ExportQuery
from altegio_sync.domain.latest import public_change
from altegio_sync.domain.live import ChangeLine, Lesson, Month, Timetable
from altegio_sync.domain.period import Period, month_of
from altegio_sync.domain.public_ids import public_id, public_lead
from altegio_sync.domain.stats import StatsQuery, day_starts_at
from altegio_sync.messages.foreign_text import plain

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Mapping, Sequence
    from datetime import date
    from zoneinfo import ZoneInfo

    from altegio_sync.domain.company_scope import CompanyScope
    from altegio_sync.domain.export import StoredAppointment, Value
    from altegio_sync.domain.latest import LatestChange
    from altegio_sync.domain.leads import LeadRules
    from altegio_sync.domain.stats import StoredCounts
    from altegio_sync.usecases.stats import StatsStore

#: More lessons than this on one day of one location are only counted.
_MOST_LESSONS = 500
_MOST_CHANGES = 20
_LONGEST_NAME = 80
_NAMES = ("teacherId", "teacherName", "serviceId", "serviceName")
_LESSON_FIELDS = (*_NAMES, "endDateTime", "status", "leadId", "IsTrial", "isDeleted")
_CHANGE_FIELDS = (*_NAMES, "startDateTime")


class LessonSource(Protocol):
    """Reads stored appointments; see `MongoExport`. Raises StoreError when MongoDB fails."""

    def read(
        self, query: ExportQuery, fields: Sequence[str]
    ) -> AsyncIterator[StoredAppointment]: ...

    async def find_by_id(
        self, appointment_ids: Collection[str], fields: Sequence[str]
    ) -> Mapping[str, Mapping[str, Value]]: ...


class LatestSource(Protocol):
    """Finds what was stored a moment ago. Raises StoreError when MongoDB fails."""

    async def find_latest(
        self, companies: Sequence[str] | None, limit: int
    ) -> Sequence[LatestChange]: ...


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
    async for each in source.read(query, _LESSON_FIELDS):
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
        teacher=_named(fields, "teacher"),
        service=_named(fields, "service"),
        status=stored.status,
        lead_id=public_lead(fields.get("leadId"), leads),
        is_trial=stored.is_trial,
    )


def _named(fields: Mapping[str, Value], kind: str) -> str:
    """The name of the teacher or the service, else the id; empty where there is neither."""
    name = fields.get(f"{kind}Name")
    text = plain(name, _LONGEST_NAME).strip() if isinstance(name, str) else ""
    known_as = public_id(fields.get(f"{kind}Id"))
    return text or (f"#{known_as}" if known_as else "")


async def read_changes(
    latest: LatestSource,
    source: LessonSource,
    teachers: Mapping[str, str],
    leads: LeadRules,
    companies: Sequence[str] | None = None,
) -> list[ChangeLine]:
    """The latest changes, the newest first; ``teachers`` has names by id.

    Raises:
        StoreError: MongoDB failed.
    """
    found = [_public(each, leads) for each in await latest.find_latest(companies, _MOST_CHANGES)]
    ids = {each.appointment_id for each in found if each.appointment_id}
    stored = await source.find_by_id(ids, _CHANGE_FIELDS) if ids else {}
    return [_to_line(each, stored.get(each.appointment_id, {}), teachers) for each in found]


def _public(change: LatestChange, leads: LeadRules) -> LatestChange:
    return replace(
        change,
        appointment_id=public_id(change.appointment_id) or "",
        changes=tuple(public_change(each, leads) for each in change.changes),
    )


def _to_line(
    change: LatestChange, stored: Mapping[str, Value], teachers: Mapping[str, str]
) -> ChangeLine:
    start = stored.get("startDateTime")
    return ChangeLine(
        change,
        teacher=_named(stored, "teacher"),
        service=_named(stored, "service"),
        starts_at=start if isinstance(start, datetime) else None,
        teachers=teachers,
    )


async def read_month(
    stats: StatsStore, now: datetime, zone: ZoneInfo, companies: CompanyScope | None = None
) -> Month:
    """This month, and its days until today beside as many days of the last month.

    Raises:
        StoreError: MongoDB failed.
    """
    today = now.astimezone(zone).date()
    days = Period.of_days(*month_of(today.replace(day=1)))
    so_far = Period.of_days(days.start, today)
    last_first, last_last = month_of((days.start - timedelta(days=1)).replace(day=1))
    before = Period.of_days(last_first, min(last_last, last_first + timedelta(today.day - 1)))

    async def count(period: Period, *, unread: bool = False) -> StoredCounts:
        start, end = (day_starts_at(each, zone) for each in (period.start, period.end))
        query = StatsQuery(zone, now, period, start, end, companies, counts_unread_starts=unread)
        return await stats.count(query)

    whole = await count(days, unread=True)
    return Month(days, so_far, before, whole, await count(so_far), await count(before))
