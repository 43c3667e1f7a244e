"""Repairs documents: first those that need no answer of Altegio, then the others by asking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from altegio_sync.domain.repair import SchoolZones, Unrepaired
from altegio_sync.domain.validation import RepairPlan
from altegio_sync.errors import AltegioError, first_error
from altegio_sync.usecases.asking import (
    REQUESTS_PER_SECOND,
    AnswerStore,
    group_by_companies,
    plan_windows,
    shown,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from altegio_sync.domain.repair import Suspect
    from altegio_sync.domain.validation import RuleContext
    from altegio_sync.usecases.asking import Asking, RepairRequest
    from altegio_sync.usecases.stopping import StopSignal

OFFLINE = "Altegio was not asked"
FROM_ALTEGIO = "the location's own"
TO_BE_ASKED = "Altegio will be asked for the location's own"


class RepairStore(AnswerStore, Protocol):
    """The collection, for one run of repairs."""

    async def count_local_repairs(self, context: RuleContext, zones: SchoolZones) -> int: ...

    async def repair_locally(
        self,
        context: RuleContext,
        zones: SchoolZones,
        unrepaired: Unrepaired,
        should_stop: Callable[[], bool],
    ) -> None: ...

    async def count_done(self) -> tuple[int, int]: ...

    def find_to_ask(
        self, context: RuleContext, *, includes_wrong_types: bool = True
    ) -> AsyncIterator[list[Suspect]]: ...


class RepairRun:
    """One run of repairs. ``asking`` is None where Altegio is not to be asked."""

    def __init__(
        self,
        store: RepairStore,
        asking: Asking | None,
        request: RepairRequest,
        context: RuleContext,
        stop: StopSignal,
    ) -> None:
        self._store = store
        self._asking = asking
        self._request = request
        self._context = context
        self._stop = stop
        self._has_asked_all = False
        self.unrepaired = Unrepaired()
        local = request.local
        self.zones = SchoolZones(local.zone if local.is_known else None, local.source)

    async def plan(self) -> RepairPlan:
        """What `run` would do; asks Altegio nothing."""
        request = self._request
        asks_for_zones = self._asking is not None and request.timezone is None
        # How many there are does not hang on which zone it will be.
        zones = SchoolZones(request.local.zone, "") if asks_for_zones else self.zones
        plan = RepairPlan(local=await self._store.count_local_repairs(self._context, zones))
        asked: set[str] = set()
        async for batch in self._store.find_to_ask(self._context, includes_wrong_types=False):
            for companies, suspects in group_by_companies(batch, request.companies).items():
                if not companies:
                    plan.unaskable += len(suspects)
                    continue
                windows = await plan_windows(
                    self._store, suspects, request.local.zone, request.page_size
                )
                asked.update(companies)
                plan.asked += len(suspects)
                plan.by_pages |= windows.take_fewer
                each_takes = windows.requests if windows.take_fewer else len(suspects)
                plan.requests += each_takes * len(companies)
        # Each location is asked for once.
        plan.requests += len(request.companies if asks_for_zones else asked)
        if asks_for_zones:
            self.zones = SchoolZones(None, TO_BE_ASKED)
        plan.seconds = plan.requests / REQUESTS_PER_SECOND
        return plan

    async def run(self) -> AltegioError | None:
        """Mend what can be mended; the error where Altegio could not be asked on."""
        failure = await self._find_zones()
        if self._stop.is_set:
            return None
        await self._store.repair_locally(
            self._context, self.zones, self.unrepaired, should_stop=lambda: self._stop.is_set
        )
        if self._asking is not None and failure is None:
            failure = await self._ask_all(self._asking)
        if not self._has_asked_all and (self._asking is None or failure is not None):
            await self._leave_rest()
        return failure

    async def _find_zones(self) -> AltegioError | None:
        """Ask for the locations' zones first: what a date without one says hangs on it."""
        request = self._request
        if self._asking is None or request.timezone is not None:
            return None
        try:
            with self._stop.interrupting():
                zones = await self._asking.find_zones()
                self.zones = SchoolZones(zones[request.companies[0]], FROM_ALTEGIO, zones)
        except AltegioError as error:
            return error
        return None

    async def _ask_all(self, asking: Asking) -> AltegioError | None:
        failure: AltegioError | None = None
        try:
            async for batch in self._store.find_to_ask(self._context):
                if self._stop.is_set:
                    break
                with self._stop.interrupting():
                    await asking.settle(batch, self.unrepaired)
            self._has_asked_all = not self._stop.is_set
            if self._has_asked_all:
                with self._stop.interrupting():
                    await asking.finish(self.unrepaired)
        except* AltegioError as group:
            error = first_error(group)
            failure = error if isinstance(error, AltegioError) else None
        return failure

    async def _leave_rest(self) -> None:
        async for batch in self._store.find_to_ask(self._context):
            for suspect in batch:
                self.unrepaired.note(OFFLINE, shown(suspect))
