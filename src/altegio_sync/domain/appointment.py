"""An appointment of the school's collection, and a booking of Altegio."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from altegio_sync.messages import lessons as texts

if TYPE_CHECKING:
    from datetime import datetime

    from altegio_sync.messages import Message


class AttendanceStatus(Enum):
    """Altegio's numbers for the attendance. A cancelled lesson is `deleted` and has no number."""

    PENDING = "0"
    ARRIVED = "1"
    NO_SHOW = "-1"
    CONFIRMED = "2"

    @property
    def label(self) -> Message:
        return _LABELS[self.value]()


_LABELS = {"0": texts.PENDING, "1": texts.ARRIVED, "-1": texts.NO_SHOW, "2": texts.CONFIRMED}


@dataclass(frozen=True, slots=True)
class Lead:
    """The school's pupil, with the id of the CRM. The name is private and is never logged.

    ``others`` are the other possible ids in the client's name, each with the rest of the name.
    """

    id: str
    name: str = field(repr=False)
    is_doubtful: bool = False
    others: tuple[Lead, ...] = ()


@dataclass(frozen=True, slots=True)
class Teacher:
    """The person who gives the lesson."""

    id: str
    name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Service:
    """What the school sells: an individual lesson, a trial lesson, or something else."""

    id: str
    title: str
    length_s: int | None = None


@dataclass(frozen=True, slots=True)
class Appointment:
    """A lesson that belongs in the collection. Both moments are aware; the end is excluded."""

    id: str
    company_id: str
    lead: Lead
    teacher: Teacher
    service: Service
    starts_at: datetime
    ends_at: datetime
    status: AttendanceStatus
    is_trial: bool
    is_deleted: bool
    changed_at: datetime | None = None


#: Parts of a booking that decide whether it is kept, and that may be damaged.
RECORD, SERVICES, CLIENT_NAME = "record", "services", "client name"


@dataclass(frozen=True, slots=True)
class Booking:
    """One record of Altegio. A part that cannot be read is None; an unreadable id is empty.

    ``teacher_id`` is set without ``teacher`` if Altegio sends only the teacher's id. ``problems``
    names the parts that could not be read. ``damaged`` names the parts that were damaged on their
    way. ``version`` is Altegio's text for the last change: if it is the same in two readings, the
    booking did not change between them. ``changed_at`` is the version as a moment, or None if it
    cannot be read. ``asked_at`` is when the request for this answer started, by `steady_now`; None
    if unknown. ``answered_at`` is the time of the answer by Altegio's clock. ``possible_leads`` are
    the possible leads of a name without a certain lead.
    """

    id: str
    company_id: str
    lead: Lead | None
    teacher_id: str | None
    teacher: Teacher | None
    services: tuple[Service, ...]
    is_group_event: bool
    starts_at: datetime | None
    ends_at: datetime | None
    status: AttendanceStatus | None
    is_deleted: bool | None
    offset_disagrees: bool = False
    problems: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()
    version: str = ""
    changed_at: datetime | None = None
    asked_at: float | None = field(default=None, compare=False)
    answered_at: datetime | None = field(default=None, compare=False)
    possible_leads: tuple[Lead, ...] = ()


@dataclass(frozen=True, slots=True)
class Location:
    """A company at Altegio: a branch of the school, with the time zone of its calendar."""

    id: str
    title: str
    timezone: str | None
    city: str = ""
