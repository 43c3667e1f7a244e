"""Decides for which companies a command runs. The setting has ids, or the word `all`."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from altegio_sync.domain.clock import utc_now
from altegio_sync.domain.company_scope import CompanyScope
from altegio_sync.usecases.companies import check_listed, find_known_companies, list_companies
from altegio_sync.usecases.stopping import StopSignal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from altegio_sync.app.school import School
    from altegio_sync.config import SchoolConfig
    from altegio_sync.domain.locations import StoredLocation
    from altegio_sync.domain.report import RunError
    from altegio_sync.ports import CompanySource, LocationStore, Progress


@dataclass(frozen=True, slots=True)
class ChosenCompanies:
    """The companies of a run, and warnings about locations that are missing."""

    ids: Sequence[str]
    warnings: Sequence[RunError] = ()


async def ask_companies(
    config: SchoolConfig,
    source: CompanySource,
    store: LocationStore | None = None,
    wanted: Sequence[str] = (),
    *,
    dry_run: bool = False,
) -> ChosenCompanies:
    """The companies that a command asks about. With `all`, this makes one request, or a few.

    If ``wanted`` has ids, only these are returned. The list is written to ``store``, except in a
    dry run.

    Raises:
        AltegioError: the list of locations cannot be read.
        ConfigError: a wanted company is not the school's, or the user sees no location.
        StoreError: MongoDB failed.
    """
    picked = config.pick_companies(wanted)
    if not config.lists_all:
        return ChosenCompanies(picked)
    listed = await list_companies(
        source, store, now=utc_now(), configured_zone=config.timezone, dry_run=dry_run
    )
    check_listed(picked, listed.ids)
    return ChosenCompanies(picked or listed.ids, listed.warnings)


async def ask_run_companies(
    school: School,
    wanted: Sequence[str],
    progress: Progress | None,
    stop: StopSignal | None,
    *,
    dry_run: bool,
) -> ChosenCompanies:
    """Like `ask_companies`, for a run, which reports missing locations and can be stopped.

    Raises:
        asyncio.CancelledError: ``stop`` was set before the list was read. Nothing was begun.
    """
    if not school.config.lists_all:
        return ChosenCompanies(wanted)
    stop = stop or StopSignal()
    with stop.interrupting():
        chosen = await ask_companies(
            school.config, school.altegio, school.locations, wanted, dry_run=dry_run
        )
    if stop.is_set:
        raise asyncio.CancelledError
    if progress is not None:
        for each in chosen.warnings:
            progress.warn(each.code, message=each.message, company_id=each.company)
    return chosen


async def find_companies(school: School, wanted: Sequence[str] = ()) -> Sequence[str]:
    """The companies that a command shows, without asking Altegio.

    The result is empty if no company is configured, or with `all` if no list was ever stored.

    Raises:
        ConfigError: a wanted company is not the school's.
        StoreError: MongoDB failed.
    """
    picked = school.config.pick_companies(wanted)
    return (
        await find_known_companies(school.locations, picked) if school.config.lists_all else picked
    )


async def find_company_scope(school: School, wanted: Sequence[str]) -> CompanyScope | None:
    """The documents of the ``wanted`` companies; None without any, for all documents.

    Raises:
        ConfigError: one is wanted that is not the school's.
        StoreError: MongoDB failed.
    """
    if not wanted:
        return None
    ids = await find_companies(school, wanted)
    return CompanyScope(tuple(ids), school.config.has_single_company)


async def find_missing_companies(school: School) -> Sequence[StoredLocation]:
    """The locations that are missing from the user's list since it was last asked for."""
    if not school.config.lists_all:
        return ()
    stored = await school.locations.find_all()
    return [each for each in stored.values() if each.missing_since is not None]
