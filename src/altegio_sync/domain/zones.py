"""Finds time zones by name, and compares zones that have several names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterator

#: New names since 2016, each with its old name: an old machine knows only the old name.
_OLDER_NAMES = {
    "Europe/Kyiv": "Europe/Kiev",
    "America/Nuuk": "America/Godthab",
    "Asia/Yangon": "Asia/Rangoon",
    "Pacific/Kanton": "Pacific/Enderbury",
}
_COMPARED_FROM, _COMPARED_TO = datetime(1900, 1, 1, tzinfo=UTC), datetime(2038, 1, 1, tzinfo=UTC)
#: No zone changes its offset and changes it back within this time.
_STEP = timedelta(days=7)


def find_zone(name: object) -> ZoneInfo | None:
    """The zone of this name, or of its older name; None if this machine knows neither."""
    if not isinstance(name, str) or not name:
        return None
    for each in (name, _OLDER_NAMES.get(name)):
        try:
            return ZoneInfo(each or "")
        except (KeyError, ValueError, OSError):
            continue
    return None


@cache
def are_same_zone(one: str, other: str) -> bool:
    """Whether both names mean the same zone, such as Europe/Kiev and Europe/Kyiv.

    `zoneinfo` does not resolve links, so the offsets of both zones are compared.
    """
    if one == other:
        return True
    zones = find_zone(one), find_zone(other)
    if zones[0] is None or zones[1] is None:
        return False
    return zones[0].key == zones[1].key or _offsets(zones[0]) == _offsets(zones[1])


@cache
def _offsets(zone: ZoneInfo) -> tuple[timedelta | None, ...]:
    moments = _every_step(_COMPARED_FROM, _COMPARED_TO)
    return tuple(moment.astimezone(zone).utcoffset() for moment in moments)


def _every_step(start: datetime, end: datetime) -> Iterator[datetime]:
    while start < end:
        yield start
        start += _STEP
