"""The zones of the locations of a run: what Altegio said of a zone is good for 7 days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import anyio

from altegio_sync.domain.zones import are_same_zone, find_zone
from altegio_sync.usecases.zones import to_zone

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from altegio_sync.domain.locations import StoredLocation
    from altegio_sync.ports import AppointmentSource, LocationStore

#: A stored title and a stored zone are requested again when they are older.
KEPT_FOR = timedelta(days=7)
#: A process that runs all the time requests a staff list again when it is older.
STAFF_KEPT_FOR_IN_SERVICE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class FetchedZone:
    """The zone of a location as Altegio names it now; ``changed_from`` is another earlier zone."""

    zone: ZoneInfo
    changed_from: str | None = None


def changed_zone(stored: StoredLocation | None, now: str | None) -> str | None:
    """The stored zone, where Altegio names another zone now."""
    before = None if stored is None else stored.timezone
    is_changed = before is not None and now is not None and not are_same_zone(before, now)
    return before if is_changed else None


class LocationZones:
    """Finds the zone of each location, with a request only where nothing fresh is stored.

    Without a store, every zone is requested. The stored locations are read once in a run.
    """

    def __init__(
        self, store: LocationStore | None, configured: str | None, *, dry_run: bool
    ) -> None:
        self._store = store
        self._configured = configured
        self._dry_run = dry_run
        self._lock = anyio.Lock()
        self._stored: Mapping[str, StoredLocation] | None = None

    async def find_fresh(self, company_id: str, now: datetime) -> ZoneInfo | None:
        """The configured zone, else the stored zone; None where it has to be requested.

        Raises:
            ConfigError: this machine does not know the configured zone.
        """
        if self._configured is not None:
            return to_zone(self._configured, company_id)
        stored = await self._find_stored(company_id)
        if stored is None or stored.fetched_at is None or now - stored.fetched_at > KEPT_FOR:
            return None
        return find_zone(stored.timezone)

    async def find_old(self, company_id: str) -> ZoneInfo | None:
        """The stored zone, however old it is."""
        stored = await self._find_stored(company_id)
        return None if stored is None else find_zone(stored.timezone)

    async def fetch(self, source: AppointmentSource, company_id: str, now: datetime) -> FetchedZone:
        """Request the location, and store its title and zone.

        Raises:
            AltegioError: the location cannot be fetched.
            ConfigError: Altegio names no zone, or this machine does not know it.
        """
        location = await source.fetch_location(company_id)
        zone = to_zone(location.timezone, company_id)
        if self._store is not None and not self._dry_run:
            await self._store.write_fetched([location], now)
        stored = await self._find_stored(company_id)
        return FetchedZone(zone, changed_zone(stored, location.timezone))

    async def _find_stored(self, company_id: str) -> StoredLocation | None:
        if self._store is None:
            return None
        async with self._lock:
            if self._stored is None:
                self._stored = await self._store.find_all()
        return self._stored.get(company_id)
