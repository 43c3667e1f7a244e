"""Tests Altegio and MongoDB with the settings of a school, whichever of the two is out of reach."""

from __future__ import annotations

from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING

from altegio_sync.app.companies import ask_companies
from altegio_sync.app.school import open_altegio, open_school
from altegio_sync.domain.clock import utc_now
from altegio_sync.errors import AltegioError, ConfigError, StoreError, StoreRightError
from altegio_sync.messages import check as texts
from altegio_sync.messages import check_names as names
from altegio_sync.usecases.check import (
    Check,
    LocationFacts,
    check_altegio,
    check_services,
    check_store,
    check_webhooks,
    what_to_do,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from altegio_sync.altegio.api import AltegioApi
    from altegio_sync.app.school import School
    from altegio_sync.config import SchoolConfig
    from altegio_sync.domain.locations import StoredLocation
    from altegio_sync.messages import Message


def check_notify(config: SchoolConfig) -> Iterator[Check]:
    """Whether Apprise knows every address of `ALTEGIO_NOTIFY`; nothing is sent."""
    if config.notify_addresses is None:
        return
    from altegio_sync.notify.messages import find_address_problem

    problem = find_address_problem(config.notify_addresses)
    if problem is None:
        yield Check.good(names.NOTIFY(), texts.NOTIFY_KNOWN())
    else:
        yield Check.warning(names.NOTIFY(), problem, texts.NOTHING_HEARD())


async def check_school(config: SchoolConfig) -> AsyncIterator[Check]:
    """Test Altegio, then MongoDB.

    MongoDB is connected to before that, because the tests of Altegio use the shared budget of
    requests. If the connection fails, its error is reported after the tests of Altegio.
    """
    async with AsyncExitStack() as stack:
        school = sharing = problem = None
        try:
            school = await stack.enter_async_context(open_school(config))
            await school.try_budget()
            sharing = school
        except StoreError as error:
            problem = _failed(names.MONGODB() if school is None else names.MONGODB_RIGHTS(), error)
        async with open_altegio(config) if sharing is None else sharing.altegio as source:
            async for check in _check_locations(source, config, sharing):
                yield check
        if problem is not None:
            yield problem
        if school is not None:
            for check in await check_database(school):
                yield check


async def _check_locations(
    source: AltegioApi, config: SchoolConfig, school: School | None
) -> AsyncIterator[Check]:
    """``school`` stores titles and zones; None where MongoDB cannot be used."""
    try:
        companies = (await ask_companies(config, source)).ids
    except (AltegioError, ConfigError) as error:
        yield Check.bad(names.LOCATIONS(), error.message, what_to_do(error))
        return
    if config.lists_all:
        yield Check.good(names.LOCATIONS(), texts.LOCATIONS(count=len(companies)))
    locations = [LocationFacts() for _ in companies]
    stored = {} if school is None else await _find_stored(school)
    for company, facts in zip(companies, locations, strict=True):
        async for check in check_altegio(
            source, company, config.timezone, config.rules, facts, stored.get(company)
        ):
            yield check
        if config.hook_secrets and facts.location is not None:
            yield await check_webhooks(source, company, config.hook_secrets)
    if school is not None:
        found = [each.location for each in locations if each.location is not None]
        # The tests of MongoDB report why it cannot be written.
        with suppress(StoreError):
            await school.locations.write_fetched(found, utc_now())
    for check in check_services(config.rules, locations):
        yield check


async def _find_stored(school: School) -> Mapping[str, StoredLocation]:
    try:
        return await school.locations.find_all()
    except StoreError:  # the tests of MongoDB report it
        return {}


async def check_database(school: School) -> list[Check]:
    store = school.appointments
    try:
        return check_store(await store.describe(), await store.find_lacking())
    except StoreError as error:
        return [_failed(names.MONGODB(), error)]


def _failed(name: Message, error: StoreError) -> Check:
    is_right = isinstance(error, StoreRightError)
    return Check.bad(name, error.message, texts.GRANT() if is_right else texts.CHECK_DB_URI())
