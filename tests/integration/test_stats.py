"""Every number of the statistics equals a plain count in Python over the same documents."""

from __future__ import annotations

import random
import secrets
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from altegio_sync.domain.period import Period
from altegio_sync.mongo.bookkeeping.runs import MongoRuns
from altegio_sync.mongo.core.connection import open_database
from altegio_sync.mongo.core.indexes import ensure_unique_index
from altegio_sync.mongo.stats import MongoStats
from altegio_sync.usecases.stats import collect_stats
from altegio_sync.usecases.zones import find_local_zone

if TYPE_CHECKING:
    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.domain.stats import StatsReport
    from tests.mongod import RunningMongod

Document = dict[str, Any]
NAME = "altegio-appointments"
KYIV = ZoneInfo("Europe/Kyiv")
#: In the autumn week in which Kyiv's clocks go back.
NOW = datetime(2026, 10, 26, 9, 30, tzinfo=UTC)
CHOICES: dict[str, list[Any]] = {
    "appointmentId": ["1", "2", "3", "4", "5", "6", None, ""],
    "status": ["0", "1", "-1", "2", "7"],
    "isDeleted": [True, False, False, None],
    "IsTrial": [True, False],
    "teacherId": ["10", "11", "12", "13", "14", "15", "16"],
    "teacherName": ["Агата", "Богдана", "", None],
    "serviceId": ["20", "21"],
    "serviceName": ["Урок", "Lesson"],
    "leadId": [str(number) for number in range(30, 60)] + [""],
}
HOURS = -24 * 45, 24 * 20
STARTS = st.integers(*HOURS).map(lambda hours: NOW + timedelta(hours=hours))
DOCUMENTS = st.lists(
    st.fixed_dictionaries(
        {
            "startDateTime": st.one_of(STARTS, STARTS, st.just("2026-10-01"), st.none()),
            **{name: st.sampled_from(values) for name, values in CHOICES.items()},
        },
    ),
    max_size=25,
)


def many(seed: int) -> list[Document]:
    """As many as it takes for what is rare among few to happen, such as a sixth teacher."""
    chance = random.Random(seed)
    return [
        {name: chance.choice(values) for name, values in CHOICES.items()}
        | {"startDateTime": NOW + timedelta(hours=chance.randint(*HOURS))}
        for _ in range(150)
    ]


async def stats_of(database: AsyncDatabase[Document], period: Period | None = None) -> StatsReport:
    return await collect_stats(
        MongoStats(database, NAME), MongoRuns(database), zone=KYIV, period=period, clock=lambda: NOW
    )


def local_day(document: Document) -> date | None:
    start = document["startDateTime"]
    return start.astimezone(KYIV).date() if isinstance(start, datetime) else None


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(documents=DOCUMENTS, narrowed=st.booleans())
@example(documents=many(1), narrowed=False)
@example(documents=many(2), narrowed=True)
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
        assert report[f"top_{kind}s"] == [
            {f"{kind}Id": id_, f"{kind}Name": latest_name(active, kind, id_), "count": count}
            for id_, count in most(Counter(each[f"{kind}Id"] for each in active))[:5]
        ]
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
    assert report["no_show"] == no_shows(active)
    assert report["trials"] == trials(active)


def most(counts: Counter[str]) -> list[tuple[str, int]]:
    """The most frequent first, equal ones by id."""
    return sorted(counts.items(), key=lambda each: (-each[1], each[0]))


def latest_name(documents: list[Document], kind: str, id_: str) -> str | None:
    """The name on the document that starts last, of those that have one; a date is after a text."""
    named = [each for each in documents if each[f"{kind}Id"] == id_ and each[f"{kind}Name"]]

    def place(document: Document) -> tuple[bool, float, bool, str]:
        start = document["startDateTime"]
        is_date = isinstance(start, datetime)
        at = -start.timestamp() if is_date else 0
        return not is_date, at, not isinstance(start, str), document[f"{kind}Name"]

    return min(named, key=place)[f"{kind}Name"] if named else None


def no_shows(active: list[Document]) -> Document:
    def counted(documents: list[Document]) -> Document:
        arrived, missed = (sum(each["status"] == one for each in documents) for one in ("1", "-1"))
        decided = arrived + missed
        rate = round(missed / decided, 4) if decided else None
        return {"arrived": arrived, "no_show": missed, "rate": rate}

    decided = Counter(each["teacherId"] for each in active if each["status"] in ("1", "-1"))
    return counted(active) | {
        "by_teacher": [
            {"teacherId": id_, "teacherName": latest_name(active, "teacher", id_)}
            | counted([each for each in active if each["teacherId"] == id_])
            for id_, _ in most(decided)
        ]
    }


def trials(active: list[Document]) -> Document:
    firsts: dict[str, datetime] = {}
    dated = [each for each in active if local_day(each) and each["leadId"]]
    for each in dated:
        if each["IsTrial"]:
            start = each["startDateTime"]
            firsts[each["leadId"]] = min(firsts.get(each["leadId"], start), start)
    after = [
        each
        for each in dated
        if not each["IsTrial"]
        and each["leadId"] in firsts
        and each["startDateTime"] > firsts[each["leadId"]]
    ]
    came = {each["leadId"] for each in after if each["status"] == "1"}
    return {
        "lessons": sum(each["IsTrial"] for each in active),
        "leads": len(firsts),
        "booked_again": len({each["leadId"] for each in after}),
        "came_again": len(came),
        "rate": round(len(came) / len(firsts), 4) if firsts else None,
    }


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


