"""Webhooks over real sockets, stored in a real MongoDB."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import anyio
import httpx2
import pytest
from starlette.responses import Response
from starlette.routing import Route

from altegio_sync.altegio.hook_body import read_delivery
from altegio_sync.domain.notices import HookOutcome
from altegio_sync.mongo.bookkeeping.notices import NOTICES_COLLECTION, MongoNotices
from altegio_sync.web.application import make_application
from altegio_sync.web.receiver import MOST_BYTES, HookReceiver
from altegio_sync.web.server import ImpatientProtocol
from tests.integration.web import serving as web_serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from anyio.abc import SocketStream
    from pymongo.asynchronous.database import AsyncDatabase

    from tests.mongod import RunningMongod

    Database = AsyncDatabase[dict[str, Any]]

NAME = "altegio-appointments"
SECRET, NEW_SECRET = "a" * 32, "b" * 31 + "_"
EVENT = {"company_id": 77, "resource": "record", "resource_id": 501, "status": "update"}
HEAD = f"POST /hooks/{SECRET} HTTP/1.1\r\nHost: x\r\n"


def make_receiver(
    database: Database, secrets: Sequence[str] = (SECRET, NEW_SECRET), **limits: float
) -> HookReceiver:
    return HookReceiver(
        secrets,
        lambda body: read_delivery(body, {"77"}.__contains__),
        MongoNotices(database, NAME).add,
        **limits,
    )


class QuickProtocol(ImpatientProtocol):
    looked_every_s = 0.05


@asynccontextmanager
async def serving(
    receiver: HookReceiver,
    database: Database,
    protocol: type[ImpatientProtocol] = ImpatientProtocol,
    **limits: Any,
) -> AsyncIterator[httpx2.AsyncClient]:
    async def ping() -> None:
        await MongoNotices(database, NAME).count_by_state()

    async with web_serving(make_application(receiver, ping, **limits), protocol) as client:
        yield client


@asynccontextmanager
async def connected(client: httpx2.AsyncClient) -> AsyncIterator[SocketStream]:
    async with await anyio.connect_tcp("127.0.0.1", client.base_url.port or 0) as stream:
        yield stream


async def read_all(stream: SocketStream) -> bytes:
    """What the server sends until it closes the connection."""
    received = b""
    with anyio.fail_after(60):
        try:
            while True:
                received += await stream.receive()
        except (anyio.EndOfStream, anyio.BrokenResourceError):
            return received


async def stored(database: Database) -> int:
    return await database[NOTICES_COLLECTION].count_documents({})


async def test_a_notice_is_stored_when_it_is_answered(database: Database) -> None:
    receiver = make_receiver(database)
    async with serving(receiver, database) as client:
        answer = await client.post(f"/hooks/{SECRET}", json=EVENT)

        assert answer.status_code == 204
        assert await stored(database) == 1
        answer = await client.post(f"/hooks/{NEW_SECRET}/", json=[EVENT, EVENT])
        assert answer.status_code == 204
    assert await stored(database) == 3
    assert receiver.counts == {HookOutcome.ACCEPTED: 3}


def same(answer: httpx2.Response) -> tuple[bytes, dict[str, str]]:
    return answer.content, {**answer.headers, "date": ""}


async def test_a_wrong_secret_is_not_found_as_any_other_address(database: Database) -> None:
    receiver = make_receiver(database)
    wrong = ("a" * 31, "a" * 31 + "b", SECRET.upper(), "%D1%96", "%00", "x", "x/", f"x/{SECRET}")
    async with serving(receiver, database) as client:
        for secret in wrong:
            answer = await client.post(f"/hooks/{secret}", json=EVENT)
            assert answer.status_code == 404
            assert same(answer) == same(await client.post("/nothing", json=EVENT))

    assert await stored(database) == 0
    assert receiver.counts == {HookOutcome.WRONG_SECRET: len(wrong)}


async def test_without_a_secret_no_notice_is_accepted(database: Database) -> None:
    receiver = make_receiver(database, secrets=())
    async with serving(receiver, database) as client:
        assert (await client.post("/hooks/", json=EVENT)).status_code == 404
        assert (await client.post(f"/hooks/{SECRET}", json=EVENT)).status_code == 404


async def test_what_nobody_repeats_is_answered_as_done(database: Database) -> None:
    receiver = make_receiver(database)
    foreign = [{**EVENT, "company_id": 79}, {**EVENT, "resource": "client"}]
    async with serving(receiver, database) as client:
        for body in (b"\xff", json.dumps(foreign).encode()):
            answer = await client.post(f"/hooks/{SECRET}", content=body)
            assert answer.status_code == 204

    [unreadable] = await database[NOTICES_COLLECTION].find().to_list()
    assert (unreadable["state"], unreadable["size"]) == ("unreadable", 1)
    assert receiver.counts == {
        HookOutcome.UNREADABLE: 1,
        HookOutcome.UNKNOWN_COMPANY: 1,
        HookOutcome.OTHER_RESOURCE: 1,
    }


async def test_a_body_of_the_largest_size_is_read(database: Database) -> None:
    body = json.dumps(EVENT).encode()
    async with serving(make_receiver(database), database) as client:
        answer = await client.post(f"/hooks/{SECRET}", content=body.ljust(MOST_BYTES))

    assert answer.status_code == 204
    assert await stored(database) == 1


async def test_a_body_that_is_announced_too_large_is_not_read(database: Database) -> None:
    receiver = make_receiver(database)
    async with serving(receiver, database) as client, connected(client) as stream:
        await stream.send(f"{HEAD}Content-Length: {MOST_BYTES + 1}\r\n\r\n".encode())

        assert (await read_all(stream)).startswith(b"HTTP/1.1 413 ")
    assert receiver.counts == {HookOutcome.TOO_LARGE: 1}


async def test_an_endless_body_is_refused_while_it_arrives(database: Database) -> None:
    async with serving(make_receiver(database), database) as client, connected(client) as stream:
        await stream.send(f"{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode())
        chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        for _ in range(4):
            await stream.send(chunk)
        await stream.send(b"1\r\nx\r\n")

        assert (await read_all(stream)).startswith(b"HTTP/1.1 413 ")
    assert await stored(database) == 0


async def test_a_body_that_does_not_end_is_given_up(database: Database) -> None:
    receiver = make_receiver(database, received_within_s=0.1)
    async with serving(receiver, database) as client, connected(client) as stream:
        await stream.send(f"{HEAD}Content-Length: 100\r\n\r\nx".encode())

        assert (await read_all(stream)).startswith(b"HTTP/1.1 408 ")
    assert receiver.counts == {HookOutcome.TOO_SLOW: 1}


@pytest.mark.parametrize("begin", [b"", HEAD.encode()], ids=["silent", "half a head"])
async def test_a_connection_without_a_request_is_closed(database: Database, begin: bytes) -> None:
    receiver = make_receiver(database)
    async with (
        serving(receiver, database, QuickProtocol) as client,
        connected(client) as stream,
    ):
        await stream.send(begin)

        assert await read_all(stream) == b""


async def test_a_connection_whose_answer_nobody_reads_is_closed(database: Database) -> None:
    size = 50_000_000

    async def answer(_request: object) -> Response:
        return Response(b"x" * size)

    receiver, pages = make_receiver(database), [Route("/large", answer)]
    async with (
        serving(receiver, database, QuickProtocol, pages=pages) as client,
        connected(client) as stream,
    ):
        await stream.send(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        await anyio.sleep(0.5)

        assert len(await read_all(stream)) < size


async def test_a_request_at_work_is_not_closed(mongod: RunningMongod, database: Database) -> None:
    slow = {"blockConnection": True, "blockTimeMS": 300}
    with mongod.failing(1, ("update",), **slow):
        async with serving(make_receiver(database), database, QuickProtocol) as client:
            answer = await client.post(f"/hooks/{SECRET}", json=EVENT)

    assert answer.status_code == 204


async def test_a_notice_that_mongodb_does_not_store_in_time_is_refused(
    mongod: RunningMongod, database: Database
) -> None:
    receiver = make_receiver(database, stored_within_s=0.1)
    with mongod.failing(1, ("update",), blockConnection=True, blockTimeMS=800):
        async with serving(receiver, database) as client:
            answer = await client.post(f"/hooks/{SECRET}", json=[EVENT, EVENT])

    assert answer.status_code == 503
    assert receiver.counts == {HookOutcome.NOT_STORED: 2}


async def test_a_notice_that_waits_when_the_server_stops_is_refused(database: Database) -> None:
    is_waiting = anyio.Event()

    async def store(_notices: object) -> None:
        is_waiting.set()
        await anyio.sleep_forever()

    receiver = HookReceiver(
        [SECRET], lambda body: read_delivery(body, {"77"}.__contains__), store, closed_within_s=0.1
    )
    answers: list[httpx2.Response] = []

    async def post(client: httpx2.AsyncClient) -> None:
        answers.append(await client.post(f"/hooks/{SECRET}", json=EVENT))

    async with serving(receiver, database) as client, anyio.create_task_group() as tasks:
        tasks.start_soon(post, client)
        await is_waiting.wait()
        receiver.close()

    assert [each.status_code for each in answers] == [503]


async def test_a_notice_that_mongodb_refuses_is_refused(
    mongod: RunningMongod, database: Database
) -> None:
    receiver = make_receiver(database)
    with mongod.failing(1, ("update",), errorCode=13):
        async with serving(receiver, database) as client:
            answer = await client.post(f"/hooks/{SECRET}", json=EVENT)

    assert answer.status_code == 503
    assert receiver.counts == {HookOutcome.NOT_STORED: 1}


async def test_health_is_about_the_process_and_mongodb(
    mongod: RunningMongod, database: Database
) -> None:
    receiver = make_receiver(database)
    async with serving(receiver, database, pinged_within_s=0.1) as client:
        with mongod.failing(1, ("aggregate",), blockConnection=True, blockTimeMS=800):
            answer = await client.get("/health")

    assert answer.status_code == 503
    assert answer.json() == {"process": True, "mongodb": False}
    async with serving(receiver, database) as client:
        answer = await client.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"process": True, "mongodb": True})


async def test_an_error_that_nobody_expected_is_reported_and_not_shown(
    database: Database, capfd: pytest.CaptureFixture[str]
) -> None:
    async def store(_notices: object) -> None:
        raise RuntimeError("Проба Вигадана +380 00 000 00 01")

    found: list[Exception] = []
    receiver = HookReceiver([SECRET], lambda body: read_delivery(body, {"77"}.__contains__), store)
    async with serving(receiver, database, on_error=found.append) as client:
        answer = await client.post(f"/hooks/{SECRET}", json=EVENT)

    assert (answer.status_code, answer.content) == (500, b"")
    assert [type(each) for each in found] == [RuntimeError]
    assert capfd.readouterr() == ("", "")


async def test_no_log_contains_the_secret(
    database: Database, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(0)
    async with serving(make_receiver(database), database) as client, connected(client) as stream:
        await stream.send(f"{HEAD}Content-Length: 1\r\nContent-Length: 2\r\n\r\n".encode())
        await read_all(stream)
        async with connected(client) as other:
            await other.send(f"{HEAD}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
            assert (await read_all(other)).startswith(b"HTTP/1.1 204 ")

    printed = capfd.readouterr()
    assert SECRET not in caplog.text + printed.out + printed.err
