"""Asks Altegio about documents with something wrong: by id, or by the pages of their days."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio

from altegio_sync.domain.lessons import LessonRules, judge, needs_staff
from altegio_sync.domain.repair import Answer, Loss
from altegio_sync.domain.report import RunError
from altegio_sync.errors import AltegioError
from altegio_sync.ports import PageQuery
from altegio_sync.usecases.allowance import Allowance
from altegio_sync.usecases.asking_plan import (
    AnswerStore,
    group_by_companies,
    label_of,
    plan_windows,
)
from altegio_sync.usecases.by_id import (
    KeepsChanging,
    NotKnown,
    Refused,
    RequestsById,
    Written,
    for_each_id,
)
from altegio_sync.usecases.reading import PeriodReading
from altegio_sync.usecases.removing import Confirmed, Removal
from altegio_sync.usecases.window import Window
from altegio_sync.usecases.zones import to_zone

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from zoneinfo import ZoneInfo

    from altegio_sync.domain.appointment import Booking, Teacher
    from altegio_sync.domain.period import Period
    from altegio_sync.domain.repair import Suspect, Unrepaired
    from altegio_sync.ports import AppointmentSource, Page
    from altegio_sync.usecases.zones import LocalZone

NO_COMPANY = "no company to ask for it"
REFUSED = "Altegio refused to answer for it"
KEEPS_CHANGING = "other programs keep changing it"
NOT_CERTAIN = "perhaps gone at Altegio, but the list of its day could not be read completely"
TOO_MANY = "Altegio does not have it, but too many would be moved to the trash"
#: The list may hold much that is not stored. What is still missing then is asked for by id.
_MOST_PAGES_PER_SUSPECT = 2


@dataclass(frozen=True, slots=True)
class RepairRequest:
    """How to repair; ``local`` is the zone where no location is asked for its own.

    One is, unless there is a ``timezone``.
    """

    companies: Sequence[str]
    local: LocalZone
    timezone: str | None = None
    page_size: int = 50
    rules: LessonRules = field(default_factory=LessonRules)


@dataclass(slots=True)
class _Company:
    """A location as far as it was asked for."""

    id: str
    zone: ZoneInfo
    teachers: Mapping[str, Teacher] | None = None


@dataclass(slots=True)
class _Open:
    """The documents that are asked about, by id; ``settled`` are the ids that Altegio knows."""

    suspects: Mapping[str, Sequence[Suspect]]
    unrepaired: Unrepaired
    settled: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, suspects: Sequence[Suspect], unrepaired: Unrepaired) -> _Open:
        by_id: dict[str, list[Suspect]] = {}
        for each in suspects:
            if each.appointment_id is not None:
                by_id.setdefault(each.appointment_id, []).append(each)
        return cls(by_id, unrepaired)

    @property
    def ids(self) -> list[str]:
        return sorted(self.suspects.keys() - self.settled)


class Asking:
    """Settles documents by what Altegio says of them now.

    Each answer is written when it comes: one that waited would have to be asked for again.
    """

    def __init__(
        self, source: AppointmentSource, store: AnswerStore, request: RepairRequest
    ) -> None:
        self._source = source
        self._store = store
        self._request = request
        self._companies: dict[str, _Company] = {}
        self._removal = Removal(source, request.page_size)

    async def find_zones(self) -> Mapping[str, ZoneInfo]:
        """The zones of all companies; raises AltegioError, and ConfigError for one unknown here."""
        return {each: (await self._open(each)).zone for each in self._request.companies}

    async def settle(self, batch: Sequence[Suspect], unrepaired: Unrepaired) -> None:
        """Ask about a batch and write what came of it; raises AltegioError."""
        grouped = group_by_companies(batch, self._request.companies)
        unaskable = grouped.pop((), [])
        for companies, suspects in grouped.items():
            missing = await self._ask_in_turn(companies, suspects, unrepaired)
            self._removal.requested += len(suspects)
            kept = self._removal.take(companies, missing)
            with anyio.CancelScope(shield=True):
                await self._store.apply_answers([Answer(each) for each in kept], unrepaired)
        await self._settle_unaskable(unaskable, unrepaired)

    async def finish(self, unrepaired: Unrepaired) -> None:
        """Move to the trash what is certainly gone, after all were asked; raises AltegioError."""
        removal = self._removal
        if removal.is_empty:
            return
        try:
            confirmed = await self._confirm()
        except* AltegioError:
            for suspect in removal.candidates:
                unrepaired.note(NOT_CERTAIN, label_of(suspect))
            raise
        for company_id, suspect, booking in confirmed.listed:
            company = await self._open(company_id)
            listed = _Open.of([suspect], unrepaired)
            if await self._write(company, [booking], listed):
                await self._fetch_missing(company, listed, set())
        for suspect in confirmed.unsure:
            unrepaired.note(NOT_CERTAIN, label_of(suspect))
        moved = [*confirmed.gone, *removal.empty]
        if removal.is_too_much(confirmed.gone):
            unrepaired.errors.append(_too_many(len(confirmed.gone), removal.requested))
            for suspect in moved:
                unrepaired.note(TOO_MANY, label_of(suspect))
            moved = []
        with anyio.CancelScope(shield=True):
            await self._store.move_to_trash(moved, unrepaired)

    async def _confirm(self) -> Confirmed:
        companies = self._removal.companies
        for company in companies or self._request.companies[:1]:
            await self._source.fetch_location(company)
        return await self._removal.confirm(
            {each: (await self._open(each)).zone for each in companies}
        )

    async def _ask_in_turn(
        self, companies: Sequence[str], suspects: Sequence[Suspect], unrepaired: Unrepaired
    ) -> list[Suspect]:
        """Those that no company has: Altegio does not have them; one that refuses may."""
        refused: set[str] = set()
        for company_id in companies:
            if not suspects:
                break
            company = await self._open(company_id)
            settled = await self._fetch(company, suspects, refused, unrepaired)
            suspects = [each for each in suspects if each.appointment_id not in settled]
        for each in suspects:
            if each.appointment_id in refused:
                unrepaired.note(REFUSED, label_of(each))
        return [each for each in suspects if each.appointment_id not in refused]

    async def _fetch(
        self,
        company: _Company,
        suspects: Sequence[Suspect],
        refused: set[str],
        unrepaired: Unrepaired,
    ) -> set[str]:
        """Settle what Altegio has of them; its ids. Those that it refuses to tell of are added."""
        asked = _Open.of(suspects, unrepaired)
        windows = await plan_windows(self._store, suspects, company.zone, self._request.page_size)
        if windows.take_fewer:
            # Pages that take more requests than asking by id are no help.
            allowance = Allowance(_MOST_PAGES_PER_SUSPECT * len(suspects))
            for period in windows.periods:
                await self._read_window(company, period, asked, allowance)
        await self._fetch_missing(company, asked, refused)
        return asked.settled

    async def _write(
        self, company: _Company, bookings: Sequence[Booking], asked: _Open, *, by_id: bool = False
    ) -> Sequence[Suspect]:
        """Write what Altegio says; those to be asked about again are not settled."""
        answers = [
            await self._answer(company, suspect, booking)
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

    async def _settle_unaskable(self, suspects: Sequence[Suspect], unrepaired: Unrepaired) -> None:
        """Without an id nobody can be asked, ever; without a company somebody else may.

        Nothing is written in an outage, so Altegio has to have answered before.
        """
        for suspect in suspects:
            if suspect.appointment_id is not None:
                unrepaired.note(NO_COMPANY, label_of(suspect))
        without_id = [each for each in suspects if each.appointment_id is None]
        self._removal.empty += [each for each in without_id if each.loss is Loss.ALL]
        answers = [Answer(each) for each in without_id if each.loss is not Loss.ALL]
        if not answers:
            return
        await self._open(self._request.companies[0])
        await self._store.apply_answers(answers, unrepaired)

    async def _open(self, company_id: str) -> _Company:
        """The location, asked for once: a wrong one must not look like appointments gone."""
        if company_id not in self._companies:
            location = await self._source.fetch_location(company_id)
            zone = to_zone(self._request.timezone or location.timezone, company_id)
            self._companies[company_id] = _Company(company_id, zone)
        return self._companies[company_id]

    async def _read_window(
        self,
        company: _Company,
        window: Period,
        asked: _Open,
        allowance: Allowance,
    ) -> None:

        async def take(_number: int, _page: Page, bookings: list[Booking]) -> None:
            await self._write(company, bookings, asked)

        async def ignore(_window: Window) -> None:
            """What no page had is asked for by id, so nothing hangs on the pages' grade."""

        query = PageQuery(company.id, window, company.zone, 1, self._request.page_size)
        usage = self._source.usage
        await PeriodReading(self._source, take, ignore, usage, allowance=allowance).run(query)

    async def _fetch_missing(self, company: _Company, asked: _Open, refused: set[str]) -> None:
        """Ask by id for those that no page had; one that Altegio does not know stays missing."""
        requests = RequestsById(self._source, company.id, company.zone)

        async def write(booking: Booking) -> bool:
            return not await self._write(company, [booking], asked, by_id=True)

        async def settle(appointment_id: str) -> None:
            match await requests.settle(appointment_id, write):
                case Refused():
                    refused.add(appointment_id)
                case KeepsChanging():
                    asked.settled.add(appointment_id)
                    asked.unrepaired.note(KEEPS_CHANGING, appointment_id)
                case NotKnown() | Written():
                    pass

        await for_each_id(asked.ids, settle)

    async def _answer(self, company: _Company, suspect: Suspect, booking: Booking) -> Answer:
        if company.teachers is None and needs_staff(booking):
            company.teachers = await self._source.fetch_teachers(company.id)
        rules = self._request.rules
        verdict = judge(booking, rules, company.teachers or {})
        return Answer(suspect, verdict, any(rules.is_trial(each) for each in booking.services))


def _too_many(count: int, requested: int) -> RunError:
    return RunError(
        "mass_removal",
        f"Altegio does not have {count} of {requested} requested appointments any more: none was "
        "moved to the trash. Check ALTEGIO_COMPANY_ID and the tokens",
    )
