"""An appointment that notices named is read by its id, and stored as in `changes`."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from altegio_sync.domain.notices import NoticeState
from altegio_sync.domain.report import SyncMode
from altegio_sync.errors import AltegioRejectedError, AltegioUnavailableError, AuthenticationError
from altegio_sync.usecases.company_run import CompanyRun
from altegio_sync.usecases.noticed import bring_noticed
from tests.fakes import START, ListSource, MemoryStore, booking, run_context

KYIV = ZoneInfo("Europe/Kyiv")
MOVED = booking("5", starts_at=START + timedelta(days=3))


async def bring(source: ListSource, store: MemoryStore) -> NoticeState | None:
    company = CompanyRun(run_context(source, store, SyncMode.UPDATE), "77")
    return await bring_noticed(company, "5", KYIV)


@pytest.mark.parametrize(
    ("stored", "result"),
    [
        ([], NoticeState.STORED),
        ([booking("5")], NoticeState.STORED),
        ([MOVED], NoticeState.UNCHANGED),
    ],
    ids=["new", "moved", "known"],
)
async def test_an_appointment_is_read_once_and_stored(
    stored: list[object], result: NoticeState
) -> None:
    source = ListSource([booking("4"), MOVED])
    store = MemoryStore(*stored)  # type: ignore[arg-type]

    assert await bring(source, store) is result

    assert source.asked_ids == ["5"]
    assert source.asked == []
    assert store.stored["5"].starts_at == MOVED.starts_at


async def test_an_appointment_that_altegio_does_not_know_is_not_marked_at_once() -> None:
    store = MemoryStore(booking("5"))

    assert await bring(ListSource([]), store) is NoticeState.NOT_FOUND

    assert not store.stored["5"].is_deleted


async def test_an_appointment_that_altegio_refuses_is_tried_again_later() -> None:
    source = ListSource([MOVED])
    source.refusals["5"] = AltegioRejectedError("422")

    assert await bring(source, MemoryStore()) is None


async def test_without_altegio_the_work_ends() -> None:
    source = ListSource([MOVED])
    source.refusals["5"] = AltegioUnavailableError("503")

    with pytest.raises(AltegioUnavailableError):
        await bring(source, MemoryStore())


async def test_a_refused_token_for_one_appointment_is_tried_again_later() -> None:
    source = ListSource([MOVED])
    source.refusals["5"] = AuthenticationError("403")

    assert await bring(source, MemoryStore()) is None
