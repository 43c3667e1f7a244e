"""The section *To correct*: what people have to correct in Altegio."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from altegio_sync.domain.day_words import moment_in_table
from altegio_sync.domain.public_ids import public_id
from altegio_sync.messages import live as texts
from altegio_sync.messages.figures import UNREAD_STARTS
from altegio_sync.messages.todo import NO_TEACHER

if TYPE_CHECKING:
    from datetime import date

    from altegio_sync.domain.live import LivePage
    from altegio_sync.domain.todo import TodoItem, TodoReport
    from altegio_sync.messages import Message

#: On the page itself; the list on its own page has more.
_FEW, _MANY = 25, 2000


@dataclass(frozen=True, slots=True)
class _Item:
    teacher: Message | str
    day: date | None
    starts_at: Message | None
    wrong: Message
    remedy: Message
    booking: Message


def show_todo(page: LivePage, report: TodoReport) -> dict[str, Any]:
    return _show(page, report, _FEW)


def show_whole_todo(page: LivePage, report: TodoReport) -> dict[str, Any]:
    return _show(page, report, _MANY)


def _show(page: LivePage, report: TodoReport, most: int) -> dict[str, Any]:
    del page
    items = report.items
    more = max(0, len(items) - most)
    return {
        "items": [_to_item(each) for each in items[:most]],
        "more": more,
        "copy": texts.COPY_THESE(count=most) if more else texts.COPY(),
        "count": texts.TO_CORRECT(count=len(items)),
        "unread": UNREAD_STARTS(count=report.unread_starts) if report.unread_starts else None,
    }


def _to_item(item: TodoItem) -> _Item:
    start = item.starts_at
    return _Item(
        teacher=item.teacher or NO_TEACHER(),
        day=None if start is None else start.date(),
        starts_at=None if start is None else moment_in_table(start),
        wrong=item.problem.wrong,
        remedy=item.problem.remedy,
        booking=texts.BOOKING(booking=public_id(item.appointment_id) or "–"),
    )
