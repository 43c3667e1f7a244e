"""Altegio over real sockets: every kind of wrong answer, and what is wrong on the way to it."""

from __future__ import annotations

import gzip
import json
import socket
import time
import traceback
import zlib
from datetime import date
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import anyio
import anyio.lowlevel
import pytest

from altegio_sync.altegio.api import AltegioApi
from altegio_sync.altegio.retrying import MAX_SECONDS
from altegio_sync.altegio.transport import MAX_BODY_BYTES
from altegio_sync.domain.period import Period
from altegio_sync.errors import (
    AltegioError,
    AltegioRejectedError,
    AltegioUnavailableError,
    AuthenticationError,
    ConfigError,
    NotAltegioError,
    NotFoundError,
    RateLimitedError,
)
from altegio_sync.ports import PageQuery
from tests.rawserver import RawServer, Seen, reply, tls_context

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

KYIV = ZoneInfo("Europe/Kyiv")
DAY = Period.of_days(date(2026, 6, 18), date(2026, 6, 18))
PARTNER, USER = "tok-partner-SECRET", "tok-user-SECRET"


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


class NoLimits:
    """Lets every request start at once."""

    async def wait_for_turn(self) -> None:
        await anyio.lowlevel.checkpoint()

    async def rest(self, seconds: float) -> None:
        assert 1 <= seconds <= MAX_SECONDS


@pytest.fixture
def api_at() -> Callable[[str], AltegioApi]:
    """Without the limits, and without the waits before another try."""

    async def at_once(_seconds: float) -> None:
        await anyio.lowlevel.checkpoint()

    return lambda url: AltegioApi(PARTNER, USER, url=url, pacer=NoLimits(), sleep=at_once)


def page_of(size: int = 50, page: int = 1) -> PageQuery:
    return PageQuery("77", DAY, KYIV, page, size)


def refused(status: int, body: Any) -> bytes:
    return reply(status, body if isinstance(body, bytes) else json.dumps(body).encode())


async def fetched(api: AltegioApi, *, single: bool = False) -> AltegioError:
    """What is raised; no token is in it, nor in its traceback."""
    async with api:
        assert "SECRET" not in repr(api)
        with pytest.raises(AltegioError) as raised:
            await (api.fetch_booking("77", "5", KYIV) if single else api.fetch_page(page_of()))
    told = "".join(traceback.format_exception(raised.value))
    assert "SECRET" not in told
    return raised.value


ERRORS = {"errors": {"code": 404, "message": "Not found"}, "meta": {"message": "Not found"}}
FALSE = {"success": False, "data": None, "meta": {"message": "No"}}


