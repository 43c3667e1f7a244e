"""Each rule finds what it is about and nothing else."""

from __future__ import annotations

import random
import re
import tracemalloc
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from bson import Decimal128, Int64, ObjectId

from altegio_sync.domain.leads import LeadIdKind, LeadRules
from altegio_sync.domain.validation import RuleContext
from altegio_sync.mongo.core.indexes import ensure_unique_index
from altegio_sync.mongo.tending.findings import MongoFindings
from altegio_sync.mongo.tending.repaired_fields import (
    locally_repaired_fields,
    without_extra_spaces,
)
from altegio_sync.mongo.tending.rule_queries import WANTED_TYPES
from altegio_sync.mongo.tending.rules import RULES
from altegio_sync.mongo.tending.validation import MongoValidator

if TYPE_CHECKING:
    from pymongo.asynchronous.database import AsyncDatabase

Document = dict[str, Any]
NAME = "altegio-appointments"
NOW = datetime(2026, 4, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
KYIV = ZoneInfo("Europe/Kyiv")
#: For a field that is not there.
LACKING = ...


def lesson(number: int, **changes: object) -> Document:
    """A right document of its own teacher and day, but for the changes."""
    start = NOW - timedelta(days=number)
    whole = {
        "appointmentId": str(1000 + number),
        "leadId": str(5000 + number),
        "leadName": "Олена Приклад",
        "teacherId": str(number),
        "teacherName": "Марко Зразок",
        "serviceId": "1",
        "serviceName": "Індивідуальний урок",
        "startDateTime": start,
        "endDateTime": start + HOUR,
        "status": "1",
        "IsTrial": False,
        "isDeleted": False,
        "createdAt": NOW,
        "updatedAt": NOW,
        "companyId": "77",
        "altegioUpdatedAt": NOW,
        "leadPurchasedCourse": "A2",
    }
    return {name: value for name, value in {**whole, **changes}.items() if value is not LACKING}


SOON = NOW + HOUR
#: What is wrong, and the one rule that finds it.
FAULTS: list[tuple[str, Document]] = [
    *(("required-field", {name: LACKING}) for name in ("appointmentId", "leadId", "leadName")),
    *(("required-field", {name: None}) for name in ("teacherId", "teacherName", "serviceId")),
    *(("required-field", {name: ""}) for name in ("serviceName", "status")),
    ("required-field", {"startDateTime": LACKING}),
    ("required-field", {"endDateTime": None}),
    ("required-field", {"leadName": "  "}),
    ("wrong-type", {"startDateTime": "2026-03-01T10:00:00Z"}),
    ("wrong-type", {"endDateTime": 1_770_000_000_000}),
    ("wrong-type", {"createdAt": "2026-03-01 10:00:00"}),
    ("wrong-type", {"appointmentId": 77_001}),
    ("wrong-type", {"status": 1}),
    ("wrong-type", {"teacherId": 7.0}),
    ("wrong-type", {"IsTrial": 0}),
    ("wrong-type", {"isDeleted": "false"}),
    ("wrong-type", {"companyId": 77}),
    ("wrong-type", {"altegioUpdatedAt": "2026-03-01T10:00:00+0200"}),
    ("wrong-type", {"altegioUpdatedAt": [NOW]}),
    ("wrong-type", {"appointmentId": ["1001", "1002"]}),
    ("wrong-type", {"status": ["1"]}),
    ("wrong-type", {"startDateTime": [NOW - HOUR]}),
    ("wrong-type", {"endDateTime": [NOW]}),
    ("wrong-type", {"companyId": ["77"]}),
    *(("missing-flag", {name: LACKING}) for name in ("IsTrial", "isDeleted", "createdAt")),
    ("missing-flag", {"updatedAt": None}),
    ("id-format", {"appointmentId": "A-17"}),
    ("id-format", {"leadId": "12345x"}),
    ("id-format", {"leadId": "１２３４５"}),
    ("id-format", {"leadId": "12345\n"}),
    ("date-order", {"endDateTime": NOW - timedelta(days=400)}),
    ("unknown-status", {"status": "5"}),
    ("unknown-status", {"status": "Arrived"}),
    ("future-completed", {"startDateTime": SOON, "endDateTime": SOON + HOUR, "status": "1"}),
    ("future-completed", {"startDateTime": SOON, "endDateTime": SOON + HOUR, "status": "-1"}),
    ("odd-length", {"endDateTime": "short"}),
    ("odd-length", {"endDateTime": "long"}),
    ("forgotten-pending", {"status": "0"}),
    ("doubtful-lead", {"leadId": "2014"}),
    ("doubtful-lead", {"leadId": "0501234567"}),
    ("doubtful-lead", {"leadId": "501234567"}),
    ("doubtful-lead", {"leadId": "380501234567"}),
    ("untidy-text", {"leadName": "Олена  Приклад"}),
    ("untidy-text", {"teacherName": " Марко"}),
    ("untidy-text", {"serviceName": "Урок\u00a0"}),
]
#: Right, however odd they look.
SOUND: list[Document] = [
    {},
    {"companyId": LACKING},
    {"isDeleted": True, "status": "0"},
    {"isDeleted": True, "startDateTime": SOON, "endDateTime": SOON + HOUR, "status": "1"},
    {"startDateTime": SOON, "endDateTime": SOON + HOUR, "status": "2"},
    {"leadId": "00012"},
    {"leadId": "1234567890"},
    {"leadName": "Олена\u00a0Приклад"},
    {"__v": 0, "courseePurchaseDate": None},
]


def planted() -> list[tuple[str, Document]]:
    documents = []
    for number, (rule, changes) in enumerate(FAULTS, start=4):
        document = lesson(number, **changes)
        if rule == "odd-length":
            minutes = 29 if changes["endDateTime"] == "short" else 121
            document["endDateTime"] = document["startDateTime"] + timedelta(minutes=minutes)
        documents.append((rule, document))
    return documents


async def findings_of(
    database: AsyncDatabase[Document], context: RuleContext | None = None, *, most_ids: int = 1000
) -> dict[str, tuple[int, tuple[str, ...]]]:
    validator = MongoValidator(database, NAME, most_ids=most_ids)
    found = await validator.run_rules(context or RuleContext(NOW))
    assert [each.rule for each in found] == [rule.id for rule in RULES]
    return {each.rule: (each.count, each.sample) for each in found if each.count}


async def test_what_is_right_breaks_no_rule(database: AsyncDatabase[Document]) -> None:
    await database[NAME].insert_many(
        [lesson(number, **changes) for number, changes in enumerate(SOUND, start=4)]
    )

    assert await findings_of(database) == {}


@pytest.mark.parametrize(
    ("rule", "document"),
    planted(),
    ids=[f"{number} {rule}" for number, (rule, _) in enumerate(FAULTS)],
)
async def test_a_fault_is_found_by_its_own_rule_alone(
    database: AsyncDatabase[Document], rule: str, document: Document
) -> None:
    await database[NAME].insert_many([lesson(1), lesson(2), dict(document)])

    found = await findings_of(database)

    shown = document.get("appointmentId")
    assert {name: count for name, (count, _) in found.items()} == {rule: 1}
    assert shown is None or found[rule][1] == (str(shown),)


async def test_all_faults_together_are_counted_rule_by_rule_and_field_by_field(
    database: AsyncDatabase[Document],
) -> None:
    faults = planted()
    await database[NAME].insert_many([lesson(1), *(document for _, document in faults)])

    found = await MongoValidator(database, NAME).run_rules(RuleContext(NOW))

    for finding in found:
        assert finding.count == sum(rule == finding.rule for rule, _ in faults), finding.rule
        assert sum(finding.fields.values()) in (0, finding.count)
    required = found[0].fields
    assert required["leadName"] == 2
    assert required["startDateTime"] == 1
    assert required["appointmentId"] == 1


async def groups_of(
    database: AsyncDatabase[Document], context: RuleContext
) -> dict[str, list[list[str]]]:
    source = MongoFindings(database, NAME)
    return {
        rule.id: sorted(
            [
                sorted(each.document_id for each in group)
                async for group in source.find_groups(rule.id, context)
            ]
        )
        for rule in RULES
    }


def several() -> list[Document]:
    """Two of an id, two of a lesson, and two that overlap, on one day after another."""
    wrong = [
        lesson(number + place, teacherId=f"9{number}", leadId=f"77{number}", **again)
        for number in (50, 60, 70)
        for place, again in enumerate(({}, {"startDateTime": NOW - timedelta(days=number)}))
    ]
    return [*wrong, lesson(80), lesson(80)]


@pytest.mark.parametrize("most_ids", [1000, 0], ids=["named", "all"])
async def test_with_a_scope_the_rules_find_what_they_would_if_nothing_else_was_stored(
    database: AsyncDatabase[Document], most_ids: int
) -> None:
    scope = (NOW - timedelta(days=65), NOW - timedelta(days=7))
    context = RuleContext(NOW, scope=scope)
    documents = [document for _rule, document in planted()] + several()
    stored = database[NAME]
    await stored.insert_many([{"_id": n, **each} for n, each in enumerate(documents)])
    count = MongoValidator(database, NAME).count

    found, checked = await findings_of(database, context, most_ids=most_ids), await count(context)
    groups = await groups_of(database, context)
    within = {"$gte": scope[0], "$lt": scope[1], "$not": {"$type": "array"}}
    await stored.delete_many({"startDateTime": {"$not": within}})

    assert 10 < checked == await stored.count_documents({}) < len(documents) - 10
    alone = await findings_of(database, most_ids=most_ids)
    assert {rule: (n, sorted(sample)) for rule, (n, sample) in found.items()} == {
        rule: (n, sorted(sample)) for rule, (n, sample) in alone.items()
    }
    assert groups == await groups_of(database, RuleContext(NOW))


async def test_an_id_that_stands_twice_is_its_own_rules_and_no_overlap_with_itself(
    database: AsyncDatabase[Document],
) -> None:
    await database[NAME].insert_many([lesson(1), lesson(1), lesson(1), lesson(2)])

    assert await findings_of(database) == {"duplicate-appointment": (3, ("1001",) * 3)}


#: When lessons begin, in how many half hours, and how long they take, in minutes.
BUSY = {
    "in a week": (NOW - timedelta(days=7), 120, [-30, 0, 30, 60, 180]),
    "over weeks": (NOW - timedelta(days=200), 8000, [*[-30, 0, 30, 60, 180] * 20, 30_000]),
    "over 1970": (datetime(1969, 12, 1, tzinfo=UTC), 3000, [*[60, 180] * 60, 30_000]),
}


def busy(since: datetime, half_hours: int, lengths: list[int]) -> list[Document]:
    """Lessons of few people at few times: many overlap, stand twice, or end before they begin."""
    chance = random.Random(7)
    documents = []
    for number in range(300):
        start = since + timedelta(minutes=30 * chance.randrange(half_hours))
        documents.append(
            lesson(
                number,
                appointmentId=chance.choice([str, int])(1000 + chance.randrange(200)),
                leadId=str(5000 + chance.randrange(3)),
                teacherId=str(chance.randrange(4)),
                startDateTime=start,
                endDateTime=start + timedelta(minutes=chance.choice(lengths)),
                isDeleted=chance.random() < 0.1,
                updatedAt=NOW + timedelta(seconds=number),
            )
        )
    return documents


def spoken_for(documents: list[Document]) -> list[Document]:
    """The active ones of those that speak for an appointment: the one updated last of each."""
    last = {str(each["appointmentId"]): each for each in documents}
    return [each for each in last.values() if not each["isDeleted"]]


def overlapping(documents: list[Document]) -> int:
    sound = [each for each in documents if each["startDateTime"] < each["endDateTime"]]
    return sum(
        any(
            one is not other
            and one["teacherId"] == other["teacherId"]
            and one["startDateTime"] < other["endDateTime"]
            and other["startDateTime"] < one["endDateTime"]
            for other in sound
        )
        for one in sound
    )


@pytest.mark.parametrize("most_ids", [1000, 150, 0], ids=["all named", "some named", "none named"])
@pytest.mark.parametrize("times", BUSY.values(), ids=BUSY)
async def test_what_concerns_several_is_found_as_a_plain_search_finds_it(
    database: AsyncDatabase[Document], times: tuple[datetime, int, list[int]], most_ids: int
) -> None:
    documents = busy(*times)
    await database[NAME].insert_many(documents)

    found = await findings_of(database, most_ids=most_ids)

    ids = Counter(str(each["appointmentId"]) for each in documents)
    speaking = spoken_for(documents)
    same = Counter((each["leadId"], each["teacherId"], each["startDateTime"]) for each in speaking)
    assert found["duplicate-appointment"][0] == sum(n for n in ids.values() if n > 1)
    lessons = sum(n for n in same.values() if n > 1)
    assert found.get("duplicate-lesson", (0,))[0] == lessons
    assert found["teacher-overlap"][0] == overlapping(speaking) > 0


async def test_a_week_that_the_server_cannot_hold_is_looked_at_the_slow_way(
    database: AsyncDatabase[Document],
) -> None:
    documents = busy(*BUSY["in a week"])
    await database[NAME].insert_many(documents)
    expected = await findings_of(database)
    most = {"setParameter": 1, "internalQueryMaxPushBytes": 1000}

    before = (await database.client.admin.command(most))["was"]
    try:
        found = await findings_of(database)
    finally:
        await database.client.admin.command({**most, "internalQueryMaxPushBytes": before})

    assert {rule: count for rule, (count, _) in found.items()} == {
        rule: count for rule, (count, _) in expected.items()
    }


async def peak_of_all_rules(database: AsyncDatabase[Document], documents: int) -> int:
    """The most bytes that Python held at once, while every rule finds something in many of them."""
    collection = database[NAME]
    await collection.drop()
    half_hours = {"$multiply": ["$n", 30 * 60 * 1000]}
    start = {"$subtract": [NOW, half_hours]}
    made = {
        **lesson(1, leadName=" Олена  Приклад", status="lost", createdAt=LACKING, leadId=77),
        # Every tenth id is the next one's too.
        "appointmentId": {"$toString": {"$add": ["$n", {"$cond": [{"$mod": ["$n", 10]}, 0, 1]}]}},
        "teacherId": {"$toString": {"$mod": ["$n", 3]}},
        "startDateTime": start,
        "endDateTime": {"$add": [start, {"$cond": [{"$mod": ["$n", 2]}, 10 * 3_600_000, -1]}]},
    }
    await database["seed"].insert_one({"n": list(range(documents))})
    pipeline: list[Document] = [
        {"$unwind": "$n"},
        {"$project": {"_id": "$n", **literal(made)}},
        {"$out": NAME},
    ]
    await database["seed"].aggregate(pipeline)
    await database["seed"].drop()
    tracemalloc.start()
    try:
        found = await findings_of(database, most_ids=100)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(found) >= 8
    assert max(count for count, _ in found.values()) == documents
    return peak


def literal(fields: Document) -> Document:
    """Values as they are; a dict is an expression."""
    return {k: v if isinstance(v, dict) else {"$literal": v} for k, v in fields.items()}


async def test_memory_does_not_grow_with_the_collection(database: AsyncDatabase[Document]) -> None:
    small = await peak_of_all_rules(database, 200)
    large = await peak_of_all_rules(database, 20_000)

    # Even the ids alone would take ten times as much.
    assert large - small < 200_000


async def test_one_lesson_under_two_ids(database: AsyncDatabase[Document]) -> None:
    same = {"leadId": "5001", "teacherId": "1"}
    start = {
        "startDateTime": NOW - timedelta(days=1),
        "endDateTime": NOW - timedelta(days=1) + HOUR,
    }
    deleted = lesson(4, **same, **start, isDeleted=True)
    await database[NAME].insert_many([lesson(1), lesson(3, **same, **start), deleted, lesson(5)])

    found = await findings_of(database)

    assert {name: count for name, (count, _) in found.items()} == {
        "duplicate-lesson": 2,
        "teacher-overlap": 2,
    }


async def test_lessons_of_one_teacher_overlap_also_within_a_long_one(
    database: AsyncDatabase[Document],
) -> None:
    def at(number: int, hour: float, hours: float, **changes: object) -> Document:
        start = NOW - timedelta(days=9) + timedelta(hours=hour)
        end = start + timedelta(hours=hours)
        return lesson(number, teacherId="1", startDateTime=start, endDateTime=end, **changes)

    long_one, short_within, later_within = at(1, 0, 2), at(2, 0.5, 0.5), at(3, 1.5, 0.5)
    next_to_it, deleted = at(4, 2, 1), at(5, 0, 1, isDeleted=True)
    text = at(6, 0, 1)
    text["startDateTime"] = "2020-01-01T00:00:00Z"
    await database[NAME].insert_many(
        [long_one, short_within, later_within, next_to_it, deleted, text, lesson(7)]
    )

    found = await findings_of(database)

    assert found.keys() == {"teacher-overlap", "wrong-type"}
    assert found["teacher-overlap"][0] == 3
    assert set(found["teacher-overlap"][1]) == {"1001", "1002", "1003"}


async def test_with_a_unique_index_the_same_is_found_but_for_duplicates(
    database: AsyncDatabase[Document],
) -> None:
    await database[NAME].insert_many([document for _, document in planted()])
    before = await findings_of(database)

    assert await ensure_unique_index(database[NAME]) is None
    assert await findings_of(database) == before


async def test_an_index_does_not_hide_that_an_id_stands_as_a_number_and_in_text(
    database: AsyncDatabase[Document],
) -> None:
    same = {name: lesson(1)[name] for name in ("leadId", "teacherId", "startDateTime")}
    await database[NAME].insert_many([lesson(1), lesson(2, appointmentId=1001, **same)])
    before = await findings_of(database)

    assert await ensure_unique_index(database[NAME]) is None
    assert await findings_of(database) == before
    assert before["duplicate-appointment"][0] == 2
    assert "duplicate-lesson" not in before


async def test_with_a_pattern_of_the_schools_own_a_leads_id_may_be_anything(
    database: AsyncDatabase[Document],
) -> None:
    await database[NAME].insert_one(lesson(1, leadId="crm-17"))

    assert (
        await findings_of(
            database, RuleContext(NOW, leads=LeadRules(pattern=re.compile("(?P<id>x)")))
        )
        == {}
    )
    assert (await findings_of(database)).keys() == {"id-format"}


ID = ObjectId.from_datetime(datetime(2025, 1, 2, tzinfo=UTC))


@pytest.mark.parametrize(
    ("changes", "mended"),
    [
        ({}, {}),
        ({"startDateTime": "2026-07-01T10:00:00Z"}, {"startDateTime": "2026-07-01T10:00:00+00:00"}),
        ({"startDateTime": "2026-07-01 10:00:00"}, {"startDateTime": "2026-07-01T07:00:00+00:00"}),
        ({"startDateTime": 1_770_000_000_000}, {"startDateTime": "2026-02-02T02:40:00+00:00"}),
        ({"startDateTime": "soon"}, {}),
        ({"startDateTime": "2026-07-01"}, {}),
        ({"appointmentId": Int64(501)}, {"appointmentId": "501"}),
        ({"leadId": 12.0}, {"leadId": "12"}),
        ({"leadId": 12.5}, {}),
        ({"status": Decimal128("-1")}, {"status": "-1"}),
        ({"status": True}, {}),
        ({"IsTrial": 1}, {"IsTrial": True}),
        ({"isDeleted": "False"}, {"isDeleted": False}),
        ({"isDeleted": "perhaps"}, {}),
        ({"createdAt": LACKING}, {"createdAt": "2025-01-02T00:00:00+00:00"}),
        ({"updatedAt": "never"}, {"updatedAt": "2025-01-02T00:00:00+00:00"}),
        (
            {"altegioUpdatedAt": "2026-03-01T10:00:00+0200"},
            {"altegioUpdatedAt": "2026-03-01T08:00:00+00:00"},
        ),
        ({"altegioUpdatedAt": "lately"}, {"altegioUpdatedAt": None}),
        ({"altegioUpdatedAt": [NOW]}, {"altegioUpdatedAt": None}),
        ({"altegioUpdatedAt": LACKING}, {}),
        ({"leadName": " Олена   Приклад\n"}, {"leadName": "Олена Приклад"}),
    ],
    ids=str,
)
def test_what_can_be_mended_without_asking(changes: Document, mended: Document) -> None:
    fields = locally_repaired_fields({"_id": ID, **lesson(1, **changes)}, KYIV)

    shown = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in fields.items()
    }
    assert shown == mended
    assert all(isinstance(value, (str, bool, datetime, type(None))) for value in fields.values())


