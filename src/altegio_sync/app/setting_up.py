"""Tests new settings before they are stored: at Altegio, in MongoDB, and by a dry run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.app.budget import own_budget
from altegio_sync.app.checking import check_database
from altegio_sync.app.school import open_altegio, open_school
from altegio_sync.app.syncing import sync_school
from altegio_sync.domain.clock import utc_now
from altegio_sync.domain.leads import LeadIdKind
from altegio_sync.domain.period_words import parse_period
from altegio_sync.usecases.init import read_last_month
from altegio_sync.usecases.sync import SyncRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from altegio_sync.altegio.api import AltegioApi
    from altegio_sync.config import SchoolConfig
    from altegio_sync.domain.appointment import Location
    from altegio_sync.domain.report import SyncReport
    from altegio_sync.ports import RequestBudget, Warn
    from altegio_sync.usecases.check import Check
    from altegio_sync.usecases.init import LastMonth

#: The month of more locations is not read: a few show how the school books.
MOST_LOCATIONS = 5
#: The setting is the client's own id here, so that a lead has the client's whole name.
_BY_CLIENT = {"lead_id": LeadIdKind.CLIENT, "crm_id_digits": None, "crm_id_pattern": None}


async def log_in(config: SchoolConfig, login: str, password: str) -> str:
    """The user's token. Raises AltegioError if Altegio refuses the login."""
    from altegio_sync.altegio.login import log_in as ask

    return await ask(config.api_url, config.company_token.get_secret_value(), login, password)


class AltegioTests:
    """Asks Altegio with new settings. All requests share one budget, so use it in one event loop.

    ``warn`` hears of requests that are tried again.
    """

    def __init__(self, warn: Warn) -> None:
        self._warn = warn
        self._budget: RequestBudget | None = None

    def _open(self, config: SchoolConfig) -> AltegioApi:
        self._budget = self._budget or own_budget(config)
        return open_altegio(config, self._warn, self._budget)

    async def list_locations(self, config: SchoolConfig) -> Sequence[Location]:
        """The locations that the user may see. Raises AltegioError if the tokens are refused."""
        async with self._open(config) as api:
            return await api.fetch_companies()

    async def find_locations(self, config: SchoolConfig) -> Sequence[Location]:
        """The locations of the settings. Raises AltegioError if the user may not see one."""
        async with self._open(config) as api:
            if config.lists_all:
                return await api.fetch_companies()
            return [await api.fetch_location(each) for each in config.company_ids]

    async def read_month(self, config: SchoolConfig, locations: Sequence[Location]) -> LastMonth:
        """Last month of the first locations. Raises AltegioError if it cannot be read."""
        async with self._open(config.model_copy(update=_BY_CLIENT)) as api:
            return await read_last_month(api, locations[:MOST_LOCATIONS], utc_now())

    async def try_last_month(
        self, config: SchoolConfig, locations: Sequence[Location]
    ) -> SyncReport:
        """What a sync of last month would store for the first locations. Nothing is written."""
        config = config.model_copy(update={"page_size": "auto"})  # a few requests are enough
        request = SyncRequest(
            companies=[each.id for each in locations[:MOST_LOCATIONS]],
            period=parse_period("last-month", None),
            dry_run=True,
            words=("last-month",),
        )
        async with open_school(config, warn=self._warn, budget=self._budget) as school:
            return await sync_school(school, request)


async def try_mongodb(config: SchoolConfig) -> Sequence[Check]:
    """The tests of MongoDB. Raises StoreError if it cannot be reached or written."""
    async with open_school(config) as school:
        await school.try_budget()
        return await check_database(school)
