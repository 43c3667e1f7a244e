"""Notices are worked off beside other runs: a real MongoDB, real leases, a sandbox."""

from __future__ import annotations

import secrets
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from pydantic import SecretStr

from altegio_sync.app.noticing import NoticeWork
from altegio_sync.app.outages import StoreOutages
from altegio_sync.app.school import open_school
from altegio_sync.app.syncing import sync_school_changes
from altegio_sync.config import SchoolConfig
from altegio_sync.domain.notices import MOST_TRIES, Notice
from altegio_sync.domain.report import RunError
from altegio_sync.errors import AltegioSyncError, LeaseHeldError
from altegio_sync.messages.logs import SERVE_STOPPED
from altegio_sync.mongo.bookkeeping.notices import NOTICES_COLLECTION
from altegio_sync.sandbox import SandboxServer
from altegio_sync.sandbox import School as MadeUpSchool
from altegio_sync.usecases.changes import ChangesRequest
from altegio_sync.usecases.stopping import StopSignal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from altegio_sync.app.noticing import FailureOf
    from altegio_sync.app.school import School
    from altegio_sync.domain.counts import RecordCounts

TOKEN, USER_TOKEN = "partner-token-6130", "user-token-6130"
DAY = timedelta(days=1)


def failure_of(error: Exception) -> tuple[RunError, int]:
    if not isinstance(error, AltegioSyncError):
        raise error
    return RunError("failed", error.message), 1


@dataclass
class Serving:
    """A school whose notices are worked off; waits are over at once."""

    made_up: MadeUpSchool
    server: SandboxServer
    school: School
    warnings: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    failure_of: FailureOf = failure_of
    count: Callable[[RecordCounts], None] = lambda _counts: None

    def warn(self, event: str, /, **fields: object) -> None:
        self.warnings.append((event, fields))

    async def notify(self, *ids: int) -> None:
        await self.school.notices.add(
            [Notice(secrets.token_hex(8), "77", str(each), "update") for each in ids]
        )
        await self.let_pass()

    async def work_until(
        self, is_done: Callable[[dict[str, int]], bool], *, lets_pass: bool = True
    ) -> None:
        """Work until the notices by state are as wanted; ``lets_pass``: all pauses are over."""
        stop = StopSignal()
        work = NoticeWork(
            self.school,
            StoreOutages(self.warn),
            warn=self.warn,
            failure_of=self.failure_of,
            looks_every_s=0.05,
            count=self.count,
        )
        with anyio.fail_after(60):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(work.run, stop)
                while not is_done(await self.school.notices.count_by_state()):
                    if lets_pass:
                        await self.let_pass()
                    await anyio.sleep(0.05)
                stop.set()

    async def let_pass(self) -> None:
        """Make the notices look as if they had waited for a long time."""
        earlier = {
            name: {"$cond": [f"${name}", {"$subtract": [f"${name}", 70_000]}, None]}
            for name in ("received_at", "retry_at")
        }
        waiting = {"state": "waiting"}
        await self.school.database[NOTICES_COLLECTION].update_many(waiting, [{"$set": earlier}])

    async def stored(self) -> dict[str, dict[str, Any]]:
        found = await self.school.database[self.school.collection].find().to_list()
        return {each["appointmentId"]: each for each in found}

    async def notice_of(self, appointment_id: int) -> dict[str, Any]:
        about = {"appointmentId": str(appointment_id)}
        found = await self.school.database[NOTICES_COLLECTION].find_one(about)
        assert found is not None
        return found

    @property
    def asked(self) -> list[str]:
        return [each.path.removeprefix("/api/v1/") for each in self.server.requests]


@pytest.fixture
async def serving(db_uri: str) -> AsyncIterator[Serving]:
    made_up = MadeUpSchool.empty()
    server = SandboxServer(
        made_up, token=TOKEN, user_token=USER_TOKEN, requests_per_second=0, requests_per_minute=0
    )
    with server:
        config = SchoolConfig(
            company_ids=("77",),
            company_token=SecretStr(TOKEN),
            user_token=SecretStr(USER_TOKEN),
            db_uri=SecretStr(db_uri),
            api_url=server.url,
            requests_per_second=0,
            requests_per_minute=0,
        )
        async with open_school(config) as school:
            await school.notices.prepare()
            yield Serving(made_up, server, school)


def add_bookings(serving: Serving, *ids: int) -> None:
    now = datetime.now(serving.made_up.zone).replace(microsecond=0, tzinfo=None)
    for each in ids:
        serving.made_up.add(serving.made_up.record(now + timedelta(hours=each % 12), id=each))


def all_are(**counts: int) -> Callable[[dict[str, int]], bool]:
    return lambda found: found == counts


async def sync(serving: Serving) -> None:
    await sync_school_changes(serving.school, ChangesRequest(["77"], since=DAY))
    serving.server.requests.clear()


@asynccontextmanager
async def held(serving: Serving, *what: str) -> AsyncIterator[None]:
    async with serving.school.leases("run", command="clean").hold(*what):
        yield


async def test_nothing_is_written_while_clean_has_the_collection(serving: Serving) -> None:
    add_bookings(serving, 501)
    await serving.notify(501)

    async with held(serving):
        await serving.work_until(lambda _: len(serving.asked) >= MOST_TRIES + 3)
        assert await serving.stored() == {}
    await serving.work_until(all_are(stored=1))

    assert (await serving.notice_of(501))["tries"] == 0
    assert list(await serving.stored()) == ["501"]
    assert [event for event, _ in serving.warnings] == ["notices_wait"]


