"""In which zone the local days are cut where Altegio is not asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from altegio_sync.ports import RunStore


@dataclass(frozen=True, slots=True)
class LocalZone:
    """A zone, and where it comes from, to be told."""

    zone: ZoneInfo
    source: str

    def __str__(self) -> str:
        return f"{self.zone.key} ({self.source})"


async def find_local_zone(configured: str | None, runs: RunStore) -> LocalZone:
    """The configured zone, else the one of the last sync, else UTC."""
    if configured is not None:
        return LocalZone(ZoneInfo(configured), "ALTEGIO_TIMEZONE")
    last = await runs.find_last()
    name = ((last or {}).get("period") or {}).get("timezone")
    if name is not None:
        return LocalZone(ZoneInfo(name), "of the last run")
    return LocalZone(ZoneInfo("UTC"), "ALTEGIO_TIMEZONE is not set and there was no run yet")
