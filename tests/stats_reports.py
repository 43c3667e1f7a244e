"""Statistics made up by hand, for what draws them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from altegio_sync.domain.attention import Attention
from altegio_sync.domain.last_run import LastRun
from altegio_sync.domain.stats import (
    DayCount,
    DuplicateCounts,
    HourCount,
    NamedCount,
    ShowCount,
    StatsReport,
    StatusCount,
    StoredCounts,
    TrialCounts,
    label_of,
)

NOW = datetime(2026, 10, 26, 9, 30, tzinfo=UTC)
TODAY = NOW.date()
#: What would be HTML, an attribute's end, an entity, or text of the other direction.
HOSTILE = "<script>alert(1)</script>\"&amp;'><img src=x onerror=alert(2)> ‮שלום"


def a_report(name: str = "Агата Взірцева", **changes: Any) -> StatsReport:
    """Some of everything, a teacher, a service, the zone and a run of that name among it."""
    started_on = TODAY - timedelta(days=20)
    days = tuple(DayCount(started_on + timedelta(days=each), 1_000 + each) for each in range(31))
    counts = StoredCounts(
        total=31_500,
        active=31_465,
        deleted=35,
        trial=7,
        statuses=(
            *(StatusCount("1", label_of("1"), 31_000), StatusCount("-1", label_of("-1"), 400)),
            StatusCount(name, label_of(name), 65),
        ),
        top_teachers=(NamedCount("10", name, 20_000), NamedCount("11", None, 3)),
        top_services=(NamedCount("20", name, 31_000), NamedCount(name, None, 1)),
        by_day=days,
        last_30_days=20_000,
        upcoming=11_000,
        heat_map=(HourCount(1, 8, 4), HourCount(3, 14, 300), HourCount(7, 20, 31)),
        shows=(
            *(ShowCount("10", name, 19_000, 390), ShowCount("11", None, 1, 0)),
            ShowCount("12", "Ніхто", 0, 0),
        ),
        trials=TrialCounts(7, 6, 3, 2),
        duplicates=DuplicateCounts(4, 5),
        has_unique_index=False,
    )
    run = LastRun(name, name, ok=False, finished_at=NOW, age_hours=27.25, period=None)
    report = StatsReport(
        made_at=NOW,
        today=TODAY,
        timezone="Europe/Kyiv",
        zone_source="of the last run",
        period=None,
        counts=counts,
        last_run=run,
        warnings=(Attention("ERROR", f"The last {name}"), Attention("WARNING", "Duplicates: 4")),
    )
    return replace(report, **changes)


def an_empty_report() -> StatsReport:
    counts = StoredCounts(
        *(0, 0, 0, 0, (), (), (), (), 0, 0, (), ()),
        trials=TrialCounts(0, 0, 0, 0),
        duplicates=DuplicateCounts(),
        has_unique_index=True,
    )
    return replace(a_report(), counts=counts, last_run=None, warnings=())


def long_ago(report: StatsReport, years: int) -> StatsReport:
    """The same with one appointment more, that many years back."""
    first = DayCount(date(TODAY.year - years, 1, 1), 1)
    counts = replace(report.counts, by_day=(first, *report.counts.by_day))
    return replace(report, counts=counts)
