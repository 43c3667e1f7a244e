"""Describes runs that began, stored no report, and work no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.domain.continued import continue_sync
from altegio_sync.domain.json_form import utc_text
from altegio_sync.domain.past_run import PastRun
from altegio_sync.domain.period_words import parse_period
from altegio_sync.domain.run_summary import RunSummary
from altegio_sync.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from zoneinfo import ZoneInfo

    from altegio_sync.domain.run_marks import RunMark


def continue_killed(marks: Iterable[RunMark], zone: ZoneInfo) -> dict[str, str]:
    """For each run without a report, by run id: the command that continues the run."""
    commands = {}
    for mark in marks:
        for run in mark.open_runs:
            if mark.command == "changes" and run.options:
                commands[run.run_id] = " ".join(["altegio-sync changes", *run.options])
            if not run.words:
                continue
            try:
                day = run.started_at.astimezone(zone).date()
                period = parse_period(*run.words).on(day)
            except (ConfigError, TypeError):
                continue
            days = period.start.isoformat(), period.last_day.isoformat()
            commands[run.run_id] = continue_sync(days, run.options)
    return commands


def describe_killed(
    marks: Collection[RunMark], at_work: Collection[str], zone: ZoneInfo
) -> dict[str, PastRun]:
    """The killed runs by id, as if each had stored a report; ``at_work`` are run ids."""
    continued_by = continue_killed(marks, zone)
    killed = {}
    for mark in marks:
        for run in mark.open_runs:
            if run.run_id in at_work:
                continue
            summary = RunSummary(
                mark.command,
                run.run_id,
                interrupted=True,
                continued_by=continued_by.get(run.run_id),
                started_at=run.started_at,
                errors=(),
            )
            report = {
                "command": mark.command,
                "run_id": run.run_id,
                "ok": False,
                "interrupted": True,
                "started_at": utc_text(run.started_at),
                "finished_at": None,
            }
            killed[run.run_id] = PastRun(summary, report)
    return killed
