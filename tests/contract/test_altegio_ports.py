"""What the ports of Altegio promise: on the fakes of the unit tests, and over HTTP."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import anyio
import pytest

from altegio_sync.altegio.api import AltegioApi
from altegio_sync.altegio.pacing import Pacer
from altegio_sync.domain.period import Period
from altegio_sync.errors import NotFoundError
from altegio_sync.mongo.bookkeeping.budget import SharedBudget
from altegio_sync.ports import PageQuery
from tests.fakes import START, ListSource, booking

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.ports import Page, RequestBudget, ServiceSource
    from altegio_sync.sandbox import SandboxServer, School

KYIV = ZoneInfo("Europe/Kyiv")
DAY = Period.of_days(START.date(), START.date())
#: As the sandbox numbers what is booked first, second and so on.
FIRST_ID = 900_000_001


def starts() -> list[datetime]:
    """Local starts of five bookings of the day, and of one that is a day later."""
    at = START.astimezone(KYIV).replace(tzinfo=None)
    return [*(at + timedelta(hours=number) for number in range(5)), at + timedelta(days=1)]


@pytest.fixture(params=["fake", "HTTP"])
async def source(
    request: pytest.FixtureRequest, own_server: SandboxServer, own_school: School
) -> AsyncIterator[ServiceSource]:
    """Altegio with the bookings of `starts`; the second is deleted."""
    if request.param == "fake":
        yield ListSource(
            [
                booking(
                    str(FIRST_ID + number),
                    starts_at=start.replace(tzinfo=KYIV),
                    is_deleted=number == 1,
                )
                for number, start in enumerate(starts())
            ],
            served_page_size=own_server.max_page_size,
        )
        return
    for number, start in enumerate(starts()):
        own_school.add(own_school.record(start, deleted=number == 1))
    async with AltegioApi(
        "sandbox-partner-token", "sandbox-user-token", url=own_server.url, pacer=Pacer(0, 0)
    ) as api:
        yield api


async def page_of(
    source: ServiceSource, page: int = 1, size: int = 1000, period: Period | None = DAY
) -> Page:
    return await source.fetch_page(PageQuery("77", period, KYIV, page, size))


async def test_a_page_has_the_bookings_of_the_days_deleted_ones_included(
    source: ServiceSource,
) -> None:
    page = await page_of(source)

    assert {each.id for each in page.bookings} == {str(FIRST_ID + n) for n in range(5)}
    assert [each.id for each in page.bookings if each.is_deleted] == [str(FIRST_ID + 1)]
    assert page.rows == page.total == 5
    assert page.unreadable == 0


async def test_a_page_names_its_query(source: ServiceSource) -> None:
    page = await page_of(source, size=2)

    assert page.query == PageQuery("77", DAY, KYIV, 1, 2)


async def test_pages_hold_every_booking_once_and_each_the_total(source: ServiceSource) -> None:
    pages = [await page_of(source, page, size=2) for page in (1, 2, 3, 4)]

    listed = [each.id for page in pages for each in page.bookings]
    assert [page.rows for page in pages] == [2, 2, 1, 0]
    assert [page.total for page in pages] == [5] * 4
    assert len(listed) == len(set(listed)) == 5


async def test_without_a_period_all_bookings_are_listed(source: ServiceSource) -> None:
    assert (await page_of(source, period=None)).rows == 6


async def test_a_booking_is_found_by_its_id_on_any_day(source: ServiceSource) -> None:
    found = await source.fetch_booking("77", str(FIRST_ID + 5), KYIV)

    assert found.id == str(FIRST_ID + 5)
    assert found.starts_at == starts()[5].replace(tzinfo=KYIV)
    assert found.company_id == "77"


async def test_an_unknown_id_is_not_found(source: ServiceSource) -> None:
    with pytest.raises(NotFoundError):
        await source.fetch_booking("77", "404", KYIV)


async def test_the_location_has_an_id_and_a_zone(source: ServiceSource) -> None:
    location = await source.fetch_location("77")

    assert location.id == "77"
    assert location.timezone == "Europe/Kyiv"


async def test_teachers_are_known_by_their_id(source: ServiceSource) -> None:
    teachers = await source.fetch_teachers("77")

    assert teachers
    assert all(each.id == key for key, each in teachers.items())


async def test_services_are_listed(source: ServiceSource) -> None:
    assert all(each.id for each in await source.fetch_services("77"))


async def test_every_request_is_counted(source: ServiceSource) -> None:
    await page_of(source)
    await source.fetch_booking("77", str(FIRST_ID), KYIV)
    await source.fetch_location("77")
    await source.fetch_teachers("77")

    assert source.usage.requests == 4


@pytest.fixture(params=["of the process", "shared"])
def budget(
    request: pytest.FixtureRequest, database: AsyncDatabase[dict[str, Any]]
) -> RequestBudget:
    """Two requests a minute."""
    if request.param == "shared":
        return SharedBudget(
            database, "key", process="one", requests_per_second=0, requests_per_minute=2
        )
    return Pacer(0, 2)


async def test_requests_within_the_limit_need_not_wait_and_the_next_one_does(
    budget: RequestBudget,
) -> None:
    with anyio.move_on_after(30) as within_the_limit:
        for _ in range(2):
            await budget.wait_for_turn()
    with anyio.move_on_after(0.2) as over_the_limit:
        await budget.wait_for_turn()

    assert not within_the_limit.cancelled_caught
    assert over_the_limit.cancelled_caught


async def test_no_request_starts_while_the_budget_rests(budget: RequestBudget) -> None:
    began_at = anyio.current_time()

    await budget.rest(0.3)
    await budget.wait_for_turn()

    assert anyio.current_time() - began_at >= 0.3
