"""The sandbox read by a client that others wrote for the API: the PyPI package `yclients`.

Its models come from the vendor's description of the API and are narrower than what the API sends:
they take no `[]` for an empty object, which every real record has, no bare number for a phone, and
only texts for some flags. `STRAIGHTENED` names those places, all of them documented or seen; beyond
these the sandbox must pass that client's models as it is.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from pydantic import TypeAdapter, ValidationError
from yclients import (
    YclientsApiError,
    YclientsAuthError,
    YclientsClient,
    YclientsForbiddenError,
    YclientsNotFoundError,
    YclientsRateLimitError,
    YclientsServerError,
    YclientsTransportError,
    YclientsValidationError,
)
from yclients._base import BaseClient
from yclients.models.schemas import RecordsCompanyidResponseDataTypesDataItem as TheirRecord
from yclients.resources.companies import CompaniesApi
from yclients.resources.records import RecordsApi
from yclients.resources.services import ServicesApi
from yclients.resources.staff import StaffApi

from altegio_sync.sandbox import Fault

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from altegio_sync.sandbox import PlantedRecord, SandboxServer, School

FIRST, LAST = date(2026, 5, 1), date(2026, 5, 31)
PARTNER, USER = "sandbox-partner-token", "sandbox-user-token"
#: What that client's models refuse in the month's records, by place and kind of the error.
STRAIGHTENED = {
    ("staff", "model_type"),
    ("staff.position", "model_type"),
    ("client", "model_type"),
    ("client.phone", "string_type"),
    ("client.custom_fields", "dict_type"),
    ("custom_fields", "dict_type"),
}
_EMPTY_OBJECTS = {"staff", "position", "client", "custom_fields"}
_TEXTS = {"phone", "active", "discount", "weight", "hidden", "fired", "status"}


def straightened(value: Any) -> Any:
    """A body as that client's models want it: null for `[]`, texts for numbers."""
    if isinstance(value, list):
        return [straightened(each) for each in value]
    if not isinstance(value, dict):
        return value
    straight = {key: straightened(inner) for key, inner in value.items()}
    straight |= {key: None for key in _EMPTY_OBJECTS & set(value) if value[key] == []}
    straight |= {key: str(value[key]) for key in _TEXTS & set(value) if value[key] is not None}
    return straight


class ForgivingClient(BaseClient):
    """Theirs in every way, but for what stands in `straightened`."""

    @staticmethod
    def _validate(data: Any, response_model: Any) -> Any:
        return BaseClient._validate(straightened(data), response_model)  # noqa: SLF001 - of their client


def http_of(server: SandboxServer) -> httpx.AsyncClient:
    """Its own, but for a proxy of the environment, which leads nowhere from loopback."""
    url = server.url.removesuffix("/api/v1")
    return httpx.AsyncClient(base_url=url, trust_env=False, timeout=300)


@pytest.fixture
async def client(server: SandboxServer) -> AsyncIterator[YclientsClient]:
    """As it comes from the package."""
    async with http_of(server) as http:
        yield YclientsClient(PARTNER, USER, http_client=http, max_retries=0)


@pytest.fixture
async def forgiving(server: SandboxServer) -> AsyncIterator[BaseClient]:
    async with http_of(server) as http:
        yield ForgivingClient(PARTNER, USER, http_client=http, max_retries=0)


@pytest.fixture
async def own_client(own_server: SandboxServer) -> AsyncIterator[YclientsClient]:
    async with http_of(own_server) as http:
        yield YclientsClient(PARTNER, USER, http_client=http, max_retries=0)


@pytest.fixture
def planted(school: School) -> list[PlantedRecord]:
    return school.planted(FIRST, LAST)


async def month_of(client: BaseClient, *, with_deleted: bool | None) -> list[TheirRecord]:
    """All pages of the month, up to the empty one."""
    read: list[TheirRecord] = []
    for page in range(1, 20):
        rows = await RecordsApi(client).list(
            77,
            page_=page,
            count_=100,
            start_date=FIRST,
            end_date=LAST,
            with_deleted=with_deleted,
        )
        if not rows:
            return read
        read += rows
    raise AssertionError("the last page never came")


