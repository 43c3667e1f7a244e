"""The old and the new value of a changed field."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from altegio_sync.domain.field_change import FieldChange

KYIV = ZoneInfo("Europe/Kyiv")
SUMMER = datetime(2026, 7, 6, 7, 0, tzinfo=UTC)
WINTER = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("old", "new", "zone", "expected"),
    [
        (SUMMER + timedelta(hours=3), SUMMER, KYIV, True),
        (WINTER + timedelta(hours=2), WINTER, KYIV, True),
        (WINTER - timedelta(hours=2), WINTER, KYIV, True),
        (WINTER + timedelta(hours=3), WINTER, KYIV, False),
        (SUMMER + timedelta(days=1), SUMMER, KYIV, False),
        (SUMMER, SUMMER, ZoneInfo("UTC"), False),
        ("2026-07-06", SUMMER, KYIV, False),
        (None, SUMMER, KYIV, False),
    ],
)
def test_a_start_that_another_program_read_in_another_zone_is_known(
    old: object, new: datetime, zone: ZoneInfo, *, expected: bool
) -> None:
    assert FieldChange("startDateTime", old, new).is_shifted_start(zone) is expected


def test_no_other_field_is_a_shifted_start() -> None:
    change = FieldChange("endDateTime", SUMMER + timedelta(hours=3), SUMMER)

    assert not change.is_shifted_start(KYIV)
