"""Bringing changes over real sockets, with clocks that are hours apart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from altegio_sync.altegio.api import AltegioApi
from altegio_sync.altegio.pacing import Pacer
from altegio_sync.mongo.bookkeeping.cursors import MongoCursors
from altegio_sync.mongo.stores import MongoAppointments
from altegio_sync.sandbox import SandboxServer, School
from altegio_sync.usecases.changes import ChangesRequest, sync_changes
from tests.acceptance.cli import PARTNER_TOKEN, USER_TOKEN

if TYPE_CHECKING:
    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.domain.report import SyncReport

SERVER_LIMITS_OFF: dict[str, Any] = {"requests_per_second": 0, "requests_per_minute": 0}


class MovingClock:
    """Altegio's: it goes on when it is told to."""

    def __init__(self, off: timedelta) -> None:
        self.now = datetime.now(UTC).replace(microsecond=0) + off

    def __call__(self) -> datetime:
        return self.now


@pytest.mark.parametrize("local_off", [-5, 0, 5], ids="local {:+} h".format)
@pytest.mark.parametrize("altegio_off", [-3, 3], ids="altegio {:+} h".format)
async def test_no_change_is_missed_and_none_asked_for_without_end_whatever_the_clocks_say(
    database: AsyncDatabase[dict[str, Any]], local_off: int, altegio_off: int
) -> None:
    clock = MovingClock(timedelta(hours=altegio_off))
    school = School.empty()
    school.clock = clock
    begun_at = clock.now
    first = school.record(datetime(2026, 3, 2, 10, 0))  # noqa: DTZ001 - local at the school
    second = school.record(datetime(2026, 3, 2, 12, 0))  # noqa: DTZ001 - local at the school
    cursors = MongoCursors(database, "appointments")

    def local_clock() -> datetime:
        return datetime.now(UTC) + timedelta(hours=local_off)

    async def bring(since: timedelta | None = None) -> SyncReport:
        store = MongoAppointments(database, "appointments", clock=local_clock)
        request = ChangesRequest(
            ("77",), since=since, overlap=timedelta(minutes=10), timezone=school.timezone
        )
        return await sync_changes(api, store, cursors, request, clock=local_clock)

    with SandboxServer(
        school, token=PARTNER_TOKEN, user_token=USER_TOKEN, **SERVER_LIMITS_OFF
    ) as server:
        async with AltegioApi(PARTNER_TOKEN, USER_TOKEN, url=server.url, pacer=Pacer(0, 0)) as api:
            school.add(first)
            brought = [(await bring(timedelta(days=1))).records.saved]
            moved_to = [(await cursors.find_all()).get("77")]
            clock.now += timedelta(minutes=5)
            school.add(second)
            brought.append((await bring()).records.saved)
            moved_to.append((await cursors.find_all()).get("77"))

    assert brought == [1, 1]
    assert moved_to == [begun_at, begun_at + timedelta(minutes=5)]
