"""Decides which bookings are lessons that the school keeps, and why others are skipped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from altegio_sync.domain.appointment import (
    CLIENT_NAME,
    RECORD,
    SERVICES,
    Appointment,
    Booking,
    Service,
    Teacher,
)
from altegio_sync.messages import Message
from altegio_sync.messages import lessons as texts

_TRIAL_WORDS = ("пробн", "trial")
_SERVICE_TITLE = "service title"
#: The names of parts of a booking that may be unreadable or damaged.
_PARTS = {
    RECORD: texts.RECORD,
    SERVICES: texts.SERVICES,
    CLIENT_NAME: texts.CLIENT_NAME,
    _SERVICE_TITLE: texts.SERVICE_TITLE,
    "date": texts.DATE,
    "length": texts.LENGTH,
    "end": texts.END,
    "status": texts.STATUS,
    "deleted": texts.DELETED,
}


class SkipReason(StrEnum):
    """Why a booking is not stored, in the order in which the reasons are tested."""

    SERVICE = "service"
    NO_CRM_ID = "no_crm_id"
    TEACHER_NOT_FOUND = "teacher_not_found"
    INVALID = "invalid"


_COUNTED = {
    SkipReason.SERVICE: texts.COUNTED_SERVICE,
    SkipReason.NO_CRM_ID: texts.COUNTED_NO_CRM_ID,
    SkipReason.TEACHER_NOT_FOUND: texts.COUNTED_NO_TEACHER,
    SkipReason.INVALID: texts.COUNTED_INVALID,
}


def count_reasons(skipped: Mapping[SkipReason, int]) -> list[Message]:
    """Each reason that occurred, with how often."""
    return [_COUNTED[each](number=skipped[each]) for each in SkipReason if skipped.get(each)]


@dataclass(frozen=True, slots=True)
class Kept:
    """A booking that belongs in the collection."""

    booking: Booking
    appointment: Appointment


@dataclass(frozen=True, slots=True)
class Skipped:
    """A booking that does not belong in the collection.

    ``detail`` explains the reason, without private data. ``teacher`` is the teacher if known: a
    stored appointment is updated with everything that can be read. ``if_stored`` is the verdict for
    a document whose stored lead is one of the booking's possible leads.
    """

    booking: Booking
    reason: SkipReason
    teacher: Teacher | None = None
    detail: Message | None = None
    if_stored: tuple[Kept, ...] = ()


Verdict = Kept | Skipped


def is_trial_title(title: str) -> bool:
    folded = title.casefold()
    return any(word in folded for word in _TRIAL_WORDS)


@dataclass(frozen=True, slots=True)
class LessonRules:
    """Which services are individual lessons and which are trial lessons, by the settings."""

    individual_ids: frozenset[str] = frozenset()
    trial_ids: frozenset[str] = frozenset()

    def is_trial(self, service: Service) -> bool:
        if self.trial_ids:
            return service.id in self.trial_ids
        return is_trial_title(service.title)

    def keeps(self, service: Service, *, is_group_event: bool) -> bool:
        if service.id in self.trial_ids:
            return True
        if self.individual_ids:
            return service.id in self.individual_ids
        return not is_group_event

    def kept_service(self, booking: Booking) -> Service | None:
        """The booking's first service that is an individual or trial lesson."""
        return next(
            (s for s in booking.services if self.keeps(s, is_group_event=booking.is_group_event)),
            None,
        )


def judge(booking: Booking, rules: LessonRules, staff: Mapping[str, Teacher]) -> Verdict:
    """Decide exactly one outcome for the booking.

    ``staff`` has the location's teachers by id, for bookings that have only the teacher's id.
    """
    teacher = booking.teacher or staff.get(booking.teacher_id or "")
    service = rules.kept_service(booking)
    if service is None:
        return _skip(booking, SkipReason.SERVICE, teacher, (RECORD, SERVICES))
    if booking.lead is None:
        skipped = _skip(booking, SkipReason.NO_CRM_ID, teacher, (RECORD, CLIENT_NAME))
        return replace(skipped, if_stored=_judge_possible(booking, rules, staff))
    if teacher is None:
        known = booking.teacher_id
        detail = texts.STAFF(staff_id=known) if known else texts.NO_STAFF()
        return Skipped(booking, SkipReason.TEACHER_NOT_FOUND, None, detail)
    starts_at, ends_at, status = booking.starts_at, booking.ends_at, booking.status
    problems = list(booking.problems) if service.title else [*booking.problems, _SERVICE_TITLE]
    if problems or starts_at is None or ends_at is None or status is None:
        detail = texts.UNREADABLE(parts=_name_parts(problems))
        return Skipped(booking, SkipReason.INVALID, teacher, detail)
    return Kept(
        booking,
        Appointment(
            id=booking.id,
            company_id=booking.company_id,
            lead=booking.lead,
            teacher=teacher,
            service=service,
            starts_at=starts_at,
            ends_at=ends_at,
            status=status,
            is_trial=any(rules.is_trial(each) for each in booking.services),
            is_deleted=bool(booking.is_deleted),
            changed_at=booking.changed_at,
        ),
    )


def _judge_possible(
    booking: Booking, rules: LessonRules, staff: Mapping[str, Teacher]
) -> tuple[Kept, ...]:
    verdicts = (judge(replace(booking, lead=each), rules, staff) for each in booking.possible_leads)
    return tuple(each for each in verdicts if isinstance(each, Kept))


def _skip(
    booking: Booking, reason: SkipReason, teacher: Teacher | None, parts: Sequence[str]
) -> Skipped:
    """Skip for ``reason``; if a part that the reason depends on is damaged, skip as invalid."""
    damaged = [part for part in parts if part in booking.damaged]
    if damaged:
        detail = texts.DAMAGED(parts=_name_parts(damaged))
        return Skipped(booking, SkipReason.INVALID, teacher, detail)
    return Skipped(booking, reason, teacher)


def _name_parts(parts: Sequence[str]) -> list[Message]:
    return [_PARTS[each]() for each in parts]


def needs_staff(booking: Booking) -> bool:
    """Whether the booking has only its teacher's id, so that the staff list is needed."""
    return booking.teacher is None and booking.teacher_id is not None
