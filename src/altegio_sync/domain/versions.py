"""Versions of bookings, and whether a webhook announced each of them.

A version is a booking as it was after one change. Polls, syncs and readings by id find versions. A
notice is what a webhook brought.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from zoneinfo import ZoneInfo

    from altegio_sync.domain.appointment import Booking

#: A notice that came so long before the change, or so long after it, announces the change. Before
#: it, since two clocks are compared.
ANNOUNCED_BEFORE = timedelta(minutes=2)
ANNOUNCED_WITHIN = timedelta(minutes=10)
#: A notice that came later, but within this time, is late.
LATE_WITHIN = timedelta(hours=24)
#: How often a version without a notice is looked at again, until that time is over.
CHECKED_EVERY = timedelta(minutes=15)
#: Notices are kept for 30 days. Whether older changes were announced cannot be known.
OLDEST = timedelta(days=29)
#: A webhook usually comes 5 seconds after the change. If the receiver did not run at some moment of
#: this time, the program itself may have missed the webhook.
_EXPECTED_WITHIN = timedelta(seconds=30)
#: After this time, a version is deleted.
KEPT_FOR = timedelta(days=90)
#: Other stamps are mistakes, and cannot be calculated with.
_EARLIEST, _LATEST = datetime(1970, 1, 2, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
#: Times of answers are in whole seconds.
_SECOND = timedelta(seconds=1)


class VersionClass(StrEnum):
    """Whether a change was announced by a webhook."""

    #: Not classified yet: the change is younger than 10 minutes.
    OPEN = "open"
    ANNOUNCED = "announced"
    LATE = "late"
    #: Until 24 hours after the change, it may become late.
    LOST = "lost"
    #: The program could not receive webhooks, so Altegio did not lose anything.
    RECEIVER_DOWN = "receiver_down"


@dataclass(frozen=True, slots=True)
class FoundVersion:
    """A version that was read. ``changed_at`` is Altegio's change stamp.

    ``fields_hash`` shows whether fields changed without a new stamp. ``is_by_id``: the booking was
    requested by its id. ``is_stored``: the collection has this version now. ``asked_at`` is when
    the request started, by `steady_now`, and ``answered_at`` is the time of the answer by Altegio's
    clock.
    """

    company: str
    appointment_id: str
    changed_at: datetime
    fields_hash: str
    is_by_id: bool
    is_stored: bool
    asked_at: float | None = None
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """A version to be classified. ``at`` is the time of the change by MongoDB's clock.

    If the stamp did not move, or is in the future, ``at`` is when a poll found the change.
    """

    id: str
    company: str
    appointment_id: str
    changed_at: datetime
    at: datetime
    state: VersionClass = VersionClass.OPEN

    def is_announced_by(self, notice: ReceivedNotice) -> bool:
        return self.at - ANNOUNCED_BEFORE <= notice.at <= self.at + ANNOUNCED_WITHIN

    def has_late(self, notice: ReceivedNotice) -> bool:
        """Whether this is a late notice of the change; a notice may name another change."""
        is_in_time = self.at + ANNOUNCED_WITHIN < notice.at <= self.at + LATE_WITHIN
        if not is_in_time or notice.changed_at is None:
            return is_in_time
        after = notice.changed_at - self.changed_at
        return -ANNOUNCED_BEFORE <= after <= ANNOUNCED_WITHIN


@dataclass(frozen=True, slots=True)
class ReceivedNotice:
    """A notice about an appointment: when it came, and the change stamp that it named, if any."""

    at: datetime
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class UpTime:
    """A time in which a receiver ran, and could store what it received."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Classified:
    """The class of a version, and when to look again; None: the class is final."""

    state: VersionClass
    check_at: datetime | None = field(default=None)


def classify(
    version: StoredVersion,
    notices: Sequence[ReceivedNotice],
    uptimes: Iterable[UpTime],
    now: datetime,
) -> Classified:
    """The class of a version at the moment ``now``; ``notices`` are about the same appointment.

    The order of the notices, and notices that came twice, change nothing.
    """
    due = version.at + ANNOUNCED_WITHIN
    if now < due:
        return Classified(VersionClass.OPEN, due)
    if any(version.is_announced_by(each) for each in notices):
        return Classified(VersionClass.ANNOUNCED)
    if any(version.has_late(each) for each in notices):
        return Classified(VersionClass.LATE)
    was_up = _was_up(uptimes, version.at, version.at + _EXPECTED_WITHIN)
    state = VersionClass.LOST if was_up else VersionClass.RECEIVER_DOWN
    last_check = version.at + LATE_WITHIN
    return Classified(state, None if now >= last_check else min(now + CHECKED_EVERY, last_check))


def _was_up(uptimes: Iterable[UpTime], start: datetime, end: datetime) -> bool:
    """Whether one of the receivers ran at every moment from ``start`` to ``end``."""
    reached = start
    for each in sorted(uptimes, key=lambda up: up.start):
        if each.start <= reached < each.end:
            reached = each.end
    return reached >= end


def to_found_version(
    booking: Booking, zone: ZoneInfo, *, by_id: bool, is_stored: bool
) -> FoundVersion | None:
    """The version of a booking that was read; None if its change stamp cannot be used."""
    if booking.changed_at is None or not _EARLIEST <= booking.changed_at < _LATEST:
        return None
    return FoundVersion(
        company=booking.company_id,
        appointment_id=booking.id,
        changed_at=booking.changed_at,
        fields_hash=hash_fields(booking, zone),
        is_by_id=by_id,
        is_stored=is_stored,
        asked_at=booking.asked_at,
        answered_at=booking.answered_at,
    )


def hash_fields(booking: Booking, zone: ZoneInfo) -> str:
    """A hash of the teacher's id, the services' ids, the local time, the length and the status.

    Nothing of the client is in it: from a hash of a name or a phone number, the name or the number
    could be found out by trying.
    """
    start, end = booking.starts_at, booking.ends_at
    parts = (
        booking.teacher_id,
        ",".join(each.id for each in booking.services),
        None if start is None else _local(start, zone),
        None if start is None or end is None else (end - start).total_seconds(),
        booking.status and booking.status.value,
        booking.is_deleted,
    )
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:16]


def _local(moment: datetime, zone: ZoneInfo) -> str:
    """The time on the clocks of the location: a corrected setting of the zone changes nothing."""
    try:
        return moment.astimezone(zone).replace(tzinfo=None).isoformat()
    except OverflowError:  # at the edge of the calendar
        return moment.isoformat()


def find_clock_difference(
    answered_at: datetime | None, earliest: datetime, latest: datetime
) -> timedelta:
    """How far Altegio's clock is ahead of MongoDB's, as far as this is certain.

    The answer was given between ``earliest`` and ``latest`` by MongoDB's clock. Nothing is certain
    if Altegio's time may lie between them.
    """
    if answered_at is None:
        return timedelta()
    if answered_at > latest:
        return answered_at - latest
    return min(answered_at + _SECOND - earliest, timedelta())
