"""In which zone the local days are cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from altegio_sync.errors import ConfigError

if TYPE_CHECKING:
    from altegio_sync.ports import AppointmentSource, RunStore


@dataclass(frozen=True, slots=True)
class LocalZone:
    """A zone, and where it comes from, to be told; not ``is_known`` where UTC stands in for it."""

    zone: ZoneInfo
    source: str
    is_known: bool = True

    def __str__(self) -> str:
        return f"{self.zone.key} ({self.source})"


async def find_local_zone(configured: str | None, runs: RunStore) -> LocalZone:
    """Where Altegio is not asked: the configured zone, else the last that a run had, else UTC."""
    if configured is not None:
        return LocalZone(ZoneInfo(configured), "ALTEGIO_TIMEZONE")
    name = await runs.find_timezone()
    if name is not None:
        return LocalZone(ZoneInfo(name), "of the last run")
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
    try:
        return ZoneInfo(name or "")
    except (KeyError, ValueError, OSError) as error:
        raise ConfigError(
            f"Altegio names no time zone that is known here for location {company_id} ({name!r}): "
            "set ALTEGIO_TIMEZONE"
        ) from error
