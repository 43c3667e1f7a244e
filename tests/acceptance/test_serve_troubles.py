"""`altegio-sync serve` while something goes wrong around it."""

from __future__ import annotations

import random
import socket
import time
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from altegio_sync.sandbox import School
from tests.acceptance.serving import (
    HOOK_SECRET,
    NO_POLL,
    NOTICES,
    PATIENCE_S,
    RECORDS,
    Senders,
    Serving,
    assert_equal,
    database_of,
    killed_in_bursts,
    school_of_forty,
    wait_until_settled,
)
from tests.acceptance.warm_main import MOMENT
from tests.mongod import running_mongod

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymongo.database import Database as SyncDatabase

    from altegio_sync.sandbox import SandboxServer
    from tests.acceptance.cli import Cli
    from tests.mongod import RunningMongod

    Database = SyncDatabase[dict[str, Any]]


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
    return school_of_forty()


@pytest.fixture
def stored(cli: Cli) -> Iterator[Database]:
    with database_of(cli) as database:
        yield database


@pytest.fixture
def mortal_stored(mortal_cli: Cli) -> Iterator[Database]:
    with database_of(mortal_cli) as database:
        yield database


def test_nothing_that_was_accepted_is_lost_while_mongodb_is_away(
    mortal_cli: Cli, mortal: RunningMongod, school: School, mortal_stored: Database
) -> None:
    with Serving(mortal_cli, NO_POLL) as serving:
        with Senders(serving, school) as senders:
            time.sleep(0.2)
            mortal.kill()
            time.sleep(0.3)
            mortal.start()
            serving.wait_for(lambda: serving.client.get("/health").status_code == 200)
        wait_until_settled(serving, mortal_stored)

    assert mortal_stored[NOTICES].count_documents({}) >= senders.accepted
    assert_equal(mortal_stored, school, set(RECORDS) - senders.open)


def test_nothing_that_was_accepted_is_lost_by_kill_9(
    cli: Cli, school: School, stored: Database
) -> None:
    """Ten longer bursts are in `tests/slow`."""
    accepted, left = killed_in_bursts(cli, school, [0.05, 0.3])

    with Serving(cli, NO_POLL) as serving:
        wait_until_settled(serving, stored)
    assert stored[NOTICES].count_documents({}) >= accepted > 0
    assert_equal(stored, school, set(RECORDS) - left)


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
