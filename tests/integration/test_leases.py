"""Leases on a real MongoDB: who holds what, who waits, and who takes over from the dead."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import pytest

from altegio_sync.domain.appointment import Lead
from altegio_sync.domain.clock import steady_now
from altegio_sync.domain.ledger import Grade, LedgerEntry
from altegio_sync.domain.lessons import LessonRules, judge
from altegio_sync.domain.report import SyncMode, WritingRun
from altegio_sync.errors import ConfigError, LeaseHeldError, LeaseLostError, StoreUnavailableError
from altegio_sync.mongo.bookkeeping import leases as leases_module
from altegio_sync.mongo.bookkeeping.cursors import MongoCursors
from altegio_sync.mongo.bookkeeping.lease_document import ALL_COMPANIES, LeaseChange, Step
from altegio_sync.mongo.bookkeeping.leases import LEASES_COLLECTION, MongoLeases
from altegio_sync.mongo.bookkeeping.ledger import MongoLedger
from altegio_sync.mongo.bookkeeping.owner import Process
from altegio_sync.mongo.stores import MongoAppointments
from altegio_sync.usecases.stopping import StopSignal
from tests.fakes import booking

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.mongo.bookkeeping.lease_document import Holder

Document = dict[str, Any]
NOW = datetime(2026, 4, 10, 9, 0, tzinfo=UTC)


@pytest.fixture
def leases_of(database: AsyncDatabase[Document]) -> Callable[..., MongoLeases]:
    """Leases as a run with this id has them; by default it does not wait."""

    def make(run_id: str, command: str = "sync", **how: Any) -> Any:
        collection = how.pop("collection", "altegio-appointments")
        kind = how.pop("kind", MongoLeases)
        return kind(database, collection, command=command, run_id=run_id, **how)

    return make


async def expire_all(database: AsyncDatabase[Document]) -> None:
    """As if nobody had renewed them in time, by the server's clock."""
    ago = datetime.now(UTC) - timedelta(days=1)
    await database[LEASES_COLLECTION].update_one({}, {"$set": {"leases.$[].expires_at": ago}})


@pytest.mark.parametrize(
    ("held", "wanted", "is_refused"),
    [
        ("77", "77", True),
        ("77", "78", False),
        ("77", ALL_COMPANIES, True),
        (ALL_COMPANIES, "77", True),
        (ALL_COMPANIES, ALL_COMPANIES, True),
    ],
)
async def test_two_runs_keep_off_the_same_company_and_the_whole_collection_is_every_company(
    leases_of: Callable[..., MongoLeases], held: str, wanted: str, is_refused: bool
) -> None:
    refusals: list[str] = []

    async with leases_of("first", "clean").hold(held):
        try:
            async with leases_of("second").hold(wanted):
                pass
        except LeaseHeldError as error:
            refusals.append(str(error))

    assert bool(refusals) is is_refused
    assert all("clean first (" in each and ", process " in each for each in refusals)


async def test_a_lease_is_given_back_at_the_end_however_that_comes(
    leases_of: Callable[..., MongoLeases],
) -> None:
    first, second = leases_of("first"), leases_of("second")
    with pytest.raises(ConfigError, match="in mid-run"):
        async with first.hold("77"):
            raise ConfigError("in mid-run")
    async with second.hold("77"):
        holders = [each.run_id for each in await first.list_holders()]

    assert holders == ["second"]
    assert await first.list_holders() == []


async def test_an_interrupted_run_gives_its_lease_back(
    leases_of: Callable[..., MongoLeases],
) -> None:
    stop, leases = StopSignal(), leases_of("first")

    with stop.interrupting():
        async with leases.hold("77"):
            stop.set()
            await anyio.sleep_forever()

    assert await leases.list_holders() == []


async def test_collections_have_leases_of_their_own(leases_of: Callable[..., MongoLeases]) -> None:
    async with (
        leases_of("first").hold("77"),
        leases_of("second", collection="another").hold("77"),
    ):
        pass


