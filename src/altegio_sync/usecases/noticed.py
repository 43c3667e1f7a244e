"""Brings the appointments that notices named: one request by id each, stored as in `changes`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import anyio

from altegio_sync.domain.notices import MISSING_PAUSE, NoticeState
from altegio_sync.errors import AltegioError, ungrouped
from altegio_sync.usecases.by_id import NotKnown, Refused, RequestsById

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import timedelta
    from zoneinfo import ZoneInfo

    from altegio_sync.domain.counts import RecordCounts
    from altegio_sync.domain.notices import Claim, DueAppointment
    from altegio_sync.usecases.company_run import CompanyRun
    from altegio_sync.usecases.stopping import StopSignal

    # Returns the result of the notices; None: try again later.
    Bring = Callable[[Claim], Awaitable[NoticeState | None]]

#: How many appointments are worked on at the same time.
_WORKERS = 8
_RENEWED_EVERY_S = 15.0


class NoticeStore(Protocol):
    """The stored notices; see `MongoNotices`."""

    async def find_due(self) -> Sequence[DueAppointment]: ...

    async def claim(self, company: str, appointment_id: str) -> Claim | None: ...

    async def renew(self, claim: Claim) -> bool: ...

    async def finish(self, claim: Claim, state: NoticeState) -> None: ...

    async def try_again(
        self, claim: Claim, pause: timedelta | None = None, *, is_missing: bool = False
    ) -> NoticeState: ...


async def settle_due(
    notices: NoticeStore,
    bring: Bring,
    stop: StopSignal,
    *,
    renewed_every_s: float = _RENEWED_EVERY_S,
) -> None:
    """Work off the appointments that are due now, unless another process works on them.

    After ``stop`` no appointment begins.

    Raises:
        StoreError: MongoDB fails. What was claimed is due again when its claim has expired.
    """
    due = iter(await notices.find_due())

    async def work() -> None:
        for each in due:
            if stop.is_set:
                return
            claim = await notices.claim(each.company, each.appointment_id)
            if claim is not None:
                await _settle(notices, bring, claim, renewed_every_s)

    with ungrouped():
        async with anyio.create_task_group() as tasks:
            for _ in range(_WORKERS):
                tasks.start_soon(work)


async def _settle(notices: NoticeStore, bring: Bring, claim: Claim, renewed_every_s: float) -> None:
    result: NoticeState | None = None
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_keep, notices, claim, renewed_every_s, tasks.cancel_scope)
        try:
            result = await bring(claim)
        except AltegioError:
            result = None
        tasks.cancel_scope.cancel()
    # If the claim was lost, nothing is stored.
    if result is NoticeState.NOT_FOUND and not claim.was_missing:
        await notices.try_again(claim, MISSING_PAUSE, is_missing=True)
    elif result is None:
        await notices.try_again(claim)
    else:
        await notices.finish(claim, result)


async def _keep(
    notices: NoticeStore, claim: Claim, renewed_every_s: float, work: anyio.CancelScope
) -> None:
    """Renew the claim again and again; end the work if another process has it."""
    while True:
        await anyio.sleep(renewed_every_s)
        if not await notices.renew(claim):
            work.cancel()


async def bring_noticed(
    company: CompanyRun, appointment_id: str, zone: ZoneInfo
) -> NoticeState | None:
    """Read and store the appointment. Returns the result of its notices; None: try again later.

    ``company`` is for this appointment alone. `NOT_FOUND` may be a passing state at Altegio: the
    caller asks a second time before the appointment counts as vanished.

    Raises:
        AltegioError: Altegio cannot answer about any appointment.
        StoreError: MongoDB fails.
    """
    requests = RequestsById(company.context.source, company.report.company, zone)
    company.report.timezone = zone.key
    match await requests.fetch(appointment_id):
        case NotKnown():
            return NoticeState.NOT_FOUND
        case Refused():
            return None
        case booking:
            await company.intake.take_single(booking, zone, was_on_page=False)
            return _result_of(company.report.records, has_errors=bool(company.report.errors))


def _result_of(counts: RecordCounts, *, has_errors: bool) -> NoticeState | None:
    if counts.failed or has_errors:
        return None
    return NoticeState.STORED if counts.saved or counts.updated else NoticeState.UNCHANGED
