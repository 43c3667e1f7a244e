"""An appointment that notices named is read by its id, and stored as in `changes`."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from altegio_sync.domain.notices import (
    Brought,
    Claim,
    Failed,
    GoneCounts,
    Missing,
    NoticeState,
    Postponed,
    Settled,
)
from altegio_sync.domain.period import ALL_DAYS
from altegio_sync.domain.report import SyncMode
from altegio_sync.errors import (
    AltegioError,
    AltegioRejectedError,
    AltegioUnavailableError,
    AuthenticationError,
    LeaseHeldError,
    RateLimitedError,
    UnexpectedAnswerError,
)
from altegio_sync.ports import StoredScope
from altegio_sync.usecases.company_run import CompanyRun
from altegio_sync.usecases.noticed import NoticedAppointment
from tests.fakes import START, ListSource, MemoryStore, NotedProgress, booking, run_context

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from altegio_sync.domain.appointment import Booking, Location

KYIV = ZoneInfo("Europe/Kyiv")
STAMP = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MOVED = booking("5", starts_at=START + timedelta(days=3), changed_at=STAMP)
SCOPE = StoredScope("77", ALL_DAYS, KYIV, includes_documents_without_company=True)
STORED = Settled(NoticeState.STORED, STAMP)
GONE = Settled(NoticeState.NOT_FOUND)


class Source(ListSource):
    """``outage`` is the answer about the location."""

    outage: AltegioError | None = None

    async def fetch_location(self, company_id: str) -> Location:
        if self.outage is not None:
            raise self.outage
        return await super().fetch_location(company_id)


class Bringing:
    """Brings appointment 5, which nobody else knows of."""

    def __init__(self, source: ListSource, store: MemoryStore) -> None:
        self.source = source
        self.store = store
        self.gone = GoneCounts(1, 100)
        self.progress = NotedProgress()
        self.held = 0
        self.held_by_another = False

    async def bring(self, *, was_missing: bool = False) -> Brought:
        context = run_context(self.source, self.store, SyncMode.UPDATE)
        company = CompanyRun(replace(context, progress=self.progress), "77")
        claim = Claim("c", "77", "5", 0, was_missing=was_missing)
        appointment = NoticedAppointment(
            company, claim, SCOPE, hold=self._hold, count_gone=self._count_gone
        )
        return await appointment.bring()

    @asynccontextmanager
    async def _hold(self) -> AsyncIterator[None]:
        if self.held_by_another:
            raise LeaseHeldError("clean is at work")
        self.held += 1
        yield

    async def _count_gone(self, company: str) -> GoneCounts:
        assert company == "77"
        return self.gone


@pytest.mark.parametrize(
    ("stored", "result"),
    [
        ([], STORED),
        ([booking("5")], STORED),
        ([MOVED], Settled(NoticeState.UNCHANGED, STAMP)),
    ],
    ids=["new", "moved", "known"],
)
async def test_an_appointment_is_read_once_and_stored(
    stored: list[Booking], result: Settled
) -> None:
    bringing = Bringing(source := ListSource([booking("4"), MOVED]), MemoryStore(*stored))

    assert await bringing.bring() == result

    assert source.asked_ids == ["5"]
    assert source.asked == []
    assert bringing.store.stored["5"].starts_at == MOVED.starts_at
    assert bringing.held == 1


async def test_a_booking_that_is_not_kept_changes_nothing_and_its_reason_is_known() -> None:
    of_group = replace(MOVED, is_group_event=True)
    bringing = Bringing(ListSource([of_group]), MemoryStore())

    assert await bringing.bring() == Settled(NoticeState.UNCHANGED, STAMP, "service")

    assert bringing.store.stored == {}


@pytest.mark.parametrize("is_stored", [True, False])
async def test_what_altegio_does_not_know_is_asked_for_again_before_it_is_marked(
    is_stored: bool,
) -> None:
    bringing = Bringing(ListSource([]), MemoryStore(*([MOVED] * is_stored)))

    assert await bringing.bring() == Missing(is_stored)
    assert bringing.store.marked == []
    assert await bringing.bring(was_missing=True) == GONE

    assert bringing.store.marked == ["5"] * is_stored
    assert (
        bringing.progress.warnings
        == [("vanished", {"appointment_id": "5", "dry_run": False})] * is_stored
    )


@pytest.mark.parametrize(
    ("counts", "is_left"),
    [
        (GoneCounts(20, 20), False),
        (GoneCounts(21, 21), True),
        (GoneCounts(21, 420), False),
        (GoneCounts(21, 419), True),
    ],
    ids=["20 of 20", "21 of 21", "5 %", "over 5 %"],
)
async def test_too_many_that_are_gone_are_not_marked_but_reported(
    counts: GoneCounts, is_left: bool
) -> None:
    bringing = Bringing(ListSource([]), MemoryStore(MOVED))
    bringing.gone = counts

    assert await bringing.bring(was_missing=True) == replace(GONE, is_left=is_left)

    assert bringing.store.marked == ([] if is_left else ["5"])
    [(event, _)] = bringing.progress.warnings
    assert event == ("notices_left" if is_left else "vanished")


async def test_what_is_changed_before_it_is_marked_is_asked_for_again() -> None:
    bringing = Bringing(ListSource([]), MemoryStore(MOVED))
    bringing.store.overtaken = {"5"}

    assert await bringing.bring(was_missing=True) == Postponed()

    assert bringing.store.marked == []


async def test_what_is_there_again_after_a_404_is_stored() -> None:
    bringing = Bringing(ListSource([MOVED]), MemoryStore(booking("5")))

    assert await bringing.bring(was_missing=True) == STORED


async def test_a_document_that_mongodb_refuses_is_tried_again() -> None:
    bringing = Bringing(ListSource([MOVED]), MemoryStore())
    bringing.store.refused = {"5"}

    assert await bringing.bring() == Failed()


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("error", "outage", "brought"),
    [
        (AltegioRejectedError("422"), None, Failed()),
        (UnexpectedAnswerError("shape"), None, Failed()),
        (AuthenticationError("403"), None, Failed()),
        (AuthenticationError("401"), AuthenticationError("401"), Postponed()),
        (AltegioUnavailableError("503"), None, Failed()),
        (AltegioUnavailableError("503"), AltegioUnavailableError("503"), Postponed()),
        (RateLimitedError("429", retry_after_s=600), None, Postponed(HOUR / 6)),
        (RateLimitedError("429", retry_after_s=10**9), None, Postponed(HOUR)),
    ],
    ids=["422", "shape", "403", "401", "one 503", "503", "429", "429 for years"],
)
async def test_only_a_failure_about_this_appointment_counts_as_a_try(
    error: AltegioError, outage: AltegioError | None, brought: Brought
) -> None:
    source = Source([MOVED])
    source.refusals["5"] = error
    source.outage = outage
    bringing = Bringing(source, MemoryStore())

    assert await bringing.bring() == brought

    assert bringing.store.stored == {}
    assert bringing.held == 0


async def test_nothing_is_written_while_another_run_has_the_collection() -> None:
    bringing = Bringing(ListSource([MOVED]), MemoryStore())
    bringing.held_by_another = True

    with pytest.raises(LeaseHeldError):
        await bringing.bring()

    assert bringing.store.stored == {}
