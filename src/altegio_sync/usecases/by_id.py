"""Requests appointments by their id, eight at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio

from altegio_sync.errors import (
    AltegioRejectedError,
    AuthenticationError,
    NotFoundError,
    UnexpectedAnswerError,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection
    from zoneinfo import ZoneInfo

    from altegio_sync.domain.appointment import Booking
    from altegio_sync.ports import AppointmentSource

    # Writes an answer. Returns False if the answer may be older than the stored document.
    Write = Callable[[Booking], Awaitable[bool]]

_WORKERS = 8
#: The most requests for one appointment while other programs keep changing its document.
TRIES = 3
#: The pause between them. Clocks of other machines may be ahead, so their writes may seem later.
_PAUSE_S = 0.2


@dataclass(frozen=True, slots=True)
class NotKnown:
    """Altegio does not have the appointment (404)."""

    error: NotFoundError


@dataclass(frozen=True, slots=True)
class Refused:
    """Altegio refused to answer about this appointment, or answered with something else."""

    error: AltegioRejectedError | UnexpectedAnswerError


@dataclass(frozen=True, slots=True)
class Written:
    """Altegio's answer is stored."""


@dataclass(frozen=True, slots=True)
class KeepsChanging:
    """Other programs changed the stored document again and again, so nothing was written."""


class RequestsById:
    """The requests for single appointments of one company."""

    def __init__(self, source: AppointmentSource, company_id: str, zone: ZoneInfo) -> None:
        self._source = source
        self._company_id = company_id
        self._zone = zone

    async def fetch(self, appointment_id: str) -> Booking | NotKnown | Refused:
        """The appointment.

        Raises:
            AltegioError: Altegio cannot answer about any appointment.
        """
        try:
            return await self._source.fetch_booking(self._company_id, appointment_id, self._zone)
        except (AltegioRejectedError, UnexpectedAnswerError) as error:
            return await self._judge(error)

    async def settle(
        self, appointment_id: str, write: Write
    ) -> Written | KeepsChanging | NotKnown | Refused:
        """Fetch the appointment and write it. Repeat this if the document changes meanwhile.

        ``write`` may send requests too, such as for the staff list, and these may be refused.
        """
        try:
            for attempt in range(TRIES):
                await anyio.sleep(attempt * _PAUSE_S)
                fetched = self._source.fetch_booking(self._company_id, appointment_id, self._zone)
                if await write(await fetched):
                    return Written()
        except (AltegioRejectedError, UnexpectedAnswerError) as error:
            return await self._judge(error)
        return KeepsChanging()

    async def _judge(
        self, error: AltegioRejectedError | UnexpectedAnswerError
    ) -> NotKnown | Refused:
        if isinstance(error, NotFoundError):
            return NotKnown(error)
        if isinstance(error, AuthenticationError):
            # If the tokens are not valid, this request fails as well, and the run ends.
            await self._source.fetch_location(self._company_id)
        return Refused(error)


async def for_each_id(ids: Collection[str], work: Callable[[str], Awaitable[None]]) -> None:
    """Do the work for each id, eight ids at the same time."""
    waiting = iter(ids)

    async def worker() -> None:
        for appointment_id in waiting:
            await work(appointment_id)

    async with anyio.create_task_group() as tasks:
        for _ in range(min(_WORKERS, len(ids))):
            tasks.start_soon(worker)
