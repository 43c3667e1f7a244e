"""Keeps the reports of the writing commands, except `sync` and `changes`.

Runs of `sync` and `changes` are also compared with earlier runs: see `run_book`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from altegio_sync.domain.clock import utc_now
from altegio_sync.domain.json_form import utc_text
from altegio_sync.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from altegio_sync.ports import RunStore, Warn


@dataclass(frozen=True, slots=True)
class KeptRun:
    """A run of a command that writes; ``runs`` is where its report is kept."""

    command: str
    run_id: str
    started_at: datetime
    runs: RunStore
    warn: Warn

    async def keep(self, report: Mapping[str, Any], *, interrupted: bool = False) -> None:
        """Store the report under this run's own id; a failure is only a warning."""
        kept = {
            **report,
            "command": self.command,
            "run_id": self.run_id,
            "interrupted": interrupted,
            "started_at": utc_text(self.started_at),
            "finished_at": utc_text(utc_now()),
        }
        try:
            await self.runs.keep_report(kept)
            await self.runs.forget_old_reports()
        except StoreError as error:
            self.warn("report_not_kept", reason=error.message)