async def test_all_pages_of_a_month_have_what_was_planted(
    forgiving: BaseClient, planted: list[PlantedRecord]
) -> None:
    read = await month_of(forgiving, with_deleted=True)

    by_id = {int(row.id_ or 0): row for row in read}
    assert len(read) == len(by_id) == len(planted) > 500
    assert set(by_id) == {int(record.body["id"]) for record in planted}
    for record in planted:
        row = by_id[int(record.body["id"])]
        assert row.date == record.body["date"]
        assert row.deleted == record.body["deleted"]
        assert row.staff_id == float(record.body["staff_id"])
        assert row.length == record.body["length"]
        assert [each.title for each in row.services or []] == [
            each["title"] for each in record.body["services"]
        ]
        assert (row.client_.name if row.client_ else None) == (
            record.body["client"]["name"] if record.body["client"] else None
        )


async def test_what_is_to_be_kept_is_read_as_it_was_meant(
    forgiving: BaseClient, planted: list[PlantedRecord]
) -> None:
    read = await month_of(forgiving, with_deleted=True)

    by_id = {f"{row.id_:.0f}": row for row in read}
    for document in (record.document for record in planted):
        if document is not None:
            row = by_id[document["appointmentId"]]
            titles = [each.title for each in row.services or []]
            assert document["teacherId"] == f"{row.staff_id:.0f}"
            assert document["status"] == f"{row.attendance:.0f}"
            assert document["serviceName"] in titles
            assert document["isDeleted"] is row.deleted


@pytest.mark.parametrize("flag", [None, False], ids=["unsaid", "no"])
async def test_deleted_records_are_not_read_unasked(
    forgiving: BaseClient, planted: list[PlantedRecord], flag: bool | None
) -> None:
    read = await month_of(forgiving, with_deleted=flag)

    standing = {int(r.body["id"]) for r in planted if not r.body["deleted"]}
    assert len(standing) < len(planted)
    assert {int(row.id_ or 0) for row in read} == standing
    assert not any(row.deleted for row in read)


def test_its_models_refuse_only_what_is_known_to_be_wider(planted: list[PlantedRecord]) -> None:
    refused: Counter[tuple[str, str]] = Counter()
    for record in planted:
        try:
            TheirRecord.model_validate(record.body)
        except ValidationError as error:
            for each in error.errors():
                refused[".".join(map(str, each["loc"])), each["type"]] += 1

    assert set(refused) == STRAIGHTENED


def test_its_models_know_nearly_every_key(planted: list[PlantedRecord]) -> None:
    rows = TypeAdapter(list[TheirRecord]).validate_python(
        [straightened(record.body) for record in planted]
    )

    unknown = {key for row in rows for key in row.model_extra or {}}
    # Real rows have these, its description of the API does not.
    assert unknown == {
        "is_update_blocked",
        "resource_instance_ids",
        "short_link",
        "acceptance_free",
    }


async def test_records_that_it_can_read_by_itself_need_no_help(
    own_school: School, own_client: YclientsClient
) -> None:
    ids = []
    for hour in (9, 10, 11):
        start = datetime(2026, 6, 10, hour)  # noqa: DTZ001 - as the API writes it
        body = own_school.record(start, custom_fields={"source": "афіша"})
        body["client"]["custom_fields"] = {"source": "афіша"}
        own_school.add(body)
        ids.append(body["id"])

    read = await own_client.records.list(77, start_date="2026-06-10", end_date="2026-06-10")

    assert [row.id_ for row in read] == ids[::-1]
    assert {row.custom_fields["source"] for row in read if row.custom_fields} == {"афіша"}
    assert all(row.client_ is not None and row.client_.phone for row in read)


async def test_one_record_is_read(own_school: School, own_client: YclientsClient) -> None:
    # Its model of a single record takes the client for a text: only one without a client will do.
    start = datetime(2026, 6, 10, 9)  # noqa: DTZ001 - as the API writes it
    body = own_school.record(start, None, custom_fields={"source": "афіша"})
    own_school.add(body)

    row = await own_client.records.get(77, body["id"])

    assert row.id_ == body["id"]
    assert row.date == "2026-06-10 09:00:00"
    assert row.datetime == "2026-06-10T09:00:00+03:00"
    assert row.documents is not None
    assert [each.record_id for each in row.documents] == [body["id"]]


async def test_a_time_block_of_the_month_is_read(
    forgiving: BaseClient, planted: list[PlantedRecord]
) -> None:
    block = next(record.body for record in planted if not record.body["services"])

    row = await RecordsApi(forgiving).get(77, block["id"])

    assert row.id_ == block["id"]
    assert row.client_ is None
    assert row.services == []
    assert row.visit_id == 0


async def test_the_location_is_read(client: YclientsClient, school: School) -> None:
    location = await client.companies.get(77)

    assert location.id_ == 77
    assert location.title == school.company["title"]
    assert location.timezone_name == "Europe/Kyiv"


