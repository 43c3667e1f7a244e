"""A run in the trash, and the reports of `undo` and `purge`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from altegio_sync.domain.exit_code import CommandReport, ExitCode, decide_exit_code
from altegio_sync.domain.json_form import JsonForm
from altegio_sync.domain.report import RunError

if TYPE_CHECKING:
    from datetime import datetime

    from altegio_sync.messages import Message


@dataclass(frozen=True, slots=True)
class TrashedRun(JsonForm):
    """The entries of one run in the trash; ``undone`` is how many of them were restored."""

    run_id: str
    command: str
    at: datetime
    changed: int
    removed: int
    undone: int


@dataclass(slots=True)
class UndoReport(CommandReport):
    """The report of undoing a run. The lists contain ids of appointments that were not changed."""

    json_keys = (
        *("command", "run_id", "ok", "restored", "already", "index_dropped"),
        *("changed_since", "refused", "errors"),
    )
    command: ClassVar[str] = "undo"

    run_id: str
    restored: int = 0
    already: int = 0
    index_dropped: bool = False
    changed_since: list[str] = field(default_factory=list)
    #: Refused by MongoDB, for example by a validator or by a unique index of another program.
    refused: list[str] = field(default_factory=list)
    errors: list[RunError] = field(default_factory=list)
    indexes_dropped_from: list[str] = field(default_factory=list)
    interrupted: bool = False

    @property
    def exit_code(self) -> ExitCode:
        return decide_exit_code(
            interrupted=self.interrupted, has_failed=bool(self.changed_since or self.refused)
        )

    def add_refused(self, appointment_id: str, message: Message) -> None:
        """Report the refusal, once for all documents of an appointment."""
        if appointment_id not in self.refused:
            self.refused.append(appointment_id)
            self.errors.append(RunError("refused", message))


@dataclass(frozen=True, slots=True)
class PurgeReport(CommandReport):
    """How many old entries of the trash were deleted, or would be in a dry run."""

    json_keys = ("command", "ok", "dry_run", "purged")
    command: ClassVar[str] = "trash purge"

    purged: int
    dry_run: bool
