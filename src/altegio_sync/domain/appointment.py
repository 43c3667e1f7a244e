"""An appointment as the school's collection knows it, and a booking as Altegio tells it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class AttendanceStatus(Enum):
    """Altegio's numbers for what became of a lesson; cancelled is not one of them (`deleted`)."""

    PENDING = "0"
    ARRIVED = "1"
    NO_SHOW = "-1"
    CONFIRMED = "2"

    @property
    def label(self) -> str:
        return {"0": "Pending", "1": "Arrived", "-1": "No-show", "2": "Confirmed"}[self.value]


@dataclass(frozen=True, slots=True)
class Lead:
    """The school's pupil, by the id of its CRM. The name is private: it never reaches a log.

    ``others`` are the other ids that the client's name may mean, each with the name it leaves.
    """

    id: str
    name: str = field(repr=False)
    is_doubtful: bool = False
    others: tuple[Lead, ...] = ()


@dataclass(frozen=True, slots=True)
class Teacher:
    """Who gives the lesson."""

    id: str
    name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Service:
    """What is sold: an individual lesson, a trial lesson, or something else."""

    id: str
    title: str
    length_s: int | None = None


@dataclass(frozen=True, slots=True)
class Appointment:
    """A lesson that belongs into the collection; both moments are aware, the end excluded."""

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


#: Parts of a booking that decide whether it is kept, and may arrive damaged.
RECORD, SERVICES, CLIENT_NAME = "record", "services", "client name"


@dataclass(frozen=True, slots=True)
class Booking:
    """One record of Altegio, read as far as it can be read: None where a part cannot.

    The id is empty where it cannot be read.
    ``teacher_id`` stands without ``teacher`` where Altegio names the teacher by id alone.
    ``problems`` names the parts that were there and could not be read, ``damaged`` those that did
    not arrive as they were sent. ``version`` is what Altegio
    says of the last change: two readings of the same version are of a booking left as it was.
    ``changed_at`` is the same as a moment, None where it cannot be read. ``asked_at`` is when the
    request for this answer started, by `steady_now`; None where nobody noted it.
    ``possible_leads`` are what the client's name may mean where it says no lead for sure.
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
    possible_leads: tuple[Lead, ...] = ()


@dataclass(frozen=True, slots=True)
class Location:
    """A company at Altegio: the school's branch, with the zone its calendar is kept in."""

    id: str
    title: str
    timezone: str | None
