"""Opens a school: Altegio, and the stores in MongoDB. The one place that knows every class."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from altegio_sync.app.budget import BudgetOfAll, InLane, open_mongodb, own_budget
from altegio_sync.app.stores import Stores
from altegio_sync.domain.clock import utc_now
from altegio_sync.domain.durations import parse_duration, span_text
from altegio_sync.domain.report import new_run_id
from altegio_sync.errors import RateLimitedError
from altegio_sync.mongo.bookkeeping.lease_document import describe_scope
from altegio_sync.mongo.bookkeeping.leases import MongoLeases
from altegio_sync.usecases.kept_run import KeptRun
from altegio_sync.usecases.rearranging import Rearrangement
from altegio_sync.usecases.stopping import StopSignal
from altegio_sync.usecases.zones import find_local_zone

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from altegio_sync.altegio.api import AltegioApi
    from altegio_sync.app.stores import Database
    from altegio_sync.config.values import SchoolConfig
    from altegio_sync.domain.counts import ApiUsage
    from altegio_sync.domain.lanes import Lane
    from altegio_sync.errors import AltegioError
    from altegio_sync.mongo.bookkeeping.lease_document import Holder
    from altegio_sync.ports import RequestBudget, Warn
    from altegio_sync.usecases.rearranging import CollectionLease
    from altegio_sync.usecases.zones import LocalZone


def ignore(_event: str, /, **_fields: object) -> None:
    """Ignores all warnings."""


class School(Stores):
    """A school of the settings, made by `open_school`. Nothing is built before it is used.

    The school's own stores check no lease. A run that writes uses the stores of `held_by`.
    """

    def __init__(
        self,
        config: SchoolConfig,
        database: Database,
        *,
        warn: Warn,
        budget: RequestBudget | None,
        usage: ApiUsage | None,
    ) -> None:
        super().__init__(database, config.collection, warn=warn)
        self.config = config
        shares_database = config.budget_home == config.home
        self._budget_of_all = (
            budget
            if isinstance(budget, BudgetOfAll)
            else BudgetOfAll(config, warn=warn, database=database if shares_database else None)
        )
        self._given_budget = budget
        self._usage = usage

    @cached_property
    def altegio(self) -> AltegioApi:
        """Altegio, within the budget that is shared with other processes."""
        return _build_altegio(
            self.config, self._given_budget or self._budget_of_all, self._usage, self._warn
        )

    def altegio_in(self, lane: Lane) -> AltegioApi:
        """Altegio, with the requests in this lane of the shared budget.

        A budget that was given and is not shared has no lanes.
        """
        shared = self._budget_of_all
        if self._given_budget not in (None, shared):
            return self.altegio
        return self.altegio.within(InLane(shared, lane))

    def leases(self, run_id: str, *, command: str, wait: str = "0") -> MongoLeases:
        """Leases for a run; ``wait`` is how long to wait for another run, such as `10m`.

        Raises:
            ConfigError: ``wait`` is no span of time.
        """

        def on_wait(company_id: str, holder: Holder) -> None:
            what = describe_scope(company_id)
            self._warn("waiting_for_lease", wait=span_text(wait), what=what, holder=holder.message)

        return MongoLeases(
            self.database,
            self.collection,
            command=command,
            run_id=run_id,
            wait_s=parse_duration(wait).total_seconds(),
            on_wait=on_wait,
        )

    def rearrangement(self, command: str, *, wait: str, stop: StopSignal) -> Rearrangement:
        """A new run that has the collection to itself; ``wait`` as in `leases`."""
        now = utc_now()
        run_id = new_run_id(now)
        lease = self.leases(run_id, command=command, wait=wait)
        return Rearrangement(command, run_id, now, self.runs, self._warn, lease=lease, stop=stop)

    def kept_run(self, command: str) -> KeptRun:
        """A new run that holds no lease and keeps a report."""
        now = utc_now()
        return KeptRun(command, new_run_id(now), now, self.runs, self._warn)

    def held_by(self, leases: CollectionLease) -> Stores:
        """The stores for a run: each write first checks that the run still holds its leases."""
        return Stores(self.database, self.collection, warn=self._warn, fence=leases.check)

    async def find_zone(self) -> LocalZone:
        """The configured zone, else the zone of the last run that knew one, else UTC.

        For commands that do not ask Altegio.

        The warning `unknown_zone` is given if this machine does not know the wanted zone.
        """
        local = await find_local_zone(self.config.timezone, self.runs)
        if local.problem:
            self._warn("unknown_zone", problem=local.problem, used=local.zone.key)
        return local

    async def find_location_zones(self) -> dict[str, str]:
        """The zone that Altegio last named for each location, without asking Altegio."""
        stored = (await self.locations.find_all()).values()
        return {each.id: each.timezone for each in stored if each.timezone is not None}

    async def try_budget(self) -> None:
        """Check that requests can be counted together with other processes.

        Raises:
            StoreError: they cannot be counted.
        """
        await self._budget_of_all.check()

    async def count_requests(self) -> int:
        """How many requests the shared budget counted in the last minute."""
        return await self._budget_of_all.count()

    async def aclose(self) -> None:
        if "altegio" in self.__dict__:
            await self.altegio.aclose()
        if self._budget_of_all is not self._given_budget:
            await self._budget_of_all.aclose()


@asynccontextmanager
async def open_school(
    config: SchoolConfig,
    *,
    stop: StopSignal | None = None,
    warn: Warn = ignore,
    budget: RequestBudget | None = None,
    usage: ApiUsage | None = None,
) -> AsyncIterator[School]:
    """The school of the settings; an embedded MongoDB is started, and runs until the exit.

    A process may open many schools at once. Schools that ask Altegio from one address share a
    ``budget``; by default it is kept where the settings say. ``usage`` counts the requests.

    Raises:
        ConfigError: the settings name no usable database.
        StoreError: MongoDB cannot be reached, or refuses the user.
        asyncio.CancelledError: ``stop`` was set before MongoDB was reached. Nothing was begun.
    """
    stop = stop or StopSignal()
    async with AsyncExitStack() as stack:
        with stop.interrupting():
            database = await stack.enter_async_context(
                open_mongodb(config.db_uri.get_secret_value(), config.data_dir)
            )
        if stop.is_set:
            raise asyncio.CancelledError
        school = School(config, database, warn=warn, budget=budget, usage=usage)
        stack.push_async_callback(school.aclose)
        yield school


def open_altegio(
    config: SchoolConfig, warn: Warn = ignore, budget: RequestBudget | None = None
) -> AltegioApi:
    """Altegio without MongoDB; by default the budget is for this use alone."""
    return _build_altegio(config, budget or own_budget(config), None, warn)


def check_http_client(config: SchoolConfig) -> None:
    """Raises ConfigError if the HTTP client cannot use its variables of the environment."""
    from altegio_sync.altegio.environment import check_environment

    check_environment(config.api_url)


def _build_altegio(
    config: SchoolConfig, budget: RequestBudget, usage: ApiUsage | None, warn: Warn
) -> AltegioApi:
    from altegio_sync.altegio.api import AltegioApi

    def on_retry(error: AltegioError, *, wait_s: float, tries: int) -> None:
        event = "retry_rate_limited" if isinstance(error, RateLimitedError) else "retry"
        warn(event, reason=error.message, wait_s=wait_s, tries=tries)

    return AltegioApi(
        config.company_token.get_secret_value(),
        config.user_token.get_secret_value(),
        url=config.api_url,
        pacer=budget,
        leads=config.leads,
        on_retry=on_retry,
        usage=usage,
    )
