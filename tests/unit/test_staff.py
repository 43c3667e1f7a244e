"""A booking that needs the location's staff list, and an Altegio that refuses the list."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel
import pytest

from altegio_sync.domain.period import Period
from altegio_sync.domain.report import CompanyReport
from altegio_sync.errors import AltegioUnavailableError
from altegio_sync.ports import Page
from altegio_sync.usecases.location_zones import STAFF_KEPT_FOR_IN_SERVICE
from altegio_sync.usecases.stopping import StopSignal
from altegio_sync.usecases.storing.intake import BookingIntake
from altegio_sync.usecases.storing.staff import StaffList
from altegio_sync.usecases.sync import SyncRequest, sync_appointments
from tests.fakes import (
    NOW,
    START,
    ListSource,
    MemoryLocations,
    MemoryStore,
    booking,
    run_context,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime

    from altegio_sync.domain.appointment import Teacher

TEACHERLESS = [
    booking(str(n), teacher=None, starts_at=START + timedelta(days=n % 28)) for n in range(95)
]


class NoStaff(ListSource):
    """Altegio fails to tell the staff, after what is to happen meanwhile."""

    def __init__(
        self, meanwhile: Callable[[], Awaitable[None]] = anyio.lowlevel.checkpoint
    ) -> None:
        super().__init__(TEACHERLESS)
        self.staff_asked = 0
        self.staff_answered = 0
        self._meanwhile = meanwhile

    async def fetch_teachers(self, company_id: str) -> Mapping[str, Teacher]:
        del company_id
        self.staff_asked += 1
        await self._meanwhile()
        self.staff_answered += 1
        raise AltegioUnavailableError("no answer")


async def test_a_staff_list_that_fails_is_asked_for_once_and_fails_every_page() -> None:
    source = NoStaff()
    intake = BookingIntake(run_context(source, MemoryStore()), CompanyReport("77"))

    for number, each in enumerate(TEACHERLESS[:3]):
        with pytest.raises(AltegioUnavailableError):
            await intake.take_page(number, Page([each], 1, 3), [each])

    assert source.staff_asked == 1


def always(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


@pytest.mark.parametrize(("minutes", "asked"), [(59, 1), (61, 2)])
async def test_a_process_that_runs_all_the_time_asks_for_the_staff_after_an_hour(
    minutes: int, asked: int
) -> None:
    source = ListSource(TEACHERLESS)
    context = replace(
        run_context(source, MemoryStore()),
        locations=MemoryLocations(),
        staff_kept_for=STAFF_KEPT_FOR_IN_SERVICE,
    )

    for now in (NOW, NOW + timedelta(minutes=minutes)):
        at_work = replace(context, clock=always(now))
        staff = await StaffList(at_work, CompanyReport("77")).find_for(TEACHERLESS)
        assert staff["9"].name == "Марко Зразок"

    assert source.usage.requests == asked


async def sync(source: ListSource, stop: StopSignal) -> int:
    period = Period(date(2026, 3, 1), date(2026, 4, 1))
    request = SyncRequest(("77",), period, timezone="Europe/Kyiv", page_size=10)
    report = await sync_appointments(source, MemoryStore(), request, stop=stop, clock=lambda: NOW)
    return report.exit_code


async def test_a_run_whose_staff_list_fails_breaks_off() -> None:
    source = NoStaff()

    assert await sync(source, StopSignal()) == 3
    assert source.staff_asked == 1


async def test_a_run_is_stopped_while_the_staff_list_is_waited_for() -> None:
    stop = StopSignal()

    async def be_stopped() -> None:
        stop.set()
        await anyio.sleep(60)

    source = NoStaff(be_stopped)

    assert await sync(source, stop) == 130
    assert source.staff_answered == 0
