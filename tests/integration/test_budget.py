"""The shared budget on a real MongoDB. These tests wait: the windows are windows of real time.

They are made small where they can be: a minute of a second and a half is kept as one of sixty.
"""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyrate_limiter import Limiter

from altegio_sync.altegio.api import AltegioApi
from altegio_sync.errors import RateLimitedError
from altegio_sync.mongo.bookkeeping.budget import (
    BUDGET_COLLECTION,
    ClockOffset,
    SharedBudget,
    count_starts,
    rates_of,
)
from altegio_sync.mongo.stores import MongoAppointments
from altegio_sync.ports import PageQuery
from altegio_sync.sandbox import Fault, SandboxServer, School
from tests.acceptance.cli import PARTNER_TOKEN, USER_TOKEN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.sandbox.server import SeenRequest

    Database = AsyncDatabase[dict[str, Any]]

HOUR = timedelta(hours=1)


def budget(
    database: Database,
    process: str = "one",
    key: str = "key",
    *,
    a_second: float = 0,
    a_minute: int = 0,
    minute_s: float = 60.0,
) -> SharedBudget:
    return SharedBudget(
        database,
        key,
        process=process,
        requests_per_second=a_second,
        requests_per_minute=a_minute,
        minute_s=minute_s,
    )


async def starts_of(budgets: Sequence[SharedBudget], count: int) -> list[float]:
    """When ``count`` requests start that three tasks of each budget ask for."""
    starts: list[float] = []
    left = iter(range(count))

    async def ask(asked: SharedBudget) -> None:
        for _ in left:
            await asked.wait_for_turn()
            starts.append(monotonic())

    async with anyio.create_task_group() as tasks:
        for each in budgets:
            for _ in range(3):
                tasks.start_soon(ask, each)
    return starts


def most_in_any(seconds: float, starts: Sequence[float]) -> int:
    return max(sum(first <= start < first + seconds for start in starts) for first in starts)


def assert_spread(
    starts: Sequence[float], began_at: float, *, at_most: int, seconds: float
) -> None:
    """At most ``at_most`` in the first ``seconds``, twice as many in twice the time, and so on.

    This holds on a busy machine too: it makes starts later, never earlier.
    """
    for number, start in enumerate(sorted(starts)):
        assert start >= began_at + number // at_most * seconds


async def reserved(database: Database) -> list[datetime]:
    document = await database[BUDGET_COLLECTION].find_one({"_id": "key"})
    return [] if document is None else [each["at"] for each in document["starts"]]


async def planned(database: Database) -> datetime | None:
    """When the request that asked last may start."""
    document = await database[BUDGET_COLLECTION].find_one({"_id": "key"})
    return None if document is None else document.get("next_at")


async def most_reserved_in_any(seconds: float, database: Database) -> int:
    return most_in_any(seconds, [each.timestamp() for each in await reserved(database)])


async def server_time(database: Database) -> datetime:
    return await MongoAppointments(database, "appointments").find_server_time()


async def test_no_second_of_all_who_share_a_budget_sees_more_starts_than_allowed(
    database: Database,
) -> None:
    budgets = [budget(database, str(n), a_second=20) for n in range(3)]
    began_at = monotonic()

    starts = await starts_of(budgets, 50)

    assert len(await reserved(database)) == 50
    assert await most_reserved_in_any(1.0, database) <= 20
    assert_spread(starts, began_at, at_most=20, seconds=1.0)


async def test_no_minute_of_all_who_share_a_budget_sees_more_starts_than_allowed(
    database: Database,
) -> None:
    budgets = [budget(database, str(n), a_minute=10, minute_s=1.5) for n in range(3)]
    began_at = monotonic()

    starts = await starts_of(budgets, 25)

    assert await most_reserved_in_any(1.5, database) <= 10
    assert_spread(starts, began_at, at_most=10, seconds=1.5)


@pytest.mark.parametrize(
    ("offsets", "by", "next_ms"),
    [
        (range(0, 1050, 50), "one", 1060),
        (range(0, 1000, 50), "one", 1150),
        ([-1500, *range(0, 1000, 50)], "one", 1150),
        (range(0, 500, 50), "one", 500),
        (range(0, 500, 50), "other", 510),
        (range(0, 1050, 50), "other", 1250),
    ],
    ids=[
        "the second is full",
        "the first one opened a connection",
        "and so did the one after a pause",
        "evenly spaced",
        "wider apart for several",
        "and with more room in their second",
    ],
)
async def test_a_start_is_reserved_no_sooner_and_no_later_than_the_windows_allow(
    database: Database, offsets: Sequence[int], by: str, next_ms: int
) -> None:
    base = await server_time(database) + timedelta(minutes=2)
    made = [{"at": base + timedelta(milliseconds=ms), "by": "one"} for ms in offsets]
    made[-1]["by"] = by
    await database[BUDGET_COLLECTION].insert_one({"_id": "key", "starts": made})
    ours = budget(database, a_second=20)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ours.wait_for_turn)
        # The start is too far away to be reserved yet.
        while (next_at := await planned(database)) is None:  # noqa: ASYNC110 - MongoDB does not tell
            await anyio.sleep(0.01)
        tasks.cancel_scope.cancel()

    assert next_at is not None
    assert next_at - base == timedelta(milliseconds=next_ms)
    assert len(await reserved(database)) == len(made)


