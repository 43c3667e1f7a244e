"""Counts what is stored, and finds what somebody should see to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from altegio_sync.domain.attention import about_run, about_run_age
from altegio_sync.domain.continued import continue_stored
from altegio_sync.domain.period import Period
from altegio_sync.domain.report import utc_now
from altegio_sync.domain.stats import (
    Attention,
    LastRun,
    StatsQuery,
    StatsReport,
    day_starts_at,
)
from altegio_sync.usecases.zones import LocalZone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from zoneinfo import ZoneInfo

    from altegio_sync.domain.period import AnyPeriod
    from altegio_sync.domain.stats import DuplicateCounts, StoredCounts
    from altegio_sync.ports import RunStore

_LAST_DAYS = 30


class StatsStore(Protocol):
    """What can be counted. Raises StoreError when MongoDB fails it."""

    async def count(self, query: StatsQuery) -> StoredCounts: ...


async def collect_stats(
    store: StatsStore,
    runs: RunStore,
    *,
    zone: LocalZone | ZoneInfo,
    period: AnyPeriod | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> StatsReport:
    """Count the appointments that start on the period's local days, by default all of them.

    Raises:
        StoreError: MongoDB failed.
    """
    local = zone if isinstance(zone, LocalZone) else LocalZone(zone, "as asked")
    now = clock()
    today = now.astimezone(local.zone).date()
    days = None if period is None else period.on(today)
    query = StatsQuery(
        zone=local.zone,
        now=now,
        last_days=Period.of_days(today - timedelta(days=_LAST_DAYS - 1), today),
        since=None if days is None else day_starts_at(days.start, local.zone),
        until=None if days is None else day_starts_at(days.end, local.zone),
    )
    report = await runs.find_last()
    last_run = None if report is None else to_last_run(report, now)
    counts = await store.count(query)
    return StatsReport(
        made_at=now,
        today=today,
        timezone=local.zone.key,
        zone_source=local.source,
        period=days,
        counts=counts,
        last_run=last_run,
        warnings=tuple(_find_attention(counts, last_run, local, now)),
    )


def to_last_run(report: Mapping[str, Any], now: datetime) -> LastRun:
    """What a kept report says of its run."""
    finished_at = report.get("finished_at")
    if not isinstance(finished_at, datetime):
        finished_at = None
    elif finished_at.tzinfo is None:
        finished_at = finished_at.replace(tzinfo=UTC)
    period, errors, records = (report.get(name) or {} for name in ("period", "errors", "records"))
    return LastRun(
        run_id=str(report.get("run_id", "")),
        command=str(report.get("command", "")),
        ok=report.get("ok") is True,
        finished_at=finished_at,
        age_hours=None if finished_at is None else (now - finished_at) / timedelta(hours=1),
        period={name: period.get(name) for name in ("from", "to", "timezone")} if period else None,
        stale=int(records.get("stale") or 0),
        problem=str(errors[0].get("message", "")) if errors else "",
        interrupted=_is_interrupted(report, errors),
        continued_by=continue_stored(report),
    )


def _is_interrupted(report: Mapping[str, Any], errors: object) -> bool:
    """Earlier versions did not store it: an interrupted run has no error."""
    is_told = report.get("interrupted")
    if is_told is None:
        records = report.get("records") or {}
        return report.get("ok") is not True and not errors and not records.get("failed")
    return is_told is True


def _find_attention(
    counts: StoredCounts, last_run: LastRun | None, local: LocalZone, now: datetime
) -> Iterator[Attention]:
    if local.problem:
        yield Attention("WARNING", f"{local.problem}. Until then days are cut in {local.zone.key}")
    if last_run is not None:
        yield from find_about_run(last_run, now)
    duplicates = counts.duplicates
    if duplicates.appointment_ids:
        yield Attention("WARNING", _duplicates_text(duplicates))
    if counts.total and not counts.has_unique_index:
        yield Attention(
            "WARNING",
            "No unique index on appointmentId keeps other programs from storing one twice: "
            "altegio-sync check says what to do",
        )


def _duplicates_text(found: DuplicateCounts) -> str:
    named = [f"{each} ({documents} documents)" for each, documents in found.first.items()]
    named += ["…"] if named and found.appointment_ids > len(named) else []
    ids = f": {', '.join(named)}" if named else ""
    return (
        f"Duplicates: {found.appointment_ids} appointment ids are stored more than once "
        f"({found.extra_documents} extra documents{ids}): altegio-sync clean merges them"
    )


def find_about_run(run: LastRun, now: datetime) -> Iterator[Attention]:
    """What somebody should see to about the last run."""
    yield from about_run(run)
    what = f"The last {run.command} ({run.run_id})"
    yield from about_run_age(what, run.finished_at, now)
    if run.stale:
        yield Attention(
            "WARNING",
            f"Stale data: {run.stale} stored appointments differed from Altegio in the last "
            f"{run.command} ({run.run_id}): altegio-sync sync PERIOD --update brings them up to "
            "date",
            "stale",
        )
