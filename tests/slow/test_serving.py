"""`altegio-sync serve` in long outages and bursts."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from random import randrange
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.cli import UNLIMITED, Cli, unlimited_sandbox
from tests.acceptance.serving import (
    APPOINTMENTS,
    NO_POLL,
    NOTICES,
    RECORDS,
    Senders,
    Serving,
    assert_equal,
    database_of,
    killed_in_bursts,
    school_of_forty,
    wait_until_settled,
)
from tests.mongod import running_mongod

if TYPE_CHECKING:
    from collections.abc import Iterator

    from altegio_sync.sandbox import School
    from tests.mongod import RunningMongod


@pytest.fixture(scope="module")
def mortal() -> Iterator[RunningMongod]:
    """A MongoDB that tests may kill."""
    with running_mongod() as running:
        yield running


@pytest.fixture
def school() -> School:
    return school_of_forty()


@pytest.fixture
def cli(tmp_path: Path, school: School, mortal: RunningMongod) -> Iterator[Cli]:
    with unlimited_sandbox(school) as server:
        made = Cli.against(tmp_path, server, school, mortal.uri_of(f"test_{randrange(10**9)}"))
        made.settings |= UNLIMITED
        yield made


def test_nothing_that_was_accepted_is_lost_while_mongodb_is_away_for_a_minute(
    cli: Cli, mortal: RunningMongod, school: School
) -> None:
    mortal.kill()  # it is away at the start, and again in the middle
    with Serving(cli, NO_POLL) as serving:

        def is_well() -> bool:
            return serving.client.get("/health").status_code == 200

        serving.wait_for(lambda: "Waiting until MongoDB is back" in serving.log)
        assert serving.client.get("/health").json() == {"process": True, "mongodb": False}
        mortal.start()
        serving.wait_for(is_well)
        assert serving.log.count("WARNING MongoDB is back") == 1
        with Senders(serving, school) as senders:
            time.sleep(5)
            mortal.kill()
            time.sleep(60)
            mortal.start()
            serving.wait_for(is_well)
            time.sleep(5)
        with database_of(cli) as database:
            wait_until_settled(serving, database)
            assert database[NOTICES].count_documents({}) >= senders.accepted
            assert_equal(database, school, set(RECORDS) - senders.open)
    assert serving.log.count("WARNING MongoDB is back") == 2


def test_nothing_that_was_accepted_is_lost_by_ten_times_kill_9(cli: Cli, school: School) -> None:
    accepted, left = killed_in_bursts(cli, school, [0.3 + 0.5 * number for number in range(10)])

    with Serving(cli, NO_POLL) as serving, database_of(cli) as database:
        wait_until_settled(serving, database)
        assert database[NOTICES].count_documents({}) >= accepted > 1000
        assert_equal(database, school, set(RECORDS) - left)


def test_it_ends_although_mongodb_does_not_answer(cli: Cli, mortal: RunningMongod) -> None:
    with Serving(cli, NO_POLL) as serving:
        assert serving.notify(501) == 204
        os.kill(mortal.pid, signal.SIGSTOP)
        try:
            begin = time.monotonic()
            assert serving.stop() == 0
            assert time.monotonic() - begin < 28  # ten times of what is promised
        finally:
            os.kill(mortal.pid, signal.SIGCONT)


def test_notices_wait_for_a_run_that_has_the_collection_to_itself(cli: Cli) -> None:
    with database_of(cli) as stored:
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


def test_an_embedded_mongodb_that_died_is_started_again(cli: Cli, tmp_path: Path) -> None:
    cli.settings |= {"DB_URI": "embedded", "ALTEGIO_DATA_DIR": str(tmp_path / "data")}
    with Serving(cli, NO_POLL) as serving:

        def is_well() -> bool:
            return serving.client.get("/health").status_code == 200

        serving.wait_for(is_well)
        [mongod] = servers(tmp_path)
        os.kill(mongod, signal.SIGKILL)
        serving.wait_for(lambda: servers(tmp_path) not in ([], [mongod]))
        serving.wait_for(is_well)
        assert serving.notify(501) == 204


def servers(folder: Path) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            words = path.read_text(errors="replace").split("\0")
            if "--dbpath" in words and str(folder) in " ".join(words):
                found.append(int(path.parent.name))
    return found
