"""What people have to correct in Altegio."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from altegio_sync.domain.exit_code import CommandReport, ExitCode, decide_exit_code
from altegio_sync.domain.json_form import JsonForm, Key
from altegio_sync.messages import skipped
from altegio_sync.messages import todo as texts
from altegio_sync.messages.validation import (
    RULE_DOUBTFUL_LEAD,
    RULE_DUPLICATE_LESSON,
    RULE_FORGOTTEN_PENDING,
    RULE_TEACHER_OVERLAP,
)

if TYPE_CHECKING:
    from altegio_sync.domain.period import Period
    from altegio_sync.domain.report import RunError
    from altegio_sync.messages import Message


class Problem(StrEnum):
    """The kinds of problems, in the order in which they are listed."""

    NO_CRM_ID = "no_crm_id"
    DOUBTFUL_LEAD = "doubtful_lead"
    UNKNOWN_TEACHER = "teacher_not_found"
    UNREADABLE = "invalid"
    FORGOTTEN_PENDING = "forgotten_pending"
    DOUBLE_LESSON = "duplicate_lesson"
    OVERLAP = "teacher_overlap"

    @property
    def wrong(self) -> Message:
        """What is wrong."""
        return _WORDS[self][0]()

    @property
    def remedy(self) -> Message:
        """What to do in Altegio."""
        return _WORDS[self][1]()


_WORDS = {
    Problem.NO_CRM_ID: (skipped.NO_CRM_ID, skipped.NO_CRM_ID_TODO),
    Problem.DOUBTFUL_LEAD: (RULE_DOUBTFUL_LEAD, skipped.DOUBTFUL_TODO),
    Problem.UNKNOWN_TEACHER: (skipped.NO_TEACHER, skipped.NO_TEACHER_TODO),
    Problem.UNREADABLE: (skipped.INVALID, skipped.INVALID_TODO),
    Problem.FORGOTTEN_PENDING: (RULE_FORGOTTEN_PENDING, texts.PENDING_TODO),
    Problem.DOUBLE_LESSON: (RULE_DUPLICATE_LESSON, texts.DOUBLE_TODO),
    Problem.OVERLAP: (RULE_TEACHER_OVERLAP, texts.OVERLAP_TODO),
}


@dataclass(frozen=True, slots=True)
class TodoItem(JsonForm):
    """A booking that needs correction. ``starts_at`` is a local moment. No name of a pupil."""

    json_keys = (
        *("problem", Key("appointmentId", "appointment_id"), Key("companyId", "company_id")),
        *(Key("teacherName", "teacher"), Key("startDateTime", "starts_at")),
        *(Key("serviceName", "service"), Key("leadId", "lead_id")),
    )

    problem: Problem
    appointment_id: str
    company_id: str = ""
    teacher: str = ""
    starts_at: datetime | None = None
    service: str = ""
    lead_id: str | None = None

    @property
    def place(self) -> tuple[str, datetime, str]:
        """Where the item is listed: by teacher, then by start."""
        earliest = datetime.min.replace(tzinfo=UTC)
        return self.teacher.casefold(), self.starts_at or earliest, self.appointment_id


@dataclass(slots=True)
class TodoReport(CommandReport):
    """All problems of the period; ``errors`` say what could not be read.

    ``unread_starts`` are stored appointments that may belong to the period, but whose start is no
    date, so they were not examined.
    """

    json_keys = (
        "command",
        "ok",
        Key("period", "days_asked"),
        "counts",
        "items",
        "errors",
        "unread_starts",
    )
    command: ClassVar[str] = "todo"

    period: Period | None = None
    found: dict[tuple[Problem, str], TodoItem] = field(default_factory=dict)
    errors: list[RunError] = field(default_factory=list)
    interrupted: bool = False
    out_of_reach: bool = False
    unread_starts: int = 0

    def add(self, item: TodoItem) -> None:
        """Add the item; the same problem of a booking is listed once."""
        self.found.setdefault((item.problem, item.appointment_id), item)

    @property
    def items(self) -> list[TodoItem]:
        return sorted(self.found.values(), key=lambda each: each.place)

    @property
    def counts(self) -> dict[Problem, int]:
        counted = Counter(problem for problem, _ in self.found)
        return {problem: counted[problem] for problem in Problem}

    @property
    def days_asked(self) -> dict[str, object] | None:
        if self.period is None:
            return None
        return {"from": self.period.start, "to": self.period.last_day}

    @property
    def exit_code(self) -> ExitCode:
        return decide_exit_code(
            interrupted=self.interrupted,
            out_of_reach=self.out_of_reach,
            has_failed=bool(self.errors),
        )
