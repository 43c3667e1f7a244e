"""A run that is over, as its stored report describes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeGuard

from altegio_sync.domain.json_form import JsonForm

if TYPE_CHECKING:
    from datetime import datetime

    from altegio_sync.domain.run_summary import RunSummary

#: What runs did, in the order in which it is shown. Commands have some of these counts.
DONE = (
    *("fetched", "saved", "updated", "failed", "fixed", "trashed", "removed", "changed"),
    *("restored", "inserted", "replaced", "purged"),
)


class Ending(Enum):
    """How a run ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


def is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


@dataclass(frozen=True, slots=True)
class PastRun(JsonForm):
    """``report`` is the stored report. Another version of the program may have written it."""

    json_keys = (
        *("run_id", "command", "ending", "dry_run", "started_at", "finished_at", "seconds", "done"),
    )

    summary: RunSummary
    report: Mapping[str, Any]

    @property
    def run_id(self) -> str:
        return self.summary.run_id

    @property
    def command(self) -> str:
        return self.summary.command

    @property
    def ending(self) -> Ending:
        if self.summary.ok:
            return Ending.SUCCEEDED
        return Ending.INTERRUPTED if self.summary.was_interrupted else Ending.FAILED

    @property
    def has_left_findings(self) -> bool:
        """Whether `validate` did its work, and documents that break its rules are left."""
        left = [self.report.get(name) for name in ("errors", "warnings")]
        return (
            self.ending is Ending.FAILED
            and not self.report.get("failures")
            and any(is_count(each) and each for each in left)
        )

    @property
    def dry_run(self) -> bool:
        return self.report.get("dry_run") is True

    @property
    def started_at(self) -> datetime | None:
        return self.summary.started_at

    @property
    def finished_at(self) -> datetime | None:
        return self.summary.finished_at

    @property
    def seconds(self) -> float | None:
        if self.started_at is None or self.finished_at is None:
            return None
        return round((self.finished_at - self.started_at).total_seconds(), 1)

    @property
    def done(self) -> dict[str, int]:
        """The counts that are not zero, by their names in `DONE`."""
        records = self.report.get("records")
        places = [self.report, *([records] if isinstance(records, Mapping) else [])]
        found = {name: place.get(name) for name in DONE for place in places if name in place}
        return {name: count for name, count in found.items() if is_count(count) and count}