async def test_it_waits_for_the_other_and_tells_once_whom_for(
    leases_of: Callable[..., MongoLeases],
) -> None:
    told: list[tuple[str, str]] = []
    order: list[str] = []

    def on_wait(company_id: str, holder: Holder) -> None:
        told.append((company_id, holder.run_id))

    async def work() -> None:
        async with leases_of("first").hold("77"):
            is_held.set()
            while not told:  # noqa: ASYNC110 - the port has no event
                await anyio.sleep(0.01)
            order.append("first is done")

    is_held = anyio.Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(work)
        await is_held.wait()
        waiting = leases_of("second", wait_s=60.0, on_wait=on_wait, looks_every_s=0.02)
        async with waiting.hold("77"):
            order.append("second is at work")

    assert order == ["first is done", "second is at work"]
    assert told == [("77", "first")]


async def test_it_waits_no_longer_than_it_was_told_to(
    leases_of: Callable[..., MongoLeases],
) -> None:
    async with leases_of("first").hold("77"):
        began_at = anyio.current_time()
        with pytest.raises(LeaseHeldError):
            await leases_of("second", wait_s=0.2, looks_every_s=0.02).take("77")

    assert 0.2 <= anyio.current_time() - began_at < 5


async def test_of_several_that_want_it_at_once_one_gets_it(
    leases_of: Callable[..., MongoLeases],
) -> None:
    taken: list[str] = []
    refused: list[str] = []

    async def want(run_id: str, company_id: str) -> None:
        try:
            await leases_of(run_id).take(company_id)
            taken.append(run_id)
        except LeaseHeldError:
            refused.append(run_id)

    async with anyio.create_task_group() as tasks:
        for number in range(12):
            tasks.start_soon(want, f"run {number}", "77" if number % 3 else ALL_COMPANIES)

    assert len(taken) == 1
    assert len(refused) == 11


async def test_a_lease_lasts_a_minute_by_the_servers_clock(
    leases_of: Callable[..., MongoLeases], database: AsyncDatabase[Document]
) -> None:
    leases = leases_of("first")

    await leases.take("77")

    [holder] = await leases.list_holders()
    now = await MongoAppointments(database, "appointments").find_server_time()
    assert holder.expires_at - holder.since == timedelta(minutes=1)
    assert timedelta() <= now - holder.since < timedelta(minutes=1)


async def test_the_lease_of_a_run_that_died_is_taken_over_when_it_has_expired(
    leases_of: Callable[..., MongoLeases],
) -> None:
    dead = leases_of("dead", lifetime_s=0.3)
    await dead.take("77")
    [before] = await dead.list_holders()

    heir = leases_of("heir", wait_s=60.0, looks_every_s=0.02)
    await heir.take("77")

    [after] = await heir.list_holders()
    assert after.run_id == "heir"
    assert after.since >= before.expires_at


async def test_of_the_dead_and_the_living_the_living_is_told(
    leases_of: Callable[..., MongoLeases], database: AsyncDatabase[Document]
) -> None:
    await leases_of("alive").take("77")
    await leases_of("dead").take("78")
    await database[LEASES_COLLECTION].update_one(
        {}, {"$set": {"leases.1.expires_at": datetime.now(UTC) - timedelta(days=1)}}
    )

    with pytest.raises(LeaseHeldError, match="sync alive"):
        await leases_of("third", "clean").take()


async def test_a_run_at_work_keeps_its_lease_beyond_its_lifetime(
    leases_of: Callable[..., MongoLeases],
) -> None:
    async with leases_of("first", lifetime_s=4.0).hold("77"):
        await anyio.sleep(5.0)
        with pytest.raises(LeaseHeldError, match="first"):
            await leases_of("second").take("77")


async def test_a_run_whose_lease_was_taken_over_stops_writing(
    leases_of: Callable[..., MongoLeases], database: AsyncDatabase[Document]
) -> None:
    heir = leases_of("heir")

    async def work_on() -> None:
        async with leases_of("slow", lifetime_s=2.0).hold("77"):
            await expire_all(database)
            await heir.take("77")
            await anyio.sleep(60)

    with pytest.raises(LeaseLostError, match="took company 77 over"):
        await work_on()

    assert [each.run_id for each in await heir.list_holders()] == ["heir"]


async def test_a_run_that_ends_after_its_lease_was_taken_over_leaves_the_heirs_alone(
    leases_of: Callable[..., MongoLeases], database: AsyncDatabase[Document]
) -> None:
    heir = leases_of("heir")

    async with leases_of("slow").hold("77"):
        await expire_all(database)
        await heir.take("77")

    assert [each.run_id for each in await heir.list_holders()] == ["heir"]


