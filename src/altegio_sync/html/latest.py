"""The section *Latest changes*: what changed from what to what, how it became known, how soon."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from altegio_sync.domain.appointment import AttendanceStatus
from altegio_sync.domain.day_words import moment_in_table
from altegio_sync.domain.durations import age_text
from altegio_sync.html.moments import moment_or_time, to_local
from altegio_sync.messages import live as texts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from altegio_sync.domain.field_change import FieldChange
    from altegio_sync.domain.live import ChangeLine, LivePage
    from altegio_sync.messages import Message

_WAYS = {"serve": texts.BY_HOOK, "changes": texts.BY_POLL}
_FIELDS = {
    "status": texts.STATUS,
    "startDateTime": texts.START,
    "endDateTime": texts.END,
    "teacherId": texts.TEACHER,
    "serviceId": texts.SERVICE,
    "leadId": texts.LEAD_IS,
    "companyId": texts.LOCATION,
}


@dataclass(frozen=True, slots=True)
class _Line:
    at: Message | None
    booking: Message
    about: list[str]
    day: date | None
    starts_at: Message | None
    parts: list[Message]
    way: Message
    delay: Message | None


def show_changes(page: LivePage, lines: Sequence[ChangeLine]) -> dict[str, Any]:
    return {"lines": [_to_line(page, each) for each in lines]}


def _to_line(page: LivePage, line: ChangeLine) -> _Line:
    change = line.change
    start = to_local(line.starts_at, page.now)
    return _Line(
        at=None if change.at is None else moment_or_time(change.at, page.now),
        booking=texts.BOOKING(booking=change.appointment_id),
        about=[each for each in (line.teacher, line.service) if each],
        day=None if start is None else start.date(),
        starts_at=None if start is None else moment_in_table(start),
        parts=_parts(page, line),
        way=_WAYS.get(change.command, texts.BY_RUN)(),
        delay=None if change.delay is None else texts.AFTER(span=age_text(change.delay)),
    )


def _parts(page: LivePage, line: ChangeLine) -> list[Message]:
    if line.change.is_new:
        return [texts.IS_NEW()]
    changed = {each.name for each in line.change.changes}
    # Where a lesson is moved, its end moves too.
    shown = [
        each
        for each in line.change.changes
        if not (each.name == "endDateTime" and "startDateTime" in changed)
    ]
    return [_part(page, line, each) for each in shown] or [texts.OTHER_DETAILS()]


def _part(page: LivePage, line: ChangeLine, change: FieldChange) -> Message:
    match change.name:
        case "isDeleted":
            return texts.IS_CANCELLED() if change.new is True else texts.IS_RESTORED()
        case "IsTrial":
            return texts.IS_TRIAL() if change.new is True else texts.IS_NO_TRIAL()
        case name if name in _FIELDS:
            old, new = (_value(page, line, name, each) for each in (change.old, change.new))
            return texts.CHANGED(what=_FIELDS[name](), old=old, new=new)
        case _:
            return texts.OTHER_DETAILS()


def _value(page: LivePage, line: ChangeLine, name: str, value: object) -> Message | str:
    match value:
        case datetime():
            local = to_local(value, page.now)
            return texts.UNKNOWN() if local is None else moment_in_table(local)
        case str() if name == "status":
            return AttendanceStatus(value).label
        case str() if name == "teacherId":
            return line.teachers.get(value) or f"#{value}"
        case str():
            return value if name == "leadId" else f"#{value}"
        case _:
            return texts.UNKNOWN()