def test_a_name_keeps_its_own_single_space() -> None:
    assert without_extra_spaces("\u00a0Олена\u00a0Приклад  ") == "Олена\u00a0Приклад"


def test_every_field_of_the_collection_has_a_type_to_be_held_to() -> None:
    assert set(WANTED_TYPES) == set(lesson(1)) - {"leadPurchasedCourse"}


@pytest.mark.parametrize(
    ("leads", "found"),
    [
        (LeadRules(lengths=frozenset({4})), ["5012345", "1999"]),
        (LeadRules(lengths=frozenset({4, 7})), ["1999"]),
        (LeadRules(lengths=frozenset({7, 8})), ["5000", "1999"]),
        (LeadRules(), ["1999"]),
        (LeadRules(kind=LeadIdKind.CLIENT), []),
        (LeadRules(kind=LeadIdKind.CRM_OR_CLIENT), []),
        (LeadRules(pattern=re.compile("(?P<id>x)")), []),
    ],
    ids=str,
)
async def test_a_stored_lead_is_doubted_by_the_settings(
    database: AsyncDatabase[Document], leads: LeadRules, found: list[str]
) -> None:
    ids = ["5000", "5012345", "1999"]
    documents = [lesson(n, leadId=each) for n, each in enumerate(ids, start=4)]
    await database[NAME].insert_many(documents)
    context = RuleContext(NOW, leads=leads)

    findings = await findings_of(database, context)
    listed = [
        group[0].lead_id
        async for group in MongoFindings(database, NAME).find_groups("doubtful-lead", context)
    ]

    count, sample = findings.get("doubtful-lead", (0, ()))
    assert count == len(found)
    known = {each["appointmentId"]: each["leadId"] for each in documents}
    assert sorted(known[each] for each in sample) == sorted(found) == sorted(map(str, listed))
