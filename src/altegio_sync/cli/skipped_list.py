"""The list that `--skipped FILE` asks for: skipped bookings, and bookings with a doubtful lead."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from altegio_sync.cli.list_file import list_file, refuse_spreadsheets
from altegio_sync.domain.lessons import Kept, SkipReason
from altegio_sync.messages.files import LIST_OF_SKIPPED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from altegio_sync.cli.list_file import ListFile
    from altegio_sync.domain.appointment import Booking, Teacher
    from altegio_sync.domain.lessons import Skipped, Verdict

    _Row = tuple[str, ...]

#: The columns. `_row` fills them in.
HEADER = ("id", "start", "teacher", "service", "reason")


def row_of_skipped(skipped: Skipped, zone: ZoneInfo) -> _Row:
    reason = skipped.reason.value
    if skipped.reason is SkipReason.INVALID and skipped.detail:
        reason = f"{reason}: {skipped.detail}"
    return _row(skipped.booking, skipped.teacher, reason, zone)


def row_of_doubtful(verdict: Verdict, zone: ZoneInfo) -> _Row:
    teacher = verdict.appointment.teacher if isinstance(verdict, Kept) else verdict.teacher
    return _row(verdict.booking, teacher, "doubtful", zone)


def _row(booking: Booking, known: Teacher | None, reason: str, zone: ZoneInfo) -> _Row:
    start = booking.starts_at.astimezone(zone).isoformat() if booking.starts_at else ""
    teacher = known.name if known else booking.teacher_id or ""
    titles = "; ".join(service.title for service in booking.services)
    return booking.id, start, teacher, titles, reason


@contextmanager
def skipped_list(path: Path) -> Iterator[ListFile]:
    """A new list, as `list_file` opens it.

    Raises:
        ConfigError: the file cannot be written.
    """
    refuse_spreadsheets(path, "--skipped")
    with list_file(path, HEADER, LIST_OF_SKIPPED()) as listed:
        yield listed
