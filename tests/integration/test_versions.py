"""Versions are stored once and classified when their time has come; the figures are exact."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from altegio_sync.domain.clock import steady_now, utc_now
from altegio_sync.domain.versions import (
    Classified,
    FoundVersion,
    ReceivedNotice,
    StoredVersion,
    UpTime,
    VersionClass,
    classify,
)
from altegio_sync.mongo.bookkeeping.notices import NOTICES_COLLECTION
from altegio_sync.mongo.bookkeeping.receivers import (
    STARTS_COLLECTION,
    UPTIMES_COLLECTION,
    MongoReceivers,
)
from altegio_sync.mongo.bookkeeping.versions import VERSIONS_COLLECTION, MongoVersions
from altegio_sync.mongo.bookkeeping.webhook_figures import MongoWebhookFigures
from altegio_sync.usecases.versions import classify_due

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pymongo.asynchronous.database import AsyncDatabase

    from tests.mongod import RunningMongod

    Database = AsyncDatabase[dict[str, Any]]

NAME = "altegio-appointments"
AT = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


class Clock:
    def __init__(self) -> None:
        self.now = AT + 2 * HOUR

    def __call__(self) -> datetime:
        return self.now


def found(number: int = 1, changed_at: datetime = AT, **changes: Any) -> FoundVersion:
    return replace(
        FoundVersion("77", str(number), changed_at, "a", is_by_id=False, is_stored=True), **changes
    )


def notice(number: int, at: datetime, company: str = "77") -> dict[str, Any]:
    about = {"companyId": company, "appointmentId": str(number)}
    return {"collection": NAME, **about, "received_at": at, "changed_at": None}


async def note_uptimes(database: Database, *uptimes: UpTime) -> None:
    await database[UPTIMES_COLLECTION].insert_many(
        [{"collection": NAME, "start": each.start, "end": each.end} for each in uptimes]
    )


async def classes(database: Database) -> Counter[str]:
    return Counter([each["class"] async for each in database[VERSIONS_COLLECTION].find()])


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def versions(database: Database, clock: Clock) -> MongoVersions:
    """Of a school whose company 77 sent its first notice at `AT`; a receiver runs all day."""
    start = {"collection": NAME, "companyId": "77", "first_at": AT}
    await database[STARTS_COLLECTION].insert_one({"_id": f"{NAME}/77", **start})
    await note_uptimes(database, UpTime(AT - HOUR, AT + 25 * HOUR))
    store = MongoVersions(database, NAME, clock=clock)
    await store.prepare()
    return store


@pytest.fixture
def receivers(database: Database) -> MongoReceivers:
    return MongoReceivers(database, NAME)


async def test_a_version_is_stored_once_and_without_any_data(
    versions: MongoVersions, database: Database, clock: Clock
) -> None:
    await versions.add([found(501, AT + HOUR)])
    clock.now += HOUR
    await versions.add([found(501, AT + HOUR)])

    [stored] = await database[VERSIONS_COLLECTION].find().to_list()
    assert stored == {
        "_id": f"{NAME}/77/501/2026-03-02T01:00:00.000+00:00",
        "collection": NAME,
        "companyId": "77",
        "appointmentId": "501",
        "changed_at": AT + HOUR,
        "at": AT + HOUR,
        "fields_hash": "a",
        "id_hash": None,
        "is_timed": True,
        "found_at": AT + 2 * HOUR,
        "stored_at": AT + 2 * HOUR,
        "class": "open",
        "check_at": AT + HOUR + 10 * MINUTE,
    }


async def test_a_day_of_20000_versions_is_classified_exactly(
    versions: MongoVersions, receivers: MongoReceivers, database: Database, clock: Clock
) -> None:
    """3 % are lost, 2 % are late, and for an hour there was no receiver."""
    noon = AT + 12 * HOUR
    await database[UPTIMES_COLLECTION].delete_many({})
    await note_uptimes(database, UpTime(AT - HOUR, noon), UpTime(noon + HOUR, AT + 25 * HOUR))
    clock.now = AT + 25 * HOUR
    made: Counter[str] = Counter()
    read, notices = [], []
    for number in range(20_000):
        at = AT + number * timedelta(days=1) / 20_000
        kind = {0: "lost", 1: "lost", 2: "lost", 3: "late", 4: "late"}.get(
            number % 100, "announced"
        )
        if noon - 30 * SECOND < at < noon + HOUR:
            kind = "receiver_down"
        made[kind] += 1
        read.append(found(number, at))
        if kind in ("announced", "late"):
            notices.append(notice(number, at + (3 * HOUR if kind == "late" else 5 * SECOND)))
    await database[NOTICES_COLLECTION].insert_many(notices)
    for first in range(0, 20_000, 1_000):
        await versions.add(read[first : first + 1_000])

    count = await classify_due(versions, receivers)

    assert count == 20_000
    assert await classes(database) == made
    expected = {"announced": 18_205, "lost": 573, "late": 382, "receiver_down": 840}
    assert made == expected
    await receivers.note_running()
    figures = await MongoWebhookFigures(database, NAME).find(clock.now)
    assert figures is not None
    assert figures.total.to_json() == {**expected, "unclassified": 0, "loss": 0.0299}
    assert figures.total.loss == 573 / (18_205 + 382 + 573)


async def test_the_figures_are_of_the_last_day_of_the_companies_that_are_asked_for(
    versions: MongoVersions, receivers: MongoReceivers, database: Database, clock: Clock
) -> None:
    start = {"collection": NAME, "companyId": "78", "first_at": AT + HOUR}
    await database[STARTS_COLLECTION].insert_one({"_id": f"{NAME}/78", **start})
    for number in range(1, 21):
        clock.now = AT + 2 * HOUR + number * MINUTE + number * SECOND / 2
        await versions.add([found(number, AT + 2 * HOUR + number * MINUTE)])
    await versions.add([found(21, clock.now, company="78"), found(22)])
    # Not stored yet, and without a time of the change: neither has a delay.
    await versions.add([found(23, clock.now, is_stored=False)])
    for fields in "bcd":
        await versions.add([found(22, fields_hash=fields)])
    clock.now += 10 * MINUTE
    await classify_due(versions, receivers)
    await versions.add([found(24, clock.now, is_stored=False)])
    states = ["waiting", "claimed", "dead", "stored", "unreadable"]
    notices = [{**notice(n, clock.now - n * MINUTE), "state": s} for n, s in enumerate(states)]
    await database[NOTICES_COLLECTION].insert_many(notices)
    figures = MongoWebhookFigures(database, NAME)

    everything = await figures.find(clock.now)
    one = await figures.find(AT + 24 * HOUR + MINUTE, ["77"])
    other = await figures.find(clock.now, ["78"])

    assert everything is not None
    assert one is not None
    assert other is not None
    assert everything.to_json() == {
        "since": "2026-03-02T00:00:00.000Z",
        "receiver_age_seconds": 0,
        "total": {
            **{"announced": 0, "late": 0, "lost": 26, "receiver_down": 0, "unclassified": 1},
            "loss": 1.0,
        },
        "last_day": {
            **{"announced": 0, "late": 0, "lost": 26, "receiver_down": 0, "unclassified": 1},
            "loss": 1.0,
        },
        "delay": {"p50_seconds": 5.0, "p95_seconds": 10.0},
        "queue": {"open": 2, "oldest_age_seconds": 60, "dead": 1},
    }
    assert (one.total.changes, one.last_day.changes) == (25, 24)
    assert (other.since, other.total.lost, other.queue.open) == (AT + HOUR, 1, 0)
    assert {name: each.lost for name, each in everything.by_company.items()} == {"77": 25, "78": 1}


@pytest.mark.usefixtures("versions")
async def test_without_webhooks_there_are_no_figures(database: Database, clock: Clock) -> None:
    figures = MongoWebhookFigures(database, NAME)
    assert await figures.find(AT + timedelta(days=9)) is None
    await database[STARTS_COLLECTION].delete_many({})
    waiting = await figures.find(clock.now)
    await database[UPTIMES_COLLECTION].delete_many({})

    assert waiting is not None
    assert (waiting.since, waiting.total.loss) == (None, None)
    assert await figures.find(clock.now) is None


async def test_two_processes_may_classify_at_once(
    versions: MongoVersions, receivers: MongoReceivers, database: Database, clock: Clock
) -> None:
    clock.now = AT + 25 * HOUR
    await versions.add([found(number) for number in range(300)])
    notices = [notice(number, AT + number * SECOND * 10) for number in range(100)]
    await database[NOTICES_COLLECTION].insert_many(notices)
    other = MongoVersions(database, NAME, clock=clock)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(classify_due, versions, receivers)
        tasks.start_soon(classify_due, other, receivers)

    assert await classes(database) == {"announced": 61, "late": 39, "lost": 200}


async def test_an_announced_version_stays_announced(
    versions: MongoVersions, receivers: MongoReceivers, database: Database, clock: Clock
) -> None:
    """Also where another process has read it before, and looked at it without the notice."""
    await versions.add([found()])
    [before] = await versions.find_due(clock.now)
    await database[NOTICES_COLLECTION].insert_one(notice(1, AT + SECOND))
    await classify_due(versions, receivers)

    await versions.write_classes([(before, Classified(VersionClass.LOST, clock.now + MINUTE))])
    await database[NOTICES_COLLECTION].delete_many({})
    clock.now += 30 * HOUR
    await classify_due(versions, receivers)

    assert await classes(database) == {"announced": 1}


async def test_a_lost_version_becomes_late_when_its_notice_comes(
    versions: MongoVersions, receivers: MongoReceivers, database: Database, clock: Clock
) -> None:
    clock.now = AT + 10 * MINUTE
    await versions.add([found(1), found(2)])
    await classify_due(versions, receivers)
    assert await classes(database) == {"lost": 2}

    await database[NOTICES_COLLECTION].insert_one(notice(2, AT + 11 * MINUTE))
    clock.now += 15 * MINUTE
    await classify_due(versions, receivers)
    assert await classes(database) == {"lost": 1, "late": 1}

    clock.now = AT + 24 * HOUR
    await classify_due(versions, receivers)
    assert await classes(database) == {"lost": 1, "late": 1}
    assert await database[VERSIONS_COLLECTION].count_documents({"check_at": None}) == 2


async def test_nothing_is_stored_where_webhooks_were_never_used(
    database: Database, clock: Clock
) -> None:
    store = MongoVersions(database, NAME, clock=clock)

    await store.add([found()])

    assert await database.list_collection_names() == []


async def test_changes_before_the_first_notice_do_not_count(
    versions: MongoVersions, database: Database
) -> None:
    await versions.add([found(1, AT - SECOND), found(2, AT), found(3, AT + HOUR, company="78")])

    assert [each["appointmentId"] async for each in database[VERSIONS_COLLECTION].find()] == ["2"]


async def test_changes_that_are_older_than_the_notices_do_not_count(
    versions: MongoVersions, database: Database, clock: Clock
) -> None:
    """Their notices are deleted, so all of them would seem lost."""
    await note_uptimes(database, UpTime(AT, AT + timedelta(days=40)))
    clock.now = AT + timedelta(days=29, hours=1)

    await versions.add([found(1, AT), found(2, AT + 2 * HOUR)])

    assert [each["appointmentId"] async for each in database[VERSIONS_COLLECTION].find()] == ["2"]


async def test_a_week_after_the_last_receiver_nothing_is_stored_any_more(
    versions: MongoVersions, database: Database, clock: Clock
) -> None:
    clock.now = AT + timedelta(days=9)

    await versions.add([found(1, clock.now - HOUR)])

    assert await classes(database) == {}


async def test_other_fields_under_the_same_stamp_are_another_version(
    versions: MongoVersions, receivers: MongoReceivers, database: Database, clock: Clock
) -> None:
    """Its 10 minutes begin when the poll finds it."""
    await database[NOTICES_COLLECTION].insert_one(notice(1, AT + SECOND))
    await versions.add([found(fields_hash="a")])
    for _ in range(2):
        clock.now += 5 * MINUTE
        await versions.add([found(fields_hash="b")])
        await versions.add([found(fields_hash="a")])
    await classify_due(versions, receivers)
    assert await classes(database) == {"announced": 1, "open": 1}

    clock.now += 10 * MINUTE
    await classify_due(versions, receivers)
    assert await classes(database) == {"announced": 1, "lost": 1}


async def test_a_booking_that_is_made_and_changed_within_a_second_is_announced_twice(
    versions: MongoVersions, receivers: MongoReceivers, database: Database, clock: Clock
) -> None:
    clock.now = AT + SECOND
    await versions.add([found(fields_hash="a")])
    await versions.add([found(fields_hash="b")])
    await database[NOTICES_COLLECTION].insert_one(notice(1, AT + 5 * SECOND))
    clock.now += 11 * MINUTE

    await classify_due(versions, receivers)

    assert await classes(database) == {"announced": 2}


async def test_an_answer_by_id_that_differs_from_the_list_is_no_change(
    versions: MongoVersions, database: Database
) -> None:
    """It may lack a field. Only lists are compared with lists."""
    for _ in range(2):
        await versions.add([found(1, fields_hash="b", is_by_id=True), found(2, fields_hash="a")])
        await versions.add([found(1, fields_hash="a"), found(2, fields_hash="b", is_by_id=True)])
        await versions.add([found(1, fields_hash="a"), found(2, fields_hash="a")])

    assert await classes(database) == {"open": 2}


async def test_a_change_without_a_stamp_that_a_notice_brought_is_announced(
    versions: MongoVersions, receivers: MongoReceivers, database: Database, clock: Clock
) -> None:
    """The next list, in the night, finds the same change, and does not count it as lost."""
    await versions.add([found(1, fields_hash="a"), found(2, fields_hash="a", is_by_id=True)])
    clock.now += HOUR
    await database[NOTICES_COLLECTION].insert_many(
        [notice(number, clock.now - 5 * SECOND) for number in (1, 2)]
    )
    brought = [found(number, fields_hash="b", is_by_id=True) for number in (1, 2)]
    await versions.add(brought)
    clock.now += 8 * HOUR
    await versions.add([found(1, fields_hash="b"), found(2, fields_hash="b")])
    await classify_due(versions, receivers)

    known = {each["_id"]: each["class"] async for each in database[VERSIONS_COLLECTION].find()}
    first, second = (f"{NAME}/77/{number}/2026-03-02T00:00:00.000+00:00" for number in (1, 2))
    assert known == {first: "late", f"{first}/b": "announced", second: "late"}


async def test_a_user_who_may_not_read_the_new_collections_measures_nothing(
    versions: MongoVersions, database: Database, mongod: RunningMongod
) -> None:
    with mongod.failing(1, ["find"], errorCode=13):
        await versions.add([found()])

    assert await classes(database) == {}


async def test_a_version_that_was_only_seen_is_stored_later(
    versions: MongoVersions, database: Database, clock: Clock
) -> None:
    """A sync without --update sees a change, and the next poll stores it."""
    await versions.add([found(is_stored=False)])
    clock.now += MINUTE
    await versions.add([found(is_stored=False)])
    clock.now += HOUR - MINUTE
    await versions.add([found()])
    clock.now += HOUR
    await versions.add([found()])

    [stored] = await database[VERSIONS_COLLECTION].find().to_list()
    assert (stored["found_at"], stored["stored_at"]) == (AT + 2 * HOUR, AT + 3 * HOUR)


async def test_a_stamp_in_the_future_counts_from_the_reading(
    versions: MongoVersions, database: Database, clock: Clock
) -> None:
    await versions.add([found(1, clock.now + 3 * MINUTE), found(2, clock.now + MINUTE)])

    stored = await database[VERSIONS_COLLECTION].find(sort=[("_id", 1)]).to_list()
    assert [each["at"] for each in stored] == [clock.now, clock.now + MINUTE]


async def test_clocks_that_differ_by_an_hour_change_nothing(database: Database) -> None:
    """Altegio's clock is an hour ahead of MongoDB's, as its answers show."""
    receivers = MongoReceivers(database, NAME)
    await receivers.note_running()
    now = utc_now()
    notices = [notice(2, now - 30 * MINUTE), notice(1, now - 20 * MINUTE)]
    await database[NOTICES_COLLECTION].insert_many(notices)
    await receivers.note_starts()
    versions = MongoVersions(database, NAME)
    await versions.prepare()
    stamp = now - 20 * MINUTE + HOUR - 5 * SECOND

    await versions.add([found(1, stamp, asked_at=steady_now(), answered_at=now + HOUR)])
    await note_uptimes(database, UpTime(now - HOUR, now))
    await classify_due(versions, receivers)

    [stored] = await database[VERSIONS_COLLECTION].find().to_list()
    assert abs(stored["at"] - (now - 20 * MINUTE - 5 * SECOND)) < MINUTE
    assert stored["class"] == "announced"


async def test_documents_of_others_do_not_stop_the_classifying(
    versions: MongoVersions, receivers: MongoReceivers, database: Database
) -> None:
    odd: list[dict[str, Any]] = [
        {"check_at": AT},
        {"check_at": AT, "companyId": "77", "class": "new"},
        {"at": 7},
    ]
    await database[VERSIONS_COLLECTION].insert_many([{"collection": NAME, **each} for each in odd])
    await database[NOTICES_COLLECTION].insert_many(
        [{**notice(1, AT), "changed_at": 7}, {**notice(1, AT), "received_at": "now"}]
    )
    await versions.add([found()])

    assert await classify_due(versions, receivers) == 1


async def test_a_killed_process_leaves_the_time_of_its_last_sign_of_life(
    database: Database,
) -> None:
    first, second = MongoReceivers(database, NAME), MongoReceivers(database, NAME)
    await first.note_running()
    await first.note_running()
    await second.note_running()

    stored = await database[UPTIMES_COLLECTION].find(sort=[("start", 1)]).to_list()
    assert len(stored) == 2
    assert stored[0]["start"] <= stored[0]["end"] <= stored[1]["start"]
    assert await first.find_last_seen() == stored[1]["end"]


@pytest.mark.parametrize("moved", [-16 * SECOND, MINUTE], ids=["a long pause", "a clock set back"])
async def test_after_a_pause_a_new_time_begins(database: Database, moved: timedelta) -> None:
    receivers = MongoReceivers(database, NAME)
    await receivers.note_running()
    ms = round(moved.total_seconds() * 1000)
    earlier = {"$set": {name: {"$add": [f"${name}", ms]} for name in ("start", "end")}}
    await database[UPTIMES_COLLECTION].update_many({}, [earlier])

    await receivers.note_running()

    assert await database[UPTIMES_COLLECTION].count_documents({}) == 2


async def test_a_company_counts_from_the_change_of_its_first_notice(
    database: Database, receivers: MongoReceivers
) -> None:
    """A notice without a stamp counts from its arrival, and a stamp too old does not count."""
    stamps = {"1": AT - 5 * SECOND, "2": None, "3": AT - HOUR, "4": AT + HOUR}
    notices = database[NOTICES_COLLECTION]
    await notices.insert_many(
        [{**notice(1, AT, company), "changed_at": stamp} for company, stamp in stamps.items()]
    )
    await receivers.note_running()

    await receivers.note_starts()
    await notices.insert_many([notice(1, AT + HOUR, company) for company in "15"])
    await receivers.note_starts()
    # After 30 days the first notices are deleted.
    await notices.delete_many({"received_at": AT})
    await MongoReceivers(database, NAME).note_starts()

    assert await receivers.find_starts(utc_now()) == {
        "1": AT - 5 * SECOND,
        "2": AT,
        "3": AT - 2 * MINUTE,
        "4": AT,
        "5": AT + HOUR,
    }


class Killed(Exception):  # noqa: N818 - it is no error of the program
    """The process ends at this moment."""


class KilledVersions(MongoVersions):
    """Writes some of the classes, and then the process is killed: now and then."""

    def __init__(self, database: Database, clock: Clock, random: Random) -> None:
        super().__init__(database, NAME, clock=clock)
        self.random = random

    async def write_classes(self, classified: Sequence[tuple[StoredVersion, Classified]]) -> None:
        if self.random.random() < 0.3:
            some = self.random.sample(classified, self.random.randrange(len(classified)))
            await super().write_classes(some)
            raise Killed
        await super().write_classes(classified)


@pytest.mark.parametrize("seed", range(2))
async def test_the_order_of_polls_and_notices_and_kills_change_nothing(
    versions: MongoVersions, receivers: MongoReceivers, database: Database, clock: Clock, seed: int
) -> None:
    """Over two days: each process sees only what has happened by then."""
    random = Random(seed)
    await database[UPTIMES_COLLECTION].delete_many({})
    uptimes = [UpTime(AT - HOUR, AT + HOUR), UpTime(AT + 80 * MINUTE, AT + 50 * HOUR)]
    await note_uptimes(database, *uptimes)
    changes = {number: AT + random.random() * 3 * HOUR for number in range(80)}
    coming = []
    for number, at in changes.items():
        for _ in range(random.choice((0, 0, 1, 2))):
            after = random.choice((5 * SECOND, random.random() * 30 * HOUR))
            coming.append(notice(number, at + after))
    stores = [versions, *(KilledVersions(database, clock, random) for _ in range(2))]
    read: set[int] = set()
    for at in sorted(AT + random.random() * 26 * HOUR for _ in range(40)) + [AT + 50 * HOUR] * 2:
        clock.now = at
        come = [each for each in coming if each["received_at"] <= at]
        coming = [each for each in coming if each["received_at"] > at]
        if come:
            await database[NOTICES_COLLECTION].insert_many(come)
        # A poll reads a day again, in any order. A notice is followed by a reading by id.
        polled = [number for number, changed in changes.items() if at - 24 * HOUR < changed <= at]
        random.shuffle(polled)
        by_id = [int(each["appointmentId"]) for each in come][: random.randrange(9)]
        read.update(polled, by_id)
        await random.choice(stores).add([found(n, changes[n], is_by_id=True) for n in by_id])
        await random.choice(stores).add([found(n, changes[n]) for n in polled])
        with suppress(Killed):
            await classify_due(random.choice(stores), receivers)
    await classify_due(versions, receivers)

    known = await database[NOTICES_COLLECTION].find().to_list()
    stored = {
        each["appointmentId"]: each["class"] async for each in database[VERSIONS_COLLECTION].find()
    }
    assert read == set(changes)
    assert stored == {
        str(number): classify(
            StoredVersion("v", "77", str(number), changed, changed),
            [
                ReceivedNotice(each["received_at"])
                for each in known
                if each["appointmentId"] == str(number)
            ],
            uptimes,
            clock.now,
        ).state.value
        for number, changed in changes.items()
    }
    assert len(set(stored.values())) == 4
