"""Decides which documents `validate --fix` moves to the trash: those that are gone at Altegio.

A lesson that was held counts for pay-roll, so the answer to a request by id is not enough. The
list of the lesson's day must not contain it either, and the location must answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from altegio_sync.domain.period import spans
from altegio_sync.domain.repair import Loss
from altegio_sync.ports import PageQuery
from altegio_sync.usecases.reading.period_reading import PeriodReading
from altegio_sync.usecases.reading.window import Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date
    from zoneinfo import ZoneInfo

    from altegio_sync.domain.appointment import Booking
    from altegio_sync.domain.repair import Suspect
    from altegio_sync.ports import AppointmentSource, Page

#: More documents than this, and more than one in twenty of those requested, look like a fault.
MOST_MOVED = 20
_ONE_IN = 20


@dataclass(slots=True)
class Confirmed:
    """The result of reading lists of days for documents that Altegio does not have by id.

    - ``gone``: no list contains them.
    - ``listed``: the list of the named company contains the booking.
    - ``unsure``: a list could not be read completely.
    """

    gone: list[Suspect] = field(default_factory=list)
    listed: list[tuple[str, Suspect, Booking]] = field(default_factory=list)
    unsure: list[Suspect] = field(default_factory=list)


@dataclass(slots=True)
class _Lists:
    """The lists of one company: the days read completely, and the wanted bookings by id."""

    days: set[date] = field(default_factory=set)
    found: dict[str, Booking] = field(default_factory=dict)


class Removal:
    """The candidates of one run. None is moved before Altegio was asked about all documents."""

    def __init__(self, source: AppointmentSource, page_size: int) -> None:
        self._source = source
        self._page_size = page_size
        self._missing: dict[tuple[str, ...], list[Suspect]] = {}
        self.empty: list[Suspect] = []
        self.requested = 0

    @property
    def companies(self) -> list[str]:
        """The companies that have to answer once more."""
        return sorted({company for companies in self._missing for company in companies})

    @property
    def is_empty(self) -> bool:
        return not self.candidates

    @property
    def candidates(self) -> list[Suspect]:
        return [*(each for several in self._missing.values() for each in several), *self.empty]

    def take(self, companies: tuple[str, ...], suspects: Iterable[Suspect]) -> list[Suspect]:
        """Keep the candidates among documents that no company has by id; return the others."""
        suspects = list(suspects)
        candidates = [each for each in suspects if each.loss is not Loss.NOTHING]
        if candidates:
            self._missing.setdefault(companies, []).extend(candidates)
        return [each for each in suspects if each.loss is Loss.NOTHING]

    def is_too_much(self, gone: Sequence[Suspect]) -> bool:
        return len(gone) > MOST_MOVED and len(gone) * _ONE_IN > self.requested

    async def confirm(self, zones: Mapping[str, ZoneInfo]) -> Confirmed:
        """Read the lists of the candidates' days. Raises AltegioError."""
        lists = {company: await self._read(company, zones[company]) for company in self.companies}
        confirmed = Confirmed()
        for companies, suspects in self._missing.items():
            for suspect in suspects:
                wanted = suspect.appointment_id or ""
                holder = next((each for each in companies if wanted in lists[each].found), None)
                if holder is not None:
                    confirmed.listed.append((holder, suspect, lists[holder].found[wanted]))
                elif all(_days(suspect, zones[each]) <= lists[each].days for each in companies):
                    confirmed.gone.append(suspect)
                else:
                    confirmed.unsure.append(suspect)
        return confirmed

    async def _read(self, company: str, zone: ZoneInfo) -> _Lists:
        suspects = [
            each
            for companies, several in self._missing.items()
            if company in companies
            for each in several
        ]
        wanted = {each.appointment_id for each in suspects}
        days = {day for each in suspects for day in _days(each, zone)}
        lists = _Lists()

        async def take(_number: int, _page: Page, bookings: list[Booking]) -> None:
            lists.found.update({each.id: each for each in bookings if each.id in wanted})

        async def settled(window: Window) -> None:
            if window.is_believed and window.period is not None:
                lists.days.update(window.period.each_day())

        for period in spans(sorted(days)):
            query = PageQuery(company, period, zone, 1, self._page_size)
            await PeriodReading(self._source, take, settled, self._source.usage).run(query)
        return lists


def _days(suspect: Suspect, zone: ZoneInfo) -> set[date]:
    """The local days whose lists would contain the booking; empty if the document has no date."""
    moments = (suspect.starts_at, suspect.ends_at)
    return {each.astimezone(zone).date() for each in moments if each is not None}
