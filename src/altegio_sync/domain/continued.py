"""The command that continues an interrupted run."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from altegio_sync.domain.report import SyncReport

_ZONES_BEHIND_UTC = timedelta(hours=12)


def continue_sync(words: Iterable[str], options: Iterable[str]) -> str:
    """The command; ``words`` are the period's first and last day, or the typed words."""
    days = [each for each in dict.fromkeys(words) if each]
    return " ".join(["altegio-sync sync", *(days or ["PERIOD"]), *options, "--resume"])


def continue_run(report: SyncReport) -> str:
    if report.command != "sync":
        return _continue_changes(report)
    known = [each.period for each in report.companies if each.period is not None]
    if not known:
        return continue_sync(report.words, report.options)
    days = known[0].start.isoformat(), known[0].last_day.isoformat()
    return continue_sync(days, report.options)


def _continue_changes(report: SyncReport) -> str:
    """The command. After `--since` there may be no cursor yet, so `--since` is needed again."""
    begun = [each.cursor.since for each in report.companies if each.cursor is not None]
    options = report.options
    if options and begun:
        # `--since` names a day, which begins at midnight in the zone of the location. In every zone
        # this day has begun before the earliest moment that the run asked for.
        options = ("--since", f"{min(begun).astimezone(UTC) - _ZONES_BEHIND_UTC:%Y-%m-%d}")
    return " ".join([f"altegio-sync {report.command}", *options])
