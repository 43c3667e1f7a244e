"""Decides for which companies a command runs. The setting has ids, or the word `all`."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from altegio_sync.domain.clock import utc_now
from altegio_sync.domain.company_scope import CompanyScope
from altegio_sync.domain.report import RunError
from altegio_sync.errors import UNAUTHORIZED, AltegioError, AuthenticationError, ConfigError
from altegio_sync.messages.sync import OLD_LIST_USED
from altegio_sync.ports import SilentProgress
from altegio_sync.usecases.companies import check_listed, find_known_companies, list_companies
from altegio_sync.usecases.run_book import keep_failure
from altegio_sync.usecases.stopping import StopSignal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from altegio_sync.app.school import School
    from altegio_sync.config import SchoolConfig
    from altegio_sync.domain.locations import StoredLocation
    from altegio_sync.domain.report import SyncReport
    from altegio_sync.ports import CompanySource, LocationStore, Progress


@dataclass(frozen=True, slots=True)
class ChosenCompanies:
    """The companies of a run, warnings about missing locations, and errors of the list."""

    ids: Sequence[str]
    warnings: Sequence[RunError] = ()
    errors: Sequence[RunError] = ()


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
    report: SyncReport,
    progress: Progress | None,
    stop: StopSignal | None,
) -> ChosenCompanies:
    """Like `ask_companies`, for a run, which reports missing locations and can be stopped.

    If Altegio does not answer with a list, the run works on the locations of the last list, and
    reports this as an error. Where there is no such list, the run fails: ``report``, a report of
    the run without companies, is stored with the error, so that `status` shows it.

    Raises:
        asyncio.CancelledError: ``stop`` was set before the list was read. Nothing was begun.
    """
    if not school.config.lists_all:
        return ChosenCompanies(wanted)
    progress = progress or SilentProgress()
    try:
        with _leaving_at(stop or StopSignal()):
            chosen = await _ask_or_find(school, wanted, dry_run=report.dry_run)
    except (AltegioError, ConfigError) as error:
        if not report.dry_run:
            report.finished_at = utc_now()
            await keep_failure(school.runs, report, error, progress)
        raise
    for each in chosen.warnings:
        progress.warn(each.code, message=each.message, company_id=each.company)
    return chosen


async def ask_repair_companies(
    school: School, wanted: Sequence[str], stop: StopSignal, *, dry_run: bool
) -> Sequence[str]:
    """Like `ask_companies`, for a repair, which can be stopped."""
    with _leaving_at(stop):
        chosen = await ask_companies(
            school.config, school.altegio, school.locations, wanted, dry_run=dry_run
        )
    return chosen.ids


@contextmanager
def _leaving_at(stop: StopSignal) -> Iterator[None]:
    """Raises asyncio.CancelledError when ``stop`` is set."""
    with stop.interrupting():
        yield
    if stop.is_set:
        raise asyncio.CancelledError


async def _ask_or_find(school: School, wanted: Sequence[str], *, dry_run: bool) -> ChosenCompanies:
    """The companies that Altegio lists, else those of the last list."""
    try:
        return await ask_companies(
            school.config, school.altegio, school.locations, wanted, dry_run=dry_run
        )
    except AuthenticationError as error:
        if error.status == UNAUTHORIZED:
            raise  # the tokens are wrong, also for each location
        problem: AltegioError = error
    except AltegioError as error:
        problem = error
    listed = await find_known_companies(school.locations, ())
    if not listed:
        raise problem
    ids = await find_companies(school, wanted) if wanted else listed
    message = OLD_LIST_USED(reason=problem.message, count=len(ids))
    return ChosenCompanies(ids, errors=[RunError("old_list_used", message)])


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
