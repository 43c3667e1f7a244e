"""What Altegio announces for a period, before the period is read."""

from __future__ import annotations

from datetime import date

import pytest

from altegio_sync.domain.period import Period
from altegio_sync.usecases.announce import announce
from tests.fakes import ListSource, booking

MARCH = Period.of_days(date(2026, 3, 1), date(2026, 3, 31))


@pytest.mark.parametrize(
    ("per_second", "per_minute", "seconds"),
    [(4, 195, 4 / 3.25), (2, 195, 2), (0, 30, 8), (1, 0, 4), (0, 0, 0)],
    ids=["as delivered", "a slower second", "the minute alone", "the second alone", "no limit"],
)
async def test_the_time_is_estimated_by_the_slower_of_the_two_limits(
    per_second: float, per_minute: int, seconds: float
) -> None:
    source = ListSource([booking(str(n)) for n in range(30)])

    told = await announce(
        source,
        "77",
        MARCH,
        timezone=None,
        page_size=10,
        requests_per_second=per_second,
        requests_per_minute=per_minute,
    )

    assert told.records == 30
    assert told.requests == 4
    # Without a limit it is as long as the first answer took, for each: here next to nothing.
    assert told.seconds == pytest.approx(seconds, abs=0.5 if seconds == 0 else None)
