"""Notices are stored durably, wait for each other, and are worked on by one process at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from altegio_sync.domain.notices import (
    MOST_TRIES,
    Claim,
    Failed,
    GoneCounts,
    Missing,
    Notice,
    NoticeState,
    Postponed,
    Settled,
    UnreadableNotice,
    pause_after,
    wait_after,
)
from altegio_sync.errors import StoreError
from altegio_sync.mongo.bookkeeping.notice_claims import CLAIMS_COLLECTION
from altegio_sync.mongo.bookkeeping.notices import NOTICES_COLLECTION, MongoNotices
from altegio_sync.usecases.notice_loop import MOST_BY_ID, ChangesResult, NoticeLoop
from altegio_sync.usecases.stopping import StopSignal

if TYPE_CHECKING:
    from collections.abc import Collection

    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.domain.notices import Brought
    from altegio_sync.usecases.notice_loop import Bring
    from tests.mongod import RunningMongod

    Database = AsyncDatabase[dict[str, Any]]

NAME = "altegio-appointments"
AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def notice(number: int, appointment_id: str = "501", company: str = "77") -> Notice:
    return Notice(f"n{number}", company, appointment_id, "update", AT)


@pytest.fixture
async def notices(database: Database) -> MongoNotices:
    store = MongoNotices(database, NAME)
    await store.prepare()
    return store


async def let_pass(database: Database, seconds: float, **about: Any) -> None:
    """Make the notices look as if they had been received, and had to wait, earlier."""
    earlier = {
        name: {"$cond": [f"${name}", {"$subtract": [f"${name}", round(seconds * 1000)]}, None]}
        for name in ("received_at", "retry_at")
    }
    await database[NOTICES_COLLECTION].update_many(about, [{"$set": earlier}])


async def let_claims_expire(database: Database) -> None:
    await database[CLAIMS_COLLECTION].update_many({}, {"$set": {"expires_at": AT}})


async def due_ids(notices: MongoNotices) -> list[str]:
    return [each.appointment_id for each in await notices.find_due()]


async def claimed(notices: MongoNotices, appointment_id: str = "501") -> Claim:
    claim = await notices.claim("77", appointment_id)
    assert claim is not None
    return claim


async def nothing_together(_company: str) -> None:
    """Another run of `changes` is at work."""


async def none_stored(_company: str, _ids: Collection[str]) -> set[str]:
    return set()


def loop_of(notices: MongoNotices, bring: Bring, **options: Any) -> NoticeLoop:
    errors: list[StoreError] = options.pop("errors", [])

    def note(error: StoreError | None) -> None:
        if error is not None:
            errors.append(error)

    together = options.pop("together", nothing_together)
    stored = options.pop("stored", none_stored)
    return NoticeLoop(
        notices, bring, together, stored, on_error=note, looks_every_s=0.01, **options
    )


async def work_off(notices: MongoNotices, bring: Bring, **options: Any) -> None:
    """Work off what is due, until nothing more is due."""
    loop = loop_of(notices, bring, **options)
    while True:
        before = await notices.find_due()
        await loop.work_once()
        if await notices.find_due() in ([], before):
            return


async def states(database: Database) -> dict[str, str]:
    found = await database[NOTICES_COLLECTION].find().to_list()
    return {each["_id"]: each["state"] for each in found}


async def test_a_notice_is_stored_with_its_time_and_without_any_data(
    notices: MongoNotices, database: Database
) -> None:
    await notices.add([notice(1), UnreadableNotice("n2", 17)])

    first, second = await database[NOTICES_COLLECTION].find(sort=[("_id", 1)]).to_list()
    assert isinstance(first.pop("received_at"), datetime)
    assert isinstance(second.pop("received_at"), datetime)
    assert first == {
        "_id": "n1",
        "collection": NAME,
        "companyId": "77",
        "appointmentId": "501",
        "status": "update",
        "changed_at": AT,
        "state": "waiting",
        "tries": 0,
    }
    assert second == {"_id": "n2", "collection": NAME, "state": "unreadable", "size": 17}


@pytest.mark.parametrize(
    "field", [{"companyId": ["77"]}, {"appointmentId": ["501"]}, {"received_at": [AT]}]
)
async def test_a_document_of_another_program_is_not_due(
    notices: MongoNotices, database: Database, field: dict[str, Any]
) -> None:
    await notices.add([notice(1), notice(2, "502")])
    await let_pass(database, 60)
    await database[NOTICES_COLLECTION].update_one({"_id": "n1"}, {"$set": field})

    assert await due_ids(notices) == ["502"]


async def test_notices_are_deleted_after_30_days(notices: MongoNotices, database: Database) -> None:
    await notices.add([notice(1)])

    indexes = (await database[NOTICES_COLLECTION].index_information()).values()

    [kept_s] = [each["expireAfterSeconds"] for each in indexes if "expireAfterSeconds" in each]
    assert kept_s == timedelta(days=30).total_seconds()


async def test_notices_that_come_during_a_write_share_the_next_write(
    notices: MongoNotices, database: Database
) -> None:
    before = (await database.command("serverStatus"))["opcounters"]["update"]
    commands = (await database.command("serverStatus"))["metrics"]["commands"]["update"]["total"]

    async with anyio.create_task_group() as tasks:
        for number in range(100):
            tasks.start_soon(notices.add, [notice(number)])

    status = await database.command("serverStatus")
    assert status["opcounters"]["update"] - before == 100
    assert status["metrics"]["commands"]["update"]["total"] - commands < 10
    assert len(await states(database)) == 100


@pytest.mark.parametrize(
    "how",
    [
        pytest.param({"closeConnection": True}, id="before"),
        pytest.param({"writeConcernError": {"code": 9001, "errmsg": "lost"}}, id="after"),
    ],
)
async def test_a_notice_whose_write_was_lost_is_stored_once(
    mongod: RunningMongod, notices: MongoNotices, database: Database, how: dict[str, Any]
) -> None:
    with mongod.failing(2, ("update",), **how):
        await notices.add([notice(1), notice(2)])

    assert await states(database) == {"n1": "waiting", "n2": "waiting"}


async def test_notices_of_an_appointment_wait_until_the_last_is_two_seconds_old(
    notices: MongoNotices, database: Database
) -> None:
    await notices.add([notice(1, "1"), notice(2, "2")])
    await let_pass(database, 3, _id="n1")
    await let_pass(database, 3, _id="n2")
    await notices.add([notice(3, "2")])

    assert await due_ids(notices) == ["1"]


async def test_notices_of_an_appointment_wait_at_most_five_seconds(
    notices: MongoNotices, database: Database
) -> None:
    await notices.add([notice(1)])
    await let_pass(database, 6)
    await notices.add([notice(2)])

    [due] = await notices.find_due()

    assert (due.company, due.appointment_id, due.notices) == ("77", "501", 2)


async def test_the_oldest_is_due_first_and_other_collections_are_not(
    notices: MongoNotices, database: Database
) -> None:
    await notices.add([notice(1, "1"), notice(2, "2")])
    await MongoNotices(database, "others").add([notice(3, "3")])
    await let_pass(database, 10)
    await let_pass(database, 10, _id="n2")

    assert await due_ids(notices) == ["2", "1"]


async def test_only_one_process_works_on_an_appointment(
    notices: MongoNotices, database: Database
) -> None:
    await notices.add([notice(1)])
    claims: list[Claim | None] = []

    async def claim() -> None:
        claims.append(await MongoNotices(database, NAME).claim("77", "501"))

    async with anyio.create_task_group() as tasks:
        for _ in range(8):
            tasks.start_soon(claim)
    # A notice that comes meanwhile waits until the work is finished.
    await notices.add([notice(2)])

    [winner] = [each for each in claims if each is not None]
    assert await notices.claim("77", "501") is None
    await notices.finish(winner, Settled(NoticeState.STORED))
    assert await states(database) == {"n1": "stored", "n2": "waiting"}
    await claimed(notices)
    assert await states(database) == {"n1": "stored", "n2": "claimed"}


async def test_finished_work_is_not_claimed_again(notices: MongoNotices) -> None:
    await notices.add([notice(1)])
    await notices.finish(await claimed(notices), Settled(NoticeState.UNCHANGED))

    assert await notices.claim("77", "501") is None
    await notices.add([notice(2)])
    assert await notices.claim("77", "501") is not None


async def test_the_work_of_a_killed_process_is_taken_over(
    notices: MongoNotices, database: Database
) -> None:
    await notices.add([notice(1)])
    lost = await claimed(notices)
    await let_pass(database, 10)
    await let_claims_expire(database)

    assert await due_ids(notices) == ["501"]
    taken_over = await claimed(notices)

    # The first process was only stopped for a while, and must not decide any more.
    assert not await notices.renew(lost)
    await notices.finish(lost, Settled(NoticeState.NOT_FOUND))
    assert await states(database) == {"n1": "claimed"}
    assert await notices.claim("77", "501") is None
    await notices.finish(taken_over, Settled(NoticeState.STORED))
    assert await states(database) == {"n1": "stored"}


async def test_a_renewed_claim_does_not_expire(database: Database, notices: MongoNotices) -> None:
    await notices.add([notice(1)])
    claim = await claimed(notices)
    await let_claims_expire(database)

    assert await notices.renew(claim)

    assert await notices.claim("77", "501") is None


async def test_a_failed_try_is_repeated_later_and_the_fifth_is_the_last(
    notices: MongoNotices, database: Database
) -> None:
    await notices.add([notice(1)])
    await let_pass(database, 10)

    for tries in range(MOST_TRIES - 1):
        claim = await claimed(notices)
        assert claim.tries == tries
        assert await notices.try_again(claim) is NoticeState.WAITING
        assert await due_ids(notices) == []
        pause = pause_after(tries + 1)
        assert pause is not None
        await let_pass(database, (pause + SECOND).total_seconds())
        assert await due_ids(notices) == ["501"]

    assert await notices.try_again(await claimed(notices)) is NoticeState.DEAD
    assert await due_ids(notices) == []
    assert await notices.count_by_state() == {"dead": 1}


async def test_a_new_notice_does_not_shorten_the_pause_after_a_failed_try(
    notices: MongoNotices, database: Database
) -> None:
    await notices.add([notice(1)])
    await notices.postpone(await claimed(notices), timedelta(minutes=1))
    await notices.add([notice(2)])
    await let_pass(database, 30)

    assert await due_ids(notices) == []

    await let_pass(database, 31)
    assert await due_ids(notices) == ["501"]
    assert (await claimed(notices)).tries == 0


async def test_documents_of_other_programs_are_not_due(
    notices: MongoNotices, database: Database
) -> None:
    of_ours = {"collection": NAME, "state": "waiting", "companyId": "77", "appointmentId": "501"}
    odd = {"companyId": 77, "appointmentId": None, "received_at": "yesterday"}
    await database[NOTICES_COLLECTION].insert_many(
        [{**of_ours, "received_at": AT, name: value} for name, value in odd.items()]
    )
    await database[NOTICES_COLLECTION].insert_one({**of_ours, "received_at": AT, "tries": "x"})

    [due] = await notices.find_due()

    assert due.notices == 1
    assert (await claimed(notices)).tries == 0


async def test_two_processes_read_each_appointment_once(
    notices: MongoNotices, database: Database
) -> None:
    await notices.add([notice(number, str(number % 20)) for number in range(60)])
    await let_pass(database, 10)
    brought: list[str] = []

    async def bring(claim: Claim) -> Brought:
        brought.append(claim.appointment_id)
        return Settled(NoticeState.STORED)

    async with anyio.create_task_group() as tasks:
        for store in (notices, MongoNotices(database, NAME)):
            tasks.start_soon(work_off, store, bring)

    assert sorted(brought, key=int) == [str(number) for number in range(20)]
    assert await notices.count_by_state() == {"stored": 60}


async def test_an_appointment_is_missing_when_altegio_says_so_twice(
    notices: MongoNotices, database: Database
) -> None:
    await notices.add([notice(1)])
    asked: list[bool] = []

    async def bring(claim: Claim) -> Brought:
        asked.append(claim.was_missing)
        return Settled(NoticeState.NOT_FOUND) if claim.was_missing else Missing(is_stored=True)

    for seconds in (10, 50, 11):
        await let_pass(database, seconds)
        await loop_of(notices, bring).work_once()

    assert asked == [False, True]
    assert await states(database) == {"n1": "not_found"}


async def test_an_appointment_that_fails_is_tried_again_until_it_is_dead(
    notices: MongoNotices, database: Database
) -> None:
    await notices.add([notice(1), notice(2, "502")])
    brought: list[str] = []

    async def bring(claim: Claim) -> Brought:
        brought.append(claim.appointment_id)
        return Failed() if claim.appointment_id == "501" else Settled(NoticeState.STORED)

    for _ in range(2 * MOST_TRIES):
        await let_pass(database, 100)
        await loop_of(notices, bring).work_once()

    assert sorted(brought) == ["501"] * MOST_TRIES + ["502"]
    assert await states(database) == {"n1": "dead", "n2": "stored"}


async def test_an_outage_is_no_try_and_the_pauses_grow_to_a_minute(
    notices: MongoNotices, database: Database
) -> None:
    await notices.add([notice(1)])
    await let_pass(database, 10)

    async def bring(_claim: Claim) -> Brought:
        return Postponed()

    for waits in range(2 * MOST_TRIES):
        await loop_of(notices, bring).work_once()
        await let_pass(database, wait_after(waits).total_seconds() * 0.5)
        assert await due_ids(notices) == []
        await let_pass(database, wait_after(waits).total_seconds() * 0.5)
        assert await due_ids(notices) == ["501"]

    claim = await claimed(notices)
    assert (claim.tries, claim.waits) == (0, 2 * MOST_TRIES)
    assert wait_after(claim.waits) == timedelta(minutes=1)


async def test_altegio_is_not_asked_again_earlier_than_it_wants(
    notices: MongoNotices, database: Database
) -> None:
    await notices.add([notice(1)])
    await let_pass(database, 10)

    async def bring(_claim: Claim) -> Brought:
        return Postponed(timedelta(minutes=20))

    await loop_of(notices, bring).work_once()
    await let_pass(database, 19 * 60)

    assert await due_ids(notices) == []


async def test_a_notice_with_an_earlier_stamp_than_the_bookings_is_older(
    notices: MongoNotices, database: Database
) -> None:
    stamps = {"n1": AT - SECOND, "n2": AT, "n3": AT + SECOND, "n4": None}
    await notices.add([Notice(id, "77", "501", "update", at) for id, at in stamps.items()])

    await notices.finish(await claimed(notices), Settled(NoticeState.STORED, AT, "service"))

    assert await states(database) == {"n1": "older", "n2": "stored", "n3": "stored", "n4": "stored"}
    found = await database[NOTICES_COLLECTION].find().to_list()
    assert {each["reason"] for each in found} == {"service"}
    assert all(isinstance(each["finished_at"], datetime) for each in found)


async def gone(notices: MongoNotices, *ids: str, is_stored: bool = True) -> None:
    """Altegio does not have these appointments, for the first time."""
    for each in ids:
        await notices.note_missing(await claimed(notices, each), Missing(is_stored))


async def test_what_is_gone_is_counted_for_an_hour_in_all_processes(
    notices: MongoNotices, database: Database
) -> None:
    await notices.add([notice(number, str(number)) for number in range(1, 13)])
    await notices.add([notice(20, "1"), notice(21, "1", company="78")])
    for each in ("4", "5", "6"):
        await notices.finish(await claimed(notices, each), Settled(NoticeState.STORED, AT + SECOND))
    await gone(notices, "1", "2", "3")
    await gone(notices, "7", "8", is_stored=False)
    await let_pass(database, 61)
    await notices.finish(await claimed(notices, "2"), Settled(NoticeState.NOT_FOUND))
    # It was there again.
    await notices.finish(await claimed(notices, "3"), Settled(NoticeState.UNCHANGED))
    await notices.finish(await claimed(notices, "7"), Settled(NoticeState.NOT_FOUND))

    other = MongoNotices(database, NAME)
    assert await other.count_gone("77") == GoneCounts(gone=2, known=6)
    assert await other.count_gone("78") == GoneCounts(0, 0)
    earlier = {"$set": {"finished_at": {"$subtract": ["$finished_at", 3_600_000]}}}
    await database[NOTICES_COLLECTION].update_many({"finished_at": {"$type": "date"}}, [earlier])
    assert await other.count_gone("77") == GoneCounts(gone=1, known=1)


async def many(notices: MongoNotices, database: Database, count: int) -> None:
    await notices.add([notice(number, str(number)) for number in range(1, count + 1)])
    await let_pass(database, 10)


async def never(_claim: Claim) -> Brought:
    raise AssertionError("requested by id")


async def test_many_appointments_of_a_company_are_brought_together(
    notices: MongoNotices, database: Database
) -> None:
    await many(notices, database, MOST_BY_ID + 1)
    runs: list[str] = []

    async def together(company: str) -> ChangesResult:
        runs.append(company)
        await notices.add([notice(1000, "7")])
        results = {"1": Settled(NoticeState.STORED, AT), "2": Settled(NoticeState.UNCHANGED)}
        return ChangesResult(results, is_complete=True)

    await loop_of(notices, never, together=together).work_once()

    assert runs == ["77"]
    counts = await notices.count_by_state()
    # The notice that came during the run is still open.
    assert counts == {"stored": 1, "unchanged": 1, "not_found": MOST_BY_ID - 1, "waiting": 1}


async def test_a_run_settles_all_notices_that_came_before_it(
    notices: MongoNotices, database: Database
) -> None:
    """Also those that were not due yet when the run began."""
    await many(notices, database, MOST_BY_ID + 1)
    await notices.add([notice(number, str(number)) for number in range(501, 801)])
    await notices.add([notice(900, "900")])

    async def together(_company: str) -> ChangesResult:
        return ChangesResult({"900": Settled(NoticeState.STORED)}, is_complete=True)

    await loop_of(notices, never, together=together).work_once()

    assert await notices.count_by_state() == {"stored": 1, "not_found": MOST_BY_ID + 301}


@pytest.mark.parametrize(("later", "requested"), [(MOST_BY_ID, 16), (MOST_BY_ID + 1, 0)])
async def test_a_few_that_come_during_a_run_are_requested_by_id_beside_it(
    notices: MongoNotices, database: Database, later: int, requested: int
) -> None:
    """16 are requested at the same time. More than 100 wait for the next run."""
    await many(notices, database, MOST_BY_ID + 1)
    brought: list[str] = []

    async def bring(claim: Claim) -> Brought:
        brought.append(claim.appointment_id)
        return Settled(NoticeState.STORED)

    async def together(_company: str) -> ChangesResult:
        # The first of them has a notice from before the run too.
        ids = [str(MOST_BY_ID + 1 + number) for number in range(later)]
        await notices.add([notice(1000 + number, each) for number, each in enumerate(ids)])
        while len(await notices.find_due()) < MOST_BY_ID + later:  # noqa: ASYNC110 - as above
            await anyio.sleep(0.05)
        await loop.work_once()
        return ChangesResult({}, is_complete=True)

    loop = loop_of(notices, bring, together=together)
    with anyio.fail_after(60):
        await loop.work_once()

    assert len(brought) == requested
    assert set(brought) <= {str(MOST_BY_ID + 1 + number) for number in range(later)}
    assert (str(MOST_BY_ID + 1) in brought) is (requested > 0)


async def test_what_is_stored_and_not_listed_is_requested_by_id(
    notices: MongoNotices, database: Database
) -> None:
    """However many they are, they lead to no further run, and others go before them."""
    await many(notices, database, 2 * MOST_BY_ID)
    stored = {str(number) for number in range(1, MOST_BY_ID + 11)}
    runs: list[str] = []
    brought: list[str] = []

    async def together(company: str) -> ChangesResult:
        runs.append(company)
        return ChangesResult({"150": Settled(NoticeState.STORED)}, is_complete=True)

    async def find_stored(company: str, ids: Collection[str]) -> set[str]:
        assert company == "77"
        return stored & set(ids)

    async def bring(claim: Claim) -> Brought:
        brought.append(claim.appointment_id)
        return Settled(NoticeState.UNCHANGED)

    loop = loop_of(notices, bring, together=together, stored=find_stored)
    await loop.work_once()
    assert brought == []
    await notices.add([notice(900, "900")])
    await let_pass(database, 5, _id="n900")
    while await notices.find_due():
        await loop.work_once()

    assert runs == ["77"]
    assert brought[0] == "900"
    assert sorted(brought[1:]) == sorted(stored)
    assert await notices.count_by_state() == {
        "stored": 1,
        "not_found": MOST_BY_ID - 11,
        "unchanged": MOST_BY_ID + 11,
    }


@pytest.mark.parametrize("gives_way", [True, False])
async def test_what_a_run_did_not_bring_is_requested_by_id(
    notices: MongoNotices, database: Database, gives_way: bool
) -> None:
    await many(notices, database, MOST_BY_ID + 1)
    brought: list[str] = []

    async def together(_company: str) -> ChangesResult | None:
        results = {"1": Settled(NoticeState.STORED)}
        return None if gives_way else ChangesResult(results, is_complete=False)

    async def bring(claim: Claim) -> Brought:
        brought.append(claim.appointment_id)
        return Settled(NoticeState.UNCHANGED)

    loop = loop_of(notices, bring, together=together)
    while await notices.find_due():
        await loop.work_once()

    assert len(brought) == MOST_BY_ID + gives_way
    assert await notices.find_due() == []


async def test_a_burst_that_no_run_brings_keeps_no_later_appointment_waiting(
    notices: MongoNotices, database: Database
) -> None:
    await many(notices, database, MOST_BY_ID + 1)
    await notices.add([notice(900, "900"), notice(901, "901", company="78")])
    await let_pass(database, 3, appointmentId={"$in": ["900", "901"]})
    brought: list[str] = []

    async def bring(claim: Claim) -> Brought:
        brought.append(claim.appointment_id)
        return Settled(NoticeState.STORED)

    loop = loop_of(notices, bring)
    await loop.work_once()
    await loop.work_once()

    assert {"900", "901"} <= set(brought)
    assert len(brought) < MOST_BY_ID


async def test_an_appointment_that_takes_long_keeps_no_other_waiting(
    notices: MongoNotices, database: Database
) -> None:
    await many(notices, database, 2)
    finished, stop = anyio.Event(), StopSignal()

    async def bring(claim: Claim) -> Brought:
        if claim.appointment_id == "1":
            await finished.wait()
        elif claim.appointment_id == "3":
            finished.set()
            stop.set()
        return Settled(NoticeState.STORED)

    async def add() -> None:
        while (await notices.count_by_state()).get("stored") != 1:  # noqa: ASYNC110 - as above
            await anyio.sleep(0.01)
        await notices.add([notice(3, "3")])
        await let_pass(database, 10, _id="n3")

    with anyio.fail_after(60):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(loop_of(notices, bring).run, stop)
            tasks.start_soon(add)

    assert await notices.count_by_state() == {"stored": 3}


async def test_after_a_stop_no_appointment_begins_and_what_was_cut_off_is_free_at_once(
    notices: MongoNotices, database: Database
) -> None:
    await many(notices, database, 3)
    stop, are_begun, begun = StopSignal(), anyio.Event(), list[str]()

    async def bring(claim: Claim) -> Brought:
        begun.append(claim.appointment_id)
        if len(begun) == 3:
            are_begun.set()
        await anyio.sleep_forever()
        return Settled(NoticeState.STORED)

    with anyio.fail_after(60):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(loop_of(notices, bring).run, stop)
            await are_begun.wait()
            stop.set()
            await notices.add([notice(4, "4")])
            await let_pass(database, 10, _id="n4")
            tasks.cancel_scope.cancel()

    assert sorted(begun) == ["1", "2", "3"]
    assert await notices.count_by_state() == {"waiting": 4}
    assert await database[CLAIMS_COLLECTION].count_documents({}) == 0


async def test_what_a_process_without_mongodb_had_claimed_is_due_again(
    mongod: RunningMongod, notices: MongoNotices, database: Database
) -> None:
    await notices.add([notice(1)])
    await let_pass(database, 10)

    async def bring(_claim: Claim) -> Brought:
        return Settled(NoticeState.STORED)

    errors: list[StoreError] = []
    with mongod.failing(100, ("delete",), errorCode=13):
        await loop_of(notices, bring, errors=errors).work_once()
    assert len(errors) == 1
    await let_claims_expire(database)
    await loop_of(notices, bring).work_once()

    assert await notices.count_by_state() == {"stored": 1}


async def test_the_work_ends_when_another_process_has_taken_it_over(
    notices: MongoNotices, database: Database
) -> None:
    await notices.add([notice(1)])
    await let_pass(database, 10)
    others: list[Claim] = []

    async def bring(_claim: Claim) -> Brought:
        # The process that works may renew its claim between the two steps.
        while (taken_over := await notices.claim("77", "501")) is None:
            await let_claims_expire(database)
        others.append(taken_over)
        await anyio.sleep_forever()
        return Settled(NoticeState.NOT_FOUND)

    with anyio.fail_after(60):
        await loop_of(notices, bring, renews_every_s=0.5).work_once()

    assert await states(database) == {"n1": "claimed"}
    await notices.finish(others[0], Settled(NoticeState.STORED))
    assert await states(database) == {"n1": "stored"}


async def test_nobody_waits_for_the_claim_of_a_process_that_is_gone(
    notices: MongoNotices, database: Database
) -> None:
    await notices.add([notice(1), notice(2, "502")])
    assert await notices.claim("77", "501") is not None
    assert await notices.claim("77", "502") is not None
    # Another process with this number began earlier.
    key = {"_id": f"{NAME}/77/501"}
    await database[CLAIMS_COLLECTION].update_one(key, {"$set": {"process.started": 1}})

    await MongoNotices(database, NAME).prepare()

    assert await notices.claim("77", "501") is not None
    assert await notices.claim("77", "502") is None
