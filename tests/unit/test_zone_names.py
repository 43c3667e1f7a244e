"""Which names are time zones, and which of them are the same one."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from altegio_sync.domain import zones
from altegio_sync.domain.ledger import Grade, LedgerEntry
from altegio_sync.domain.report import SyncMode
from altegio_sync.domain.zones import are_same_zone, find_zone
from altegio_sync.errors import ConfigError
from altegio_sync.usecases.zones import to_zone

if TYPE_CHECKING:
    from collections.abc import Callable

ODD_NAMES = ["", "Mars/Phobos", "Europe", "../etc/passwd", "/etc/passwd", "a\0b", "x" * 5000, "é"]


@pytest.mark.parametrize("name", [*ODD_NAMES, None, 3, ["UTC"]])
def test_what_is_no_zone_is_none(name: object) -> None:
    assert find_zone(name) is None


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_location_with_no_zone_of_this_machine_gets_a_remedy(name: str) -> None:
    with pytest.raises(ConfigError, match="ALTEGIO_TIMEZONE") as raised:
        to_zone(name, "77")

    assert len(str(raised.value)) < 400


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("Europe/Kyiv", "Europe/Kyiv", True),
        ("Europe/Kiev", "Europe/Kyiv", True),
        ("Asia/Calcutta", "Asia/Kolkata", True),
        ("UTC", "Etc/UTC", True),
        ("Asia/Katmandu", "Asia/Kathmandu", True),
        ("US/Pacific", "America/Los_Angeles", True),
        ("Europe/Kyiv", "Europe/Bucharest", False),
        ("Europe/Kyiv", "Europe/Warsaw", False),
        ("Asia/Almaty", "Asia/Tashkent", False),
        ("Europe/Kyiv", "Mars/Phobos", False),
        ("Mars/Phobos", "Mars/Phobos", True),
    ],
)
def test_links_of_a_zone_are_the_same_zone(one: str, other: str, is_same: bool) -> None:
    assert are_same_zone(one, other) is is_same
    assert are_same_zone(other, one) is is_same


def test_an_old_machine_finds_a_zone_by_its_older_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zones, "ZoneInfo", without("Europe/Kyiv"))

    found = find_zone("Europe/Kyiv")

    assert found is not None
    assert found.key == "Europe/Kiev"


def without(missing: str) -> Callable[[str], ZoneInfo]:
    def zone(name: str) -> ZoneInfo:
        if name == missing:
            raise KeyError(name)
        return ZoneInfo(name)

    return zone


def test_a_day_entered_under_a_zones_other_name_counts() -> None:
    entry = LedgerEntry(
        day=date(2026, 10, 1),
        grade=Grade.PROVED,
        at=datetime(2026, 10, 2, 6, tzinfo=UTC),
        mode=SyncMode.UPDATE,
        settings="s",
        timezone="Europe/Kiev",
        run_id="r",
    )

    assert entry.counts(ZoneInfo("Europe/Kyiv"), "s")
    assert not entry.counts(ZoneInfo("Asia/Tokyo"), "s")
