"""When a lasting condition is reported."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from altegio_sync.domain.conditions import (
    Condition,
    Reported,
    find_absent,
    find_conditions,
    plan_report,
)
from altegio_sync.domain.report import CompanyReport, RunError, SyncMode, SyncReport
from altegio_sync.messages import as_message

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
INDEX = Condition("no_unique_index", "77", as_message("No unique index"))
KEPT = Condition("no_longer_kept", "77", as_message("no longer kept: 1"), ("501",))


@pytest.mark.parametrize(
    ("reported_at", "lines"),
    [
        (None, ["No unique index"]),
        (NOW - timedelta(minutes=5), []),
        (NOW - timedelta(hours=22), []),
        (NOW - timedelta(hours=23, minutes=59), ["No unique index"]),
        (NOW + timedelta(days=300), ["No unique index"]),
    ],
    ids=["new", "just reported", "today", "a day ago", "by a clock that was wrong"],
)
def test_a_condition_is_reported_when_it_appears_and_then_once_a_day(
    reported_at: datetime | None, lines: list[str]
) -> None:
    memory = {} if reported_at is None else {INDEX.key: Reported(reported_at, as_message("old"))}

    plan = plan_report([INDEX], [], memory, NOW)

    assert list(map(str, plan.lines)) == lines
    remembered = plan.memory[INDEX.key]
    assert remembered is not None
    assert remembered.at == (NOW if lines else reported_at)


def test_a_condition_that_ended_is_forgotten_and_reported_when_it_comes_back() -> None:
    plan = plan_report([], [INDEX.key], {INDEX.key: Reported(NOW)}, NOW)

    assert plan.lines == []
    assert plan.memory == {INDEX.key: None}


def test_appointments_found_since_the_last_report_are_in_the_next() -> None:
    earlier = NOW - timedelta(hours=1)
    first = plan_report([KEPT], [], {KEPT.key: Reported(earlier)}, NOW)
    waiting = first.memory[KEPT.key]
    assert first.lines == []
    assert waiting == Reported(earlier, as_message("no longer kept: 1"), ("501",))
    other = Condition("no_longer_kept", "77", as_message("no longer kept: 1"), ("502",))

    second = plan_report([other], [], {KEPT.key: waiting}, NOW + timedelta(days=1))
    alone = plan_report([], [], {KEPT.key: waiting}, NOW + timedelta(days=1))

    assert list(map(str, second.lines)) == [
        "no longer kept: 1; since the last report also appointments 501"
    ]
    assert list(map(str, alone.lines)) == ["no longer kept: 1"]


def test_a_run_ends_only_conditions_that_it_looked_for() -> None:
    read = CompanyReport("77")
    read.records.saved = 30
    broken = CompanyReport("78", broke_off=True)
    read.warnings.append(RunError("no_unique_index", "x", "77"))
    read.warnings.append(RunError("offsets_disagree", "y", "77"))
    report = SyncReport("sync", "r", SyncMode.UPDATE, False, NOW, NOW, [read, broken])

    found = find_conditions(report)

    assert [each.key for each in found] == ["no_unique_index"]
    assert set(find_absent(report, found)) == {
        "company_missing/77",
        "no_total/77",
        "nothing_listed/77",
        "too_little_kept/77",
    }