@pytest.mark.parametrize(
    ("status", "body", "kind", "hint"),
    [
        (401, ERRORS, AuthenticationError, "check ALTEGIO_COMPANY_TOKEN and ALTEGIO_USER_TOKEN"),
        (401, b"", AuthenticationError, "check ALTEGIO_COMPANY_TOKEN and ALTEGIO_USER_TOKEN"),
        (401, b" \r\n", AuthenticationError, "(401): check ALTEGIO_COMPANY_TOKEN"),
        (401, FALSE, AuthenticationError, "check ALTEGIO_COMPANY_TOKEN"),
        (403, ERRORS, AuthenticationError, "check ALTEGIO_COMPANY_ID"),
        (404, ERRORS, NotFoundError, "check ALTEGIO_COMPANY_ID"),
        (404, FALSE, NotFoundError, "check ALTEGIO_COMPANY_ID"),
        (422, {"errors": [{"start_date": "Bad"}]}, AltegioRejectedError, "see start_date"),
        (422, {"meta": {"message": "Invalid value"}}, AltegioRejectedError, "Invalid value"),
        (400, FALSE, AltegioRejectedError, "(400: No)"),
        (200, FALSE, AltegioRejectedError, "(200: No)"),
        (200, {"errors": "Invalid"}, AltegioRejectedError, "(200: Invalid)"),
        (404, b"<html>not here</html>", NotAltegioError, "check ALTEGIO_API_URL"),
        (404, b"", NotAltegioError, "check ALTEGIO_API_URL"),
        (404, b"404 page not found", NotAltegioError, "check ALTEGIO_API_URL"),
        (404, b'{"error": "no route"}', NotAltegioError, "check ALTEGIO_API_URL"),
        (404, b"[]", NotAltegioError, "check ALTEGIO_API_URL"),
    ],
)
@pytest.mark.parametrize("single", [False, True], ids=["page", "record"])
async def test_a_refusal_is_told_at_once_with_what_to_check(
    api_at: Callable[[str], AltegioApi],
    status: int,
    body: Any,
    kind: type[AltegioError],
    hint: str,
    *,
    single: bool,
) -> None:
    with RawServer(lambda _: refused(status, body)) as server:
        error = await fetched(api_at(server.url), single=single)

    assert type(error) is kind
    assert len(server.requests) == 1
    assert hint in str(error)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (reply(403, b"<!DOCTYPE html><h1>Attention required</h1>"), AltegioUnavailableError),
        (reply(404, b'{"success": false, "da'), AltegioUnavailableError),
        (reply(200, b'{"success": true, "data": [{"id": 1'), AltegioUnavailableError),
        (reply(200, b"x" * 10, Content_Length="20"), AltegioUnavailableError),
        (reply(200, b"not gzip", Content_Encoding="gzip"), AltegioUnavailableError),
        (reply(200, b"{}", Content_Encoding="gzip, " * 10 + "gzip"), AltegioUnavailableError),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 300_000 + b"\r\n\r\n", AltegioUnavailableError),
        (b"\x16\x03\x01 nonsense", AltegioUnavailableError),
        (b"", AltegioUnavailableError),
        (reply(407, b"Proxy"), AltegioUnavailableError),
        (reply(204), AltegioUnavailableError),
        (reply(304), AltegioUnavailableError),
        (refused(429, b"<html>"), RateLimitedError),
        (refused(200, FALSE | {"meta": {"message": "Requests limit exceeded"}}), RateLimitedError),
        (refused(403, {"errors": {"message": "API request quota exceeded"}}), RateLimitedError),
    ],
    ids=lambda value: repr(value)[:60],
)
async def test_what_may_pass_is_tried_six_times(
    api_at: Callable[[str], AltegioApi], answer: bytes, kind: type[AltegioError]
) -> None:
    with RawServer(lambda _: answer) as server:
        error = await fetched(api_at(server.url))

    assert type(error) is kind
    assert len(server.requests) == 6


@pytest.mark.parametrize(
    "headers",
    [
        {"Retry_After": "75.5"},
        {"Retry_After": "Wed, 21 Oct 20261111111 07:28:00 GMT"},
        {"Retry_After": "-1", "Date": "Wed, 21 Oct 2026 07:28:00 +180000000000000000"},
        {"Retry_After": "\xff\xfe", "Date": "\xff"},
    ],
    ids=repr,
)
async def test_no_header_stops_a_request_from_being_tried_again(
    api_at: Callable[[str], AltegioApi], headers: dict[str, str]
) -> None:
    good = json.dumps({"success": True, "data": [], "meta": {"total_count": 0}}).encode()
    answers = [reply(429, b"", **headers), reply(200, good, **headers)]
    with RawServer(lambda seen: answers[seen.number]) as server:
        async with api_at(server.url) as api:
            page = await api.fetch_page(page_of())

    assert page.rows == 0
    assert len(server.requests) == 2


@pytest.mark.parametrize("value", ["181", "99999999999999999999", "9" * 300, "30, 600"])
async def test_a_rest_that_is_too_long_ends_the_run(
    api_at: Callable[[str], AltegioApi], value: str
) -> None:
    with RawServer(lambda _: reply(429, b"", Retry_After=value)) as server:
        error = await fetched(api_at(server.url))

    assert str(error).startswith("Rate limit exceeded: Altegio asks to wait ")
    assert len(server.requests) == 1


