"""Asks Altegio again about answers that may be older than what is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import anyio

from altegio_sync.errors import (
    AltegioRejectedError,
    AuthenticationError,
    UnexpectedAnswerError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from zoneinfo import ZoneInfo

    from altegio_sync.domain.appointment import Booking
    from altegio_sync.ports import AppointmentSource, Overtaken, PageQuery

    OnFailure = Callable[[str, str], None]


_WORKERS = 8
#: From so many on, the page is asked for again and not each of them.
_PAGE_FROM = 3
#: Requests for one appointment; each time, something else had changed the stored one.
_TRIES = 3
#: Clocks of other machines are a little ahead, and what is written by one seems later for so long.
PAUSE_S = 0.2


class Store(Protocol):
    """Stores answers; ``by_id`` as in `AppointmentStore.store_batch`."""

    async def __call__(
        self, bookings: Sequence[Booking], *, by_id: bool = False
    ) -> Sequence[Overtaken]: ...


class AskingAgain:
    """Settles what was overtaken: by its page where that helps, then each by its id.

    ``on_failure`` is told the id and the reason of an appointment that could not be settled.
    """

    def __init__(self, source: AppointmentSource, store: Store, on_failure: OnFailure) -> None:
        self._source = source
        self._store = store
        self._on_failure = on_failure

    async def settle_page(self, overtaken: Sequence[Overtaken], query: PageQuery) -> None:
        late = [each.verdict.booking.id for each in overtaken if not each.only_by_id]
        left = [each.verdict.booking.id for each in overtaken if each.only_by_id]
        if len(late) < _PAGE_FROM:
            left += late
        else:
            page = await self._source.fetch_page(query)
            there = {each.id: each for each in page.bookings}
            # What has left the page meanwhile is asked for by its id.
            left += [each for each in late if each not in there]
            again = await self._store([there[each] for each in late if each in there])
            left += [each.verdict.booking.id for each in again]
        await self.settle_each(left, query.company_id, query.zone)

    async def settle_each(self, ids: Sequence[str], company_id: str, zone: ZoneInfo) -> None:
        waiting = iter(ids)

        async def worker() -> None:
            for appointment_id in waiting:
                await self._settle_one(appointment_id, company_id, zone)

        async with anyio.create_task_group() as tasks:
            for _ in range(min(_WORKERS, len(ids))):
                tasks.start_soon(worker)

    async def _settle_one(self, appointment_id: str, company_id: str, zone: ZoneInfo) -> None:
        for attempt in range(_TRIES):
            await anyio.sleep(attempt * PAUSE_S)
            try:
                booking: Booking = await self._source.fetch_booking(
                    company_id, appointment_id, zone
                )
            except (AltegioRejectedError, UnexpectedAnswerError) as error:
                if isinstance(error, AuthenticationError):
                    # Void tokens are refused here as well, and that breaks the run off.
                    await self._source.fetch_location(company_id)
                self._on_failure(appointment_id, str(error))
                return
            if not await self._store([booking], by_id=True):
                return
        self._on_failure(appointment_id, "other programs keep changing it, run it again")
