"""When something that happens once a day is due, also where clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from altegio_sync.app.polling import next_due
from altegio_sync.domain.daily import last_moment

KYIV = ZoneInfo("Europe/Kyiv")
AT = time(3, 15)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-26 03:15:00", "2026-11-26 03:15"),
        ("2026-11-26 03:14:59", "2026-11-25 03:15"),
        ("2026-11-26 23:59:00", "2026-11-26 03:15"),
        ("2026-11-26 00:00:00", "2026-11-25 03:15"),
    ],
)
def test_the_last_moment_is_of_today_or_of_yesterday(now: str, expected: str) -> None:
    moment = last_moment(AT, datetime.fromisoformat(f"{now}+02:00"), KYIV)

    assert moment == datetime.fromisoformat(f"{expected}+02:00")


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"], ids=["spring", "autumn"])
def test_there_is_one_moment_on_the_days_when_the_clock_changes(day: str) -> None:
    begin = datetime.fromisoformat(f"{day} 00:00").replace(tzinfo=KYIV).astimezone(UTC)
    looks = [begin + timedelta(minutes=10 * number) for number in range(6 * 24)]

    moments = {last_moment(AT, now, KYIV) for now in looks}

    assert len(moments) == 2  # the other one is of the day before


@pytest.mark.parametrize(("now", "expected"), [(100, 400), (399, 400), (400, 700), (1350, 1600)])
def test_what_was_due_meanwhile_is_left_out(now: float, expected: float) -> None:
    assert next_due(100, 300, now) == expected
