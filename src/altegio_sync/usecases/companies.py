"""Lists the locations of the user, and notices a location that is missing now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.domain.locations import CompanyList, find_missing
from altegio_sync.errors import ConfigError
from altegio_sync.messages.settings import (
    COMPANIES_NOT_KNOWN_YET,
    COMPANY_NOT_LISTED,
    NO_COMPANY_LISTED,
)
from altegio_sync.usecases.location_zones import changed_zone

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from altegio_sync.ports import CompanySource, LocationStore


async def list_companies(
    source: CompanySource,
    store: LocationStore | None,
    *,
    now: datetime,
    configured_zone: str | None = None,
    dry_run: bool = False,
) -> CompanyList:
    """Ask for the user's locations, and store the list in ``store`` unless this is a dry run.

    A location whose zone has changed is noticed, except where a zone is configured for all.

    Raises:
        AltegioError: the list cannot be read.
        ConfigError: the user sees no location.
        StoreError: MongoDB failed.
    """
    listed = CompanyList(await source.fetch_companies())
    if not listed.ids:
        raise ConfigError(NO_COMPANY_LISTED())
    if store is None:
        return listed
    stored = await store.find_all()
    missing = find_missing(stored.values(), listed.ids)
    rezoned = tuple(
        stored[each.id]
        for each in listed.listed
        if not configured_zone and changed_zone(stored.get(each.id), each.timezone) is not None
    )
    if not dry_run:
        await store.write_list(listed.listed, [each.id for each in missing], now)
    return CompanyList(listed.listed, missing, rezoned)


async def find_known_companies(store: LocationStore, wanted: Sequence[str]) -> Sequence[str]:
    """The companies of the stored list, or the ``wanted`` ones, without asking Altegio.

    A location that is missing from the list is shown only where it is wanted. Without ``wanted``,
    the result is empty where no list was ever stored.

    Raises:
        ConfigError: a wanted one was never in the list, or no list was ever stored.
        StoreError: MongoDB failed.
    """
    stored = await store.find_all()
    known = [each.id for each in stored.values() if each.listed_at is not None]
    if wanted:
        if not known:
            raise ConfigError(COMPANIES_NOT_KNOWN_YET(company=wanted[0]))
        check_listed(wanted, known)
        return wanted
    return sorted((each for each in known if stored[each].is_listed), key=int)


def check_listed(wanted: Sequence[str], listed: Collection[str]) -> None:
    """Raises ConfigError where one of the ``wanted`` companies is not in the list."""
    for company in wanted:
        if company not in listed:
            raise ConfigError(COMPANY_NOT_LISTED(company=company, count=len(listed)))
