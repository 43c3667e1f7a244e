"""Notices of Altegio that a booking changed. A notice is only a hint: the booking is read by id."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence
    from datetime import datetime

#: The notices of one appointment wait until the last of them is this old …
QUIET_FOR = timedelta(seconds=2)
#: … or the first of them is this old.
LONGEST_WAIT = timedelta(seconds=5)
#: After so many failed tries the notices are dead.
MOST_TRIES = 5
#: An appointment that Altegio does not have is requested again after this time.
MISSING_PAUSE = timedelta(minutes=1)
#: The mass limit counts the appointments that disappeared at Altegio within this time.
GONE_COUNTED_FOR = timedelta(hours=1)
_FIRST_PAUSE = timedelta(seconds=10)
_FIRST_WAIT = timedelta(seconds=2)
_LONGEST_PAUSE = timedelta(minutes=1)


class NoticeState(StrEnum):
    """What became of a notice. Only `WAITING` and `CLAIMED` are open."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    STORED = "stored"
    UNCHANGED = "unchanged"
    OLDER = "older"
    NOT_FOUND = "not_found"
    DEAD = "dead"
    #: The body of the request could not be read: only its size is known.
    UNREADABLE = "unreadable"


OPEN_STATES = (NoticeState.WAITING, NoticeState.CLAIMED)


@dataclass(frozen=True, slots=True)
class Notice:
    """Altegio's word that an appointment changed, without any data of the appointment.

    ``id`` is the program's own, so that a notice that is written twice is stored once. ``status``
    is `create`, `update` or `delete`. ``changed_at`` is Altegio's change stamp; None if the notice
    has no readable stamp.
    """

    id: str
    company: str
    appointment_id: str
    status: str
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class UnreadableNotice:
    """A request whose body of ``size`` bytes could not be read."""

    id: str
    size: int


@dataclass(frozen=True, slots=True)
class DueAppointment:
    """An appointment whose notices have waited long enough.

    ``first_at`` and ``last_at`` are the times of the first and the last notice. ``is_unlisted``: a
    run of `changes` did not list the appointment, so only a request by id can bring it.
    """

    company: str
    appointment_id: str
    first_at: datetime
    last_at: datetime
    notices: int
    is_unlisted: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on the open notices of one appointment.

    ``tries`` is the number of failed tries, ``waits`` how often in a row nothing could be found
    out. ``was_missing``: Altegio has answered that it does not have the appointment.
    """

    id: str
    company: str
    appointment_id: str
    tries: int
    was_missing: bool = False
    waits: int = 0


@dataclass(frozen=True, slots=True)
class Settled:
    """The work on the notices of an appointment has ended.

    A notice with a stamp before ``changed_at``, Altegio's stamp of the booking, is `OLDER`.
    ``reason`` is the reason why the booking is not kept. ``is_left``: a stored appointment is gone
    at Altegio, and is not marked because there are too many of them.
    """

    state: NoticeState
    changed_at: datetime | None = None
    reason: str | None = None
    is_left: bool = False


@dataclass(frozen=True, slots=True)
class Missing:
    """Altegio does not have the appointment, for the first time.

    ``is_stored``: a stored appointment would be marked as deleted.
    """

    is_stored: bool


@dataclass(frozen=True, slots=True)
class Failed:
    """This appointment cannot be read or stored, although others can. It counts as a try."""


@dataclass(frozen=True, slots=True)
class Postponed:
    """Nothing could be found out, and this is not because of the appointment: it is no try.

    ``at_least`` is how long Altegio wants us to wait.
    """

    at_least: timedelta = timedelta()


#: What the work on the notices of an appointment has led to.
Brought = Settled | Missing | Failed | Postponed


@dataclass(frozen=True, slots=True)
class GoneCounts:
    """The appointments of a company whose notices were worked on in the last hour.

    ``gone`` are stored appointments that Altegio does not have any more. ``known`` are these and
    all that Altegio has.
    """

    gone: int
    known: int


def pause_after(tries: int) -> timedelta | None:
    """How long to wait after so many failed tries; None if there is no further try."""
    return None if tries >= MOST_TRIES else _FIRST_PAUSE * 2 ** (tries - 1)


def wait_after(waits: int) -> timedelta:
    """How long to wait when nothing could be found out, after so many times in a row."""
    return min(_LONGEST_PAUSE, _FIRST_WAIT * (1 << min(waits, 10)))


class HookOutcome(StrEnum):
    """What became of a notice, or of a request, when it arrived."""

    ACCEPTED = "accepted"
    OTHER_RESOURCE = "other_resource"
    UNKNOWN_COMPANY = "unknown_company"
    UNREADABLE = "unreadable"
    WRONG_SECRET = "wrong_secret"  # noqa: S105 - the name of an outcome
    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"
    #: MongoDB could not be reached, or refused the notices.
    NOT_STORED = "not_stored"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the body of one request contains: the notices to store, and a count of each outcome."""

    notices: Sequence[Notice | UnreadableNotice]
    outcomes: Counter[HookOutcome]
