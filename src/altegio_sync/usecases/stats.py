"""Counts the stored appointments, and finds what needs attention."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from altegio_sync.domain.attention import Attention, about_run, about_run_age
from altegio_sync.domain.clock import utc_now
from altegio_sync.domain.last_run import LastRun
from altegio_sync.domain.period import Period
from altegio_sync.domain.stats import StatsQuery, StatsReport, day_starts_at
from altegio_sync.messages import status as texts
from altegio_sync.messages.figures import STARTS_ON_NO_DAY, UNREAD_STARTS, WITHOUT_COMPANY
from altegio_sync.messages.sync import ZONE_AS_ASKED
from altegio_sync.usecases.zones import LocalZone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from zoneinfo import ZoneInfo

    from altegio_sync.domain.company_scope import CompanyScope
    from altegio_sync.domain.period import AnyPeriod
    from altegio_sync.domain.run_summary import RunSummary
    from altegio_sync.domain.stats import DuplicateCounts, StoredCounts
    from altegio_sync.messages import Message
    from altegio_sync.ports import RunStore

_LAST_DAYS = 30


class StatsStore(Protocol):
    """Counts the stored appointments. Raises StoreError when MongoDB fails."""

    async def count(self, query: StatsQuery) -> StoredCounts: ...


async def collect_stats(
    store: StatsStore,
    runs: RunStore,
    *,
    zone: LocalZone | ZoneInfo,
    period: AnyPeriod | None = None,
    companies: CompanyScope | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> StatsReport:
    """Count the appointments that start on the period's local days, by default all of them.

    Raises:
        StoreError: MongoDB failed.
    """
    local = zone if isinstance(zone, LocalZone) else LocalZone(zone, ZONE_AS_ASKED())
    now = clock()
    today = now.astimezone(local.zone).date()
    days = None if period is None else period.on(today)
    query = StatsQuery(
        zone=local.zone,
        now=now,
        last_days=Period.of_days(today - timedelta(days=_LAST_DAYS - 1), today),
        since=None if days is None else day_starts_at(days.start, local.zone),
        until=None if days is None else day_starts_at(days.end, local.zone),
        companies=companies,
        counts_unread_starts=days is not None,
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
        warnings=(
            *_find_attention(counts, last_run, local, now),
            *_about_unread_starts(counts, has_period=days is not None),
        ),
        companies=companies,
    )


def to_last_run(run: RunSummary, now: datetime) -> LastRun:
    at = run.finished_at
    return LastRun(
        run_id=run.run_id,
        command=run.command,
        ok=run.ok,
        finished_at=at,
        age_hours=None if at is None else (now - at) / timedelta(hours=1),
        period=run.period,
        stale=0 if run.records is None else run.records.stale,
        problem=run.errors[0].message if run.errors else None,
        interrupted=run.was_interrupted,
        continued_by=run.next_command,
    )


def _find_attention(
    counts: StoredCounts, last_run: LastRun | None, local: LocalZone, now: datetime
) -> Iterator[Attention]:
    if local.problem:
        yield Attention("WARNING", texts.DAYS_CUT_IN(problem=local.problem, zone=local.zone.key))
    if last_run is not None:
        yield from find_about_run(last_run, now)
    duplicates = counts.duplicates
    if duplicates.appointment_ids:
        yield Attention("WARNING", _describe_duplicates(duplicates))
    if counts.without_company:
        yield Attention("WARNING", WITHOUT_COMPANY(count=counts.without_company))
    if counts.total and not counts.has_unique_index:
        yield Attention("WARNING", texts.NO_INDEX_AGAINST_DUPLICATES())


def _about_unread_starts(counts: StoredCounts, *, has_period: bool) -> Iterator[Attention]:
    if counts.unread_starts:
        text = UNREAD_STARTS if has_period else STARTS_ON_NO_DAY
        yield Attention("WARNING", text(count=counts.unread_starts))


def _describe_duplicates(found: DuplicateCounts) -> Message:
    counts = {"appointments": found.appointment_ids, "documents": found.extra_documents}
    if not found.first:
        return texts.DUPLICATES(**counts)
    named: list[Message | str] = [
        texts.DUPLICATE(appointment=appointment_id, documents=documents)
        for appointment_id, documents in found.first.items()
    ]
    if found.appointment_ids > len(named):
        named.append("…")
    return texts.DUPLICATES_SUCH_AS(sample=named, **counts)


def find_about_run(run: LastRun, now: datetime) -> Iterator[Attention]:
    """What needs attention about the last run."""
    yield from about_run(run)
    what = texts.LAST_RUN(command=run.command, run_id=run.run_id)
    yield from about_run_age(what, run.finished_at, now)
    if run.stale:
        text = texts.STALE(stale=run.stale, command=run.command, run_id=run.run_id)
        yield Attention("WARNING", text, "stale")
