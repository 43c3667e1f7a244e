"""A run over many locations: what it asks and writes, and what is left of it when it is killed."""

from __future__ import annotations

import re
import signal
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pymongo import MongoClient

from altegio_sync.sandbox import Locations, SandboxServer
from tests.acceptance.cli import Cli
from tests.acceptance.test_terminal import ESCAPES, run_on_terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymongo.database import Database

COUNT = 40
#: The program's own collections whose writes are counted.
BUDGET, LEASES, LEDGER = "altegio-sync-budget", "altegio-sync-leases", "altegio-sync-ledger"
WRITES = ("findAndModify", "findandmodify", "update", "insert")


@pytest.fixture
def locations() -> Locations:
    return Locations.made_up(COUNT, lessons_a_month=30)


@pytest.fixture
def served(locations: Locations) -> Locations:
    return locations


@pytest.fixture
def cli(cli: Cli, locations: Locations) -> Cli:
    cli.settings |= {
        "ALTEGIO_COMPANY_ID": ",".join(locations.company_ids),
        "ALTEGIO_REQUESTS_PER_SECOND": "500",
        "ALTEGIO_REQUESTS_PER_MINUTE": "30000",
    }
    return cli


@pytest.fixture
def stored(db_uri: str) -> Iterator[Database[dict[str, Any]]]:
    with MongoClient[dict[str, Any]](db_uri, tz_aware=True) as client:
        yield client.get_default_database()


def assert_all_is_stored(locations: Locations, stored: Database[dict[str, Any]]) -> None:
    """Every document of yesterday is stored once, with every field as the sandbox means it."""
    wanted: dict[str, Any] = {}
    for company_id in locations.company_ids:
        school = locations.find(company_id)
        assert school is not None
        yesterday = (datetime.now(school.zone) - timedelta(days=1)).date()
        documents = [each.document for each in school.planted(yesterday, yesterday)]
        wanted |= {each["appointmentId"]: each for each in documents if each is not None}
    own = {"_id": 0, "createdAt": 0, "updatedAt": 0, "altegioUpdatedAt": 0}
    found = list(stored["altegio-appointments"].find({}, own))
    assert len(found) == len(wanted) >= COUNT / 2
    assert {each["appointmentId"]: each for each in found} == wanted


def pages_asked(server: SandboxServer) -> list[str]:
    """The company of each page that was asked for."""
    return [each.path.split("/")[-1] for each in server.requests if "/records/" in each.path]


def count_writes(stored: Database[dict[str, Any]], collection: str) -> int:
    """The commands that wrote, since the profiler is on."""
    ns = f"{stored.name}.{collection}"
    found = stored["system.profile"].find({"ns": ns})
    return sum(any(name in each.get("command", {}) for name in WRITES) for each in found)


def test_a_night_asks_each_location_once_and_writes_in_batches(
    cli: Cli, server: SandboxServer, locations: Locations, stored: Database[dict[str, Any]]
) -> None:
    first = cli.run("sync", "yesterday", "--json")
    assert_all_is_stored(locations, stored)
    server.requests.clear()
    stored.command("profile", 2)
    second = cli.run("sync", "yesterday", "--json")
    stored.command("profile", 0)

    assert (first.code, second.code) == (0, 0)
    assert sorted(pages_asked(server)) == sorted(second.json["companies"])
    requests = second.json["api"]["requests"]
    assert requests == len(server.requests) == COUNT
    assert sum(each["api"]["requests"] for each in second.json["by_company"]) == requests
    assert second.json["days"]["proved"] == COUNT
    assert count_writes(stored, BUDGET) <= requests
    # One by one these would be two for each location; how many meet depends on the machine.
    assert count_writes(stored, LEASES) < 2 * COUNT
    assert count_writes(stored, LEDGER) <= COUNT


def test_a_location_without_a_right_keeps_no_other_from_being_read(
    cli: Cli, locations: Locations
) -> None:
    refused = locations.company_ids[3]
    locations.denied.add(refused)

    ran = cli.run("sync", "yesterday", "--json")

    assert ran.code == 1
    assert [each["company"] for each in ran.json["errors"]] == [refused]
    assert ran.json["days"]["proved"] == COUNT - 1
    assert f"(company {refused})" in ran.err

    locations.denied.update(locations.company_ids)
    assert cli.run("sync", "yesterday").code == 3


def test_a_terminal_shows_one_bar_and_a_line_for_each_location_that_needs_attention(
    cli: Cli, server: SandboxServer, locations: Locations
) -> None:
    server.latency_s = 0.05
    refused = locations.company_ids[3]
    locations.denied.add(refused)

    code, out, screen = run_on_terminal(cli, "sync", "yesterday")

    text = ESCAPES.sub("", screen)
    assert code == 1
    assert re.search(rf"[0-9]+/{COUNT} locations page [0-9]+ [0-9.]+ requests/s", text)
    assert "/records" not in text
    assert "INFO" not in text
    [line] = re.findall(r"ERROR .*?\)(?=\r\n)", text, re.DOTALL)  # the terminal breaks it
    assert line.endswith(f"(company {refused})")
    shown = re.findall(r"^ +company ([0-9]+) .*", out, re.MULTILINE)
    assert refused in shown
    assert len(shown) < COUNT / 2  # the other locations that have a warning
    assert re.search(rf"companies +{COUNT} +{len(shown)} need", out)
    assert "\x1b" not in out


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_is_continued_and_asks_nothing_twice(
    cli: Cli,
    server: SandboxServer,
    locations: Locations,
    stored: Database[dict[str, Any]],
    number: signal.Signals,
) -> None:
    server.latency_s = 0.05
    cli.run("sync", "yesterday", "--dry-run")
    server.requests.clear()
    with cli.start("sync", "yesterday") as run:
        deadline = time.monotonic() + 120
        while not 5 <= stored[LEDGER].count_documents({}) < COUNT:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        run.send_signal(number)
        run.communicate(timeout=120)
    assert run.returncode == (-number if number is signal.SIGKILL else 130)
    done = {each["companyId"] for each in stored[LEDGER].find()}
    assert 5 <= len(done) < COUNT
    server.requests.clear()

    ran = cli.run("sync", "yesterday", "--resume", "--json")

    assert ran.code == 0
    assert done.isdisjoint(pages_asked(server))
    assert ran.json["days"]["resumed"] == len(done)
    assert {each["companyId"] for each in stored[LEDGER].find()} == set(ran.json["companies"])
    assert_all_is_stored(locations, stored)
    # Leases that the stopped run left were taken over at once, and given back.
    leases = stored[LEASES].find_one()
    assert leases is not None
    assert leases["leases"] == []