async def test_a_certificate_that_nobody_vouches_for_is_not_tried_twice(
    api_at: Callable[[str], AltegioApi], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RawServer(lambda _: reply(500), tls_context(tmp_path)) as server:
        error = await fetched(api_at(server.url))
        assert type(error) is NotAltegioError
        assert str(error).startswith(f"The certificate of 127.0.0.1:{server.port} is not trusted: ")
        assert "SSL_CERT_FILE" in str(error)
        assert api_at(server.url).usage.requests == 0

        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        trusting = await fetched(api_at(server.url))

    assert str(trusting) == "Altegio answered 500"


@pytest.mark.parametrize(
    ("made", "why"),
    [
        ({"expired": True}, "has expired: check the clock"),
        ({"host": "other.example"}, "belongs to another host: check ALTEGIO_API_URL"),
    ],
    ids=["expired", "another host"],
)
async def test_a_trusted_certificate_that_does_not_fit_is_told_as_that(
    api_at: Callable[[str], AltegioApi],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    made: dict[str, Any],
    why: str,
) -> None:
    context = tls_context(tmp_path, **made)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    with RawServer(lambda _: reply(500), context) as server:
        api = api_at(server.url)
        error = await fetched(api)

    assert type(error) is NotAltegioError
    assert api.usage.requests == 1
    assert why in str(error)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


async def test_a_port_where_nobody_listens_is_told(api_at: Callable[[str], AltegioApi]) -> None:
    port = free_port()

    error = await fetched(api_at(f"http://127.0.0.1:{port}"))

    assert str(error) == (
        f"Altegio could not be reached: 127.0.0.1:{port} refused the connection: "
        "check ALTEGIO_API_URL"
    )
    assert isinstance(error, AltegioUnavailableError)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"", "closed the connection"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{", "closed the connection"),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "does not answer in HTTP: check ALTEGIO_API_URL"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", "does not answer in HTTP"),
    ],
    ids=["nothing", "half", "another protocol", "a wrong length"],
)
async def test_what_is_no_whole_answer_in_http_is_told_in_plain_words(
    api_at: Callable[[str], AltegioApi], answer: bytes, told: str
) -> None:
    with RawServer(lambda _: answer) as server:
        error = await fetched(api_at(server.url))

    assert f"Altegio could not be reached: 127.0.0.1:{server.port} {told}" in str(error)
    assert isinstance(error, AltegioUnavailableError)


async def test_a_host_that_nobody_knows_is_told(api_at: Callable[[str], AltegioApi]) -> None:
    error = await fetched(api_at("https://altegio.invalid/api/v1"))

    assert str(error) == (
        "Altegio could not be reached: the host of altegio.invalid is unknown: "
        "check ALTEGIO_API_URL and the network"
    )


async def test_a_server_without_tls_is_told(api_at: Callable[[str], AltegioApi]) -> None:
    with RawServer(lambda _: reply(200)) as server:
        error = await fetched(api_at(f"https://127.0.0.1:{server.port}"))

    assert f"127.0.0.1:{server.port} does not answer in TLS" in str(error)


