"""Decides which lasting conditions a run with `-q` reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from altegio_sync.domain.clock import utc_now
from altegio_sync.domain.conditions import SINGLE, find_absent, find_conditions, plan_report
from altegio_sync.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from altegio_sync.domain.conditions import Reported
    from altegio_sync.domain.report import SyncReport
    from altegio_sync.messages import Message


class ConditionStore(Protocol):
    """Which conditions were reported, and when, by key. Raises StoreError."""

    async def find_all(self) -> dict[str, Reported]: ...

    async def write(self, memory: Mapping[str, Reported | None]) -> None:
        """Remember the conditions. A condition of None is forgotten."""
        ...


async def find_due_conditions(
    store: ConditionStore, report: SyncReport, clock: Callable[[], datetime] = utc_now
) -> list[Message]:
    """The sentences to report now. A condition is reported when it appears, then once a day.

    A dry run reports all conditions that it found. So does a run that cannot read which conditions
    were reported before. A run that lost MongoDB reports no lasting condition.
    """
    lines = [each.message for each in report.warnings if each.code in SINGLE]
    found = find_conditions(report)
    all_found = [each.message for each in found]
    if report.dry_run:
        return lines + all_found
    if any(each.lost_store for each in report.companies):
        return lines
    try:
        plan = plan_report(found, list(find_absent(report, found)), await store.find_all(), clock())
        await store.write(plan.memory)
    except StoreError:
        return lines + all_found  # better twice than never
    return lines + plan.lines
