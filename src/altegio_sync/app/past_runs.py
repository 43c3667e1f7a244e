"""Finds the runs that ended, also killed runs, which stored no report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.app.missed_runs import store_missed_runs
from altegio_sync.app.status import find_runs_at_work
from altegio_sync.usecases.killed_runs import describe_killed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from altegio_sync.app.school import School
    from altegio_sync.domain.past_run import PastRun


async def find_past_runs(school: School, limit: int, zone: ZoneInfo) -> Sequence[PastRun]:
    """The newest runs first. A dry run and a quiet run of `changes` are not known.

    A killed run is known until a later run of the same command ends.

    Raises:
        StoreError: MongoDB failed.
    """
    await store_missed_runs(school)
    stored = {each.run_id: each for each in await school.runs.find_reports(limit)}
    runs = await _find_killed(school, zone) | stored
    return [runs[run_id] for run_id in sorted(runs, reverse=True)[:limit]]


async def find_past_run(school: School, run_id: str, zone: ZoneInfo) -> PastRun | None:
    """The run with this id, if it is known. Raises the same."""
    await store_missed_runs(school)
    stored = await school.runs.find_report(run_id)
    return stored or (await _find_killed(school, zone)).get(run_id)


async def _find_killed(school: School, zone: ZoneInfo) -> dict[str, PastRun]:
    marks, leases = await find_runs_at_work(school)
    at_work = {each.run_id for each in leases if not each.is_expired}
    return describe_killed(marks, at_work, zone)
