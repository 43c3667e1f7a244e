"""In which zone the local days are cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from altegio_sync.domain.zones import ZONE_REMEDY, find_zone
from altegio_sync.errors import ConfigError

if TYPE_CHECKING:
    from altegio_sync.ports import AppointmentSource, RunStore


@dataclass(frozen=True, slots=True)
class LocalZone:
    """A zone, and where it comes from, to be told; not ``is_known`` where UTC stands in for it.

    ``problem`` says what to do where the zone that was wanted is not known on this machine.
    """

    zone: ZoneInfo
    source: str
    is_known: bool = True
    problem: str = ""

    def __str__(self) -> str:
        return f"{self.zone.key} ({self.source})"


async def find_local_zone(configured: str | None, runs: RunStore) -> LocalZone:
    """Where Altegio is not asked: the configured zone, else the last that a run had, else UTC."""
    if configured is not None:
        return LocalZone(to_zone(configured, ""), "ALTEGIO_TIMEZONE")
    name = await runs.find_timezone()
    if (zone := find_zone(name)) is not None:
        return LocalZone(zone, "of the last run")
    if name is not None:
        problem = f"{_unknown(name)}, the zone of the last run: {ZONE_REMEDY}"
        source = "the zone of the last run is not known on this machine"
        return LocalZone(ZoneInfo("UTC"), source, is_known=False, problem=problem)
    return LocalZone(
        ZoneInfo("UTC"), "ALTEGIO_TIMEZONE is not set and there was no run yet", is_known=False
    )


async def fetch_zone(
    source: AppointmentSource, company_id: str, configured: str | None
) -> ZoneInfo:
    """The configured zone, else the location's own.

    Raises:
        AltegioError: the location cannot be had.
        ConfigError: Altegio names no zone, or none that is known here.
    """
    if configured is not None:
        return to_zone(configured, company_id)
    return to_zone((await source.fetch_location(company_id)).timezone, company_id)


def to_zone(name: str | None, company_id: str) -> ZoneInfo:
    """The zone of that name.

    Raises:
        ConfigError: no name, or none that is known here.
    """
    if (zone := find_zone(name)) is not None:
        return zone
    if not name:
        raise ConfigError(
            f"Altegio names no time zone for location {company_id}: set ALTEGIO_TIMEZONE"
        )
    which = f", the zone of location {company_id} at Altegio" if company_id else ""
    raise ConfigError(f"{_unknown(name)}{which}: {ZONE_REMEDY}")


def _unknown(name: str) -> str:
    return f"This machine does not know the time zone {name[:60]!r}"
