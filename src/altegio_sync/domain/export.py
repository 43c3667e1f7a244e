"""The stored appointments that leave the collection: as they are stored, and counted for pay."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from altegio_sync.domain.appointment import AttendanceStatus
from altegio_sync.domain.exit_code import CommandReport
from altegio_sync.domain.json_form import Key

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from altegio_sync.domain.company_scope import CompanyScope
    from altegio_sync.domain.period import Period

#: Moments are aware. A value of any other type is its text.
Value = str | int | float | bool | datetime | None


@dataclass(frozen=True, slots=True)
class ExportQuery:
    """Appointments that start on the period's days, in the zone of their location."""

    period: Period
    zone: ZoneInfo
    zones: Mapping[str, ZoneInfo] = field(default_factory=dict)
    companies: CompanyScope | None = None

    def zone_of(self, company: Value) -> ZoneInfo:
        return self.zones.get(str(company), self.zone)

    def moments(self) -> tuple[datetime, datetime]:
        """The first moment of the period in any zone, and the moment after the last one."""
        spans = [self.period.moments(each) for each in (self.zone, *self.zones.values())]
        return min(start for start, _ in spans), max(end for _, end in spans)


@dataclass(frozen=True, slots=True)
class StoredAppointment:
    """One document: its fields by their stored names."""

    fields: Mapping[str, Value]
    starts_at: datetime

    @property
    def is_deleted(self) -> bool:
        return self.fields.get("isDeleted") is True

    @property
    def is_trial(self) -> bool:
        return self.fields.get("IsTrial") is True

    @property
    def teacher_id(self) -> str:
        """Empty if the document has none."""
        value = self.fields.get("teacherId")
        return "" if value is None else str(value)

    @property
    def teacher_name(self) -> str:
        value = self.fields.get("teacherName")
        return "" if value is None else str(value)

    @property
    def status(self) -> AttendanceStatus | None:
        """None for a status that Altegio does not have."""
        try:
            return AttendanceStatus(str(self.fields.get("status")))
        except ValueError:
            return None

    @property
    def length(self) -> timedelta:
        """How long the lesson takes; zero if its end is not known, or not after its start."""
        end = self.fields.get("endDateTime")
        return max(end - self.starts_at, timedelta()) if isinstance(end, datetime) else timedelta()


@dataclass(slots=True)
class TeacherTotals:
    """The lessons of one teacher in the period. A lesson that was cancelled is only ``deleted``."""

    id: str
    name: str
    by_status: Counter[AttendanceStatus | None] = field(default_factory=Counter)
    length: timedelta = timedelta()
    length_arrived: timedelta = timedelta()
    trials: Counter[AttendanceStatus | None] = field(default_factory=Counter)
    deleted: int = 0

    @property
    def lessons(self) -> int:
        return self.by_status.total()

    def add(self, lesson: StoredAppointment) -> None:
        self.name = lesson.teacher_name or self.name
        if lesson.is_deleted:
            self.deleted += 1
            return
        self.by_status[lesson.status] += 1
        self.length += lesson.length
        if lesson.status is AttendanceStatus.ARRIVED:
            self.length_arrived += lesson.length
        if lesson.is_trial:
            self.trials[lesson.status] += 1


@dataclass(slots=True)
class ExportReport(CommandReport):
    """What was written.

    ``extra_copies`` are further documents of the same appointment, which pay-roll leaves out.
    ``without_company`` are documents that belong to no company, if companies were chosen.
    """

    json_keys = (
        *("command", "ok", "path", Key("period", "days_asked"), "timezone", "appointments"),
        *("extra_copies", Key("without_company", optional=True)),
    )
    command: ClassVar[str] = "export"

    path: Path
    period: Period
    timezone: str
    appointments: int = 0
    extra_copies: int = 0
    without_company: int | None = None

    @property
    def days_asked(self) -> dict[str, date]:
        return {"from": self.period.start, "to": self.period.last_day}
