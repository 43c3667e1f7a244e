"""The live page of a real collection: what it shows, and what it never shows."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import bson
import pytest
from bson.raw_bson import RawBSONDocument
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from altegio_sync.app.live import LivePages
from altegio_sync.app.school import open_school
from altegio_sync.config import SchoolConfig
from altegio_sync.domain.appointment import Location
from altegio_sync.domain.field_change import FieldChange
from altegio_sync.domain.latest import LatestChange
from altegio_sync.domain.live import Overview, Section, View
from altegio_sync.domain.report import WritingRun
from altegio_sync.errors import StoreUnavailableError
from altegio_sync.html import render_page, render_todo_page
from altegio_sync.mongo.core.elements import joined, split
from tests.documents import right_document
from tests.html_reader import Page
from tests.odd_values import ODD_VALUES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from altegio_sync.app.school import School

KYIV = ZoneInfo("Europe/Kyiv")
NOW = datetime(2026, 11, 26, 8, 20, tzinfo=UTC)
#: Names of teachers and services are shown; so these fields have their own.
SHOWN = ("teacherName", "serviceName")
PHONES = st.builds("{}{}".format, st.sampled_from(["+380", "380", "0"]),
                   st.integers(501_000_000, 999_999_999))  # fmt: skip
PRIVATE = st.one_of(
    PHONES,
    st.integers(380_501_000_000, 380_999_999_999),
    st.sampled_from(["Олена Приклад", "Приклад Олена +380501234567", "olena@example.com"]),
)


@pytest.fixture
async def school(db_uri: str) -> AsyncIterator[School]:
    config = SchoolConfig(
        company_ids=("77", "88"),
        db_uri=SecretStr(db_uri),
        timezone="Europe/Kyiv",
        requests_per_second=0,
        requests_per_minute=0,
    )
    async with open_school(config) as opened:
        yield opened


def appointments_of(school: School) -> Any:
    return school.database[school.collection]


def pages_of(school: School) -> LivePages:
    return LivePages(lambda: school, clock=lambda: NOW)


def a_document(number: int, hour: int = 10, **changes: Any) -> dict[str, Any]:
    start = datetime(2026, 11, 26, hour, tzinfo=KYIV).astimezone(UTC)
    return right_document(str(number), start, **changes)


async def shown(school: School, view: View | None = None) -> str:
    """All that is read on the page and on the list of what needs correction."""
    page = await pages_of(school).read(view or View("77"))
    assert page.problem is None
    assert page.contents.keys() == set(Section)
    return f"{Page(render_page(page)).shown}\n{Page(render_todo_page(page)).shown}"


async def test_todays_lessons_are_those_of_the_chosen_location(school: School) -> None:
    await appointments_of(school).insert_many(
        [
            a_document(501, 10, leadId="12345678"),
            a_document(502, 23, status="-1", teacherName="Щукін"),
            a_document(503, 11, isDeleted=True),
            a_document(504, 11, companyId="88", teacherName="Інший"),
        ]
    )

    text = await shown(school)

    assert "Lead 12345678" in text
    assert "Щукін" in text
    assert "2 lessons" in text
    assert "1 cancelled" in text
    assert "Інший" not in text
    assert "Інший" in await shown(school, View("88"))
    assert "Інший" not in await shown(school, View("99"))
    assert "No lessons on this day." in await shown(school, View("77", date(2026, 11, 27)))


async def test_an_empty_database_has_a_page_too(school: School) -> None:
    text = await shown(school)

    assert "No lessons on this day." in text
    assert "No change has been stored yet." in text
    assert "Nothing needs correction." in text


async def test_the_top_is_about_the_other_locations_too(school: School) -> None:
    page = await pages_of(school).read(View("77"), [Section.NOW])

    overview = page.contents[Section.NOW]
    assert isinstance(overview, Overview)
    assert overview.others == ["88"]
    assert {each.company for each in overview.status.attention} == {None, "77"}


async def test_the_top_names_a_location_that_the_user_no_longer_sees(school: School) -> None:
    """It cannot be chosen any more."""
    config = school.config.model_copy(update={"company_ids": ("all",)})
    async with open_school(config) as everywhere:
        locations = [Location(each, f"Школа {each}", KYIV.key) for each in ("77", "78", "79")]
        await everywhere.locations.write_list(locations, [], NOW)
        await everywhere.locations.write_list(locations[:2], ["79"], NOW)

        page = await pages_of(everywhere).read(View("77"), [Section.NOW])

    shown = Page(render_page(page)).shown
    assert [each.company for each in page.places] == ["77", "78"]
    assert "Location 79" in shown


async def test_an_appointment_whose_start_is_no_date_is_not_passed_over(school: School) -> None:
    await appointments_of(school).insert_one(a_document(501, startDateTime="скоро"))

    text = await shown(school)

    # Under what needs correction, under the month, and on the page with the whole list.
    assert text.count("1 stored appointment is left out: its start cannot be read") == 3


@settings(
    max_examples=6,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)
@given(private=PRIVATE)
async def test_no_name_and_no_phone_of_a_pupil_is_on_the_page(
    school: School, private: str | int
) -> None:
    """Whatever field it is in, except the names of teachers and services."""
    collection = appointments_of(school)
    await collection.delete_many({})
    whole = a_document(501, leadName=private, comment=private, phone=private)
    others = [name for name in whole if name not in SHOWN]
    documents = [{**a_document(600 + n), name: private} for n, name in enumerate(others)]
    await collection.insert_many([whole, *documents])
    poll = WritingRun("20261126-081500-1", "changes")
    await school.latest.keep_marked([str(private)], "77", poll)
    changes = tuple(FieldChange(name, private, private) for name in others)
    await school.latest.add([LatestChange("77", "501", "serve", changes=changes)])

    text = await shown(school)

    assert "Марко Зразок" in text
    assert str(private) not in text
    digits = re.sub(r"\D", "", str(private))
    assert not digits or digits not in text


async def test_odd_documents_do_no_harm(school: School) -> None:
    fields = split(bson.encode(a_document(501, endDateTime=NOW)))
    odd = [
        RawBSONDocument(joined((each, value if each == name else own) for each, own in fields))
        for name, _ in fields
        for value in ODD_VALUES
    ]
    await appointments_of(school).insert_many(odd)
    last = datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
    await appointments_of(school).insert_one({**a_document(900), "startDateTime": last})
    moved = (FieldChange("startDateTime", last, NOW),)
    await school.latest.add([LatestChange("77", "900", "serve", changes=moved)])

    text = await shown(school)

    assert "Марко Зразок" in text


@pytest.mark.parametrize(("section", "pause_s"), [(Section.MONTH, 10), (Section.TODAY, 3)])
async def test_what_was_read_is_read_again_after_a_while(
    school: School, section: Section, pause_s: int
) -> None:
    now = 0.0

    def steady() -> float:
        nonlocal now
        now += 0.5
        return now

    pages = LivePages(lambda: school, clock=lambda: NOW, steady=steady)
    first = await pages.read(View("77"), [section])  # reading took 0.5 seconds
    await appointments_of(school).insert_one(a_document(501))

    now += 1
    soon = await pages.read(View("77"), [section])
    now += pause_s
    later = await pages.read(View("77"), [section])

    assert soon.contents[section] is first.contents[section]
    assert later.contents[section] != first.contents[section]


async def test_an_outage_does_not_count_as_the_cost_of_reading(school: School) -> None:
    now = 0.0

    def opened() -> School:
        nonlocal now
        now += 1000
        pages.note_outage()
        return school

    pages = LivePages(opened, clock=lambda: NOW, steady=lambda: now)
    await pages.read(View("77"), [Section.COMPLETE])
    page = await pages.read(View("77"), [Section.COMPLETE])

    assert now == 2000
    assert page.problem is None


async def test_where_mongodb_does_not_answer_the_page_shows_what_it_knows(school: School) -> None:
    answers = True
    seconds = iter(range(0, 100_000, 100))

    def opened() -> School:
        if not answers:
            raise StoreUnavailableError("MongoDB is away")
        return school

    await appointments_of(school).insert_one(a_document(501, leadId="12345678"))
    pages = LivePages(opened, clock=lambda: NOW, steady=lambda: next(seconds))
    before = await pages.read(View("77"))

    answers = False
    for _ in range(100):
        next(seconds)
    after = await pages.read(View("77"))
    never = await LivePages(opened, clock=lambda: NOW).read(View("77"))

    assert before.problem is None
    assert "MongoDB is away" in str(after.problem)
    assert "Lead 12345678" in Page(render_page(after)).shown
    assert never.contents == {}
    assert "MongoDB is away" in Page(render_page(never)).shown