SCRIPT = """
import sys, time
real, (uri, url, hours, lane, token, user) = time.time, sys.argv[1:]
time.time = lambda: real() + 3600 * float(hours)

import asyncio
from altegio_sync.altegio.api import AltegioApi
from altegio_sync.app.budget import InLane
from altegio_sync.domain.lanes import Lane
from altegio_sync.mongo.bookkeeping.budget import SharedBudget
from altegio_sync.mongo.core.connection import open_database

async def main():
    async with open_database(uri) as database:
        budget = SharedBudget(
            database, "key", process=lane, requests_per_second=20, requests_per_minute=40,
            minute_s=3.0,
        )
        async with AltegioApi(token, user, url=url, pacer=InLane(budget, Lane(lane))) as api:
            asks, count = {
                "runs": (api.fetch_location, 51),
                "polls": (api.fetch_teachers, 12),
                "notices": (api.fetch_services, 12),
            }[lane]
            for _ in range(count):
                await asks("77")

asyncio.run(main())
"""


def requests_of_processes(db_uri: str) -> list[SeenRequest]:
    """What arrives from three processes, of one lane each, whose clocks are hours apart."""
    with SandboxServer(
        School.empty(),
        token=PARTNER_TOKEN,
        user_token=USER_TOKEN,
        requests_per_second=0,
        requests_per_minute=0,
    ) as server:
        command = [sys.executable, "-c", SCRIPT, db_uri, server.url]
        processes = [
            subprocess.Popen([*command, hours, lane, PARTNER_TOKEN, USER_TOKEN])
            for hours, lane in (("0", "runs"), ("5", "polls"), ("-7", "notices"))
        ]
        assert [each.wait(120) for each in processes] == [0, 0, 0]
        return server.requests


async def test_processes_with_clocks_that_are_hours_apart_share_both_windows_and_the_lanes(
    database: Database, db_uri: str
) -> None:
    began_at = monotonic()

    seen = requests_of_processes(db_uri)

    starts = [each.at for each in seen]
    assert len(starts) == 75
    assert await most_reserved_in_any(1.0, database) <= 20
    assert await most_reserved_in_any(3.0, database) <= 40
    assert_spread(starts, began_at, at_most=20, seconds=1.0)
    assert_spread(starts, began_at, at_most=40, seconds=3.0)
    for path in ("staff", "services"):
        of_lane = [each.at for each in seen if path in each.path]
        assert len(of_lane) == 12
        assert_spread(of_lane, began_at, at_most=10, seconds=3.0)


async def test_keys_have_budgets_of_their_own(database: Database) -> None:
    ours = budget(database, a_minute=1)
    await ours.wait_for_turn()

    with anyio.fail_after(60):
        await budget(database, key="another", a_minute=1).wait_for_turn()

    with anyio.move_on_after(0.3) as scope:
        await budget(database, "two", a_minute=1).wait_for_turn()
    assert scope.cancelled_caught


async def test_windows_that_are_off_ask_nothing_of_mongodb(database: Database) -> None:
    with anyio.fail_after(60):
        await starts_of([budget(database)], 1000)

    assert await database[BUDGET_COLLECTION].count_documents({}) == 0


async def test_a_rest_is_shared_at_once_and_rested_once(database: Database) -> None:
    one, other = (budget(database, name, a_second=50) for name in ("one", "other"))
    await starts_of([one, other], 6)
    began_at, asked_at = monotonic(), await server_time(database)

    await one.rest(0.6)
    starts = await starts_of([other, one], 6)

    document = await database[BUDGET_COLLECTION].find_one({"_id": "key"})
    assert document is not None
    assert min(starts) >= began_at + 0.6
    assert document["resting_until"] <= await server_time(database)
    assert document["resting_until"] >= asked_at + timedelta(seconds=0.6)


async def test_a_rest_holds_back_a_process_that_has_its_windows_off(database: Database) -> None:
    asked = budget(database)
    began_at = monotonic()

    await asked.rest(0.3)
    await asked.wait_for_turn()

    assert monotonic() >= began_at + 0.3


class NotedBudget(SharedBudget):
    """Does not wait; notes the rests."""

    def __init__(self) -> None:
        self.rests: list[float] = []

    async def wait_for_turn(self) -> None: ...

    async def rest(self, seconds: float) -> None:
        self.rests.append(seconds)


