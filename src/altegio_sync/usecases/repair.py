"""Repairs documents: first without Altegio where this is possible, then by Altegio's answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from altegio_sync.domain.repair import SchoolZones, Unrepaired
from altegio_sync.domain.validation import RepairPlan
from altegio_sync.errors import AltegioError, first_error
from altegio_sync.messages import validation as texts
from altegio_sync.usecases.asking.asking import Asking
from altegio_sync.usecases.asking.plan import (
    REQUESTS_PER_SECOND,
    AnswerStore,
    group_by_companies,
    label_of,
    plan_windows,
)
from altegio_sync.usecases.validate import validate_appointments

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from altegio_sync.domain.repair import Suspect
    from altegio_sync.domain.validation import RuleContext, ValidationReport, ValidationScope
    from altegio_sync.ports import AppointmentSource
    from altegio_sync.usecases.asking.plan import RepairRequest
    from altegio_sync.usecases.rearranging import Rearrangement
    from altegio_sync.usecases.stopping import StopSignal
    from altegio_sync.usecases.validate import Validator


class RepairStore(AnswerStore, Protocol):
    """The collection, for one run of repairs."""

    async def count_local_repairs(self, context: RuleContext, zones: SchoolZones) -> int:
        """How many documents `repair_locally` would change."""
        ...

    async def repair_locally(
        self,
        context: RuleContext,
        zones: SchoolZones,
        unrepaired: Unrepaired,
        should_stop: Callable[[], bool],
    ) -> None:
        """Repair documents without Altegio. Dates without a zone are read in ``zones``."""
        ...

    async def count_done(self) -> tuple[int, int]:
        """How many documents this run changed, and how many it moved to the trash."""
        ...

    def find_to_ask(
        self, context: RuleContext, *, includes_wrong_types: bool = True
    ) -> AsyncIterator[list[Suspect]]:
        """Batches of documents that only an answer of Altegio can repair.

        ``includes_wrong_types``: also values of a wrong type. After `repair_locally` these are
        the values that could not be converted.
        """
        ...


async def repair_appointments(
    repair: RepairRun,
    validator: Validator,
    run: Rearrangement,
    scope: ValidationScope | None = None,
) -> ValidationReport:
    """Repair the documents. The report shows the remaining findings."""
    async with run.alone():
        failure = await repair.run()
        report = await validate_appointments(validator, repair.context, scope)
        report.fixed, report.trashed = await repair.count_done()
    report.run_id = run.run_id if report.fixed or report.trashed else None
    report.unrepaired = repair.unrepaired
    report.zones = repair.zones
    report.out_of_reach = None if failure is None else failure.message
    report.interrupted = run.should_stop()
    await run.keep(report.to_json(), interrupted=report.interrupted)
    return report


async def plan_repairs(
    repair: RepairRun, validator: Validator, scope: ValidationScope | None = None
) -> ValidationReport:
    """The findings, and what a repair would do about them. Nothing is written."""
    report = await validate_appointments(validator, repair.context, scope)
    report.plan = await repair.plan()
    report.zones = repair.zones
    return report


class RepairRun:
    """One run of repairs. Without a ``source`` Altegio is not asked."""

    def __init__(
        self,
        store: RepairStore,
        source: AppointmentSource | None,
        request: RepairRequest,
        context: RuleContext,
        stop: StopSignal,
    ) -> None:
        self._store = store
        self._asking = None if source is None else Asking(source, store, request)
        self._request = request
        self.context = context
        self._stop = stop
        self._has_asked_all = False
        self.unrepaired = Unrepaired()
        local = request.local
        self.zones = SchoolZones(local.zone if local.is_known else None, local.source)

    async def plan(self) -> RepairPlan:
        """Count what `run` would do, without a request to Altegio."""
        request = self._request
        asks_for_zones = self._asking is not None and request.timezone is None
        # The number of repairs does not depend on the zone, so any zone will do.
        zones = SchoolZones(request.local.zone, "") if asks_for_zones else self.zones
        plan = RepairPlan(local=await self._store.count_local_repairs(self.context, zones))
        asked = await self._plan_requests(plan)
        # Each location is requested once.
        plan.requests += len(request.companies if asks_for_zones else asked)
        if asks_for_zones:
            self.zones = SchoolZones(None, texts.ZONE_TO_BE_ASKED())
        plan.seconds = plan.requests / REQUESTS_PER_SECOND
        return plan

    async def _plan_requests(self, plan: RepairPlan) -> set[str]:
        """Add the requests for documents to the plan. Returns the companies that would be asked."""
        request = self._request
        asked: set[str] = set()
        async for batch in self._store.find_to_ask(self.context, includes_wrong_types=False):
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
        return asked

    async def count_done(self) -> tuple[int, int]:
        """How many documents were changed, and how many were moved to the trash."""
        return await self._store.count_done()

    async def run(self) -> AltegioError | None:
        """Repair what can be repaired. Returns the error that ended the requests to Altegio."""
        failure = await self._find_zones()
        if self._stop.is_set:
            return None
        await self._store.repair_locally(
            self.context, self.zones, self.unrepaired, should_stop=lambda: self._stop.is_set
        )
        if self._asking is not None and failure is None:
            failure = await self._ask_all(self._asking)
        if not self._has_asked_all and (self._asking is None or failure is not None):
            await self._leave_rest()
        return failure

    async def _find_zones(self) -> AltegioError | None:
        """Request the zones of the locations first: a date without a zone is read in them."""
        request = self._request
        if self._asking is None or request.timezone is not None:
            return None
        try:
            with self._stop.interrupting():
                zones = await self._asking.find_zones()
                self.zones = SchoolZones(
                    zones[request.companies[0]], texts.ZONE_OF_LOCATION(), zones
                )
        except AltegioError as error:
            return error
        return None

    async def _ask_all(self, asking: Asking) -> AltegioError | None:
        failure: AltegioError | None = None
        try:
            async for batch in self._store.find_to_ask(self.context):
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
        """Note the documents that only an answer of Altegio could repair as unrepaired."""
        async for batch in self._store.find_to_ask(self.context):
            for suspect in batch:
                self.unrepaired.note(texts.NOT_ASKED(), label_of(suspect))