async def test_the_users_locations_are_read(forgiving: BaseClient) -> None:
    # It wants `active` as a text, where the newer docs have 0 and 1.
    (location,) = await CompaniesApi(forgiving).list(my=1)

    assert location.id_ == 77
    assert location.timezone_name == "Europe/Kyiv"
    assert location.active == "1"


async def test_staff_is_read_by_both_paths(
    client: YclientsClient, forgiving: BaseClient, school: School
) -> None:
    # An id of nobody is how it asks for all; the older path's flags are texts to it.
    nobody: Any = ""
    newer = await client.staff.list(77, nobody)
    older = await StaffApi(forgiving).list_company(77, nobody)

    expected = {each["id"]: (each["name"], each["fired"], each["status"]) for each in school.staff}
    assert {each.id_: (each.name, each.fired, each.status) for each in newer} == expected
    assert {
        each.id_: (each.name, int(each.fired or 0), int(each.status or 0)) for each in older
    } == expected
    assert {(0, 0), (1, 0), (1, 1)} == {state[1:] for state in expected.values()}


async def test_services_are_read_by_both_paths(forgiving: BaseClient, school: School) -> None:
    # It wants `discount` as a text, where real services have a number.
    whole: Any = ""
    newer = await ServicesApi(forgiving).list(77, whole)
    older = await ServicesApi(forgiving).list_company(77, whole)

    assert {each.id_: (each.title, each.price_min) for each in newer} == {
        each["id"]: (each["title"], each["price_min"]) for each in school.services
    }
    assert newer == older


@pytest.mark.parametrize(
    ("partner", "company_id", "record_id", "error", "message"),
    [
        ("wrong", 77, 1, YclientsAuthError, "Authentication needed."),
        (PARTNER, 4040, 1, YclientsForbiddenError, "Access denied."),
        (PARTNER, 77, 1, YclientsNotFoundError, "Запрос выполнен неуспешно"),
    ],
    ids=["token", "company", "record"],
)
async def test_a_refusal_is_raised_as_its_own_error(
    client: YclientsClient,
    partner: str,
    company_id: int,
    record_id: int,
    error: type[YclientsApiError],
    message: str,
) -> None:
    client._base.partner_token = partner  # noqa: SLF001 - of their client

    with pytest.raises(error) as raised:
        await client.records.get(company_id, record_id)

    assert raised.value.message == message


async def test_a_wrong_parameter_is_raised_with_its_name(client: YclientsClient) -> None:
    with pytest.raises(YclientsValidationError) as raised:
        await client.records.list(77, start_date="01.06.2026")

    assert raised.value.errors == {"start_date": ["Invalid value."]}


@pytest.mark.parametrize(
    ("fault", "error", "status"),
    [
        (Fault.TOO_MANY, YclientsRateLimitError, 429),
        (Fault.REFUSED_AS_200, YclientsApiError, None),
        (Fault.SERVER_ERROR, YclientsServerError, 500),
        (Fault.HTML, YclientsApiError, 200),
        (Fault.BAD_GATEWAY, YclientsApiError, 502),
        (Fault.PROXY_403, YclientsApiError, 403),
    ],
    ids=lambda value: value.name if isinstance(value, Fault) else None,
)
async def test_a_fault_is_raised_as_its_own_error(
    own_server: SandboxServer,
    own_client: YclientsClient,
    fault: Fault,
    error: type[YclientsApiError],
    status: int | None,
) -> None:
    own_server.fail(fault)

    with pytest.raises(error) as raised:
        await own_client.records.list(77)
    again = await own_client.records.list(77)

    assert type(raised.value) is error
    assert raised.value.status_code == status
    assert again == []


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.RESET], ids=["cut", "reset"])
async def test_a_torn_connection_is_raised_as_its_own_error(
    own_server: SandboxServer, own_client: YclientsClient, fault: Fault
) -> None:
    own_server.fail(fault)

    with pytest.raises(YclientsTransportError):
        await own_client.records.list(77)


async def test_it_waits_as_long_as_the_header_says_and_asks_again(
    own_server: SandboxServer,
) -> None:
    own_server.retry_after = "0.1"
    own_server.fail(Fault.TOO_MANY, times=2)

    async with http_of(own_server) as http:
        client = YclientsClient(PARTNER, USER, http_client=http, max_retries=2)
        read = await client.records.list(77)

    assert read == []
    assert [seen.status for seen in own_server.requests] == [429, 429, 200]
    assert own_server.requests[2].at - own_server.requests[0].at >= 0.2