async def test_notices_are_worked_off_beside_runs_of_the_same_company(serving: Serving) -> None:
    add_bookings(serving, 501)
    await serving.notify(501)

    async with held(serving, "77", "changes"):
        await serving.work_until(all_are(stored=1))

    assert serving.warnings == []


async def test_clean_waits_for_what_is_being_written(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_bookings(serving, 501)
    await serving.notify(501)
    tried: list[str] = []
    appointments = type(serving.school.appointments)
    store = appointments.store_batch

    async def store_batch(self: Any, *args: Any, **options: Any) -> Any:
        try:
            async with held(serving):
                tried.append("taken")
        except LeaseHeldError:
            tried.append("held")
        return await store(self, *args, **options)

    monkeypatch.setattr(appointments, "store_batch", store_batch)
    await serving.work_until(all_are(stored=1))

    assert tried == ["held"]
    async with held(serving):  # and it is free afterwards
        pass


async def test_many_are_brought_by_one_run_of_changes(serving: Serving) -> None:
    ids = range(501, 611)
    add_bookings(serving, *ids)
    await serving.notify(*ids, 999)

    await serving.work_until(all_are(stored=110, not_found=1))

    assert len(await serving.stored()) == 110
    assert [each for each in serving.asked if each.startswith("record/")] == []
    assert len(serving.asked) < 10
    assert await serving.school.cursors.find_all()


async def test_an_error_that_nobody_expected_costs_one_run_of_changes_and_no_more(
    serving: Serving,
) -> None:
    def fail_on_many(counts: RecordCounts) -> None:
        if counts.fetched > 1:
            raise RuntimeError("Проба Вигадана")

    serving.count = fail_on_many
    serving.failure_of = lambda _error: (RunError("unexpected", SERVE_STOPPED()), 1)
    ids = range(501, 611)
    add_bookings(serving, *ids)
    await serving.notify(*ids)

    await serving.work_until(lambda found: found.keys() <= {"stored", "unchanged"})

    assert [event for event, _ in serving.warnings] == ["notices_failed"]


async def test_what_is_gone_among_many_is_marked_and_forged_ids_cost_no_request(
    serving: Serving,
) -> None:
    ids = range(501, 611)
    add_bookings(serving, *ids)
    await sync(serving)
    for each in (503, 577):
        serving.made_up.remove(each)

    await serving.notify(*ids, *range(9001, 9301))
    await serving.work_until(all_are(unchanged=108, not_found=302))

    marked = [each for each, found in (await serving.stored()).items() if found["isDeleted"]]
    assert sorted(marked) == ["503", "577"]
    by_id = [each for each in serving.asked if each.startswith("record/")]
    assert sorted(by_id) == ["record/77/503"] * 2 + ["record/77/577"] * 2


async def test_what_a_run_of_changes_cannot_store_is_dead_in_the_end(serving: Serving) -> None:
    """The other appointments do not wait for it."""
    ids = range(501, 611)
    add_bookings(serving, *ids)
    await serving.school.appointments.prepare(dry_run=False)
    await serving.school.database.command(
        {
            "collMod": serving.school.collection,
            "validator": {"appointmentId": {"$ne": "555"}},
        }
    )
    await serving.notify(*ids)

    await serving.work_until(all_are(stored=109, dead=1))

    assert (await serving.notice_of(555))["state"] == "dead"


async def test_a_booking_that_is_gone_is_marked_and_many_are_not(serving: Serving) -> None:
    add_bookings(serving, *range(501, 531))
    await sync(serving)
    serving.made_up.remove(501)
    await serving.notify(501, 502)
    await serving.work_until(all_are(unchanged=1, not_found=1))
    assert (await serving.stored())["501"]["isDeleted"] is True
    assert serving.asked.count("record/77/501") == 2
    for each in range(503, 530):
        serving.made_up.remove(each)

    await serving.notify(*range(503, 530))
    asked = len(serving.asked)
    await serving.work_until(lambda _: len(serving.asked) == asked + 27, lets_pass=False)
    await serving.work_until(all_are(unchanged=1, not_found=28))

    marked = [each for each, found in (await serving.stored()).items() if found["isDeleted"]]
    assert marked == ["501"]
    left = await serving.school.database[NOTICES_COLLECTION].count_documents({"is_left": True})
    assert left == 27
    assert {event for event, _ in serving.warnings} == {"vanished", "notices_left"}


async def test_a_forged_notice_stores_nothing_and_hides_nothing(serving: Serving) -> None:
    add_bookings(serving, *range(501, 511))
    await sync(serving)
    serving.made_up.remove(501)

    await serving.notify(501, *range(9001, 9061))
    await serving.work_until(all_are(not_found=61))

    stored = await serving.stored()
    assert sorted(stored) == [str(each) for each in range(501, 511)]
    assert stored["501"]["isDeleted"] is True


async def test_refused_tokens_use_up_no_tries(serving: Serving) -> None:
    add_bookings(serving, 501)
    await serving.notify(501)
    wrong = serving.school.config.model_copy(update={"user_token": SecretStr("old")})

    async with open_school(wrong) as school:
        await Serving(serving.made_up, serving.server, school).work_until(
            lambda _: len(serving.asked) >= 3 * MOST_TRIES
        )
    await serving.work_until(all_are(stored=1))

    assert (await serving.notice_of(501))["tries"] == 0
