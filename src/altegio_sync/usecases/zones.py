"""Finds the zone in which local days begin and end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from altegio_sync.domain.zones import find_zone
from altegio_sync.errors import ConfigError
from altegio_sync.messages import sync as texts
from altegio_sync.messages.settings import ZONE_REMEDY

if TYPE_CHECKING:
    from altegio_sync.messages import Message
    from altegio_sync.ports import AppointmentSource, RunStore


@dataclass(frozen=True, slots=True)
class LocalZone:
    """A zone, and where it comes from.

    ``is_known`` is false if UTC is used because no zone is known. ``problem`` says what to do if
    this machine does not know the wanted zone.
    """

    zone: ZoneInfo
    source: Message | str
    is_known: bool = True
    problem: Message | None = None

    def __str__(self) -> str:
        return f"{self.zone.key} ({self.source})"


async def find_local_zone(configured: str | None, runs: RunStore) -> LocalZone:
    """The zone without a request to Altegio: the configured one, else the last run's, else UTC."""
    if configured is not None:
        return LocalZone(to_zone(configured, ""), texts.ZONE_OF_SETTING())
    name = await runs.find_timezone()
    if (zone := find_zone(name)) is not None:
        return LocalZone(zone, texts.ZONE_OF_LAST_RUN())
    if name is not None:
        problem = texts.UNKNOWN_ZONE_OF_LAST_RUN(zone=_shorten(name), remedy=ZONE_REMEDY())
        source = texts.ZONE_OF_LAST_RUN_MISSING()
        return LocalZone(ZoneInfo("UTC"), source, is_known=False, problem=problem)
    return LocalZone(ZoneInfo("UTC"), texts.NO_ZONE_YET(), is_known=False)


async def fetch_zone(
    source: AppointmentSource, company_id: str, configured: str | None
) -> ZoneInfo:
    """The configured zone, else the location's own.

    Raises:
        AltegioError: the location cannot be fetched.
        ConfigError: Altegio names no zone, or this machine does not know it.
    """
    if configured is not None:
        return to_zone(configured, company_id)
    return to_zone((await source.fetch_location(company_id)).timezone, company_id)


def to_zone(name: str | None, company_id: str) -> ZoneInfo:
    """The zone of this name.

    Raises:
        ConfigError: there is no name, or this machine does not know it.
    """
    if (zone := find_zone(name)) is not None:
        return zone
    if not name:
        raise ConfigError(texts.NO_ZONE(company=company_id))
    zone_text, remedy = _shorten(name), ZONE_REMEDY()
    if not company_id:
        raise ConfigError(texts.UNKNOWN_ZONE(zone=zone_text, remedy=remedy))
    raise ConfigError(
        texts.UNKNOWN_ZONE_OF_LOCATION(zone=zone_text, company=company_id, remedy=remedy)
    )


def _shorten(name: str) -> str:
    return repr(name[:60])