class UnreachableAtTheEnd(MongoLeases):
    async def _change(self, changes: Sequence[LeaseChange]) -> Sequence[Document]:
        if any(each.step is Step.GIVE_BACK for each in changes):
            raise StoreUnavailableError("MongoDB was lost in mid-run")
        return await super()._change(changes)


async def test_a_lease_that_cannot_be_given_back_does_not_spoil_a_run_that_is_done(
    database: AsyncDatabase[Document],
) -> None:
    leases = UnreachableAtTheEnd(database, "appointments", command="sync", run_id="first")

    async with leases.hold("77"):
        pass

    assert len(await leases.list_holders()) == 1


@pytest.mark.parametrize(
    ("held", "wanted", "is_refused"),
    [
        (("77", "sync"), ("77", "changes"), False),
        (("77", "changes"), ("77", "sync"), False),
        (("77", "serve"), ("77", "sync"), False),
        (("77", "sync"), ("77", "sync"), True),
        (("77", "changes"), ("77", "changes"), True),
        (("77", "sync"), ("78", "sync"), False),
        (("77", None), ("77", "changes"), True),  # a program of an older version
        (("77", "sync"), (ALL_COMPANIES, None), True),
        ((ALL_COMPANIES, None), ("77", "changes"), True),
    ],
)
async def test_runs_of_different_work_share_a_company(
    leases_of: Callable[..., MongoLeases],
    held: tuple[str, str | None],
    wanted: tuple[str, str | None],
    is_refused: bool,
) -> None:
    await leases_of("first").take(*held)
    second = leases_of("second")
    refusals = 0
    try:
        await second.take(*wanted)
    except LeaseHeldError:
        refusals += 1

    assert bool(refusals) is is_refused
    assert len(await second.list_holders()) == 2 - refusals


async def put_lease(database: AsyncDatabase[Document], **changes: object) -> None:
    """A lease as the program of an older version writes it, but for the changes."""
    now = datetime.now(UTC)
    lease: Document = {
        "command": "sync",
        "run_id": "theirs",
        "host": "elsewhere",
        "pid": 17,
        "company": "77",
        "since": now,
        "expires_at": now + timedelta(seconds=50),
        **changes,
    }
    await database[LEASES_COLLECTION].update_one(
        {"_id": "altegio-appointments"}, {"$push": {"leases": lease}}, upsert=True
    )


async def is_free(leases: MongoLeases) -> bool:
    try:
        async with leases.hold("77", "sync"):
            return True
    except LeaseHeldError:
        return False


AHEAD = datetime.now(UTC) + timedelta(hours=1)


@pytest.mark.parametrize(
    ("changes", "is_void"),
    [
        ({"since": AHEAD}, True),
        ({"renewed_at": AHEAD}, True),
        ({"since": "2099-01-01"}, False),
        ({}, False),
        ({"expires_at": AHEAD + timedelta(days=2)}, True),
        ({"expires_at": datetime(9999, 12, 31, tzinfo=UTC)}, True),
    ],
    ids=["taken", "renewed", "text", "long", "too long", "for ever"],
)
async def test_a_lease_of_the_servers_future_is_void(
    leases_of: Callable[..., MongoLeases],
    database: AsyncDatabase[Document],
    changes: Document,
    is_void: bool,
) -> None:
    """The clock was set back since: its holder would be waited for until then."""
    ahead = timedelta(hours=1)
    now = datetime.now(UTC)
    ends = {"expires_at": now + ahead + timedelta(minutes=1)}
    await put_lease(database, **{"since": now - ahead, **ends, **changes})

    assert await is_free(leases_of("ours")) is is_void


@pytest.mark.parametrize(
    "leases",
    [
        None,
        "none",
        ["junk", 7, None, {}, []],
        [{"company": "77", "expires_at": "2099-01-01"}],
        [{"company": ["77"], "expires_at": datetime(2099, 1, 1, tzinfo=UTC)}],
    ],
    ids=["null", "text", "junk", "text as time", "list as company"],
)
async def test_what_is_no_lease_is_passed_over(
    leases_of: Callable[..., MongoLeases], database: AsyncDatabase[Document], leases: object
) -> None:
    document = {"_id": "altegio-appointments", "leases": leases}
    await database[LEASES_COLLECTION].insert_one(document)

    assert await is_free(leases_of("ours"))
    assert await leases_of("ours").list_holders() is not None


