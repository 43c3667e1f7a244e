"""The command that goes on where an interrupted run ended."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from altegio_sync.domain.report import SyncReport

_ZONES_BEHIND_UTC = timedelta(hours=12)


def continue_sync(words: Iterable[str], options: Iterable[str]) -> str:
    """``words`` are the period: its first and last day, or as it was typed."""
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
    """Where it was told where to begin, there may be no cursor yet: the same beginning again."""
    begun = [each.cursor.since for each in report.companies if each.cursor is not None]
    options = report.options
    if options and begun:
        # A day is read from its local midnight on, which no zone begins later than this.
        options = ("--since", f"{min(begun).astimezone(UTC) - _ZONES_BEHIND_UTC:%Y-%m-%d}")
    return " ".join([f"altegio-sync {report.command}", *options])
