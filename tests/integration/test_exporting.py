"""Stored appointments leave a real collection as they are, and are counted for pay."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from altegio_sync.domain.appointment import AttendanceStatus
from altegio_sync.domain.company_scope import CompanyScope
from altegio_sync.domain.export import ExportQuery, ExportReport
from altegio_sync.domain.period import Period
from altegio_sync.mongo.exporting import MongoExport
from altegio_sync.usecases.export import export_appointments, export_pay
from altegio_sync.usecases.stopping import StopSignal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.domain.export import StoredAppointment, TeacherTotals

    Document = dict[str, Any]

NAME = "altegio-appointments"
KYIV, TOKYO = ZoneInfo("Europe/Kyiv"), ZoneInfo("Asia/Tokyo")
OCTOBER = Period.of_days(date(2026, 10, 1), date(2026, 10, 31))
MIDDAY = datetime(2026, 10, 10, 12, tzinfo=UTC)
FIELDS = ("appointmentId", "teacherId", "teacherName", "startDateTime", "endDateTime", "status")


class Rows:
    """Takes appointments, and lessons by teacher."""

    def __init__(self) -> None:
        self.ids: list[object] = []
        self.teachers: list[str] = []
        self.totals: Sequence[TeacherTotals] = ()

    def begin_teacher(self, name: str, teacher_id: str) -> None:
        self.teachers.append(teacher_id or name)

    def add(self, appointment: StoredAppointment) -> None:
        self.ids.append(appointment.fields.get("appointmentId"))

    def end(self, totals: Sequence[TeacherTotals]) -> None:
        self.totals = totals


def lesson(number: int, **changes: Any) -> Document:
    return {
        "appointmentId": str(number),
        "teacherId": "9",
        "teacherName": "Марко",
        "startDateTime": MIDDAY,
        "endDateTime": MIDDAY + timedelta(hours=1),
        "status": "1",
        "IsTrial": False,
        "isDeleted": False,
        "companyId": "77",
    } | changes


async def export(
    database: AsyncDatabase[Document], query: ExportQuery, *, by_teacher: bool = False
) -> tuple[Rows, ExportReport]:
    source, rows = MongoExport(database, NAME), Rows()
    report = ExportReport(_NO_PATH, query.period, query.zone.key)
    work = export_pay if by_teacher else export_appointments
    await work(source, rows, query, FIELDS, report, StopSignal())
    return rows, report


_NO_PATH: Path = None  # type: ignore[assignment]  # the path is only shown


async def test_the_days_are_those_of_each_location(database: AsyncDatabase[Document]) -> None:
    edges = {
        "1": datetime(2026, 9, 30, 20, 59, tzinfo=UTC),  # 23:59 of the day before in Kyiv
        "2": datetime(2026, 9, 30, 21, 0, tzinfo=UTC),
        "3": datetime(2026, 10, 31, 21, 59, tzinfo=UTC),
        "4": datetime(2026, 10, 31, 22, 0, tzinfo=UTC),  # November in Kyiv, since winter time
    }
    tokyo = {
        "5": datetime(2026, 9, 30, 14, 59, tzinfo=UTC),
        "6": datetime(2026, 9, 30, 15, 0, tzinfo=UTC),
        "7": datetime(2026, 10, 31, 15, 0, tzinfo=UTC),
    }
    await database[NAME].insert_many(
        [lesson(int(n), startDateTime=start) for n, start in edges.items()]
        + [lesson(int(n), startDateTime=start, companyId="78") for n, start in tokyo.items()]
    )

    rows, report = await export(database, ExportQuery(OCTOBER, KYIV, {"78": TOKYO}))

    assert rows.ids == ["6", "2", "3"]
    assert report.appointments == 3


async def test_only_the_chosen_companies_and_the_rest_is_counted(
    database: AsyncDatabase[Document],
) -> None:
    await database[NAME].insert_many(
        [lesson(1), lesson(2, companyId="78"), lesson(3, companyId=None), lesson(4, companyId=77)]
    )
    one = ExportQuery(OCTOBER, KYIV, {}, CompanyScope(("77",), False))
    only = ExportQuery(OCTOBER, KYIV, {}, CompanyScope(("77",), True))

    assert (await export(database, one))[0].ids == ["1", "4"]
    assert (await export(database, only))[0].ids == ["1", "3", "4"]
    assert await MongoExport(database, NAME).count_without_company(one) == 1
    assert await MongoExport(database, NAME).count_without_company(only) is None


@pytest.mark.parametrize("by_teacher", [False, True])
async def test_odd_values_stop_nothing(
    database: AsyncDatabase[Document], *, by_teacher: bool
) -> None:
    odd: list[Any] = [None, "", "$teacherId", "$$ROOT", 9, 9.0, [1], {"$gt": 1}, True, b"x", MIDDAY]
    await database[NAME].insert_many(
        [lesson(n, teacherId=value, teacherName=value) for n, value in enumerate(odd)]
        + [lesson(100 + n, endDateTime=value, status=value) for n, value in enumerate(odd)]
        + [{"startDateTime": [MIDDAY]}, {"startDateTime": "2026-10-10"}, {"startDateTime": MIDDAY}]
    )

    rows, _ = await export(database, ExportQuery(OCTOBER, KYIV), by_teacher=by_teacher)

    assert len(rows.ids) == 2 * len(odd) + 1
    assert len(rows.teachers) == len(set(rows.teachers))


@pytest.mark.parametrize("by_teacher", [False, True])
async def test_starts_that_are_no_date_are_counted_if_they_may_belong_to_the_period(
    database: AsyncDatabase[Document], *, by_teacher: bool
) -> None:
    possible: list[Any] = [
        *("2026-10-10 10:00:00", "2026-10-10T10:00:00+03:00", " 2026-10-31T23:00 ", "2026-10-01"),
        *(None, "", "10.10.2026", 7, 1_791_630_000_000, [MIDDAY], {"at": MIDDAY}, True, b"x"),
    ]
    elsewhere: list[Any] = ["2026-09-30 23:59", "2026-11-01T00:00:00+02:00", "2026-11-01"]
    elsewhere += [1_700_000_000_000, "9999-12-31 23:59", MIDDAY]
    await database[NAME].insert_many(
        [lesson(n, startDateTime=each) for n, each in enumerate([*possible, *elsewhere])]
        + [lesson(99, startDateTime="2026-10-10 10:00", companyId="78"), {"companyId": "77"}]
    )
    query = ExportQuery(OCTOBER, KYIV, {}, CompanyScope(("77",), False))

    rows, report = await export(database, query, by_teacher=by_teacher)

    assert len(rows.ids) == 1
    assert report.unread_starts == len(possible) + 1
    assert (report.exit_code, report.ok) == (1, False)


async def test_a_text_without_zone_is_read_in_the_zone_of_the_location(
    database: AsyncDatabase[Document],
) -> None:
    await database[NAME].insert_many(
        lesson(1, startDateTime="2026-10-31T20:00:00Z", companyId=company)
        for company in ("77", "78")
    )

    _, report = await export(database, ExportQuery(OCTOBER, KYIV, {"78": TOKYO}))

    assert report.unread_starts == 1


async def test_teachers_without_an_id_are_known_by_their_names(
    database: AsyncDatabase[Document],
) -> None:
    nobody: Document = {"teacherId": None, "teacherName": None}
    await database[NAME].insert_many(
        [
            lesson(1, teacherId="", teacherName="Марко"),
            lesson(2, **nobody),
            lesson(3, teacherId=None, teacherName="Олена"),
            lesson(4, teacherId=None, teacherName="Марко"),
            lesson(5, **nobody),
            lesson(6),
        ]
    )

    rows, _ = await export(database, ExportQuery(OCTOBER, KYIV), by_teacher=True)

    assert {(each.id, each.name): each.lessons for each in rows.totals} == {
        ("", ""): 2,
        ("", "Марко"): 2,
        ("9", "Марко"): 1,
        ("", "Олена"): 1,
    }


async def test_lessons_that_count_with_no_hours_are_reported(
    database: AsyncDatabase[Document],
) -> None:
    ends: list[Any] = ["2026-10-10 13:00:00", None, MIDDAY, MIDDAY + timedelta(hours=1)]
    await database[NAME].insert_many(lesson(n, endDateTime=each) for n, each in enumerate(ends))
    await database[NAME].insert_one(lesson(9, endDateTime=None, isDeleted=True))

    rows, report = await export(database, ExportQuery(OCTOBER, KYIV), by_teacher=True)

    assert [each.length for each in rows.totals] == [timedelta(hours=1)]
    assert report.without_length == 3


async def test_a_flag_counts_only_if_it_is_true_and_others_are_reported(
    database: AsyncDatabase[Document],
) -> None:
    flags: list[Any] = [True, False, None, "true", 1, "x"]
    await database[NAME].insert_many(
        lesson(n, isDeleted=each, IsTrial=each) for n, each in enumerate(flags)
    )

    rows, report = await export(database, ExportQuery(OCTOBER, KYIV), by_teacher=True)

    [totals] = rows.totals
    assert (totals.lessons, totals.deleted, totals.trials.total()) == (5, 1, 0)
    assert report.odd_flags == 3


def changes_of_a_lesson() -> st.SearchStrategy[Document]:
    starts = st.integers(-200, 200).map(lambda hours: MIDDAY + timedelta(hours=hours * 3))
    return st.fixed_dictionaries(
        {
            "appointmentId": st.sampled_from(["1", "2", "3", "4", "5", 5, "6", "7"]),
            "teacherId": st.sampled_from(["9", "10", "11"]),
            "startDateTime": starts,
            "minutes": st.sampled_from([0, 30, 45, 60, 90, -10]),
            "status": st.sampled_from(["0", "1", "-1", "2", "7", None]),
            "IsTrial": st.booleans(),
            "isDeleted": st.booleans(),
            "updatedAt": st.sampled_from([MIDDAY, MIDDAY + timedelta(1), None]),
        }
    )


def plain_counts(documents: list[Document]) -> dict[str, tuple[Any, ...]]:
    """Lessons, hours, arrived, hours arrived, no-shows, trials and cancelled ones, by teacher."""
    present: dict[str, Document] = {}
    for each in documents:
        local = each["startDateTime"].astimezone(KYIV).date()
        if not OCTOBER.start <= local <= OCTOBER.last_day:
            continue
        key = str(each["appointmentId"])
        age = each["updatedAt"] or datetime.min.replace(tzinfo=UTC)
        old = present.get(key)
        if old is None or age > (old["updatedAt"] or datetime.min.replace(tzinfo=UTC)):
            present[key] = each
    counts: dict[str, list[Any]] = defaultdict(lambda: [0, 0, 0, 0, 0, 0, 0])
    for each in present.values():
        count = counts[each["teacherId"]]
        if each["isDeleted"]:
            count[6] += 1
            continue
        minutes = max(each["minutes"], 0)
        has_arrived = each["status"] == "1"
        for at, add in enumerate(
            [
                1,
                minutes,
                has_arrived,
                minutes * has_arrived,
                each["status"] == "-1",
                each["IsTrial"],
            ]
        ):
            count[at] += add
    return {teacher: tuple(count) for teacher, count in counts.items()}


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(changes=st.lists(changes_of_a_lesson(), max_size=14))
async def test_pay_equals_a_plain_count(
    database: AsyncDatabase[Document], changes: list[Document]
) -> None:
    documents = [
        lesson(0, **each, endDateTime=each["startDateTime"] + timedelta(minutes=each["minutes"]))
        for each in changes
    ]
    await database[NAME].delete_many({})
    if documents:
        await database[NAME].insert_many([dict(each, _id=n) for n, each in enumerate(documents)])

    rows, report = await export(database, ExportQuery(OCTOBER, KYIV), by_teacher=True)

    arrived, no_show = AttendanceStatus.ARRIVED, AttendanceStatus.NO_SHOW
    expected = plain_counts(documents)
    assert {
        each.id: (
            *(each.lessons, each.length / timedelta(minutes=1), each.by_status[arrived]),
            *(each.length_arrived / timedelta(minutes=1), each.by_status[no_show]),
            *(each.trials.total(), each.deleted),
        )
        for each in rows.totals
    } == expected
    assert sorted(rows.teachers) == sorted(expected)
    in_october = [
        each
        for each in documents
        if OCTOBER.start <= each["startDateTime"].astimezone(KYIV).date() <= OCTOBER.last_day
    ]
    assert report.extra_copies == len(in_october) - report.appointments
