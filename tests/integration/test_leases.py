"""Leases on a real MongoDB: who holds what, who waits, and who takes over from the dead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from altegio_sync.errors import ConfigError, LeaseHeldError, LeaseLostError, StoreUnavailableError
from altegio_sync.mongo.leases import ALL_COMPANIES, LEASES_COLLECTION, MongoLeases
from altegio_sync.mongo.stores import MongoAppointments
from altegio_sync.usecases.stopping import StopSignal

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.mongo.leases import Holder

Document = dict[str, Any]


@pytest.fixture
def leases_of(database: AsyncDatabase[Document]) -> Callable[..., MongoLeases]:
    """Leases as a run with this id has them; by default it does not wait."""

    def make(run_id: str, command: str = "sync", **how: Any) -> MongoLeases:
        collection = how.pop("collection", "altegio-appointments")
        return MongoLeases(database, collection, command=command, run_id=run_id, **how)

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
            await anyio.sleep(0.15)
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

    assert (len(taken), len(refused)) == (1, 11)


async def test_a_lease_lasts_a_minute_by_the_servers_clock(
    leases_of: Callable[..., MongoLeases], database: AsyncDatabase[Document]
) -> None:
    leases = leases_of("first")

    await leases.take("77")

    [holder] = await leases.list_holders()
    now = await MongoAppointments(database, "appointments").find_server_time()
    assert holder.expires_at - holder.since == timedelta(minutes=1)
    assert timedelta() <= now - holder.since < timedelta(seconds=5)


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
    async with leases_of("first", lifetime_s=1.2).hold("77"):
        await anyio.sleep(2.0)
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
    async def _release(self, company_id: str) -> None:
        del company_id
        raise StoreUnavailableError("MongoDB was lost in mid-run")


async def test_a_lease_that_cannot_be_given_back_does_not_spoil_a_run_that_is_done(
    database: AsyncDatabase[Document],
) -> None:
    leases = UnreachableAtTheEnd(database, "appointments", command="sync", run_id="first")

    async with leases.hold("77"):
        pass

    assert len(await leases.list_holders()) == 1
