"""Plans how to ask Altegio about documents: which companies, and whether by pages or by id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from altegio_sync.domain.period import spans

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from altegio_sync.domain.period import Period
    from altegio_sync.domain.repair import Answer, Suspect, Unrepaired

#: 195 requests a minute: what binds in the long run.
REQUESTS_PER_SECOND = 3.25
#: Skipped bookings stand on Altegio's pages too, so there is more there than is stored.
_RECORDS_PER_STORED = 1.5
#: Pages are an estimate, and what they lack is asked for by id after all.
_ESTIMATE_MARGIN = 1.25


class AnswerStore(Protocol):
    """What asking needs of the collection."""

    async def count_by_day(
        self, start: datetime, end: datetime, zone: ZoneInfo
    ) -> Mapping[str, int]: ...

    async def apply_answers(
        self, answers: Sequence[Answer], unrepaired: Unrepaired, *, by_id: bool = False
    ) -> Sequence[Suspect]:
        """Write the answers; those about which Altegio has to be asked again by id.

        The documents of these may be newer. ``by_id`` as in `AppointmentStore.store_batch`.
        """
        ...

    async def move_to_trash(self, suspects: Sequence[Suspect], unrepaired: Unrepaired) -> None: ...


@dataclass(frozen=True, slots=True)
class Windows:
    """The days that some documents stand on, and about how many requests reading them takes."""

    periods: Sequence[Period]
    requests: int
    take_fewer: bool


def group_by_companies(
    batch: Iterable[Suspect], configured: Sequence[str]
) -> dict[tuple[str, ...], list[Suspect]]:
    """By the companies to ask in turn: its own, every one for a document that names none.

    Under the empty tuple are those that cannot be asked for.
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
    """Whether pages take fewer requests than asking by id; reads nothing of Altegio."""
    moments = [each.starts_at for each in suspects if each.starts_at is not None]
    if not moments:
        return Windows([], len(suspects), take_fewer=False)
    periods = spans(sorted({moment.astimezone(zone).date() for moment in moments}))
    by_day = await store.count_by_day(min(moments), max(moments), zone)
    requests = len(suspects) - len(moments)  # those without a day are asked for by id
    for period in periods:
        stored = sum(by_day.get(day.isoformat(), 0) for day in period.each_day())
        requests += 1 + int(stored * _RECORDS_PER_STORED) // page_size
    return Windows(periods, requests, take_fewer=requests * _ESTIMATE_MARGIN < len(suspects))


def label_of(suspect: Suspect) -> str:
    """What people know the document by."""
    return suspect.appointment_id or f"_id {suspect.document_id}"
