"""When something that happens once a day is due, also where clocks change."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from altegio_sync.app.polling import next_due
from altegio_sync.domain.daily import has_passed

KYIV = ZoneInfo("Europe/Kyiv")
AT = time(3, 15)


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ("03:14:30", "03:15:00", True),
        ("03:15:00", "03:15:30", False),
        ("03:14:00", "03:14:30", False),
        ("01:00:00", "09:00:00", True),
    ],
    ids=["just now", "done", "not yet", "after a sleep"],
)
def test_a_local_time_passes_once(before: str, now: str, expected: bool) -> None:
    begin, end = (datetime.fromisoformat(f"2026-11-26 {each}+02:00") for each in (before, now))

    assert has_passed(AT, begin, end, KYIV) is expected


def test_a_machine_that_slept_over_midnight_is_not_too_late() -> None:
    before, now = (datetime(2026, 11, day, hour, tzinfo=UTC) for day, hour in ((26, 1), (26, 23)))

    assert has_passed(time(23, 30), before, now, KYIV)


def test_a_clock_that_is_set_back_makes_nothing_due() -> None:
    before = datetime(2026, 11, 26, 3, 16, tzinfo=KYIV)

    assert not has_passed(AT, before, before - timedelta(hours=1), KYIV)


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"], ids=["spring", "autumn"])
def test_it_happens_once_on_the_days_when_the_clock_changes(day: str) -> None:
    begin = datetime.fromisoformat(f"{day} 00:00").replace(tzinfo=KYIV).astimezone(UTC)
    looks = [begin + timedelta(minutes=10 * number) for number in range(6 * 24)]

    due = [now for before, now in itertools.pairwise(looks) if has_passed(AT, before, now, KYIV)]

    assert len(due) == 1


@pytest.mark.parametrize(("now", "expected"), [(100, 400), (399, 400), (400, 700), (1350, 1600)])
def test_what_was_due_meanwhile_is_left_out(now: float, expected: float) -> None:
    assert next_due(100, 300, now) == expected
