"""What `stats` asks the store for, and what it says needs a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from altegio_sync.domain.period_words import parse_period
from altegio_sync.domain.stats import DuplicateCounts
from altegio_sync.usecases.stats import collect_stats
from tests.fakes import MemoryRuns, MemoryStats
from tests.stats_reports import an_empty_report

if TYPE_CHECKING:
    from altegio_sync.domain.period import AnyPeriod
    from altegio_sync.domain.stats import StatsReport

EMPTY = an_empty_report().counts
#: In Kyiv, the next day has begun.
NOW = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)
KYIV = ZoneInfo("Europe/Kyiv")


async def stats_of(
    store: MemoryStats, runs: MemoryRuns | None = None, period: AnyPeriod | None = None
) -> StatsReport:
    return await collect_stats(
        store, runs or MemoryRuns(), zone=KYIV, period=period, clock=lambda: NOW
    )


async def test_today_is_the_schools_day() -> None:
    store = MemoryStats(EMPTY)

    report = await stats_of(store)

    assert report.today == date(2026, 3, 2)
    [query] = store.queries
    assert (query.last_days.last_day, query.last_days.days) == (date(2026, 3, 2), 30)
    assert (query.since, query.until) == (None, None)


async def test_a_period_is_asked_for_from_midnight_to_midnight_of_the_school() -> None:
    store = MemoryStats(EMPTY)

    await stats_of(store, period=parse_period("today"))

    [query] = store.queries
    assert query.since == datetime(2026, 3, 1, 22, 0, tzinfo=UTC)
    assert query.until == datetime(2026, 3, 2, 22, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (DuplicateCounts(), None),
        (DuplicateCounts(2, 3), "2 appointment ids are stored more than once (3 extra documents)"),
        (DuplicateCounts(1, 1, {"501": 2}), "(1 extra documents: 501 (2 documents))"),
        (DuplicateCounts(2, 3, {"501": 2}), "(3 extra documents: 501 (2 documents), …)"),
    ],
    ids=["none", "unnamed", "all named", "some named"],
)
async def test_duplicates_need_a_person(found: DuplicateCounts, line: str | None) -> None:
    report = await stats_of(MemoryStats(replace(EMPTY, duplicates=found)))

    lines = [str(each) for each in report.warnings]
    assert [line in each for each in lines if line] == ([] if line is None else [True])
    assert bool(lines) == (line is not None)


@pytest.mark.parametrize(
    ("run", "beginnings"),
    [
        ({}, []),
        ({"finished_at": NOW - timedelta(hours=27)}, ["WARNING The last sync (r) ended 27 hours"]),
        ({"ok": False, "errors": [{"code": "x", "message": "y"}]}, ["ERROR The last sync (r)"]),
        ({"records": {"stale": 3}}, ["WARNING Stale data: 3 stored appointments"]),
    ],
    ids=["well", "old", "failed", "stale"],
)
async def test_the_last_sync_may_need_a_person(run: dict[str, Any], beginnings: list[str]) -> None:
    runs = MemoryRuns()
    whole = {"run_id": "r", "command": "sync", "ok": True, "finished_at": NOW, **run}
    whole["started_at"] = whole["finished_at"] = whole["finished_at"].isoformat()
    await runs.keep_report(whole)
    await runs.keep_report({**whole, "run_id": "s", "command": "clean", "ok": False})

    report = await stats_of(MemoryStats(EMPTY), runs)

    lines = [str(each) for each in report.warnings]
    assert [each[: len(begun)] for each, begun in zip(lines, beginnings, strict=True)] == beginnings
