"""A MongoDB that is killed while a command is at work on it."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from pymongo import MongoClient

from altegio_sync.embedded.server import await_end, share_mongod
from tests.acceptance.cli import Ran
from tests.mongod import ReplicaSet, RunningMongod, running_mongod, running_replica_set

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from altegio_sync.sandbox import PlantedRecord, SandboxServer, School
    from tests.acceptance.cli import Cli
    from tests.acceptance.warm import Started

Document = dict[str, Any]
KilledT = TypeVar("KilledT")


@dataclass
class Ambush:
    """Holds the sandbox's answer to a list request with one of these numbers until `spring`.

    What happens to MongoDB in between happens while the command is in the middle of its work:
    other pages are on their way into the collection, and the command waits for this one.
    """

    at_requests: list[int]
    _seen: int = 0
    _is_there: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    _goes_on: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def __call__(self, path: str, _query: Mapping[str, str]) -> None:
        if "/records/" not in path:
            return
        self._seen += 1
        if self._seen in self.at_requests:
            self._is_there.release()
            assert self._goes_on.acquire(timeout=120)

    def wait(self) -> None:
        assert self._is_there.acquire(timeout=120), "the command never came so far"

    def spring(self) -> None:
        self._goes_on.release()


@pytest.fixture(scope="module")
def trio() -> Iterator[ReplicaSet]:
    with running_replica_set() as running:
        yield running


@pytest.fixture
def alone() -> Iterator[RunningMongod]:
    """One that no other test uses."""
    with running_mongod() as running:
        yield running


def last_month() -> tuple[date, date]:
    last = datetime.now(ZoneInfo("Europe/Kyiv")).date().replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last


@pytest.fixture
def planted(school: School) -> list[PlantedRecord]:
    return school.planted(*last_month())


@pytest.fixture
def paced(cli: Cli, server: SandboxServer) -> Cli:
    """Small pages at a pace, so that a run has a middle; the shared budget is in use."""
    server.latency_s = 0.02
    cli.settings |= {"ALTEGIO_PAGE_SIZE": "20", "ALTEGIO_REQUESTS_PER_SECOND": "40"}
    return cli


def kill_amid_writes(uri: str, ambush: Ambush, kill: Callable[[], KilledT]) -> KilledT:
    """Kill it while writes are under way that it has not answered; what ``kill`` returns."""
    ambush.wait()
    with MongoClient[Document](uri) as client:
        # No write gets through any more: those that the command begins now are left in the air.
        client.admin.command("fsync", lock=True)
    ambush.spring()
    time.sleep(0.3)
    return kill()


def finish(process: Started) -> Ran:
    out, err = process.communicate(timeout=280)
    return Ran(process.wait(), out, err)


def holds_all(uri: str, planted: list[PlantedRecord]) -> bool:
    """Whether the collection holds each appointment that the run is to keep, once."""
    with MongoClient[Document](uri) as client:
        stored = client.get_default_database()["altegio-appointments"].find()
        ids = Counter(each["appointmentId"] for each in stored)
    kept = {each.document["appointmentId"] for each in planted if each.document is not None}
    return set(ids) == kept and set(ids.values()) == {1}


def stands_by_its_words(uri: str) -> bool:
    """Whether nobody holds a lease any more, and every day of last month is in the ledger."""
    first, last = last_month()
    with MongoClient[Document](uri) as client:
        database = client.get_default_database()
        leases = [
            lease for each in database["altegio-sync-leases"].find() for lease in each["leases"]
        ]
        days = {each["day"] for each in database["altegio-sync-ledger"].find()}
    wanted = {str(first + timedelta(days=n)) for n in range((last - first).days + 1)}
    return not leases and days == wanted


def expire_leases(uri: str) -> None:
    """As if the minute had passed after which a dead run's lease is taken over."""
    with MongoClient[Document](uri) as client:
        leases = client.get_default_database()["altegio-sync-leases"]
        leases.update_many(
            {}, {"$set": {"leases.$[].expires_at": datetime(2000, 1, 1, tzinfo=UTC)}}
        )


