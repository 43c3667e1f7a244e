"""The sandbox with many locations: what the user sees of them, and that memory stays flat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from yclients import YclientsClient
from yclients.resources.companies import CompaniesApi

from altegio_sync.sandbox import Fault, Locations, SandboxServer
from tests.contract.conftest import TODAY, client_of
from tests.contract.test_others_client import PARTNER, USER, ForgivingClient, http_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx2

DAY: dict[str, Any] = {
    "start_date": "2026-06-10",
    "end_date": "2026-06-10",
    "with_deleted": 1,
    "count": 1000,
}
COUNT = 120


@pytest.fixture
def locations() -> Locations:
    return Locations.made_up(COUNT, today=TODAY)


@pytest.fixture
def chain_server(locations: Locations) -> Iterator[SandboxServer]:
    with SandboxServer(locations, requests_per_second=0, requests_per_minute=0) as running:
        yield running


@pytest.fixture
def chain(chain_server: SandboxServer) -> Iterator[httpx2.Client]:
    with client_of(chain_server) as client:
        yield client


def rows_of(client: httpx2.Client, path: str, **params: Any) -> list[dict[str, Any]]:
    answer = client.get(path, params=params)
    assert answer.status_code == 200
    rows: list[dict[str, Any]] = answer.json()["data"]
    return rows


def test_locations_come_on_pages_counted_from_one(chain: httpx2.Client) -> None:
    pages = [
        [each["id"] for each in rows_of(chain, "companies", my=1, page=page, count=50)]
        for page in (1, 2, 3, 4)
    ]

    assert [len(page) for page in pages] == [50, 50, 20, 0]
    assert [each for page in pages for each in page] == list(range(77, 77 + COUNT))


def test_the_list_says_how_many_locations_there_are(chain: httpx2.Client) -> None:
    body = chain.get("companies", params={"my": 1, "count": 2}).json()

    assert list(body) == ["success", "data", "meta"]
    assert body["meta"] == {"total_count": COUNT}


def test_a_listed_location_is_the_one_that_is_asked_for(chain: httpx2.Client) -> None:
    first, *_, fifth = rows_of(chain, "companies", my=1, count=5)

    assert first == chain.get("company/77").json()["data"]
    assert (fifth["city"], fifth["timezone_name"]) == ("Варшава", "Europe/Warsaw")
    assert first["title"] != fifth["title"]


@pytest.mark.parametrize("wrong", [{"page": 0}, {"count": "many"}], ids=["page", "count"])
def test_a_page_of_locations_that_makes_no_sense_is_named(
    chain: httpx2.Client, wrong: dict[str, Any]
) -> None:
    answer = chain.get("companies", params={"my": 1, **wrong})

    assert answer.status_code == 422
    assert answer.json()["meta"]["errors"] == [{next(iter(wrong)): "Invalid value."}]


def test_ids_of_locations_never_meet(chain: httpx2.Client) -> None:
    days = [rows_of(chain, f"records/{77 + number}", **DAY) for number in range(COUNT)]

    ids = [row["id"] for day in days for row in day]
    assert len(ids) == len(set(ids)) > COUNT
    assert all(int(row["company_id"]) == 77 + n for n, day in enumerate(days) for row in day)


def test_bookings_that_were_forgotten_are_made_up_again(chain: httpx2.Client) -> None:
    before = rows_of(chain, "records/77", **DAY)
    for number in range(1, 40):
        rows_of(chain, f"records/{77 + number}", **DAY)

    assert rows_of(chain, "records/77", **DAY) == before != []


def test_a_booking_is_kept_however_many_locations_are_asked_about(
    locations: Locations, chain: httpx2.Client
) -> None:
    school = locations.first
    body = rows_of(chain, "records/77", **DAY)[0]
    school.change(body["id"], comment="змінено")
    for number in range(1, 40):
        rows_of(chain, f"records/{77 + number}", **DAY)

    assert "змінено" in {row["comment"] for row in rows_of(chain, "records/77", **DAY)}


def test_the_bookings_of_few_locations_are_in_memory_at_once() -> None:
    locations = Locations.made_up(200, today=TODAY)
    for company_id in locations.company_ids:
        school = locations.find(company_id)
        assert school is not None
        school.planted(TODAY, TODAY)

    assert 500 < locations.records_in_memory <= 16 * 60


def test_a_location_that_was_taken_away_is_neither_listed_nor_answered(
    locations: Locations, chain: httpx2.Client
) -> None:
    locations.remove("78")

    listed = {each["id"] for each in rows_of(chain, "companies", my=1, count=1000)}
    assert listed == {77 + number for number in range(COUNT)} - {78}
    assert chain.get("records/78", params=DAY).status_code == 403
    assert chain.get("company/78").status_code == 404


def test_a_denied_location_is_listed_and_refused(
    locations: Locations, chain: httpx2.Client
) -> None:
    locations.denied.add("78")

    assert 78 in {each["id"] for each in rows_of(chain, "companies", my=1, count=1000)}
    assert chain.get("records/78", params=DAY).status_code == 403
    assert chain.get("records/79", params=DAY).status_code == 200


def test_a_fault_is_planned_for_one_location(
    chain_server: SandboxServer, chain: httpx2.Client
) -> None:
    chain_server.fail(Fault.SERVER_ERROR, times=-1, company_id="78")

    codes = [chain.get(f"records/{77 + n}", params=DAY).status_code for n in range(3)]
    assert codes == [200, 500, 200]


async def test_another_client_reads_the_pages_of_locations(chain_server: SandboxServer) -> None:
    async with http_of(chain_server) as http:
        client = ForgivingClient(PARTNER, USER, http_client=http, max_retries=0)
        pages = [
            await CompaniesApi(client).list(my=1, page_=page, count_=100) for page in (1, 2, 3)
        ]
        one = await YclientsClient(PARTNER, USER, http_client=http).companies.get(78)

    read = [each for page in pages for each in page]
    assert [each.id_ for each in read] == list(range(77, 77 + COUNT))
    assert read[1].title == one.title
    assert {each.timezone_name for each in read} == {"Europe/Kyiv", "Europe/Warsaw"}
