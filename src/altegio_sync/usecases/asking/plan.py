"""Plans how to ask Altegio about documents: which companies, and whether by pages or by id."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from altegio_sync.domain.lessons import LessonRules
from altegio_sync.domain.period import spans

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from altegio_sync.domain.period import Period
    from altegio_sync.domain.repair import Answer, Suspect, Unrepaired
    from altegio_sync.usecases.zones import LocalZone

#: 195 requests a minute. In the long run, this limit decides.
REQUESTS_PER_SECOND = 3.25
#: Altegio's pages also contain bookings that are not stored, so there are more rows than documents.
_RECORDS_PER_STORED = 1.5
#: The number of pages is an estimate, and documents that are on no page are requested by id too.
_ESTIMATE_MARGIN = 1.25


@dataclass(frozen=True, slots=True)
class RepairRequest:
    """How to repair.

    Without a ``timezone``, the locations are asked for their zones. ``local`` is the zone if no
    location is asked.
    """

    companies: Sequence[str]
    local: LocalZone
    timezone: str | None = None
    page_size: int = 50
    rules: LessonRules = field(default_factory=LessonRules)


class AnswerStore(Protocol):
    """The part of the collection that asking needs."""

    async def count_by_day(
        self, start: datetime, end: datetime, zone: ZoneInfo
    ) -> Mapping[str, int]: ...

    async def apply_answers(
        self, answers: Sequence[Answer], unrepaired: Unrepaired, *, by_id: bool = False
    ) -> Sequence[Suspect]:
        """Write the answers. ``by_id`` as in `AppointmentStore.store_batch`.

        Returns the documents that may be newer than the answer: Altegio has to be asked about
        them again, by id.
        """
        ...

    async def move_to_trash(self, suspects: Sequence[Suspect], unrepaired: Unrepaired) -> None: ...


@dataclass(frozen=True, slots=True)
class Windows:
    """The days of some documents, and about how many requests it takes to read these days.

    ``take_fewer``: this is fewer requests than asking for each document by its id.
    """

    periods: Sequence[Period]
    requests: int
    take_fewer: bool


def group_by_companies(
    batch: Iterable[Suspect], configured: Sequence[str]
) -> dict[tuple[str, ...], list[Suspect]]:
    """Group documents by the companies to ask about them, one after the other.

    This is the company of the document, or every company if the document names none. The empty
    tuple is the key of documents that no company can be asked about.
    """
    grouped: dict[tuple[str, ...], list[Suspect]] = {}
    for suspect in batch:
        own = configured if suspect.company_id is None else (suspect.company_id,)
        is_askable = suspect.appointment_id is not None
        companies = tuple(each for each in own if is_askable and each in configured)
        grouped.setdefault(companies, []).append(suspect)
    return grouped


async def plan_windows(
    store: AnswerStore, suspects: Sequence[Suspect], zone: ZoneInfo, page_size: int
) -> Windows:
    """Plan the reading of the documents' days. Requests nothing from Altegio."""
    moments = [each.starts_at for each in suspects if each.starts_at is not None]
    if not moments:
        return Windows([], len(suspects), take_fewer=False)
    periods = spans(sorted({moment.astimezone(zone).date() for moment in moments}))
    by_day = await store.count_by_day(min(moments), max(moments), zone)
    requests = len(suspects) - len(moments)  # documents without a day are requested by id
    for period in periods:
        stored = sum(by_day.get(day.isoformat(), 0) for day in period.each_day())
        requests += 1 + int(stored * _RECORDS_PER_STORED) // page_size
    return Windows(periods, requests, take_fewer=requests * _ESTIMATE_MARGIN < len(suspects))


def label_of(suspect: Suspect) -> str:
    """The name of the document for people."""
    return suspect.appointment_id or f"_id {suspect.document_id}"
