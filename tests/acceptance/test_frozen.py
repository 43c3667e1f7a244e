"""A sync that is stopped between two pages and continues later, with other runs in between."""

from __future__ import annotations

import os
import random
import signal
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pymongo import MongoClient

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymongo.database import Database

    from altegio_sync.sandbox import SandboxServer, School
    from tests.acceptance.cli import Cli
    from tests.acceptance.warm import Started

Document = dict[str, Any]
NAME = "altegio-appointments"
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
#: More with FROZEN_TRIES=20.
TRIES = int(os.environ.get("FROZEN_TRIES", "1"))


@pytest.fixture
def stored(cli: Cli) -> Iterator[Database[Document]]:
    with MongoClient[Document](cli.settings["DB_URI"], tz_aware=True) as client:
        yield client.get_default_database()


def last_month(school: School) -> list[int]:
    last = datetime.now(school.zone).date().replace(day=1) - timedelta(days=1)
    planted = school.planted(last.replace(day=1), last)
    return [int(each.body["id"]) for each in planted if each.outcome == "kept"]


def set_status(school: School, ids: list[int], status: int) -> None:
    for each in ids:
        if school.get(each) is not None:
            school.change(each, visit_attendance=status, attendance=status)


def stop_in_mid_pages(cli: Cli, server: SandboxServer, random_s: float) -> Started:
    """An update, stopped by SIGSTOP while pages are under way."""
    before = len(server.requests)
    started = cli.start("sync", "last-month", "--update", "--json")
    deadline = time.monotonic() + 60
    while len(server.requests) < before + 3 and time.monotonic() < deadline:
        time.sleep(0.005)
    time.sleep(random_s)
    os.kill(started.pid, signal.SIGSTOP)
    return started


def go_on(started: Started) -> int:
    os.kill(started.pid, signal.SIGCONT)
    with started:
        started.communicate(timeout=120)
        return started.wait()


def statuses(stored: Database[Document], ids: list[int]) -> set[str]:
    of_them = {"appointmentId": {"$in": [str(each) for each in ids]}}
    return set(stored[NAME].distinct("status", of_them))


@pytest.mark.parametrize("attempt", range(TRIES))
@pytest.mark.parametrize("between", ["sync in its place", "changes beside it", "mongoose"])
def test_no_old_status_is_written_over_a_new_one(
    cli: Cli,
    server: SandboxServer,
    school: School,
    stored: Database[Document],
    between: str,
    attempt: int,
) -> None:
    cli.settings |= {"ALTEGIO_PAGE_SIZE": "20"}
    ids = last_month(school)
    assert cli.run("sync", "last-month").code == 0
    assert cli.run("changes", "--since", "1m").code == 0
    server.latency_s = 0.1
    set_status(school, ids, 1)
    first_changed_s = time.time()

    frozen = stop_in_mid_pages(cli, server, random.Random(attempt).random() * 0.3)
    old = statuses(stored, ids)
    # Altegio's stamps have whole seconds: the second change has a later one.
    time.sleep(max(0.0, int(first_changed_s) + 1.01 - time.time()))
    set_status(school, ids, -1)
    if between == "sync in its place":
        stored["altegio-sync-leases"].update_many({}, {"$set": {"leases.$[].expires_at": LONG_AGO}})
        ran = cli.run("sync", "last-month", "--update")
        assert ran.code == 0, ran.err
    elif between == "changes beside it":
        ran = cli.run("changes", "--overlap", "1h")
        assert ran.code == 0, ran.err
    else:
        now = {"$set": {"status": "-1", "updatedAt": "$$NOW"}}
        stored[NAME].update_many({}, [now])
    code = go_on(frozen)

    assert old & {"0", "1", "2"}
    assert statuses(stored, ids) == {"-1"}
    assert code in (0, 3)
    judge_ledger(stored, code)


def judge_ledger(stored: Database[Document], code: int) -> None:
    """All days of the month are entered by a run that ended well."""
    reports = {each["run_id"]: each for each in stored["altegio-sync-runs"].find()}
    if code == 3:
        lost = [each for each in reports.values() if each["errors"]]
        assert [error["code"] for each in lost for error in each["errors"]] == ["lease_lost"]
    for entry in stored["altegio-sync-ledger"].find():
        assert reports[entry["latest"]["run_id"]]["ok"]


def test_a_lease_of_a_process_that_was_killed_keeps_nobody_waiting(
    cli: Cli, server: SandboxServer, stored: Database[Document]
) -> None:
    server.latency_s = 0.3
    killed = cli.start("sync", "last-month")
    deadline = time.monotonic() + 60
    while not server.requests and time.monotonic() < deadline:
        time.sleep(0.01)
    killed.kill()
    with killed:
        killed.communicate(timeout=120)
    assert len((stored["altegio-sync-leases"].find_one() or {})["leases"]) == 1
    server.latency_s = 0

    ran = cli.run("sync", "last-month", "--wait", "0")

    assert ran.code == 0, ran.err


@pytest.mark.parametrize("quiet", [(), ("-q",)])
def test_a_sync_that_waits_reports_what_it_waits_for(
    cli: Cli, stored: Database[Document], quiet: tuple[str, ...]
) -> None:
    hold(stored, company="77", command="sync", shares="sync", run_id="theirs")

    refused = cli.run("sync", "today", "--wait", "0", *quiet)
    waited = cli.run("sync", "today", "--wait", "1s", *quiet)
    changes = cli.run("changes", "--since", "1d", "-q")

    assert refused.code == 3
    assert waited.code == 3
    assert changes.code == 0
    assert "Waiting up to 1 second for the run at work on company 77: sync theirs" in waited.err
    assert "theirs" in refused.err
    assert changes.err == ""


def hold(stored: Database[Document], **lease: str) -> None:
    now = datetime.now(UTC)
    times = {"since": now, "expires_at": now + timedelta(seconds=60)}
    stored["altegio-sync-leases"].update_one(
        {"_id": NAME},
        {"$set": {"leases": [{"host": "elsewhere", "pid": 1, **lease, **times}]}},
        upsert=True,
    )


def test_a_second_changes_gives_way_and_says_nothing_to_cron(
    cli: Cli, stored: Database[Document], server: SandboxServer
) -> None:
    hold(stored, company="77", command="changes", shares="changes", run_id="theirs")

    ran = cli.run("changes", "--since", "1d", "-q")

    assert ran.code == 0
    assert ran.out == ""
    assert ran.err == ""
    assert server.requests == []
