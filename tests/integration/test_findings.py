"""The documents behind the counts of `validate`, as people look for them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from altegio_sync.cli.render_findings import group_lines
from altegio_sync.domain.validation import RuleContext
from altegio_sync.mongo.tending.findings import MongoFindings
from altegio_sync.mongo.tending.validation import MongoValidator
from tests.integration.test_rules import FAULTS, NAME, NOW, lesson, planted

if TYPE_CHECKING:
    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.domain.findings import Group

Document = dict[str, Any]
KYIV = ZoneInfo("Europe/Kyiv")
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
CONTEXT = RuleContext(NOW)


async def groups_of(database: AsyncDatabase[Document], rule: str) -> list[Group]:
    return [each async for each in MongoFindings(database, NAME).find_groups(rule, CONTEXT)]


async def examples_of(database: AsyncDatabase[Document], rule: str) -> list[Group]:
    found = await MongoValidator(database, NAME).run_rules(CONTEXT)
    finding = next(each for each in found if each.rule == rule)
    return await MongoFindings(database, NAME).find_examples(finding)


async def test_every_document_of_a_rule_is_listed_with_what_is_wrong(
    database: AsyncDatabase[Document],
) -> None:
    documents = planted()
    await database[NAME].insert_many([each for _, each in documents])

    for rule in dict.fromkeys(rule for rule, _ in FAULTS):
        expected = {str(each["_id"]) for name, each in documents if name == rule}
        found = await groups_of(database, rule)
        assert {each.document_id for group in found for each in group} == expected
        assert all(each.wrong for group in found for each in group), rule


async def test_the_examples_of_a_rule_are_the_documents_of_its_sample(
    database: AsyncDatabase[Document],
) -> None:
    documents = planted()
    await database[NAME].insert_many([each for _, each in documents])

    found = await MongoValidator(database, NAME).run_rules(CONTEXT)

    for finding in found:
        examples = await MongoFindings(database, NAME).find_examples(finding)
        known = {each.known_as for group in examples for each in group}
        assert known == set(finding.sample)


async def test_copies_of_a_booking_are_listed_together(database: AsyncDatabase[Document]) -> None:
    copies = [lesson(9, appointmentId=key) for key in ("501", 501, 501.0)]
    others = [lesson(3), lesson(4, appointmentId="502"), lesson(5, appointmentId="502")]
    await database[NAME].insert_many([*copies, *others])

    listed = await groups_of(database, "duplicate-appointment")
    examples = await examples_of(database, "duplicate-appointment")

    assert [[each.known_as for each in group] for group in listed] == [["501"] * 3, ["502"] * 2]
    assert sorted(map(len, examples)) == [2, 3]


async def test_lessons_that_are_the_same_are_listed_together(
    database: AsyncDatabase[Document],
) -> None:
    same = {"leadId": "7", "teacherId": "8", "startDateTime": START, "endDateTime": START + HOUR}
    twins = [lesson(2, **same), lesson(3, **same), lesson(5)]
    await database[NAME].insert_many(twins)

    for groups in (
        await groups_of(database, "duplicate-lesson"),
        await examples_of(database, "duplicate-lesson"),
    ):
        assert [sorted(each.known_as for each in group) for group in groups] == [["1002", "1003"]]


async def test_lessons_that_overlap_are_listed_in_pairs(database: AsyncDatabase[Document]) -> None:
    def at(number: int, begins: timedelta, lasts: timedelta, teacher: str = "8") -> Document:
        start = START + begins
        return lesson(number, teacherId=teacher, startDateTime=start, endDateTime=start + lasts)

    minute = timedelta(minutes=1)
    lessons = [
        at(1, 0 * HOUR, 3 * HOUR),
        at(2, 1 * HOUR, HOUR),  # within the first
        at(3, 150 * minute, HOUR),  # begins before the first has ended
        at(4, 4 * HOUR, HOUR),
        at(5, 0 * HOUR, HOUR, "9"),
        at(6, 30 * minute, HOUR, "9"),
    ]
    await database[NAME].insert_many(lessons)

    for groups in (
        await groups_of(database, "teacher-overlap"),
        await examples_of(database, "teacher-overlap"),
    ):
        pairs = {tuple(each.known_as for each in group) for group in groups}
        assert pairs == {("1001", "1002"), ("1001", "1003"), ("1005", "1006")}


async def test_a_line_names_teacher_local_time_lead_and_value_but_no_pupil(
    database: AsyncDatabase[Document],
) -> None:
    document = lesson(2, startDateTime=START, endDateTime=START + HOUR, status="5\nERROR lost")
    await database[NAME].insert_one(document)

    groups = await groups_of(database, "unknown-status")
    lines = list(group_lines("unknown-status", groups, KYIV))

    assert lines == [
        '        Марко Зразок  2026-03-02 10:00  lead 5002  booking 1002: status "5 ERROR lost"'
    ]


async def test_a_pupils_name_is_never_a_value(database: AsyncDatabase[Document]) -> None:
    await database[NAME].insert_many(
        [lesson(2, leadName="  Таємна  Особа"), lesson(3, leadName=["Таємна"])]
    )

    found = [
        *await groups_of(database, "untidy-text"),
        *await groups_of(database, "wrong-type"),
    ]

    assert len(found) == 2
    assert "Таємна" not in str([each.to_json() for group in found for each in group])


@pytest.mark.parametrize(("minutes", "kind"), [(29, "short"), (121, "long")])
async def test_short_and_long_lessons_are_told_apart(
    database: AsyncDatabase[Document], minutes: int, kind: str
) -> None:
    end = START + timedelta(minutes=minutes)
    await database[NAME].insert_one(lesson(2, startDateTime=START, endDateTime=end))

    found = await MongoValidator(database, NAME).run_rules(CONTEXT)
    groups = await groups_of(database, "odd-length")

    odd = next(each for each in found if each.rule == "odd-length")
    assert odd.fields == {"short": 0, "long": 0} | {kind: 1}
    assert groups[0][0].wrong[0].kind == kind
    assert groups[0][0].wrong[0].value == minutes