async def test_documents_that_no_unique_index_guards_want_attention(
    database: AsyncDatabase[Document],
) -> None:
    told = []
    empty = (await stats_of(database)).to_json()["warnings"]
    await database[NAME].insert_one({"appointmentId": "1", "startDateTime": NOW})
    told.append((await stats_of(database)).to_json()["warnings"])
    await ensure_unique_index(database[NAME])
    told.append((await stats_of(database)).to_json()["warnings"])

    line = (
        "WARNING No unique index on appointmentId keeps other programs from storing one twice: "
        "altegio-sync check says what to do"
    )
    assert [empty, *told] == [[], [line], []]


async def test_what_is_no_start_of_a_lesson_is_on_no_day_and_follows_no_trial(
    database: AsyncDatabase[Document],
) -> None:
    trial: Document = {"leadId": "30", "IsTrial": True, "startDateTime": NOW}
    odd = [
        {"leadId": "30", "IsTrial": is_trial, "startDateTime": start}
        for is_trial in (True, False)
        for start in ([NOW - timedelta(days=1)], "2026-10-25", 7, None)
    ]
    unnamed = {**trial, "leadId": ""}
    beyond_every_zone = {"startDateTime": datetime(9999, 12, 31, 23, tzinfo=UTC)}
    await database[NAME].insert_many([*odd, trial, unnamed, beyond_every_zone])

    stats = await stats_of(database)
    days = [Period.of_days(day, day) for day in (date(2026, 10, 25), date(2026, 10, 24))]
    found = [(await stats_of(database, day)).counts.unread_starts for day in days]
    report = stats.to_json()

    assert stats.counts.unread_starts == len(odd) + 1
    assert "9 active appointments count on no day" in report["warnings"][-1]
    assert found == [len(odd), len(odd) - 2]
    assert report["dates"]["by_day"] == [{"date": "2026-10-26", "count": 2}]
    assert report["trials"] == {
        "lessons": 6,
        "leads": 1,
        "booked_again": 0,
        "came_again": 0,
        "rate": 0.0,
    }
    assert report["total"] == len(odd) + 3


async def test_an_index_does_not_hide_that_an_id_stands_as_a_number_and_in_text(
    database: AsyncDatabase[Document],
) -> None:
    await database[NAME].insert_many(
        {"appointmentId": each, "startDateTime": NOW} for each in ("1", 1)
    )
    await ensure_unique_index(database[NAME])

    report = await stats_of(database)

    assert report.to_json()["duplicates"] == {"appointment_ids": 1, "extra_documents": 1}
    assert [str(each) for each in report.warnings] == [
        "WARNING Duplicates: 1 appointment ids are stored more than once (1 extra documents: "
        "1 (2 documents)): altegio-sync clean merges them"
    ]


#: Zones whose offset changed after the tables of an older server (6.0.5) were made, and others
#: whose days are cut at odd times.
ZONES = [
    "Asia/Almaty",
    "Africa/Cairo",
    "America/Mexico_City",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
]


@pytest.mark.parametrize("name", ZONES)
async def test_days_and_hours_are_those_of_pythons_zones(
    database: AsyncDatabase[Document], name: str
) -> None:
    zone = ZoneInfo(name)
    starts = [NOW + timedelta(hours=7 * number, minutes=number % 60) for number in range(-300, 300)]
    starts += [datetime(1960, 5, 1, 21, 59, 30, tzinfo=UTC)]
    await database[NAME].insert_many([{"startDateTime": each} for each in starts])

    report = await collect_stats(
        MongoStats(database, NAME), MongoRuns(database), zone=zone, clock=lambda: NOW
    )

    local = [each.astimezone(zone) for each in starts]
    assert {each.day: each.count for each in report.counts.by_day} == Counter(
        each.date() for each in local
    )
    assert {(each.weekday, each.hour): each.count for each in report.counts.heat_map} == Counter(
        (each.isoweekday(), each.hour) for each in local
    )
    today = NOW.astimezone(zone).date()
    first = today - timedelta(days=29)
    assert report.counts.last_30_days == sum(first <= each.date() <= today for each in local)


async def test_a_zone_that_is_not_known_here_is_a_warning_of_the_statistics(
    database: AsyncDatabase[Document],
) -> None:
    await database["altegio-sync-runs"].insert_one(
        {"_id": "1", "command": "sync", "period": {"timezone": "Mars/Phobos"}}
    )
    runs = MongoRuns(database)

    report = await collect_stats(
        MongoStats(database, NAME), runs, zone=await find_local_zone(None, runs), clock=lambda: NOW
    )

    [warning] = [each for each in report.to_json()["warnings"] if "Mars/Phobos" in each]
    assert warning.startswith("WARNING")
    assert "pip install -U tzdata" in warning
