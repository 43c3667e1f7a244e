"""The list of the user's locations over real sockets: pages, doubles, refusals, no end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from altegio_sync.altegio.api import AltegioApi
from altegio_sync.altegio.pacing import Pacer
from altegio_sync.errors import (
    AltegioError,
    AuthenticationError,
    NotAltegioError,
    NotFoundError,
    UnexpectedAnswerError,
)
from altegio_sync.sandbox import Locations, SandboxServer
from tests.rawserver import RawServer, Seen, reply

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from altegio_sync.domain.appointment import Location


def page(rows: Sequence[Any], total: int | None = None) -> bytes:
    meta = [] if total is None else {"total_count": total}
    return reply(200, json.dumps({"success": True, "data": rows, "meta": meta}).encode())


def rows(*ids: Any) -> list[dict[str, Any]]:
    return [{"id": each, "title": f"Філія {each}", "timezone_name": "Europe/Kyiv"} for each in ids]


async def listed(answer: Callable[[int], bytes]) -> Sequence[Location]:
    """What is read of a server that answers by the number of the page."""

    def answer_to(seen: Seen) -> bytes:
        assert seen.path.endswith("/companies")
        assert seen.query["my"] == "1"
        return answer(int(seen.query["page"]))

    with RawServer(answer_to) as server:
        async with AltegioApi("partner", "user", url=server.url, pacer=Pacer(0, 0)) as api:
            return await api.fetch_companies()


def ids_of(locations: Sequence[Location]) -> list[str]:
    return [each.id for each in locations]


async def test_all_locations_of_the_sandbox_are_read_in_their_order() -> None:
    locations = Locations.made_up(430)
    with SandboxServer(locations, requests_per_second=0, requests_per_minute=0) as server:
        async with AltegioApi(
            "sandbox-partner-token", "sandbox-user-token", url=server.url, pacer=Pacer(0, 0)
        ) as api:
            read = await api.fetch_companies()

    assert ids_of(read) == list(locations.company_ids)
    assert [seen.query["page"] for seen in server.requests] == ["1", "2", "3"]
    assert (read[4].title, read[4].city) == ("Школа мов «Приклад» 5", "Варшава")
    assert read[4].timezone == "Europe/Warsaw"


async def test_a_server_with_small_pages_is_read_to_the_end() -> None:
    locations = Locations.made_up(25)
    with SandboxServer(
        locations, requests_per_second=0, requests_per_minute=0, max_page_size=10
    ) as server:
        async with AltegioApi(
            "sandbox-partner-token", "sandbox-user-token", url=server.url, pacer=Pacer(0, 0)
        ) as api:
            assert ids_of(await api.fetch_companies()) == list(locations.company_ids)


@pytest.mark.parametrize(
    "pages",
    [
        {1: page(rows(1, 2)), 2: page(rows(3)), 3: page([])},
        {1: page(rows(1, 2, 3)), 2: page(rows(1, 2, 3))},
        {1: page(rows("1", "2", 3.0), 3)},
        {1: page(rows(1, 2), 4), 2: page(rows(2, 3), 4), 3: page([], 4)},
        {1: page(rows(1, 1, 2, 3), 4), 2: page([], 4)},
    ],
    ids=["no-totals", "never-paged", "ids-as-texts", "double-on-two-pages", "double-on-one-page"],
)
async def test_each_location_is_listed_once(pages: dict[int, bytes]) -> None:
    assert ids_of(await listed(pages.__getitem__)) == ["1", "2", "3"]


async def test_a_list_without_locations_is_empty() -> None:
    assert await listed(lambda _number: page([], 0)) == []


async def test_a_list_that_changes_while_it_is_read_is_read_again() -> None:
    answers = iter([page(rows(1, 2), 3), page(rows(2), 3), page([], 3), page(rows(4, 1, 2), 3)])

    assert ids_of(await listed(lambda _number: next(answers))) == ["4", "1", "2"]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda number: page(rows(1, 2) if number == 1 else [], 3), "lists 2 of the 3"),
        (lambda _number: page(rows(*range(1, 201))), "repeats its first page"),
        (lambda _number: page(rows(1, 2), 3), "repeats its first page"),
        (lambda number: page(rows(number)), "does not end after 500 pages"),
        (lambda _number: page(rows(1, "kyiv"), 2), "whose id is not a number"),
        (lambda _number: page(rows(1, 0), 2), "whose id is not a number"),
        (lambda _number: page(rows(1, None), 2), "whose id is not a number"),
        (lambda _number: page([*rows(1), "77"], 2), "whose id is not a number"),
    ],
    ids=["short", "repeats-full", "repeats", "endless", "word", "zero", "none", "no-object"],
)
async def test_a_list_that_may_miss_a_location_is_refused(
    answer: Callable[[int], bytes], words: str
) -> None:
    with pytest.raises(UnexpectedAnswerError, match=words):
        await listed(answer)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (403, {"success": False, "data": None, "meta": {"message": "Access denied."}}, None),
        (404, {"success": False, "data": None, "meta": []}, NotFoundError),
        (404, None, NotAltegioError),
    ],
    ids=["403", "404", "404-page"],
)
async def test_a_refused_list_names_the_way_out(
    status: int, body: Any, error: type[AltegioError] | None
) -> None:
    raw = b"<html>" if body is None else json.dumps(body).encode()

    with pytest.raises(error or AuthenticationError) as raised:
        await listed(lambda _number: reply(status, raw))

    assert "does not list the user's locations" in str(raised.value)
    assert str(raised.value).endswith("or set ALTEGIO_COMPANY_ID to the ids")
    assert "check ALTEGIO_COMPANY_ID" not in str(raised.value)


async def test_wrong_tokens_are_told_as_wrong_tokens() -> None:
    body = json.dumps(
        {"success": False, "data": None, "meta": {"message": "Authentication needed."}}
    )

    with pytest.raises(AuthenticationError) as raised:
        await listed(lambda _number: reply(401, body.encode()))

    assert "refused the tokens" in str(raised.value)
    assert "COMPANY_ID" not in str(raised.value)
