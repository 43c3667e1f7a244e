"""The last run of `sync` or `changes`, as `stats` and `status` show it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from altegio_sync.domain.json_form import JsonForm, Key

if TYPE_CHECKING:
    from altegio_sync.domain.report import DaysAsked
    from altegio_sync.messages import Message


@dataclass(frozen=True, slots=True)
class LastRun(JsonForm):
    """The run that began last, and how it ended.

    ``continued_by`` is the command that continues an interrupted run.
    """

    json_keys = ("run_id", "command", "ok", "finished_at", Key("age_hours", digits=1), "period")

    run_id: str
    command: str
    ok: bool
    finished_at: datetime | None
    age_hours: float | None
    period: DaysAsked | None
    stale: int = 0
    problem: Message | None = None
    interrupted: bool = False
    continued_by: str = ""
