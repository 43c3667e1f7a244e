"""Brings the appointments that notices named: one request by id each, stored as in `changes`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from altegio_sync.domain.counts import Outcome
from altegio_sync.domain.lessons import Skipped
from altegio_sync.domain.notices import (
    Failed,
    Missing,
    NoticeState,
    Postponed,
    Settled,
)
from altegio_sync.errors import (
    AltegioError,
    AltegioUnavailableError,
    RateLimitedError,
    ungrouped,
)
from altegio_sync.ports import SilentProgress
from altegio_sync.usecases.by_id import NotKnown, Refused, RequestsById
from altegio_sync.usecases.vanished import MASS_SHARE, is_mass

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextlib import AbstractAsyncContextManager

    from altegio_sync.domain.appointment import Booking
    from altegio_sync.domain.lessons import Verdict
    from altegio_sync.domain.notices import Brought, Claim, GoneCounts
    from altegio_sync.errors import NotFoundError
    from altegio_sync.ports import StoredScope
    from altegio_sync.usecases.company_run import CompanyRun

    # Holds what has to be held while documents are written.
    Hold = Callable[[], AbstractAsyncContextManager[None]]
    CountGone = Callable[[str], Awaitable[GoneCounts]]

#: Altegio may ask for a longer wait; then it is asked again earlier.
_LONGEST_REST_S = 3600.0


class NoticedAppointment:
    """An appointment that notices named. ``company`` is for this appointment alone.

    ``scope`` contains the documents that may be marked as deleted.
    """

    def __init__(
        self,
        company: CompanyRun,
        claim: Claim,
        scope: StoredScope,
        *,
        hold: Hold,
        count_gone: CountGone,
    ) -> None:
        self._company = company
        self._context = company.context
        self._claim = claim
        self._scope = scope
        self._hold = hold
        self._count_gone = count_gone
        company.report.timezone = scope.zone.key

    async def bring(self) -> Brought:
        """Read the appointment, and store or mark it.

        Raises:
            StoreError: MongoDB fails, or another run has the collection to itself.
        """
        try:
            with ungrouped():
                return await self._bring()
        except AltegioUnavailableError as error:
            rest_s = min(error.retry_after_s or 0.0, _LONGEST_REST_S)
            is_outage = isinstance(error, RateLimitedError) or not await self._has_location()
            return Postponed(timedelta(seconds=rest_s)) if is_outage else Failed()
        except AltegioError:  # the tokens, or the address: every request fails
            return Postponed()

    async def _has_location(self) -> bool:
        """Whether Altegio answers at all. Then the failure is about this appointment."""
        try:
            await self._context.source.fetch_location(self._claim.company)
        except AltegioError:
            return False
        return True

    async def _bring(self) -> Brought:
        scope = self._scope
        requests = RequestsById(self._context.source, scope.company_id, scope.zone)
        match await requests.fetch(self._claim.appointment_id):
            case NotKnown(error):
                return await self._note_missing(error)
            case Refused():
                return Failed()
            case booking:
                async with self._hold():
                    await self._company.intake.take_single(booking, scope.zone, was_on_page=False)
                return self._result_of(booking)

    def _result_of(self, booking: Booking) -> Settled | Failed:
        counts = self._company.report.records
        if counts.failed or self._company.report.errors:
            return Failed()
        is_stored = counts.saved or counts.updated
        state = NoticeState.STORED if is_stored else NoticeState.UNCHANGED
        reason = next((each.value for each in counts.skipped), None)
        return Settled(state, booking.changed_at, reason)

    async def _note_missing(self, error: NotFoundError) -> Brought:
        appointment_id = self._claim.appointment_id
        is_stored = bool(await self._context.store.find_undeleted(self._scope, {appointment_id}))
        if not self._claim.was_missing:
            return Missing(is_stored)
        if not is_stored:
            return Settled(NoticeState.NOT_FOUND)
        counts = await self._count_gone(self._claim.company)
        if is_mass(counts.gone, counts.known):
            company, share = self._claim.company, MASS_SHARE
            self._warn("notices_left", company=company, count=counts.gone, share=share)
            return Settled(NoticeState.NOT_FOUND, is_left=True)
        async with self._hold():
            return await self._mark(appointment_id, error.asked_at)

    async def _mark(self, appointment_id: str, asked_at: float | None) -> Brought:
        context = self._context
        gone = {appointment_id: asked_at}
        result = await context.store.mark_deleted(gone, self._scope, context.writing_run)
        if result.failures:
            return Failed()
        if result.overtaken:  # somebody changed the document after the request
            return Postponed()
        if result.marked:
            self._warn("vanished", appointment_id=appointment_id, dry_run=False)
        return Settled(NoticeState.NOT_FOUND)

    def _warn(self, event: str, **fields: Any) -> None:
        self._context.progress.warn(event, **fields)


class NotedResults(SilentProgress):
    """The results of a run of `changes`, for the notices of the appointments that it read.

    An appointment that could not be stored has no result.
    """

    def __init__(self) -> None:
        self.results: dict[str, Settled] = {}

    def appointment(self, verdict: Verdict, outcome: Outcome, changes: object = ()) -> None:
        del changes
        booking = verdict.booking
        if outcome is not Outcome.FAILED:
            is_stored = outcome in (Outcome.SAVED, Outcome.UPDATED)
            state = NoticeState.STORED if is_stored else NoticeState.UNCHANGED
            reason = None
            if outcome is Outcome.SKIPPED and isinstance(verdict, Skipped):
                reason = verdict.reason.value
            self.results[booking.id] = Settled(state, booking.changed_at, reason)
