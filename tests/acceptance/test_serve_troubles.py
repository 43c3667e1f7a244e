"""`altegio-sync serve` while something goes wrong around it."""

from __future__ import annotations

import os
import random
import signal
import socket
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from pymongo import MongoClient

from altegio_sync.sandbox import School
from tests.acceptance.serving import HOOK_SECRET, PATIENCE_S, Serving
from tests.acceptance.warm_main import MOMENT
from tests.mongod import running_mongod

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pymongo.database import Database as SyncDatabase

    from altegio_sync.sandbox import SandboxServer
    from tests.acceptance.cli import Cli
    from tests.mongod import RunningMongod

    Database = SyncDatabase[dict[str, Any]]

APPOINTMENTS, NOTICES = "altegio-appointments", "altegio-sync-notices"
NO_POLL = ("--no-poll",)


@pytest.fixture(scope="module")
def mortal() -> Iterator[RunningMongod]:
    """A MongoDB that tests may kill."""
    with running_mongod() as running:
        yield running


@pytest.fixture
def mortal_cli(cli: Cli, mortal: RunningMongod) -> Cli:
    cli.settings["DB_URI"] = mortal.uri_of(f"test_{random.randrange(10**9)}")
    return cli


@pytest.fixture
def school() -> School:
    school = School.empty()
    now = datetime.now(school.zone).replace(microsecond=0, tzinfo=None)
    for number in range(501, 541):
        school.add(school.record(now + timedelta(hours=number), id=number))
    return school


@contextmanager
def database_of(cli: Cli) -> Iterator[Database]:
    client: MongoClient[dict[str, Any]]
    with MongoClient(cli.settings["DB_URI"]) as client:
        yield client.get_default_database()


@pytest.fixture
def stored(cli: Cli) -> Iterator[Database]:
    with database_of(cli) as database:
        yield database


@pytest.fixture
def mortal_stored(mortal_cli: Cli) -> Iterator[Database]:
    with database_of(mortal_cli) as database:
        yield database


class Senders:
    """Sends notices about the records in turn, from four threads, until the end of the context."""

    def __init__(self, serving: Serving, records: Sequence[int]) -> None:
        self.accepted: Counter[int] = Counter()
        self._serving = serving
        self._records = records
        self._is_over = False

    def __enter__(self) -> Senders:
        self._pool = ThreadPoolExecutor(4)
        self._sent = [self._pool.submit(self._send, number) for number in range(4)]
        return self

    def __exit__(self, *_error: object) -> None:
        self._is_over = True
        with self._pool:
            for each in self._sent:
                self.accepted += each.result()

    def _send(self, first: int) -> Counter[int]:
        accepted: Counter[int] = Counter()
        while not self._is_over:
            for number in self._records[first::4]:
                try:
                    accepted[number] += self._serving.notify(number) == 204
                except httpx2.HTTPError:  # the process was killed before it answered
                    time.sleep(0.01)
        return accepted


def wait_until_settled(serving: Serving, database: Database) -> None:
    is_open = {"state": {"$in": ["waiting", "claimed"]}}
    serving.wait_for(lambda: database[NOTICES].count_documents(is_open) == 0)


def test_nothing_that_was_accepted_is_lost_while_mongodb_is_away(
    mortal_cli: Cli, mortal: RunningMongod, mortal_stored: Database
) -> None:
    records = range(501, 541)
    with Serving(mortal_cli, NO_POLL) as serving:
        with Senders(serving, records) as senders:
            time.sleep(0.2)
            mortal.kill()
            time.sleep(0.3)
            mortal.start()
            serving.wait_for(lambda: serving.client.get("/health").status_code == 200)
        wait_until_settled(serving, mortal_stored)

    assert set(senders.accepted) == set(records)
    assert mortal_stored[NOTICES].count_documents({}) >= senders.accepted.total()
    assert mortal_stored[APPOINTMENTS].count_documents({}) == len(records)


