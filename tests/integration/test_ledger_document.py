"""How the ledger and the cursors are stored; what they promise is in the tests of the ports."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from altegio_sync.domain.period import Period
from altegio_sync.errors import StoreError
from altegio_sync.mongo.bookkeeping.cursors import MongoCursors
from altegio_sync.mongo.bookkeeping.ledger import MongoLedger
from tests.documents import ledger_entry

if TYPE_CHECKING:
    from pymongo.asynchronous.database import AsyncDatabase

Document = dict[str, Any]
AT = datetime(2026, 4, 10, 9, 0, tzinfo=UTC)
MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))


@pytest.fixture
def ledger(database: AsyncDatabase[Document]) -> MongoLedger:
    return MongoLedger(database, "altegio-appointments")


async def test_a_days_document_says_what_people_and_other_programs_want_to_know(
    ledger: MongoLedger, database: AsyncDatabase[Document]
) -> None:
    await ledger.write("77", [ledger_entry(2)])

    fields = {
        "grade": "checked",
        "at": AT,
        "mode": "new-only",
        "settings": "abcdef",
        "timezone": "Europe/Kyiv",
        "run_id": "20260410-090000-aaaa",
    }
    assert await database["altegio-sync-ledger"].find_one() == {
        "_id": "altegio-appointments/77/2026-03-02",
        "companyId": "77",
        "collection": "altegio-appointments",
        "day": "2026-03-02",
        **fields,
        "latest": fields,
    }


async def test_what_mongodb_refuses_of_the_ledger_is_said_in_a_sentence(
    ledger: MongoLedger, database: AsyncDatabase[Document]
) -> None:
    await database.create_collection("altegio-sync-ledger", validator={"day": "never"})

    with pytest.raises(StoreError, match=r"code 121\): the collection's validator does not accept"):
        await ledger.write("77", [ledger_entry(2)])


async def test_companies_collections_and_days_are_kept_apart(
    ledger: MongoLedger, database: AsyncDatabase[Document]
) -> None:
    other_collection = MongoLedger(database, "altegio-appointments-2")
    april = replace(ledger_entry(1), day=date(2026, 4, 1))
    await ledger.write("77", [ledger_entry(1), ledger_entry(31), april])
    await ledger.write("7", [ledger_entry(2)])
    await other_collection.write("78", [ledger_entry(3)])

    assert list(await ledger.find_days("77", MARCH)) == [date(2026, 3, 1), date(2026, 3, 31)]
    assert list(await ledger.find_days("7", MARCH)) == [date(2026, 3, 2)]
    assert await other_collection.find_days("77", MARCH) == {}
    assert await ledger.list_companies() == ["7", "77"]
    assert await other_collection.list_companies() == ["78"]


async def test_all_of_time_can_be_asked_for_at_once(ledger: MongoLedger) -> None:
    await ledger.write("77", [ledger_entry(2)])

    assert len(await ledger.find_days("77", Period(date(1, 1, 2), date(9999, 12, 30)))) == 1


async def test_every_company_and_collection_has_a_cursor_of_its_own(
    database: AsyncDatabase[Document],
) -> None:
    cursors = MongoCursors(database, "altegio-appointments")
    others = MongoCursors(database, "another")
    await cursors.move_cursor("77", AT, "run")
    await cursors.move_cursor("78", AT + timedelta(hours=1), "run")
    await others.move_cursor("77", AT + timedelta(hours=2), "run")

    assert await cursors.find_all() == {"77": AT, "78": AT + timedelta(hours=1)}
    assert (await others.find_all()).get("77") == AT + timedelta(hours=2)
    assert (await others.find_all()).get("78") is None
