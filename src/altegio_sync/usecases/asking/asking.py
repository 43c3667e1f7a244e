"""Asks Altegio about documents with errors, and removes documents that Altegio does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio

from altegio_sync.domain.repair import Answer, Loss
from altegio_sync.domain.report import RunError
from altegio_sync.errors import AltegioError
from altegio_sync.messages import validation as texts
from altegio_sync.usecases.asking.company import AskedDocuments, CompanyAsking
from altegio_sync.usecases.asking.plan import group_by_companies, label_of
from altegio_sync.usecases.asking.removing import Removal
from altegio_sync.usecases.zones import to_zone

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from zoneinfo import ZoneInfo

    from altegio_sync.domain.repair import Suspect, Unrepaired
    from altegio_sync.messages import Message
    from altegio_sync.ports import AppointmentSource
    from altegio_sync.usecases.asking.plan import AnswerStore, RepairRequest
    from altegio_sync.usecases.asking.removing import Confirmed


class Asking:
    """Repairs documents by Altegio's present answers about them."""

    def __init__(
        self, source: AppointmentSource, store: AnswerStore, request: RepairRequest
    ) -> None:
        self._source = source
        self._store = store
        self._request = request
        self._companies: dict[str, CompanyAsking] = {}
        self._removal = Removal(source, request.page_size)

    async def find_zones(self) -> Mapping[str, ZoneInfo]:
        """The zones of all companies.

        Raises:
            AltegioError: a location cannot be fetched.
            ConfigError: this machine does not know a zone.
        """
        return {each: (await self._open(each)).zone for each in self._request.companies}

    async def settle(self, batch: Sequence[Suspect], unrepaired: Unrepaired) -> None:
        """Ask about a batch and write the answers. Raises AltegioError.

        Documents that no company has become candidates for `finish`.
        """
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
        """After all batches, move the documents to the trash that are certainly gone.

        Raises AltegioError.
        """
        removal = self._removal
        if removal.is_empty:
            return
        try:
            confirmed = await self._confirm()
        except* AltegioError:
            _note_all(unrepaired, texts.NOT_CERTAIN(), removal.candidates)
            raise
        for company_id, suspect, booking in confirmed.listed:
            company = await self._open(company_id)
            listed = AskedDocuments.about([suspect], unrepaired)
            if await company.write([booking], listed):
                await company.fetch_missing(listed)
        _note_all(unrepaired, texts.NOT_CERTAIN(), confirmed.unsure)
        moved = [*confirmed.gone, *removal.empty]
        if removal.is_too_much(confirmed.gone):
            unrepaired.errors.append(_too_many(len(confirmed.gone), removal.requested))
            _note_all(unrepaired, texts.TOO_MANY(), moved)
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
        """Ask one company after the other. Returns the documents that no company has.

        A company that refuses to answer about a document may have the document.
        """
        refused: set[str] = set()
        for company_id in companies:
            if not suspects:
                break
            asked = await (await self._open(company_id)).ask(suspects, unrepaired)
            refused |= asked.refused
            suspects = [each for each in suspects if each.appointment_id not in asked.settled]
        _note_all(
            unrepaired,
            texts.ANSWER_REFUSED(),
            [each for each in suspects if each.appointment_id in refused],
        )
        return [each for each in suspects if each.appointment_id not in refused]

    async def _settle_unaskable(self, suspects: Sequence[Suspect], unrepaired: Unrepaired) -> None:
        """Settle the documents that Altegio cannot be asked about.

        A document without an id can never be asked about. A document without a company may be asked
        about by a run with other settings. Nothing is written while Altegio is unreachable, so
        Altegio must have answered before.
        """
        without_company = [each for each in suspects if each.appointment_id is not None]
        _note_all(unrepaired, texts.NO_COMPANY(), without_company)
        without_id = [each for each in suspects if each.appointment_id is None]
        self._removal.empty += [each for each in without_id if each.loss is Loss.ALL]
        answers = [Answer(each) for each in without_id if each.loss is not Loss.ALL]
        if not answers:
            return
        await self._open(self._request.companies[0])
        await self._store.apply_answers(answers, unrepaired)

    async def _open(self, company_id: str) -> CompanyAsking:
        """The company, after its location was fetched once.

        With a wrong company id, all appointments would seem to be gone.
        """
        if company_id not in self._companies:
            location = await self._source.fetch_location(company_id)
            zone = to_zone(self._request.timezone or location.timezone, company_id)
            self._companies[company_id] = CompanyAsking(
                self._source, self._store, self._request, company_id, zone
            )
        return self._companies[company_id]


def _note_all(unrepaired: Unrepaired, reason: Message, suspects: Sequence[Suspect]) -> None:
    for each in suspects:
        unrepaired.note(reason, label_of(each))


def _too_many(count: int, requested: int) -> RunError:
    return RunError(
        "mass_removal",
        texts.TOO_MANY_OF(count=count, requested=requested),
    )
