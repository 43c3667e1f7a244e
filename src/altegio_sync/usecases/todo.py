"""Collects what people have to correct in Altegio: from Altegio's bookings and from MongoDB."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from altegio_sync.domain.lessons import Kept, SkipReason
from altegio_sync.domain.todo import Problem, TodoItem
from altegio_sync.ports import SilentProgress

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime

    from altegio_sync.domain.appointment import Booking, Teacher
    from altegio_sync.domain.findings import FoundDocument, Group
    from altegio_sync.domain.lessons import Skipped, Verdict
    from altegio_sync.domain.period import Period
    from altegio_sync.domain.todo import TodoReport
    from altegio_sync.domain.validation import RuleContext

_SKIPPED = {
    SkipReason.NO_CRM_ID: Problem.NO_CRM_ID,
    SkipReason.TEACHER_NOT_FOUND: Problem.UNKNOWN_TEACHER,
    SkipReason.INVALID: Problem.UNREADABLE,
}
#: The rules of `validate` whose findings only people can correct.
_RULES = {
    "doubtful-lead": Problem.DOUBTFUL_LEAD,
    "forgotten-pending": Problem.FORGOTTEN_PENDING,
    "duplicate-lesson": Problem.DOUBLE_LESSON,
    "teacher-overlap": Problem.OVERLAP,
}


class GroupSource(Protocol):
    """Loads the documents that a rule finds. Raises StoreError when MongoDB fails."""

    def find_groups(self, rule_id: str, context: RuleContext) -> AsyncIterator[Group]: ...


class TodoCollector(SilentProgress):
    """Takes the bookings that a dry run of `sync` skips, and those with a doubtful lead.

    A cancelled booking is left out: nobody needs to correct it.
    """

    def __init__(self, report: TodoReport, zone: ZoneInfo | None = None) -> None:
        self._report = report
        self._zone = zone or ZoneInfo("UTC")

    def of_company(self, company_id: str) -> TodoCollector:
        del company_id
        return TodoCollector(self._report)

    def begin(self, company_id: str, period: Period | None, timezone: str) -> None:
        del company_id, period
        self._zone = ZoneInfo(timezone)

    def skipped(self, skipped: Skipped) -> None:
        problem = _SKIPPED.get(skipped.reason)
        if problem is not None:
            self._add(problem, skipped.booking, skipped.teacher)

    def doubtful(self, verdict: Verdict) -> None:
        teacher = verdict.appointment.teacher if isinstance(verdict, Kept) else verdict.teacher
        self._add(Problem.DOUBTFUL_LEAD, verdict.booking, teacher)

    def _add(self, problem: Problem, booking: Booking, teacher: Teacher | None) -> None:
        if booking.is_deleted:
            return
        start = booking.starts_at
        self._report.add(
            TodoItem(
                problem,
                booking.id,
                booking.company_id,
                teacher.name if teacher else booking.teacher_id or "",
                None if start is None else start.astimezone(self._zone),
                "; ".join(service.title for service in booking.services),
                None if booking.lead is None else booking.lead.id,
            )
        )


async def collect_stored(
    source: GroupSource,
    context: RuleContext,
    zone_of: Callable[[object], ZoneInfo],
    report: TodoReport,
) -> None:
    """Add what the rules of `validate` find in MongoDB; ``zone_of`` knows the zone of a location.

    Raises:
        StoreError: MongoDB failed.
    """
    for rule, problem in _RULES.items():
        if rule in context.ignored:
            continue
        async for group in source.find_groups(rule, context):
            for found in group:
                report.add(_to_item(problem, found, zone_of(found.company_id)))


def _to_item(problem: Problem, found: FoundDocument, zone: ZoneInfo) -> TodoItem:
    return TodoItem(
        problem,
        found.known_as,
        found.company_id or "",
        found.teacher_name or found.teacher_id or "",
        _local(found.starts_at, zone),
        lead_id=found.lead_id,
    )


def _local(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    try:
        return None if moment is None else moment.astimezone(zone)
    except (OverflowError, ValueError):  # a date at the edge of the calendar
        return moment
