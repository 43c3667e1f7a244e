"""Looks for what is wrong in the collection, and mends it: alone first, then by asking Altegio."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from altegio_sync.domain.repair import LeftAlone
from altegio_sync.domain.validation import RepairPlan, ValidationReport
from altegio_sync.errors import AltegioError, first_error
from altegio_sync.usecases.asking import REQUESTS_PER_SECOND, group_by_company, plan_windows, shown

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from altegio_sync.domain.repair import Answer, Suspect
    from altegio_sync.domain.validation import RuleContext, RuleFinding
    from altegio_sync.usecases.asking import Asking, RepairRequest
    from altegio_sync.usecases.stopping import StopSignal

OFFLINE = "Altegio was not asked"


class RepairStore(Protocol):
    """The collection, for one run of repairs."""

    async def count_alone(self, context: RuleContext, zone: ZoneInfo) -> int: ...

    async def mend_alone(
        self, context: RuleContext, zone: ZoneInfo, now: datetime, left: LeftAlone
    ) -> None: ...

    async def count_done(self) -> tuple[int, int]: ...

    def find_to_ask(
        self, context: RuleContext, *, converts: bool = True
    ) -> AsyncIterator[list[Suspect]]: ...

    async def count_by_day(
        self, start: datetime, end: datetime, zone: ZoneInfo
    ) -> Mapping[str, int]: ...

    async def apply_answers(
        self, answers: Sequence[Answer], now: datetime, left: LeftAlone
    ) -> None: ...


class Validator(Protocol):
    """Runs the rules over the whole collection."""

    async def count(self) -> int: ...

    async def run_rules(self, context: RuleContext) -> list[RuleFinding]: ...


async def validate_appointments(validator: Validator, context: RuleContext) -> ValidationReport:
    """What the rules find; ``context`` is what they depend on beside the documents."""
    findings = await validator.run_rules(context)
    return ValidationReport(await validator.count(), findings)


class Repair:
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
        self.left = LeftAlone()

    async def plan(self) -> RepairPlan:
        """What `run` would do; asks Altegio nothing."""
        request = self._request
        plan = RepairPlan(local=await self._store.count_alone(self._context, request.zone))
        companies: set[str] = set()
        async for batch in self._store.find_to_ask(self._context, converts=False):
            for company_id, suspects in group_by_company(batch, request.companies).items():
                if company_id is None:
                    plan.unaskable += len(suspects)
                    continue
                windows = await plan_windows(self._store, suspects, request.zone, request.page_size)
                companies.add(company_id)
                plan.asked += len(suspects)
                plan.by_pages |= windows.take_fewer
                plan.requests += windows.requests if windows.take_fewer else len(suspects)
        plan.requests += len(companies)  # each location is asked for once
        plan.seconds = plan.requests / REQUESTS_PER_SECOND
        return plan

    async def run(self) -> AltegioError | None:
        """Mend what can be mended; the error where Altegio could not be asked on."""
        request = self._request
        await self._store.mend_alone(self._context, request.zone, request.now, self.left)
        if self._asking is None:
            await self._leave_rest()
            return None
        failure: AltegioError | None = None
        try:
            await self._ask_all(self._asking)
        except* AltegioError as group:
            error = first_error(group)
            failure = error if isinstance(error, AltegioError) else None
        if failure is not None:
            await self._leave_rest()
        return failure

    async def _ask_all(self, asking: Asking) -> None:
        async for batch in self._store.find_to_ask(self._context):
            if self._stop.is_set:
                break
            with self._stop.interrupting():
                await asking.settle(batch, self.left)

    async def _leave_rest(self) -> None:
        async for batch in self._store.find_to_ask(self._context):
            for suspect in batch:
                self.left.note(OFFLINE, shown(suspect))
