"""A booking made of Altegio's JSON, in every form that the API has sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from altegio_sync.altegio.translate import Translator
from altegio_sync.altegio.wire import RecordsAnswer, WireRecord
from altegio_sync.domain.appointment import AttendanceStatus, Booking, Lead, Service, Teacher
from altegio_sync.domain.leads import LeadIdKind, LeadRules

KYIV = Translator("77", ZoneInfo("Europe/Kyiv"))
GOOD: dict[str, Any] = {
    "id": 501,
    "company_id": 77,
    "staff_id": 9,
    "staff": {"id": 9, "name": "Марко Зразок", "position": []},
    "services": [{"id": 1, "title": "Індивідуальний урок", "cost": 450.5}],
    "client": {"id": 5, "name": "Олена 12345", "surname": "", "patronymic": ""},
    "date": "2026-06-18 18:30:00",
    "datetime": "2026-06-18T18:30:00+03:00",
    "seance_length": 3600,
    "length": 3600,
    "visit_attendance": 1,
    "attendance": 0,
    "deleted": False,
    "activity_id": 0,
    "custom_fields": [],
}


def read(**changes: object) -> Booking:
    return KYIV.to_booking(WireRecord.model_validate(GOOD | changes))


def test_a_plain_record_is_read_whole() -> None:
    assert read() == Booking(
        id="501",
        company_id="77",
        lead=Lead("12345", "Олена"),
        teacher_id="9",
        teacher=Teacher("9", "Марко Зразок"),
        services=(Service("1", "Індивідуальний урок"),),
        is_group_event=False,
        starts_at=datetime(2026, 6, 18, 15, 30, tzinfo=UTC),
        ends_at=datetime(2026, 6, 18, 16, 30, tzinfo=UTC),
        status=AttendanceStatus.ARRIVED,
        is_deleted=False,
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "501", "company_id": "77", "staff_id": "9"},
        {"staff": {"id": "9", "name": " Марко  Зразок "}},
        {"services": [{"id": "1", "title": "Індивідуальний урок"}, {"title": "без id"}, []]},
        {"deleted": 0, "activity_id": "0", "visit_attendance": "1"},
        {"deleted": "0", "activity_id": None, "seance_length": "3600"},
        {"seance_length": 0},
        {"seance_length": None, "length": 3600.0},
        {"visit_attendance": None, "attendance": 1},
        {"visit_attendance": 1, "attendance": "?"},
        {"datetime": "2026-06-18T18:30:00+0300"},
        {"datetime": ""},
        {"date": "2026-06-18T18:30:00"},
        {"company_id": None},
        {"a_key_of_tomorrow": {"deep": [1]}},
    ],
)
def test_other_ways_to_write_the_same(changes: dict[str, object]) -> None:
    assert read(**changes) == read()


@pytest.mark.parametrize("client", [None, [], {}, "", {"name": None}, {"name": "Олена"}], ids=repr)
def test_without_an_id_in_the_name_there_is_no_lead(client: object) -> None:
    assert read(client=client).lead is None


@pytest.mark.parametrize("staff", [None, [], {}, {"id": 9}, {"id": 9, "name": ""}])
def test_a_teacher_told_by_id_alone_keeps_the_id(staff: object) -> None:
    booking = read(staff=staff)

    assert booking.teacher is None
    assert booking.teacher_id == "9"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"date": "18.06.2026 18:30"}, "date"),
        ({"date": "2026-06-18"}, "date"),
        ({"date": None}, "date"),
        ({"date": "0001-01-01 00:30:00"}, "date"),
        ({"seance_length": 0, "length": 0}, "length"),
        ({"seance_length": -60, "length": None}, "length"),
        ({"date": "9999-12-31 23:30:00", "seance_length": 14_400}, "end"),
        ({"seance_length": 10**400}, "end"),
        ({"visit_attendance": 7}, "status"),
        ({"visit_attendance": None, "attendance": None}, "status"),
        ({"deleted": "maybe"}, "deleted"),
    ],
)
def test_what_cannot_be_read_is_named(changes: dict[str, object], problem: str) -> None:
    assert read(**changes).problems == (problem,)


@pytest.mark.parametrize("deleted", [True, 1, "1", "true"], ids=repr)
def test_deleted_in_every_dress(deleted: object) -> None:
    assert read(deleted=deleted).is_deleted is True


def test_attendance_0_of_the_visit_is_a_value() -> None:
    assert read(visit_attendance=0, attendance=1).status is AttendanceStatus.PENDING


@pytest.mark.parametrize(
    "told",
    ["2026-06-18T18:30:00+02:00", "0001-01-01T00:00:00+03:00", "9999-12-31T23:59:59-03:00"],
)
def test_a_wrong_moment_is_noticed_and_not_believed(told: str) -> None:
    booking = read(datetime=told)

    assert booking.starts_at == read().starts_at
    assert booking.offset_disagrees


@pytest.mark.parametrize(
    ("offset", "hour"), [("+03:00", 0), ("+02:00", 1), ("+05:00", 0)], ids=["first", "second", "no"]
)
def test_the_offset_tells_the_two_hours_of_autumn_apart(offset: str, hour: int) -> None:
    booking = read(date="2026-10-25 03:30:00", datetime=f"2026-10-25T03:30:00{offset}")

    assert booking.starts_at == datetime(2026, 10, 25, hour, 30, tzinfo=UTC)
    assert booking.offset_disagrees is (offset == "+05:00")


@pytest.mark.parametrize("offset", ["+02:00", "+03:00", ""])
def test_a_start_that_spring_skips_is_an_hour_on(offset: str) -> None:
    told = f"2026-03-29T03:30:00{offset}" if offset else ""

    booking = read(date="2026-03-29 03:30:00", datetime=told)

    assert booking.starts_at == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert booking.starts_at.astimezone(KYIV.zone).hour == 4


@pytest.mark.parametrize(
    ("told", "hour"),
    [
        ("2026-04-20T12:36:27+0500", 7),
        ("2026-04-20T12:36:27+05:00", 7),
        ("2026-04-20 07:36:27Z", 7),
        ("2026-04-20 12:36:27", 9),  # no offset: the location's time
        ("", None),
        ("2026-04-20", None),
        ("0000-00-00 00:00:00", None),
        ("0001-01-01T00:00:00+0500", None),
        ("9999-12-31T23:59:59-0500", None),
        (1776670587, None),
        (None, None),
    ],
)
def test_the_stamp_of_the_last_change_is_a_moment_or_nothing(
    told: object, hour: int | None
) -> None:
    expected = None if hour is None else datetime(2026, 4, 20, hour, 36, 27, tzinfo=UTC)
    assert read(last_change_date=told).changed_at == expected


@pytest.mark.parametrize("record_id", [None, "", 0, "abc", True, [], {}, "１２"], ids=repr)
def test_a_record_without_an_id_is_read_all_the_same(record_id: object) -> None:
    assert read(id=record_id) == replace(read(), id="")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(sorted(GOOD)), json_values))
def test_no_value_of_any_type_breaks_the_reading(changes: dict[str, object]) -> None:
    record = WireRecord.model_validate(GOOD | changes)

    booking = KYIV.to_booking(record)

    assert booking.id == (record.id or "")


def test_a_row_that_is_no_object_does_not_spoil_its_page() -> None:
    answer = RecordsAnswer.model_validate(
        {"success": 1, "data": [GOOD, None, 5, [], "x"], "meta": []}
    )

    assert [row is not None for row in answer.data] == [True, False, False, False, False]


def test_a_record_shows_nothing_private_in_its_repr() -> None:
    assert "Олена" not in repr(WireRecord.model_validate(GOOD))
    assert "Олена" not in repr(read())


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        (GOOD["client"], Lead("5", "Олена 12345")),
        ({"id": "5", "name": "Олена", "surname": "Коваль"}, Lead("5", "Олена Коваль")),
        ({"id": 0, "name": "Олена"}, None),
        ({"id": 5, "name": " "}, None),
        ([], None),
    ],
    ids=repr,
)
def test_the_clients_own_id_is_the_leads_where_it_is_set(
    client: object, expected: Lead | None
) -> None:
    translator = replace(KYIV, leads=LeadRules(kind=LeadIdKind.CLIENT))

    booking = translator.to_booking(WireRecord.model_validate(GOOD | {"client": client}))

    assert booking.lead == expected


@pytest.mark.parametrize("value", [501, 501.0, "501", " 501 ", "501.0", "501.00"], ids=repr)
def test_an_id_is_read_however_the_number_is_written(value: object) -> None:
    booking = read(
        id=value,
        company_id=value,
        staff={"id": value, "name": "Марко"},
        services=[{"id": value, "title": "Урок"}],
    )

    assert booking.id == booking.company_id == booking.teacher_id == "501"
    assert [each.id for each in booking.services] == ["501"]


@pytest.mark.parametrize("value", [501.5, -501.0, 0.0, "501.5", "1e3", 1e300, True], ids=repr)
def test_what_is_no_whole_number_is_no_id(value: object) -> None:
    assert read(id=value).id == ""


def test_numbers_and_flags_may_be_floats() -> None:
    booking = read(visit_attendance="1.0", seance_length="3600.0", deleted=1.0)

    assert booking.problems == ()
    assert booking.is_deleted
    assert booking.ends_at == datetime(2026, 6, 18, 16, 30, tzinfo=UTC)


CLIENT = {"id": 5, "name": "Олена 12345"}


@pytest.mark.parametrize(
    "client",
    [
        "Олена 12345",
        12345,
        True,
        [CLIENT, CLIENT],
        [1],
        {"name": ["Олена 12345"]},
        {"name": {"a": 1}},
    ],
    ids=repr,
)
def test_a_client_that_cannot_be_read_is_damaged_and_not_without_an_id(client: object) -> None:
    booking = read(client=client)

    assert booking.lead is None
    assert booking.damaged == ("client name",)


@pytest.mark.parametrize("client", [CLIENT, [CLIENT]], ids=["alone", "in a list"])
def test_the_only_client_of_a_list_is_the_client(client: object) -> None:
    assert read(client=client).lead == Lead("12345", "Олена")


def test_a_name_of_digits_alone_may_be_a_number() -> None:
    booking = read(client={"name": "Олена", "surname": 12345}, services=[{"id": 1, "title": 5}])

    assert booking.lead == Lead("12345", "Олена")
    assert booking.services == (Service("1", "5"),)


def test_an_offset_in_date_is_doubted_as_the_one_in_datetime() -> None:
    booking = read(date="2026-06-18T18:30:00Z", datetime="")

    assert booking.starts_at == datetime(2026, 6, 18, 15, 30, tzinfo=UTC)
    assert booking.offset_disagrees
