"""Every number of the statistics equals a plain count in Python over the same documents."""

from __future__ import annotations

import secrets
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from altegio_sync.domain.period import Period
from altegio_sync.mongo.connection import open_database
from altegio_sync.mongo.runs import MongoRuns
from altegio_sync.mongo.stats import MongoStats
from altegio_sync.usecases.stats import collect_stats

if TYPE_CHECKING:
    from datetime import date

    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.domain.stats import StatsReport
    from tests.mongod import RunningMongod

Document = dict[str, Any]
NAME = "altegio-appointments"
KYIV = ZoneInfo("Europe/Kyiv")
#: In the autumn week in which Kyiv's clocks go back.
NOW = datetime(2026, 10, 26, 9, 30, tzinfo=UTC)
STARTS = st.integers(-24 * 45, 24 * 20).map(lambda hours: NOW + timedelta(hours=hours))
DOCUMENTS = st.lists(
    st.fixed_dictionaries(
        {
            "appointmentId": st.sampled_from(["1", "2", "3", "4", "5", "6", None, ""]),
            "startDateTime": st.one_of(STARTS, STARTS, st.just("2026-10-01"), st.none()),
            "status": st.sampled_from(["0", "1", "-1", "2", "7"]),
            "isDeleted": st.sampled_from([True, False, False, None]),
            "IsTrial": st.booleans(),
            "teacherId": st.sampled_from(["10", "11", "12"]),
            "serviceId": st.sampled_from(["20", "21"]),
            "leadId": st.sampled_from(["30", "31"]),
        },
    ),
    max_size=25,
)


async def stats_of(database: AsyncDatabase[Document], period: Period | None = None) -> StatsReport:
    return await collect_stats(
        MongoStats(database, NAME), MongoRuns(database), zone=KYIV, period=period, clock=lambda: NOW
    )


def local_day(document: Document) -> date | None:
    start = document["startDateTime"]
    return start.astimezone(KYIV).date() if isinstance(start, datetime) else None


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(documents=DOCUMENTS, narrowed=st.booleans())
async def test_every_number_is_a_plain_count(
    mongod: RunningMongod, documents: list[Document], narrowed: bool
) -> None:
    today = NOW.astimezone(KYIV).date()
    period = Period.of_days(today - timedelta(days=3), today + timedelta(days=1))
    async with open_database(mongod.uri_of(f"test_{secrets.token_hex(6)}")) as database:
        if documents:
            await database[NAME].insert_many([dict(each) for each in documents])
        report = (await stats_of(database, period if narrowed else None)).to_json()
        await database.client.drop_database(database.name)

    if narrowed:
        documents = [
            each
            for each in documents
            if (day := local_day(each)) and period.start <= day <= period.last_day
        ]
    active = [each for each in documents if each["isDeleted"] is not True]
    days = [day for each in active if (day := local_day(each))]
    ids = Counter(each["appointmentId"] for each in documents if each["appointmentId"])
    assert report["total"] == len(documents)
    assert report["active"] == len(active)
    assert report["deleted"] == len(documents) - len(active)
    assert report["trial"] == sum(each["IsTrial"] for each in active)
    statuses = Counter(each["status"] for each in active)
    told = {each["status"]: each["count"] for each in report["by_status"]}
    assert {name: count for name, count in told.items() if count} == dict(statuses)
    for kind in ("teacher", "service"):
        counted = Counter(each[f"{kind}Id"] for each in active)
        top = {each[f"{kind}Id"]: each["count"] for each in report[f"top_{kind}s"]}
        assert top == dict(counted)
    by_day = {each["date"]: each["count"] for each in report["dates"]["by_day"]}
    assert by_day == dict(Counter(day.isoformat() for day in days))
    assert report["dates"]["oldest"] == (min(days).isoformat() if days else None)
    assert report["dates"]["newest"] == (max(days).isoformat() if days else None)
    first = today - timedelta(days=29)
    assert report["dates"]["last_30_days"] == sum(first <= day <= today for day in days)
    starts = [each["startDateTime"] for each in active if local_day(each)]
    assert report["dates"]["upcoming"] == sum(start > NOW for start in starts)
    assert report["duplicates"] == {
        "appointment_ids": sum(count > 1 for count in ids.values()),
        "extra_documents": sum(count - 1 for count in ids.values()),
    }
    local = [start.astimezone(KYIV) for start in starts]
    hours = Counter((start.isoweekday(), start.hour) for start in local)
    assert {(each["weekday"], each["hour"]): each["count"] for each in report["heat_map"]} == hours


@pytest.mark.parametrize(
    ("run", "warning"),
    [
        ({"ok": True, "finished_at": NOW - timedelta(hours=25)}, None),
        ({"ok": True, "finished_at": NOW - timedelta(hours=27)}, "WARNING The last sync"),
        ({"ok": False, "finished_at": NOW, "errors": [{"message": "x"}]}, "ERROR The last sync"),
        ({"ok": True, "finished_at": NOW, "records": {"stale": 3}}, "WARNING Stale data: 3"),
    ],
    ids=["well", "old", "failed", "stale"],
)
async def test_what_wants_attention_is_said_of_the_last_run(
    database: AsyncDatabase[Document], run: Document, warning: str | None
) -> None:
    await database["altegio-sync-runs"].insert_one(
        {"_id": "r", "run_id": "r", "command": "sync", **run}
    )

    warnings = [str(each) for each in (await stats_of(database)).warnings]

    assert [each[: len(warning or "")] for each in warnings] == ([warning] if warning else [])
