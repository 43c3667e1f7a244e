"""The report of removing duplicates."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from altegio_sync.domain.exit_code import CommandReport, ExitCode, decide_exit_code
from altegio_sync.domain.json_form import Key

if TYPE_CHECKING:
    from altegio_sync.domain.report import RunError
    from altegio_sync.messages import Message


@dataclass(slots=True)
class CleanReport(CommandReport):
    """How many ids had several documents, and how many documents went to the trash."""

    json_keys = (
        *("command", "ok", "dry_run", "appointment_ids", "removed", "changed", "left", "errors"),
        *(Key("unique_index", "has_unique_index"), Key("run_id", "trash_run_id")),
    )
    command: ClassVar[str] = "clean"

    run_id: str
    dry_run: bool
    appointment_ids: int = 0
    removed: int = 0
    changed: int = 0
    #: Ids whose documents were not changed: another program changed them, or MongoDB refused.
    left: list[str] = field(default_factory=list)
    #: What MongoDB refused, by id and with its code. These ids are in ``left`` too.
    errors: list[RunError] = field(default_factory=list)
    has_unique_index: bool = False
    #: Why there is no unique index now. None in a dry run, which creates no index.
    no_index: Message | None = None
    interrupted: bool = False

    @property
    def exit_code(self) -> ExitCode:
        return decide_exit_code(
            interrupted=self.interrupted, has_failed=bool(self.left or self.no_index)
        )

    @property
    def trash_run_id(self) -> str | None:
        """The id for `undo`; None in a dry run, which moves nothing to the trash."""
        return None if self.dry_run else self.run_id