def test_a_run_survives_the_death_of_one_primary_after_another(
    paced: Cli, server: SandboxServer, trio: ReplicaSet, planted: list[PlantedRecord]
) -> None:
    uri = trio.uri_of("killed")
    server.before_request = ambush = Ambush([6, 20])

    with paced.start("sync", "last-month", "--update", "--json", DB_URI=uri) as process:
        for _ in ambush.at_requests:
            killed = kill_amid_writes(uri, ambush, trio.kill_primary)
            killed.start()
            trio.await_health()
        ran = finish(process)

    assert ran.code == 0, ran.err
    assert ran.json["records"]["saved"] == sum(each.document is not None for each in planted)
    assert holds_all(uri, planted)
    assert stands_by_its_words(uri)


def test_changes_survive_the_death_of_a_primary_and_move_the_cursor(
    paced: Cli, server: SandboxServer, trio: ReplicaSet, planted: list[PlantedRecord]
) -> None:
    uri = trio.uri_of("changed")
    server.before_request = ambush = Ambush([4])

    with paced.start("changes", "--since", "last-month", "--json", DB_URI=uri) as process:
        killed = kill_amid_writes(uri, ambush, trio.kill_primary)
        ran = finish(process)
    killed.start()
    trio.await_health()
    again = paced.run("changes", "--json", DB_URI=uri)

    assert ran.code == 0, ran.err + again.err
    assert again.code == 0, ran.err + again.err
    assert ran.json["records"]["saved"] > len(planted) / 3
    assert ran.json["cursor"]["moved_to"] is not None
    assert again.json["records"]["saved"] == again.json["records"]["updated"] == 0


def test_a_run_waits_for_a_mongodb_that_comes_back(
    paced: Cli, server: SandboxServer, alone: RunningMongod, planted: list[PlantedRecord]
) -> None:
    uri = alone.uri_of("killed")
    server.before_request = ambush = Ambush([3, 12, 25])

    with paced.start("sync", "last-month", "--update", "--json", DB_URI=uri) as process:
        for _ in ambush.at_requests:
            kill_amid_writes(uri, ambush, alone.kill)
            alone.start()
        ran = finish(process)

    assert ran.code == 0, ran.err
    assert ran.json["records"]["saved"] == sum(each.document is not None for each in planted)
    assert holds_all(uri, planted)
    assert stands_by_its_words(uri)


def end_with_3(cli: Cli, server: SandboxServer, address: str, kill: Callable[[], object]) -> Ran:
    """What a run says whose MongoDB is killed amid its writes, and stays away."""
    server.before_request = ambush = Ambush([12])
    with cli.start("sync", "last-month", "--json") as process:
        kill_amid_writes(address, ambush, kill)
        began_at = time.monotonic()
        ran = finish(process)
    server.before_request = None
    # 30 s of looking for the server again. It ends at all: `finish` waits for it.
    assert time.monotonic() - began_at > 25
    assert ran.code == 3
    assert {each["code"] for each in ran.json["errors"]} == {"store_failed"}
    assert "MongoDB" in ran.err
    assert "Traceback" not in ran.err
    return ran


def test_a_run_whose_mongodb_stays_away_ends_with_3_and_the_next_one_completes(
    paced: Cli, server: SandboxServer, alone: RunningMongod, planted: list[PlantedRecord]
) -> None:
    paced.settings["DB_URI"] = uri = alone.uri_of("gone")

    ran = end_with_3(paced, server, uri, alone.kill)
    alone.start()
    expire_leases(uri)
    again = paced.run("sync", "last-month", "--json")

    assert again.code == 0, again.err
    assert 0 < ran.json["records"]["saved"] == again.json["records"]["duplicates"]
    assert holds_all(uri, planted)


def test_a_run_whose_embedded_mongodb_is_killed_ends_with_3_and_the_next_one_completes(
    paced: Cli, server: SandboxServer, planted: list[PlantedRecord]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        paced.settings |= {"DB_URI": "embedded", "ALTEGIO_DATA_DIR": folder}
        home = Path(folder) / "mongodb"
        socket = quote(str(home / "mongod.sock"), safe="")

        def kill() -> None:
            os.kill(int((home / "db" / "mongod.lock").read_text()), signal.SIGKILL)

        ran = end_with_3(paced, server, f"mongodb://{socket}/altegio", kill)
        with share_mongod(Path(folder)) as uri:
            expire_leases(uri)
        again = paced.run("sync", "last-month", "--json")

        assert again.code == 0, again.err
        assert 0 < ran.json["records"]["saved"] == again.json["records"]["duplicates"]
        with share_mongod(Path(folder)) as uri:
            assert holds_all(uri, planted)
        await_end(Path(folder))
