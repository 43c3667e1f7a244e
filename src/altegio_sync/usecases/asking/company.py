"""Asks one company about documents: by the pages of their days, then by id."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio

from altegio_sync.domain.lessons import judge, needs_staff
from altegio_sync.domain.repair import Answer
from altegio_sync.messages.sync import KEEPS_CHANGING
from altegio_sync.ports import PageQuery
from altegio_sync.usecases.asking.plan import plan_windows
from altegio_sync.usecases.by_id import (
    KeepsChanging,
    NotKnown,
    Refused,
    RequestsById,
    Written,
    for_each_id,
)
from altegio_sync.usecases.reading.allowance import Allowance
from altegio_sync.usecases.reading.period_reading import PeriodReading

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from zoneinfo import ZoneInfo

    from altegio_sync.domain.appointment import Booking, Teacher
    from altegio_sync.domain.period import Period
    from altegio_sync.domain.repair import Suspect, Unrepaired
    from altegio_sync.ports import AppointmentSource, Page
    from altegio_sync.usecases.asking.plan import AnswerStore, RepairRequest
    from altegio_sync.usecases.reading.window import Window

#: A list may have many bookings that are not stored. After this number of pages for each document,
#: the documents that did not appear are requested by id.
_MOST_PAGES_PER_SUSPECT = 2


@dataclass(slots=True)
class AskedDocuments:
    """The documents that are asked about, by appointment id.

    ``settled`` are the ids that Altegio knows and that need no more requests. ``refused`` are the
    ids that Altegio refuses to answer about.
    """

    suspects: Mapping[str, Sequence[Suspect]]
    unrepaired: Unrepaired
    settled: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)

    @classmethod
    def about(cls, suspects: Sequence[Suspect], unrepaired: Unrepaired) -> AskedDocuments:
        by_id: dict[str, list[Suspect]] = {}
        for each in suspects:
            if each.appointment_id is not None:
                by_id.setdefault(each.appointment_id, []).append(each)
        return cls(by_id, unrepaired)

    @property
    def ids(self) -> list[str]:
        return sorted(self.suspects.keys() - self.settled)


class CompanyAsking:
    """Asks one company, and writes each answer at once, before it is too old."""

    def __init__(
        self,
        source: AppointmentSource,
        store: AnswerStore,
        request: RepairRequest,
        company_id: str,
        zone: ZoneInfo,
    ) -> None:
        self._source = source
        self._store = store
        self._request = request
        self._company_id = company_id
        self.zone = zone
        self._teachers: Mapping[str, Teacher] | None = None

    async def ask(self, suspects: Sequence[Suspect], unrepaired: Unrepaired) -> AskedDocuments:
        """Ask about the documents and write the answers. Raises AltegioError."""
        asked = AskedDocuments.about(suspects, unrepaired)
        windows = await plan_windows(self._store, suspects, self.zone, self._request.page_size)
        if windows.take_fewer:
            # Pages are of no use if they need more requests than asking by id.
            allowance = Allowance(_MOST_PAGES_PER_SUSPECT * len(suspects))
            for period in windows.periods:
                await self._read_window(period, asked, allowance)
        await self.fetch_missing(asked)
        return asked

    async def write(
        self, bookings: Sequence[Booking], asked: AskedDocuments, *, by_id: bool = False
    ) -> Sequence[Suspect]:
        """Write the answers. Returns the documents that Altegio has to be asked about again."""
        answers = [
            await self._answer(suspect, booking)
            for booking in bookings
            for suspect in asked.suspects.get(booking.id, ())
        ]
        if not answers:
            return []
        with anyio.CancelScope(shield=True):
            overtaken = await self._store.apply_answers(answers, asked.unrepaired, by_id=by_id)
        again = {each.appointment_id for each in overtaken}
        ids = {each.suspect.appointment_id for each in answers} - again
        asked.settled |= {each for each in ids if each is not None}
        return overtaken

    async def fetch_missing(self, asked: AskedDocuments) -> None:
        """Request by id the documents that are not settled. Some may stay unsettled (404)."""
        requests = RequestsById(self._source, self._company_id, self.zone)

        async def write(booking: Booking) -> bool:
            return not await self.write([booking], asked, by_id=True)

        async def settle(appointment_id: str) -> None:
            match await requests.settle(appointment_id, write):
                case Refused():
                    asked.refused.add(appointment_id)
                case KeepsChanging():
                    asked.settled.add(appointment_id)
                    asked.unrepaired.note(KEEPS_CHANGING(), appointment_id)
                case NotKnown() | Written():
                    pass

        await for_each_id(asked.ids, settle)

    async def _read_window(
        self, window: Period, asked: AskedDocuments, allowance: Allowance
    ) -> None:
        async def take(_number: int, _page: Page, bookings: list[Booking]) -> None:
            await self.write(bookings, asked)

        async def ignore(_window: Window) -> None:
            """Ignore the grade, since documents that were on no page are requested by id."""

        query = PageQuery(self._company_id, window, self.zone, 1, self._request.page_size)
        usage = self._source.usage
        await PeriodReading(self._source, take, ignore, usage, allowance=allowance).run(query)

    async def _answer(self, suspect: Suspect, booking: Booking) -> Answer:
        if self._teachers is None and needs_staff(booking):
            self._teachers = await self._source.fetch_teachers(self._company_id)
        rules = self._request.rules
        verdict = judge(booking, rules, self._teachers or {})
        return Answer(suspect, verdict, any(rules.is_trial(each) for each in booking.services))
