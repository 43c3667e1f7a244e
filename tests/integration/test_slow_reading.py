"""Reading goes on where a server forgets its cursors, or allows no cursor without a time limit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from bson.datetime_ms import DatetimeMS
from pymongo.errors import OperationFailure

from altegio_sync.domain.validation import RuleContext
from altegio_sync.errors import StoreError
from altegio_sync.mongo.core.connection import open_database
from altegio_sync.mongo.core.slow_reading import SlowReading
from altegio_sync.mongo.tending.repairs import MongoRepairs
from tests.wire_proxy import answering, refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymongo.asynchronous.database import AsyncDatabase

    from tests.mongod import RunningMongod

Document = dict[str, Any]
NAME = "altegio-appointments"
FIRST = datetime(2026, 3, 1, 9, tzinfo=UTC)
NO_TIMEOUT = refusal(8000, "AtlasError", "noTimeout cursors are disallowed in this atlas tier")
FORGOTTEN = refusal(43, "CursorNotFound", "cursor id 1 not found")
#: In each order that a field may have: what is no date comes before, a timestamp after.
STARTS = [
    *[None] * 15,
    *["2026-01-01"] * 15,
    *[FIRST] * 25,
    *(FIRST + timedelta(hours=number) for number in range(40)),
    *[DatetimeMS(569_000_000_000_000)] * 12,
]


class FreeTier:
    """Refuses cursors without a time limit, and forgets each after one more batch."""

    def __init__(self, *, forgets: bool) -> None:
        self._forgets = forgets
        self.asked = 0

    def __call__(self, command: Document) -> Document | None:
        if command.get("find") == NAME:
            self.asked += 1
            return NO_TIMEOUT if command.get("noCursorTimeout") else None
        if "getMore" in command and self._forgets and command.get("collection") == NAME:
            return FORGOTTEN
        return None


def port_of(mongod: RunningMongod) -> int:
    return int(mongod.address.rpartition(":")[2])


@pytest.mark.parametrize("forgets", [False, True])
async def test_every_document_is_read_once(
    database: AsyncDatabase[Document], mongod: RunningMongod, forgets: bool
) -> None:
    documents = [{"_id": n, "startDateTime": each} for n, each in enumerate(STARTS)]
    await database[NAME].insert_many(documents)
    tier = FreeTier(forgets=forgets)
    found: list[int] = []
    with answering(port_of(mongod), tier) as port:
        async with open_database(f"mongodb://127.0.0.1:{port}/{database.name}") as proxied:
            reading = SlowReading(proxied[NAME], "startDateTime", batch=30)
            async for document in reading.read({"_id": {"$gte": 0}}, {"startDateTime": 1}):
                found.append(document["_id"])  # noqa: PERF401 - as it is used

    assert sorted(found) == list(range(len(STARTS)))
    assert tier.asked > (3 if forgets else 1)


async def test_a_repair_runs_where_no_timeout_cursors_are_refused(
    database: AsyncDatabase[Document], mongod: RunningMongod
) -> None:
    await database[NAME].insert_many(
        {"appointmentId": str(number), "startDateTime": FIRST} for number in range(1500)
    )
    with answering(port_of(mongod), FreeTier(forgets=True)) as port:
        async with open_database(f"mongodb://127.0.0.1:{port}/{database.name}") as proxied:
            repairs = MongoRepairs(proxied, NAME, run_id="r")
            batches = [each async for each in repairs.find_to_ask(RuleContext(FIRST))]

    assert len({each.appointment_id for batch in batches for each in batch}) == 1500


async def test_a_cursor_that_is_forgotten_at_once_again_and_again_ends_the_reading(
    database: AsyncDatabase[Document], mongod: RunningMongod
) -> None:
    def forget(command: Document) -> Document | None:
        return FORGOTTEN if command.get("find") == NAME else None

    with answering(port_of(mongod), forget) as port:
        async with open_database(f"mongodb://127.0.0.1:{port}/{database.name}") as proxied:
            with pytest.raises(OperationFailure):
                async for _ in SlowReading(proxied[NAME], "startDateTime", batch=30).read({}, {}):
                    pass


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (refusal(8000, "AtlasError", "bad auth : authentication failed"), "user or the password"),
        (
            refusal(8000, "AtlasError", "you are over your space quota, using 516 MB of 512 MB"),
            "over its space quota",
        ),
        (refusal(8000, "AtlasError", "$where is not allowed in this atlas tier"), "tier of Atlas"),
        (refusal(8000, "AtlasError", "an internal matter"), "Atlas refused it"),
        (refusal(13, "Unauthorized", "command find requires authentication"), "names none"),
        (
            refusal(13, "Unauthorized", "not authorized on x to execute command { find: 'Олена' }"),
            "needs the role readWrite",
        ),
        (refusal(40324, "Location40324", "Unrecognized pipeline stage"), "MongoDB 5.0"),
        (refusal(4321, "SomeName", "Олена 12345678"), "code 4321, SomeName): this program does"),
    ],
    ids=["login", "quota", "tier", "other", "no user", "no right", "old", "unknown"],
)
async def test_a_refusal_is_told_in_a_sentence_without_its_own_text(
    database: AsyncDatabase[Document], mongod: RunningMongod, answer: Document, told: str
) -> None:
    refuse: Callable[[Document], Document | None] = lambda command: (  # noqa: E731 - short
        answer if command.get("find") == NAME else None
    )
    with answering(port_of(mongod), refuse) as port:
        async with open_database(f"mongodb://127.0.0.1:{port}/{database.name}") as proxied:
            repairs = MongoRepairs(proxied, NAME, run_id="r")
            with pytest.raises(StoreError) as raised:
                _ = [each async for each in repairs.find_to_ask(RuleContext(FIRST))]

    assert told in str(raised.value)
    assert "Олена" not in str(raised.value)
