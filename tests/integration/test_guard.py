"""Who may see the page, over real sockets."""

from __future__ import annotations

import socket
import unicodedata
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from altegio_sync.errors import ConfigError
from altegio_sync.web.guard import Guard, check_page
from altegio_sync.web.readers import Readers
from altegio_sync.web.server import listen
from tests.integration.web import serving

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

PASSWORD = "пароль: ї – SECRET 4417"
#: Longer than any test: who waits for it never gets an answer.
NEVER_S = 3600.0


def an_application(password: str | None, **limits: Any) -> Starlette:
    async def seen(_request: Request) -> Response:
        return PlainTextResponse("seen")

    guard = Guard(password, Readers(), **limits)
    return Starlette(routes=[Route("/", guard.protect(seen))])


def with_password(password: str, user: str = "будь-хто") -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"}


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1:8077", "127.0.0.1", "127.8.9.1", "localhost", "LOCALHOST:80", "localhost.:1"),
        *("[::1]", "[::1]:8077", "[::ffff:127.0.0.1]"),
    ],
)
async def test_without_a_password_this_machine_sees_it(host: str) -> None:
    async with serving(an_application(None)) as client:
        assert (await client.get("/", headers={"Host": host})).text == "seen"


@pytest.mark.parametrize(
    "host",
    [
        *("sync.example", "sync.example:8077", "127.0.0.1.sync.example", "localhost.sync.example"),
        *("10.0.0.1", "0.0.0.0", "[::]", "[2001:db8::1]:8077", "[", "", "127.0.0.1@sync.example"),
    ],
)
async def test_without_a_password_no_other_host_name_shows_it(host: str) -> None:
    async with serving(an_application(None)) as client:
        answer = await client.get("/", headers={"Host": host})

    assert answer.status_code == 403
    assert "set ALTEGIO_PAGE_PASSWORD" in answer.text


@pytest.mark.parametrize(
    "name",
    [
        *("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "x-forwarded-anything", "Via"),
        *("X-Real-IP", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP", "CDN-Loop"),
        *("X-Cluster-Client-IP", "Fastly-Client-IP", "X-Original-Forwarded-For", "X-Original-Host"),
        *("X-ProxyUser-Ip", "X-Appengine-User-IP", "X-Envoy-External-Address"),
    ],
)
async def test_without_a_password_no_proxy_shows_it(name: str) -> None:
    async with serving(an_application(None)) as client:
        answer = await client.get("/", headers={name: "127.0.0.1"})

    assert answer.status_code == 403


async def test_without_a_password_a_proxy_that_adds_no_header_does_not_show_it() -> None:
    async with serving(an_application(None)) as client:
        port = client.base_url.port or 0
        async with await anyio.connect_tcp("127.0.0.1", port) as stream:
            await stream.send(b"GET / HTTP/1.0\r\nHost: 127.0.0.1:8077\r\n\r\n")
            assert b" 403 " in await stream.receive()


@pytest.mark.parametrize("password", [PASSWORD, "a", ":", "::b:", "ї" * 200])
async def test_the_password_shows_it_to_any_user_behind_any_proxy(password: str) -> None:
    behind_proxy = {"Host": "sync.example", "X-Forwarded-For": "192.0.2.7"}
    async with serving(an_application(password)) as client:
        for user in ("", "хтось", "admin"):
            headers = with_password(password, user) | behind_proxy
            assert (await client.get("/", headers=headers)).text == "seen"
        decomposed = with_password(unicodedata.normalize("NFD", password))
        assert (await client.get("/", headers=decomposed)).text == "seen"


async def test_without_credentials_the_browser_asks_for_the_password() -> None:
    async with serving(an_application(PASSWORD, delay_s=NEVER_S)) as client:
        answer = await client.get("/", headers={"Accept-Language": "uk"})

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Basic realm="altegio-sync", charset="UTF-8"'
    assert answer.headers["cache-control"] == "no-store"
    assert 'lang="uk"' in answer.text


@pytest.mark.parametrize(
    "header",
    [
        *[with_password(each)["Authorization"] for each in ("", PASSWORD[:-1], PASSWORD + "x")],
        with_password(PASSWORD.upper())["Authorization"],
        with_password("x:" + PASSWORD)["Authorization"],
        *["Basic", "Basic !", "Basic //8=", "Basic 0", f"Bearer {PASSWORD.encode().hex()}"],
    ],
)
async def test_another_password_shows_nothing(header: str) -> None:
    async with serving(an_application(PASSWORD, delay_s=0.01)) as client:
        answer = await client.get("/", headers={"Authorization": header})

    assert answer.status_code == 401
    assert "seen" not in answer.text


async def test_wrong_passwords_are_slow_and_lock_nobody_out() -> None:
    async with serving(an_application(PASSWORD, delay_s=NEVER_S, most_waiting=3)) as client:
        answers = []
        are_refused = anyio.Event()

        async def guess() -> None:
            answers.append((await client.get("/", headers=with_password("wrong"))).status_code)
            if len(answers) == 5:
                are_refused.set()

        async with anyio.create_task_group() as guesses:
            for _ in range(8):
                guesses.start_soon(guess)
            with anyio.fail_after(60):
                await are_refused.wait()
            right = await client.get("/", headers=with_password(PASSWORD))
            guesses.cancel_scope.cancel()

    assert answers == [429] * 5
    assert right.text == "seen"


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_a_page_for_other_machines_needs_a_password(host: str) -> None:
    if ":" in host and not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    with listen(host, 0) as listening:
        with pytest.raises(ConfigError, match="ALTEGIO_PAGE_PASSWORD must be set"):
            check_page(listening, has_page=True, has_password=False)
        check_page(listening, has_page=True, has_password=True)
        check_page(listening, has_page=False, has_password=False)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.3.2.1", "::1", "[::1]", "localhost"])
def test_a_page_for_this_machine_needs_no_password(host: str) -> None:
    if ":" in host and not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    with listen(host, 0) as listening:
        check_page(listening, has_page=True, has_password=False)
