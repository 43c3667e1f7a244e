"""Collections with a collation, indexes of others, and servers that lack something."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from pymongo import ASCENDING
from pymongo.collation import Collation

from altegio_sync.domain.lessons import LessonRules, judge
from altegio_sync.domain.report import SyncMode
from altegio_sync.domain.validation import RuleContext
from altegio_sync.errors import StoreError
from altegio_sync.mongo.bookkeeping.runs import MongoRuns
from altegio_sync.mongo.core.connection import open_database
from altegio_sync.mongo.core.indexes import has_unique_index
from altegio_sync.mongo.core.requirements import product_of
from altegio_sync.mongo.stats import MongoStats
from altegio_sync.mongo.stores import MongoAppointments
from altegio_sync.mongo.tending.cleaning import MongoCleaner
from altegio_sync.mongo.tending.validation import MongoValidator
from altegio_sync.usecases.check import check_store
from altegio_sync.usecases.stats import collect_stats
from tests.fakes import booking
from tests.wire_proxy import answering, refusal

if TYPE_CHECKING:
    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.usecases.check import Check
    from tests.mongod import RunningMongod

Document = dict[str, Any]
NAME = "altegio-appointments"
NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
COLLATIONS = {
    "none": None,
    "shifted": Collation("uk", alternate="shifted"),
    "numeric": Collation("en", numericOrdering=True),
    "base letters": Collation("uk", strength=1),
    "case": Collation("en", strength=2),
}


def stored(number: int, **fields: Any) -> Document:
    start = NOW + timedelta(hours=number)
    return {
        "appointmentId": str(500 + number),
        **{"leadId": "12345678", "leadName": "Олена", "teacherId": "9", "teacherName": "Марко"},
        **{"serviceId": "1", "serviceName": "Урок", "status": "1", "IsTrial": False},
        **{"startDateTime": start, "endDateTime": start + timedelta(hours=1)},
        **{"isDeleted": False, "createdAt": NOW, "updatedAt": NOW, **fields},
    }


#: What compares as equal under one collation or another, and is not.
DOCUMENTS = [
    stored(1),
    stored(2, status="-1"),
    stored(3, status="01"),
    stored(4, appointmentId="5-04", status="2"),
    stored(5, appointmentId="504", teacherName="марко", teacherId="09"),
    stored(6, appointmentId="0504", serviceName="УРОК", serviceId="1 "),
    stored(7, appointmentId="А7", leadId="a"),
    stored(8, appointmentId="а7", leadId="A", startDateTime=NOW, endDateTime=NOW),
    stored(9, appointmentId="501", startDateTime=NOW),
    stored(10, leadName=" Олена"),
]


async def figures_of(database: AsyncDatabase[Document]) -> dict[str, Any]:
    store = MongoAppointments(database, NAME)
    batch = [judge(booking(each), LessonRules(), {}) for each in ("504", "511", "1")]
    await store.prepare(dry_run=False)
    written = await store.store_batch(batch, mode=SyncMode.UPDATE, dry_run=False)
    stats = await collect_stats(
        MongoStats(database, NAME), MongoRuns(database), zone=ZoneInfo("UTC"), clock=lambda: NOW
    )
    findings = await MongoValidator(database, NAME).run_rules(RuleContext(NOW))
    cleaned = await MongoCleaner(database, NAME).clean(dry_run=False)
    return {
        "outcomes": [outcome for _, outcome in written.outcomes],
        "stats": stats.to_json() | {"made_at": None},
        "findings": {each.rule: (each.count, sorted(each.sample)) for each in findings},
        "cleaned": (cleaned.appointment_ids, cleaned.removed, cleaned.has_unique_index),
        "ids": sorted([each["appointmentId"] async for each in database[NAME].find({})]),
    }


@pytest.mark.parametrize("name", [each for each in COLLATIONS if each != "none"])
async def test_a_collections_collation_changes_no_figure(mongod: RunningMongod, name: str) -> None:
    figures = {}
    for kind in ("none", name):
        collation = COLLATIONS[kind]
        options: dict[str, Any] = {} if collation is None else {"collation": collation}
        uri = mongod.uri_of(f"test_collation_{kind.replace(' ', '_')}")
        async with open_database(uri) as database:
            await database.client.drop_database(database.name)
            await database.create_collection(NAME, **options)
            await database[NAME].insert_many([dict(each) for each in DOCUMENTS])
        async with open_database(uri) as database:
            figures[kind] = await figures_of(database)
            await database.client.drop_database(database.name)

    assert figures[name] == figures["none"]


async def check(database: AsyncDatabase[Document]) -> dict[str, Check]:
    store = MongoAppointments(database, NAME)
    found = check_store(await store.describe(), await store.find_lacking())
    return {str(each.name): each for each in found}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"collation": Collation("en", strength=2)}, "has a collation"),
        ({"hidden": True}, "is hidden"),
        ({"partialFilterExpression": {"isDeleted": False}}, "is partial"),
    ],
    ids=["collation", "hidden", "partial"],
)
@pytest.mark.parametrize("name", ["appointmentId_1", "byId"])
async def test_a_unique_index_that_does_not_serve_is_reported(
    database: AsyncDatabase[Document], options: dict[str, Any], told: str, name: str
) -> None:
    await database[NAME].insert_one({"appointmentId": "501"})
    await database[NAME].create_index("appointmentId", unique=True, name=name, **options)

    finding = (await check(database))["index"]

    assert not await has_unique_index(database[NAME])
    assert not finding.ok
    assert name in str(finding.text)
    assert told in str(finding.text)
    assert finding.hint


@pytest.mark.parametrize("options", [{}, {"sparse": True}, {"background": True}])
async def test_a_unique_index_of_others_serves(
    database: AsyncDatabase[Document], options: dict[str, Any]
) -> None:
    await database[NAME].create_index([("appointmentId", ASCENDING)], unique=True, **options)

    assert (await check(database))["index"].ok


@pytest.mark.parametrize("kind", ["view", "timeseries", "capped"])
async def test_a_collection_of_another_kind_is_named(
    database: AsyncDatabase[Document], kind: str
) -> None:
    match kind:
        case "view":
            await database.command("create", NAME, viewOn="appointments", pipeline=[])
        case "timeseries":
            await database.create_collection(NAME, timeseries={"timeField": "startDateTime"})
        case _:
            await database.create_collection(NAME, capped=True, size=100_000)

    finding = (await check(database))["collection"]

    assert not finding.ok
    assert kind in str(finding.text)
    with pytest.raises(StoreError, match=f"of the kind {kind}"):
        await MongoAppointments(database, NAME).prepare(dry_run=True)


async def test_what_a_server_lacks_is_named(
    database: AsyncDatabase[Document], mongod: RunningMongod
) -> None:
    def old_server(command: Document) -> Document | None:
        stages = [name for stage in command.get("pipeline", []) for name in stage]
        if {"$facet", "$setWindowFields"} & set(stages):
            return refusal(40324, "Location40324", f"Unrecognized pipeline stage name: {stages}")
        return None

    port = int(mongod.address.rpartition(":")[2])
    with answering(port, old_server) as proxied:
        async with open_database(f"mongodb://127.0.0.1:{proxied}/{database.name}") as through:
            finding = (await check(through))["MongoDB features"]

    assert not finding.ok
    assert "lacks $facet, $setWindowFields" in str(finding.text)
    assert "MongoDB 5.0" in str(finding.hint)


async def test_a_server_that_has_all_lacks_nothing(database: AsyncDatabase[Document]) -> None:
    assert await MongoAppointments(database, NAME).find_lacking() == []
    assert "MongoDB features" not in await check(database)


@pytest.mark.parametrize(
    ("build_info", "host", "product"),
    [
        ({"version": "6.0.5"}, "127.0.0.1", "MongoDB"),
        ({"version": "7.0.77", "ferretdb": {"version": "2.1"}}, "h", "FerretDB"),
        ({"version": "5.0.0"}, "c.x.eu-west-1.docdb.amazonaws.com", "Amazon DocumentDB"),
        ({"version": "4.2.0"}, "school.mongo.cosmos.azure.com", "Azure Cosmos DB"),
    ],
)
def test_servers_that_only_look_like_mongodb_are_known(
    build_info: Document, host: str, product: str
) -> None:
    assert product_of(build_info, [host]) == product
