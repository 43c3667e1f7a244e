"""The list that `--skipped FILE` asks for: bookings that need correction in Altegio."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from altegio_sync.cli.private_file import NotWrittenError
from altegio_sync.cli.tables import Column, Kind, TableKind, open_table
from altegio_sync.domain.lessons import Kept, SkipReason
from altegio_sync.messages import skipped as texts
from altegio_sync.messages import tables as titles
from altegio_sync.messages.files import LIST_OF_SKIPPED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from altegio_sync.cli.tables import Row, TableFile
    from altegio_sync.domain.appointment import Booking, Teacher
    from altegio_sync.domain.lessons import Skipped, Verdict
    from altegio_sync.messages import Message

_ID = Column("id", titles.BOOKING_COLUMN())
_START = Column("start", titles.DATE_TIME_COLUMN(), Kind.MOMENT)
_TEACHER = Column("teacher", titles.TEACHER_COLUMN())
_SERVICE = Column("service", titles.SERVICE_COLUMN())
_REASON = Column("reason", titles.PROBLEM_COLUMN())
_TODO = Column("todo", titles.TODO_COLUMN())
#: Programs get the reason as a code.
FOR_PROGRAMS = (_ID, _START, _TEACHER, _SERVICE, _REASON)
FOR_PEOPLE = (_START, _TEACHER, _SERVICE, _REASON, _TODO, _ID)
KIND = TableKind("skipped", LIST_OF_SKIPPED(), FOR_PROGRAMS)

_DOUBTFUL = "doubtful"
_WORDS: dict[str, tuple[Message, Message]] = {
    SkipReason.SERVICE: (texts.SERVICE(), texts.SERVICE_TODO()),
    SkipReason.NO_CRM_ID: (texts.NO_CRM_ID(), texts.NO_CRM_ID_TODO()),
    SkipReason.TEACHER_NOT_FOUND: (texts.NO_TEACHER(), texts.NO_TEACHER_TODO()),
    SkipReason.INVALID: (texts.INVALID(), texts.INVALID_TODO()),
    _DOUBTFUL: (texts.DOUBTFUL(), texts.DOUBTFUL_TODO()),
}


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """The file that was asked for, by default without the bookings of other services."""

    path: Path
    has_other_services: bool = False


class SkippedList:
    """The bookings that need correction, or all that were skipped."""

    def __init__(self, file: TableFile, *, has_other_services: bool) -> None:
        self._file = file
        self._has_other_services = has_other_services
        self._is_for_people = file.is_for_people
        self._table = file.new_table(FOR_PEOPLE if self._is_for_people else FOR_PROGRAMS)
        self._failure: NotWrittenError | None = None

    def add_skipped(self, skipped: Skipped, zone: ZoneInfo) -> None:
        if skipped.reason is SkipReason.SERVICE and not self._has_other_services:
            return
        detail = skipped.detail if skipped.reason is SkipReason.INVALID else None
        self._add(skipped.booking, skipped.teacher, skipped.reason.value, detail, zone)

    def add_doubtful(self, verdict: Verdict, zone: ZoneInfo) -> None:
        teacher = verdict.appointment.teacher if isinstance(verdict, Kept) else verdict.teacher
        self._add(verdict.booking, teacher, _DOUBTFUL, None, zone)

    def put(self) -> None:
        """Write the file; raises NotWrittenError if it cannot be written, also not in part."""
        if self._failure is not None:
            raise self._failure
        self._file.put()

    def _add(
        self,
        booking: Booking,
        known: Teacher | None,
        reason: str,
        detail: Message | None,
        zone: ZoneInfo,
    ) -> None:
        start = booking.starts_at.astimezone(zone) if booking.starts_at else None
        teacher = known.name if known else booking.teacher_id
        services = "; ".join(service.title for service in booking.services)
        if self._is_for_people:
            words, todo = _WORDS[reason]
            if detail is not None:
                words = texts.INVALID_BECAUSE(problem=detail)
            self._add_row((start, teacher, services, words, todo, booking.id))
        else:
            code = f"{reason}: {detail}" if detail else reason
            self._add_row((booking.id, start, teacher, services, code))

    def _add_row(self, row: Row) -> None:
        """Add the row. A full disk ends the list, not the run: `put` reports it."""
        if self._failure is not None:
            return
        try:
            self._table.add(row)
        except NotWrittenError as error:
            self._failure = error


@contextmanager
def skipped_list(wanted: SkippedFile) -> Iterator[SkippedList]:
    """A new list; an unknown ending of the file means CSV.

    Raises:
        ConfigError: the file cannot be written.
    """
    with open_table(wanted.path, KIND, default=".csv") as file:
        yield SkippedList(file, has_other_services=wanted.has_other_services)