@pytest.mark.parametrize(
    ("retry_after", "rests"), [("1", [1.0]), ("999", [])], ids=["short", "beyond the cap"]
)
async def test_what_altegio_wants_rested_is_told_to_the_budget_before_the_next_try(
    retry_after: str, rests: list[float]
) -> None:
    noted = NotedBudget()
    with SandboxServer(School.empty(), token=PARTNER_TOKEN, user_token=USER_TOKEN) as server:
        server.retry_after = retry_after
        server.fail(Fault.TOO_MANY)
        async with AltegioApi(
            PARTNER_TOKEN, USER_TOKEN, url=server.url, pacer=noted, jitter=lambda: 0.0
        ) as api:
            try:
                await api.fetch_page(PageQuery("77", None, ZoneInfo("Europe/Kyiv"), 1, 50))
            except RateLimitedError:
                assert not rests

    assert noted.rests == rests
    assert len(server.requests) == 1 + len(rests)


@pytest.mark.parametrize("resting", [False, True], ids=["starts", "a rest"])
async def test_what_was_reserved_before_the_servers_clock_was_set_back_is_not_waited_for(
    database: Database, resting: bool
) -> None:
    ahead = await server_time(database) + 3 * HOUR
    left = {"resting_until": ahead} if resting else {"starts": [{"at": ahead, "by": "one"}] * 3}
    await database[BUDGET_COLLECTION].insert_one({"_id": "key", **left})

    with anyio.fail_after(200):
        await budget(database, a_second=4, a_minute=195).wait_for_turn()


async def test_starts_before_the_servers_clock_was_set_back_still_count_for_a_minute(
    database: Database,
) -> None:
    ahead = await server_time(database) + 3 * HOUR
    left = [{"at": ahead, "by": "one"}] * 3
    await database[BUDGET_COLLECTION].insert_one({"_id": "key", "starts": left})
    began_at = monotonic()

    await budget(database, a_minute=3, minute_s=0.5).wait_for_turn()

    assert monotonic() >= began_at + 0.5


async def test_a_process_keeps_its_own_windows_when_the_budgets_document_is_lost(
    database: Database,
) -> None:
    asked, starts = budget(database, a_second=4), []
    for _ in range(8):
        await asked.wait_for_turn()
        starts.append(monotonic())
        await database[BUDGET_COLLECTION].delete_many({})

    # Noted a moment after they were made, so that five may seem to be in a second; all eight would.
    assert most_in_any(1.0, starts) <= 5


async def test_old_starts_are_forgotten(database: Database) -> None:
    now = await server_time(database)
    old = [{"at": now - timedelta(minutes=n), "by": "one"} for n in (9, 3, 1)]
    await database[BUDGET_COLLECTION].insert_one({"_id": "key", "starts": old})

    await budget(database, a_minute=195).wait_for_turn()

    assert len(await reserved(database)) == 2


async def test_the_starts_of_the_last_minute_are_counted(database: Database) -> None:
    now = datetime(2026, 4, 10, 9, 0, tzinfo=UTC)
    ages = (-5, 0, 1, 59, 60, 61)
    starts = [{"at": now - timedelta(seconds=age), "by": "one"} for age in ages]
    await database[BUDGET_COLLECTION].insert_one({"_id": "key", "starts": starts})

    assert await count_starts(database, "key", now) == 3
    assert await count_starts(database, "another", now) == 0


SERVER_NOON = datetime(2026, 4, 10, 12, 0, tzinfo=UTC)


def test_a_time_of_the_server_is_a_local_one_no_later_than_its_fastest_answer_was() -> None:
    clock = ClockOffset()

    clock.note(100.0, SERVER_NOON, 100.5)
    clock.note(200.0, SERVER_NOON + timedelta(seconds=100.01), 200.02)
    clock.note(300.0, SERVER_NOON + timedelta(seconds=200.3), 300.9)

    assert clock.to_local(SERVER_NOON) == pytest.approx(100.01, abs=1e-3)


@pytest.mark.parametrize("hours", [-3, 3], ids=["back", "forward"])
def test_a_servers_clock_that_was_set_is_followed(hours: int) -> None:
    clock = ClockOffset()
    clock.note(100.0, SERVER_NOON, 100.5)

    clock.note(110.0, SERVER_NOON + hours * HOUR, 110.5)

    assert clock.to_local(SERVER_NOON + hours * HOUR) == pytest.approx(110.5, abs=1e-3)


@given(st.integers(0, 40), st.integers(0, 3000))
def test_the_windows_of_a_process_are_those_that_bind(a_second: int, a_minute: int) -> None:
    windows = {each.interval: each.limit for each in rates_of(a_second, a_minute, 60.0)}

    Limiter(rates_of(a_second or 1, a_minute, 60.0))  # it accepts them
    assert set(windows.items()) <= {(1010, a_second), (60_250, a_minute)}
    binding = min((limit / interval for interval, limit in windows.items()), default=0)
    wanted = [
        limit / interval for interval, limit in ((1010, a_second), (60_250, a_minute)) if limit
    ]
    assert binding == min(wanted, default=0)
