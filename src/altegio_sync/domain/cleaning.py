"""What removing duplicates did."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from altegio_sync.domain.exit_code import ExitCode, decide_exit_code

if TYPE_CHECKING:
    from altegio_sync.domain.report import RunError


@dataclass(slots=True)
class CleanReport:
    """``appointment_ids`` stood more than once; ``removed`` documents went to the trash."""

    run_id: str
    dry_run: bool
    appointment_ids: int = 0
    removed: int = 0
    changed: int = 0
    #: Ids whose documents were left as they are: changed by another program, or refused.
    left: list[str] = field(default_factory=list)
    #: What MongoDB refused to change, by id and with its code; these ids are in ``left`` too.
    errors: list[RunError] = field(default_factory=list)
    has_unique_index: bool = False
    #: Why there is none now; None in a dry run, which makes none.
    no_index: str | None = None
    interrupted: bool = False

    @property
    def exit_code(self) -> ExitCode:
        return decide_exit_code(
            interrupted=self.interrupted, has_failed=bool(self.left or self.no_index)
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "command": "clean",
            "ok": self.exit_code == 0,
            "dry_run": self.dry_run,
            "appointment_ids": self.appointment_ids,
            "removed": self.removed,
            "changed": self.changed,
            "left": self.left,
            "errors": [each.to_json() for each in self.errors],
            "unique_index": self.has_unique_index,
            "run_id": None if self.dry_run else self.run_id,
        }
