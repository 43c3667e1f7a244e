"""Asks Altegio again where an answer may be older than the stored document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from altegio_sync.messages import sync as texts
from altegio_sync.usecases.by_id import (
    KeepsChanging,
    NotKnown,
    Refused,
    RequestsById,
    Written,
    for_each_id,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from zoneinfo import ZoneInfo

    from altegio_sync.domain.appointment import Booking
    from altegio_sync.messages import Message
    from altegio_sync.ports import AppointmentSource, Overtaken, PageQuery

    OnFailure = Callable[[str, Message], None]


#: From this number on, the page is requested again instead of each appointment.
_PAGE_FROM = 3


class Store(Protocol):
    """Stores answers; ``by_id`` as in `AppointmentStore.store_batch`."""

    async def __call__(
        self, bookings: Sequence[Booking], *, by_id: bool = False
    ) -> Sequence[Overtaken]: ...


class AskingAgain:
    """Requests overtaken appointments again: the whole page for several, then each by its id.

    ``on_failure`` gets the id of an appointment that could not be stored, and the reason.
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
            # An appointment that has left the page meanwhile is requested by its id.
            left += [each for each in late if each not in there]
            again = await self._store([there[each] for each in late if each in there])
            left += [each.verdict.booking.id for each in again]
        await self.settle_each(left, query.company_id, query.zone)

    async def settle_each(self, ids: Sequence[str], company_id: str, zone: ZoneInfo) -> None:
        requests = RequestsById(self._source, company_id, zone)

        async def write(booking: Booking) -> bool:
            return not await self._store([booking], by_id=True)

        async def settle(appointment_id: str) -> None:
            match await requests.settle(appointment_id, write):
                case NotKnown(error) | Refused(error):
                    self._on_failure(appointment_id, error.message)
                case KeepsChanging():
                    self._on_failure(appointment_id, texts.KEEPS_CHANGING_RUN_AGAIN())
                case Written():
                    pass

        await for_each_id(ids, settle)
