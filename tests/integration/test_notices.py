"""Notices are stored durably, wait for each other, and are worked on by one process at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from altegio_sync.domain.notices import (
    MOST_TRIES,
    Claim,
    Notice,
    NoticeState,
    UnreadableNotice,
    pause_after,
)
from altegio_sync.errors import AltegioUnavailableError, StoreError
from altegio_sync.mongo.bookkeeping.notices import (
    CLAIMS_COLLECTION,
    NOTICES_COLLECTION,
    MongoNotices,
)
from altegio_sync.usecases.noticed import settle_due
from altegio_sync.usecases.stopping import StopSignal

if TYPE_CHECKING:
    from pymongo.asynchronous.database import AsyncDatabase

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
    await notices.finish(winner, NoticeState.STORED)
    assert await states(database) == {"n1": "stored", "n2": "waiting"}
    assert (await claimed(notices)).notices == 1


async def test_finished_work_is_not_claimed_again(notices: MongoNotices) -> None:
    await notices.add([notice(1)])
    await notices.finish(await claimed(notices), NoticeState.UNCHANGED)

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
    await notices.finish(lost, NoticeState.NOT_FOUND)
    assert await states(database) == {"n1": "claimed"}
    assert await notices.claim("77", "501") is None
    await notices.finish(taken_over, NoticeState.STORED)
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
    await notices.try_again(await claimed(notices), timedelta(minutes=1))
    await notices.add([notice(2)])
    await let_pass(database, 30)

    assert await due_ids(notices) == []

    await let_pass(database, 31)
    assert await due_ids(notices) == ["501"]
    assert (await claimed(notices)).tries == 1


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

    async def bring(claim: Claim) -> NoticeState:
        brought.append(claim.appointment_id)
        return NoticeState.STORED

    async with anyio.create_task_group() as tasks:
        for store in (notices, MongoNotices(database, NAME)):
            tasks.start_soon(settle_due, store, bring, StopSignal())

    assert sorted(brought, key=int) == [str(number) for number in range(20)]
    assert await notices.count_by_state() == {"stored": 60}


async def test_an_appointment_is_missing_when_altegio_says_so_twice(
    notices: MongoNotices, database: Database
) -> None:
    await notices.add([notice(1)])
    await let_pass(database, 10)
    asked: list[bool] = []

    async def bring(claim: Claim) -> NoticeState:
        asked.append(claim.was_missing)
        return NoticeState.NOT_FOUND

    for seconds in (0, 50, 11):
        await let_pass(database, seconds)
        await settle_due(notices, bring, StopSignal())

    assert asked == [False, True]
    assert await states(database) == {"n1": "not_found"}


async def test_what_altegio_cannot_answer_is_tried_again_later(
    notices: MongoNotices, database: Database
) -> None:
    await notices.add([notice(1)])
    await let_pass(database, 10)

    async def bring(_claim: Claim) -> NoticeState:
        raise AltegioUnavailableError("503")

    await settle_due(notices, bring, StopSignal())

    assert await states(database) == {"n1": "waiting"}
    assert (await claimed(notices)).tries == 1


async def test_after_a_stop_no_appointment_begins(
    notices: MongoNotices, database: Database
) -> None:
    await notices.add([notice(number, str(number)) for number in range(1, 40)])
    await let_pass(database, 10)
    stop = StopSignal()

    async def bring(_claim: Claim) -> NoticeState:
        stop.set()
        return NoticeState.STORED

    await settle_due(notices, bring, stop)

    counts = await notices.count_by_state()
    assert counts["stored"] <= 8
    assert counts["stored"] + counts["waiting"] == 39


async def test_what_a_process_without_mongodb_had_claimed_is_due_again(
    mongod: RunningMongod, notices: MongoNotices, database: Database
) -> None:
    await notices.add([notice(1)])
    await let_pass(database, 10)

    async def bring(_claim: Claim) -> NoticeState:
        return NoticeState.STORED

    with mongod.failing(100, ("delete",), errorCode=13), pytest.raises(StoreError):
        await settle_due(notices, bring, StopSignal())
    await let_claims_expire(database)
    await settle_due(notices, bring, StopSignal())

    assert await notices.count_by_state() == {"stored": 1}


async def test_the_work_ends_when_another_process_has_taken_it_over(
    notices: MongoNotices, database: Database
) -> None:
    await notices.add([notice(1)])
    await let_pass(database, 10)
    others: list[Claim] = []

    async def bring(_claim: Claim) -> NoticeState:
        # The process that works may renew its claim between the two steps.
        while (taken_over := await notices.claim("77", "501")) is None:
            await let_claims_expire(database)
        others.append(taken_over)
        await anyio.sleep_forever()
        return NoticeState.NOT_FOUND

    with anyio.fail_after(60):
        await settle_due(notices, bring, StopSignal(), renewed_every_s=0.5)

    assert await states(database) == {"n1": "claimed"}
    await notices.finish(others[0], NoticeState.STORED)
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
