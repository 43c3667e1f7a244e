"""The stored appointments that leave the collection: as they are stored, and counted for pay."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from altegio_sync.domain.appointment import AttendanceStatus
from altegio_sync.domain.exit_code import CommandReport, ExitCode, decide_exit_code
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

    def zone_of(self, company: object) -> ZoneInfo:
        return self.zones.get(str(company), self.zone)

    def span_of(self, company: object) -> tuple[datetime, datetime, ZoneInfo]:
        """The moments between which the period lies at the location, and its zone."""
        zone = self.zone_of(company)
        return *self.period.moments(zone), zone

    def moments(self) -> tuple[datetime, datetime]:
        """The first moment of the period in any zone, and the moment after the last one."""
        spans = [self.period.moments(each) for each in (self.zone, *self.zones.values())]
        return min(start for start, _ in spans), max(end for _, end in spans)


#: The fields that are true or false.
FLAGS = ("IsTrial", "isDeleted")


def is_odd_flag(value: Value) -> bool:
    return value is not None and not isinstance(value, bool)


@dataclass(frozen=True, slots=True)
class StoredAppointment:
    """One document: its fields by their stored names."""

    fields: Mapping[str, Value]
    starts_at: datetime

    @property
    def is_deleted(self) -> bool:
        """Only `true` counts, as in `stats`; see `has_odd_flag`."""
        return self.fields.get("isDeleted") is True

    @property
    def is_trial(self) -> bool:
        return self.fields.get("IsTrial") is True

    @property
    def has_odd_flag(self) -> bool:
        """Whether a flag has a value that is neither true nor false, such as the text "true"."""
        return any(is_odd_flag(self.fields.get(name)) for name in FLAGS)

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
    def teacher_key(self) -> tuple[str, str]:
        """What distinguishes teachers: the id, else the name."""
        return self.teacher_id, "" if self.teacher_id else self.teacher_name

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
    ``unread_starts`` are documents that may belong to the period, but whose start is no date, so
    they are not in the file. ``without_length`` are lessons that pay-roll counts with 0 hours.
    ``odd_flags`` are appointments with a flag that is neither true nor
    false.
    """

    json_keys = (
        *("command", "ok", "path", Key("period", "days_asked"), "timezone", "appointments"),
        *("extra_copies", "unread_starts", "odd_flags"),
        *(Key("without_length", optional=True), Key("without_company", optional=True)),
    )
    command: ClassVar[str] = "export"

    path: Path
    period: Period
    timezone: str
    appointments: int = 0
    extra_copies: int = 0
    unread_starts: int = 0
    odd_flags: int = 0
    without_length: int | None = None
    without_company: int | None = None

    def add(self, appointment: StoredAppointment) -> None:
        self.appointments += 1
        self.odd_flags += appointment.has_odd_flag

    @property
    def exit_code(self) -> ExitCode:
        return decide_exit_code(has_failed=self.unread_starts > 0)

    @property
    def days_asked(self) -> dict[str, date]:
        return {"from": self.period.start, "to": self.period.last_day}