def a_process() -> subprocess.Popen[str]:
    """Tells who it is, and lives until its input ends."""
    code = (
        "import json, sys; from altegio_sync.mongo.bookkeeping.owner import Process;"
        "print(json.dumps(dict(Process.this().to_fields())), flush=True); sys.stdin.read()"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


needs_proc = pytest.mark.skipif(Process.this().boot is None, reason="there is no /proc here")


@needs_proc
@pytest.mark.parametrize("end", ["lives", "killed", "not yet waited for"])
async def test_the_lease_of_a_process_that_is_gone_is_taken_over_at_once(
    leases_of: Callable[..., MongoLeases], database: AsyncDatabase[Document], end: str
) -> None:
    with a_process() as other:
        assert other.stdout is not None
        await put_lease(database, process=json.loads(other.stdout.readline()))
        if end != "lives":
            other.kill()
        if end == "killed":
            other.wait()
        elif end == "not yet waited for":
            # Until the process has ended, without waiting for it as its parent should.
            flags = os.WEXITED | os.WNOWAIT
            await anyio.to_thread.run_sync(os.waitid, os.P_PID, other.pid, flags)
        taken_over = await is_free(leases_of("ours"))
        other.kill()

    assert taken_over is (end != "lives")


@needs_proc
@pytest.mark.parametrize("run_id", [5, None, ["sync 1"]])
async def test_a_dead_lease_that_cannot_be_removed_is_waited_for_and_not_tried_for_ever(
    leases_of: Callable[..., MongoLeases], database: AsyncDatabase[Document], run_id: object
) -> None:
    gone = replace(Process.this(), pid=2**22 + 1)
    await put_lease(database, process=dict(gone.to_fields()), run_id=run_id)

    with anyio.fail_after(30), pytest.raises(LeaseHeldError):
        await leases_of("ours").take("77")


@needs_proc
@pytest.mark.parametrize(
    ("changes", "is_gone"),
    [
        ({}, False),
        ({"started": 1}, True),  # another process had the number before
        ({"started": None}, False),
        ({"started": "junk"}, False),
        ({"pid": 2**22 + 1}, True),
        ({"pid": 2**40}, False),  # no number of a process
        ({"pid": 2**22 + 1, "boot": "of another machine"}, False),
        ({"pid": 1, "started": 1, "namespace": "pid:[1]"}, False),  # of another container
        ({"pid": 2**22 + 1, "boot": None}, False),
        ({"pid": 2**22 + 1, "namespace": None}, False),
    ],
)
def test_a_process_is_gone_only_where_this_machine_shows_it(
    changes: Document, is_gone: bool
) -> None:
    here = Process.this()

    assert replace(here, **changes).is_gone(here) is is_gone


def test_where_there_is_no_proc_nobody_is_known_to_be_gone() -> None:
    assert not Process(2**22 + 1).is_gone(Process(1))


class Stopped:
    """A clock of which the test says how long the process was stopped."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds = 0.0
        monkeypatch.setattr(leases_module, "steady_now", lambda: steady_now() + self.seconds)


async def test_a_run_that_was_stopped_writes_nothing_more_where_another_took_its_company(
    leases_of: Callable[..., MongoLeases],
    database: AsyncDatabase[Document],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stopped, run = Stopped(monkeypatch), leases_of("stopped")
    fence = run.check
    batch = [judge(booking("501"), LessonRules(), {})]
    other_lead = [judge(booking("501", lead=Lead("54321", "Олена")), LessonRules(), {})]
    store = MongoAppointments(database, "appointments", fence=fence)
    ledger = MongoLedger(database, "appointments", fence=fence)
    cursors = MongoCursors(database, "appointments", fence=fence)
    entry = LedgerEntry(
        NOW.date(), Grade.PROVED, NOW, SyncMode.UPDATE, "", "Europe/Kyiv", "stopped"
    )

    await run.take("77", "sync")
    await store.store_batch(batch, mode=SyncMode.UPDATE, dry_run=False)
    stopped.seconds = 3600
    await expire_all(database)
    async with leases_of("heir").hold("77", "sync"):
        pass

    writes: list[Callable[[], Awaitable[object]]] = [
        lambda: store.store_batch(
            [judge(booking("502"), LessonRules(), {})], mode=SyncMode.UPDATE, dry_run=False
        ),
        lambda: store.store_batch(
            other_lead, mode=SyncMode.UPDATE, dry_run=False, run=WritingRun("stopped", "sync")
        ),
        lambda: ledger.write("77", [entry]),
        lambda: cursors.move_cursor("77", NOW, "stopped"),
    ]
    for write in writes:
        with pytest.raises(LeaseLostError, match="took company 77 over"):
            await write()
    assert await database["appointments"].count_documents({}) == 1
    assert await database["altegio-sync-ledger"].count_documents({}) == 0
    assert await database["altegio-sync-cursors"].count_documents({}) == 0
    assert await database["altegio-sync-trash"].count_documents({}) == 0


async def test_a_run_that_was_stopped_goes_on_where_nobody_took_its_company(
    leases_of: Callable[..., MongoLeases],
    database: AsyncDatabase[Document],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stopped, run = Stopped(monkeypatch), leases_of("stopped")
    await run.take("77", "sync")
    stopped.seconds = 3600
    await expire_all(database)

    await run.check()

    [holder] = await run.list_holders()
    assert holder.expires_at > datetime.now(UTC)


async def test_a_run_in_time_asks_nothing_before_it_writes(
    leases_of: Callable[..., MongoLeases], database: AsyncDatabase[Document]
) -> None:
    run = leases_of("first")
    await run.take("77", "sync")
    await database[LEASES_COLLECTION].drop()

    await run.check()


async def test_a_wait_that_is_cancelled_leaves_no_lease(
    leases_of: Callable[..., MongoLeases],
) -> None:
    class Slow(MongoLeases):
        async def _change(self, changes: Sequence[LeaseChange]) -> Sequence[Document]:
            documents = await super()._change(changes)
            scope.cancel()
            await anyio.lowlevel.checkpoint()
            return documents

    slow = leases_of("slow", kind=Slow)
    with anyio.CancelScope() as scope:
        await slow.take("77", "sync")

    assert scope.cancelled_caught
    assert await slow.list_holders() == []


async def test_companies_side_by_side_take_and_give_back_their_leases_together(
    leases_of: Callable[..., MongoLeases],
) -> None:
    writes: list[int] = []

    class Counting(MongoLeases):
        async def _change(self, changes: Sequence[LeaseChange]) -> Sequence[Document]:
            writes.append(len(changes))
            return await super()._change(changes)

    run = leases_of("first", kind=Counting)
    await leases_of("other").take("7", "sync")
    refused: list[str] = []
    held = 0

    async def hold(company_id: str) -> None:
        nonlocal held
        try:
            async with run.hold(company_id, "sync"):
                held += 1
                with anyio.fail_after(60):
                    while held < 15:
                        await anyio.lowlevel.checkpoint()
        except LeaseHeldError:
            refused.append(company_id)

    async with anyio.create_task_group() as tasks:
        for number in range(16):
            tasks.start_soon(hold, str(number))

    assert refused == ["7"]
    assert [each.company_id for each in await run.list_holders()] == ["7"]
    assert sum(writes) == 31
    assert len(writes) < 16


async def test_a_company_that_stops_waiting_keeps_no_other_from_its_lease(
    leases_of: Callable[..., MongoLeases],
) -> None:
    """The company that wrote for the others is cancelled amid the write."""

    class Stopping(MongoLeases):
        async def _change(self, changes: Sequence[LeaseChange]) -> Sequence[Document]:
            if not scope.cancel_called:
                scope.cancel()
                await anyio.sleep(60)
            return await super()._change(changes)

    run = leases_of("first", kind=Stopping)
    scope = anyio.CancelScope()

    async def stop() -> None:
        with scope:
            await run.take("1", "sync")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(stop)
        tasks.start_soon(run.take, "2", "sync")

    assert [each.company_id for each in await run.list_holders()] == ["2"]