def test_nothing_that_was_accepted_is_lost_by_kill_9(cli: Cli, stored: Database) -> None:
    records, accepted = range(501, 541), Counter[int]()
    for number in range(10):
        with Serving(cli, NO_POLL) as serving, Senders(serving, records) as senders:
            time.sleep(0.05 + 0.03 * number)
            serving.kill()
        accepted += senders.accepted

    with Serving(cli, NO_POLL) as serving:
        wait_until_settled(serving, stored)

    assert accepted.total() > 100
    assert stored[NOTICES].count_documents({}) >= accepted.total()
    found = {int(each["appointmentId"]) for each in stored[APPOINTMENTS].find()}
    assert found >= {number for number, count in accepted.items() if count}


def reads_of(server: SandboxServer) -> dict[str, list[float]]:
    """When each record was requested by its id."""
    found: dict[str, list[float]] = {}
    for each in server.requests:
        if "/record/" in each.path:
            found.setdefault(each.path, []).append(each.at)
    return found


def test_two_side_by_side_share_the_work(cli: Cli, server: SandboxServer, stored: Database) -> None:
    """The clock of one of them is wrong by an hour."""
    server.latency_s = 0.1
    wrong: dict[str, str | None] = {MOMENT: str(time.time() + 3600)}
    with Serving(cli, NO_POLL) as one, Serving(cli, NO_POLL, wrong) as other:
        for number in range(501, 541):
            assert one.notify(number) == other.notify(number) == 204
        wait_until_settled(one, stored)

    reads = reads_of(server)
    assert len(reads) == 40
    gaps = [b - a for times in reads.values() for a, b in pairwise(times)]
    assert [gap for gap in gaps if gap < server.latency_s] == []


def test_it_ends_soon_although_others_wait(
    cli: Cli, server: SandboxServer, stored: Database
) -> None:
    """The test fails by its patience if the process waits for the answer or the connections."""
    server.latency_s = 2 * PATIENCE_S
    with Serving(cli, NO_POLL) as serving:
        address = ("127.0.0.1", serving.client.base_url.port or 0)
        with socket.create_connection(address) as silent, socket.create_connection(address) as half:
            half.sendall(f"POST /hooks/{HOOK_SECRET} HTTP/1.1\r\nHost: x\r\n".encode())
            assert serving.notify(501) == 204
            serving.wait_for(lambda: bool(server.requests))

            assert serving.stop() == 0

            assert silent.recv(1) == half.recv(1) == b""
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(address)
    [notice] = stored[NOTICES].find()
    assert notice["state"] in ("claimed", "waiting")


def test_it_ends_although_mongodb_does_not_answer(mortal_cli: Cli, mortal: RunningMongod) -> None:
    with Serving(mortal_cli, NO_POLL) as serving:
        assert serving.notify(501) == 204
        os.kill(mortal.pid, signal.SIGSTOP)
        try:
            begin = time.monotonic()
            assert serving.stop() == 0
            assert time.monotonic() - begin < 28  # ten times of what is promised
        finally:
            os.kill(mortal.pid, signal.SIGCONT)


def test_notices_wait_for_a_run_that_has_the_collection_to_itself(
    cli: Cli, stored: Database
) -> None:
    lease = {"company": "*", "command": "clean", "run_id": "r", "host": "h", "pid": 1}
    now = datetime.now().astimezone()
    lease |= {"since": now, "renewed_at": now, "expires_at": now + timedelta(hours=1)}
    stored["altegio-sync-leases"].insert_one({"_id": APPOINTMENTS, "leases": [lease]})
    with Serving(cli, NO_POLL) as serving:
        assert serving.notify(501) == 204
        serving.wait_for(lambda: "the notices wait" in serving.log)
        assert stored[APPOINTMENTS].count_documents({}) == 0
        stored["altegio-sync-leases"].delete_many({})
        wait_until_settled(serving, stored)

    [notice] = stored[NOTICES].find()
    assert (notice["state"], notice["tries"]) == ("stored", 0)
    assert serving.log.count("the notices wait") == 1