async def test_a_dead_proxy_is_told_by_its_variable(
    api_at: Callable[[str], AltegioApi], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:tok-SECRET@127.0.0.1:{free_port()}")

    error = await fetched(api_at("https://altegio.invalid/api/v1"))

    assert str(error) == (
        "Altegio could not be reached: the proxy in HTTPS_PROXY refused the connection: "
        "check HTTPS_PROXY"
    )


@pytest.mark.parametrize(
    ("status", "kind", "told", "tries"),
    [
        (407, NotAltegioError, "The proxy in all_proxy asks for a user name and a password", 1),
        (403, AltegioUnavailableError, "the proxy in all_proxy refused the connection (403)", 6),
        (502, AltegioUnavailableError, "the proxy in all_proxy refused the connection (502)", 6),
    ],
)
async def test_what_a_proxy_answers_is_told_as_its_own(
    api_at: Callable[[str], AltegioApi],
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    kind: type[AltegioError],
    told: str,
    tries: int,
) -> None:
    with RawServer(lambda _: reply(status)) as server:
        monkeypatch.setenv("all_proxy", f"127.0.0.1:{server.port}")
        error = await fetched(api_at("https://altegio.invalid/api/v1"))

    assert type(error) is kind
    assert len(server.requests) == tries
    assert told in str(error)


OTHER = "https://other.example:8443/api/v1/records/77/"


@pytest.mark.parametrize(
    ("status", "location", "told"),
    [
        (301, OTHER, "to https://other.example:8443"),
        (302, OTHER, "to https://other.example:8443"),
        (301, "https://user:pw@other.example/x", "to https://other.example"),
        (301, "//other.example/api/v1/records/77/", "to http://other.example"),
        (301, "/api/v2/records/77/", "to another path on 127.0.0.1"),
        (302, "/api/v1/records/77/", "to another path on 127.0.0.1"),
        (307, "/api/v1/records/77/", "to another path on 127.0.0.1"),
        (301, "/api/v1/records/77//", "to another path on 127.0.0.1"),
        (301, "/api/v1/records/77", "to another path on 127.0.0.1"),
        (301, "", "to no readable address"),
        (308, "javascript:alert(1)", "to no readable address"),
        (308, "http://[::1", "to no readable address"),
        (308, "http://a b\x1b[2J/", "to no readable address"),
        (308, "\xff\xfe", "to another path"),
    ],
)
async def test_a_redirect_is_told_and_not_followed(
    api_at: Callable[[str], AltegioApi], status: int, location: str, told: str
) -> None:
    with RawServer(lambda _: reply(status, b"", Location=location)) as server:
        error = await fetched(api_at(server.url))

    assert type(error) is NotAltegioError
    assert len(server.requests) == 1
    assert told in str(error)
    assert str(error).isprintable()
    assert "check ALTEGIO_API_URL" in str(error)


def empty_page() -> bytes:
    return reply(200, b'{"success": true, "data": [], "meta": {"total_count": 0}}')


@pytest.mark.parametrize("status", [301, 308])
@pytest.mark.parametrize("with_query", [False, True])
async def test_a_slash_at_the_end_of_the_path_is_added_once_and_for_good(
    api_at: Callable[[str], AltegioApi], status: int, *, with_query: bool
) -> None:
    def answer(seen: Seen) -> bytes:
        if seen.path.endswith("/"):
            return empty_page()
        query = "?" + seen.target.partition("?")[2] if with_query else ""
        return reply(status, b"", Location=f"{seen.path}/{query}")

    with RawServer(answer) as server:
        async with api_at(server.url) as api:
            for _ in range(3):
                await api.fetch_page(page_of())
            assert api.usage.requests == 4

    assert [seen.path.endswith("/") for seen in server.requests] == [False, True, True, True]
    assert {seen.query["count"] for seen in server.requests} == {"50"}
    assert all(USER in seen.head for seen in server.requests)


async def test_a_redirect_without_an_end_is_told(api_at: Callable[[str], AltegioApi]) -> None:
    with RawServer(lambda seen: reply(301, b"", Location=f"{seen.path}/")) as server:
        error = await fetched(api_at(server.url))

    assert type(error) is NotAltegioError
    assert len(server.requests) == 2


ROWS = [{"id": n, "company_id": 77} for n in range(1, 121)]


def served(seen: Seen, largest: int) -> bytes:
    count, page = int(seen.query["count"]), int(seen.query["page"])
    if count > largest:
        return refused(422, {"success": False, "meta": {"message": "Invalid value"}})
    rows = ROWS[(page - 1) * count : page * count]
    answer = {"success": True, "data": rows, "meta": {"total_count": len(ROWS)}}
    return reply(200, json.dumps(answer).encode())


async def test_a_page_size_that_is_refused_becomes_the_known_one(
    api_at: Callable[[str], AltegioApi],
) -> None:
    with RawServer(lambda seen: served(seen, 50)) as server:
        async with api_at(server.url) as api:
            pages = [await api.fetch_page(page_of(1000, page)) for page in (1, 2, 3)]

    assert [seen.query["count"] for seen in server.requests] == ["1000", "50", "50", "50"]
    assert sum(page.rows for page in pages) == len(ROWS)


async def test_another_refusal_is_told_with_the_known_size_too(
    api_at: Callable[[str], AltegioApi],
) -> None:
    with RawServer(lambda _: refused(422, FALSE)) as server:
        async with api_at(server.url) as api:
            with pytest.raises(AltegioRejectedError):
                await api.fetch_page(page_of(1000))
            with pytest.raises(AltegioRejectedError):
                await api.fetch_page(page_of(1000, 2))

    assert [seen.query["count"] for seen in server.requests] == ["1000", "50", "1000"]


def bomb(size: int) -> bytes:
    """A body of white space that unpacks to ``size`` bytes."""
    packer = zlib.compressobj(9, wbits=31)
    part = b" " * 2**20
    return b"".join([packer.compress(part) for _ in range(size // 2**20)]) + packer.flush()


@pytest.mark.parametrize("coding", ["gzip", "gzip, gzip", "gzip, deflate"])
async def test_a_body_that_unpacks_to_gigabytes_is_left_at_the_bound(
    api_at: Callable[[str], AltegioApi], coding: str
) -> None:
    body = bomb(512 * 2**20)
    if coding != "gzip":
        body = gzip.compress(body) if coding == "gzip, gzip" else zlib.compress(body)
    with RawServer(lambda _: reply(200, body, Content_Encoding=coding)) as server:
        error = await fetched(api_at(server.url))

    assert type(error) is AltegioRejectedError
    assert len(server.requests) == 1
    assert str(error).startswith("Altegio answered with more than 64 MiB")


async def test_an_answer_just_within_the_bound_is_read(
    api_at: Callable[[str], AltegioApi],
) -> None:
    start = b'{"success": true, "data": [], "meta": {"total_count": 0}'
    body = start + b" " * (MAX_BODY_BYTES - len(start) - 1) + b"}"
    with RawServer(lambda _: reply(200, body)) as server:
        async with api_at(server.url) as api:
            page = await api.fetch_page(page_of())

    assert page.rows == 0


async def test_an_answer_that_drips_is_given_up(
    api_at: Callable[[str], AltegioApi], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("altegio_sync.altegio.transport._ATTEMPT_SECONDS", 0.3)

    def drip(_seen: Seen) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
        for _ in range(1000):
            time.sleep(0.05)
            yield b" "

    with RawServer(drip) as server:
        error = await fetched(api_at(server.url))

    assert str(error) == "Altegio did not answer in time"
    # Fewer arrive than are made where connecting alone takes that long.
    assert 1 <= len(server.requests) <= 6


@pytest.mark.parametrize("token", ["a\nb", "a b", "ключ", "a\x00"])
def test_a_token_that_no_header_can_hold_is_refused(token: str) -> None:
    with pytest.raises(ConfigError) as raised:
        AltegioApi(token, USER)

    assert token not in str(raised.value)


def test_an_address_with_a_password_is_refused_without_being_shown() -> None:
    password = "pass" + "-" + "word"

    with pytest.raises(ConfigError) as raised:
        AltegioApi(PARTNER, USER, url=f"https://user:{password}@api.alteg.io/api/v1")

    assert password not in "".join(traceback.format_exception(raised.value))


async def test_a_service_that_is_listed_twice_is_one_service(
    api_at: Callable[[str], AltegioApi],
) -> None:
    rows = [{"id": 11, "title": "Урок"}, {"id": 11, "title": "Урок"}, {"id": 12, "title": "Гурт"}]
    body = json.dumps({"success": True, "data": rows, "meta": []}).encode()

    with RawServer(lambda _: reply(200, body)) as server:
        async with api_at(server.url) as api:
            services = await api.fetch_services("77")

    assert [each.id for each in services] == ["11", "12"]
