"""The tools that the benchmarks measure with are correct."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from altegio_sync.altegio.translate import Translator
from altegio_sync.altegio.wire import RecordsAnswer
from altegio_sync.domain.appointment import AttendanceStatus
from benchmarks.__main__ import check
from benchmarks.limits import least_seconds
from benchmarks.listing import FIRST_ID, LAST_DAY, Listing
from benchmarks.plot import Line, draw
from benchmarks.results import Goal, Section

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_pages_hold_every_record_once_the_newest_first() -> None:
    listing = Listing(450, changed=10)
    translator = Translator("77", ZoneInfo("Europe/Kyiv"))
    places = listing.between(listing.first_day, LAST_DAY)

    answers = [
        RecordsAnswer.model_validate_json(listing.page(places, n, 200)) for n in (1, 2, 3, 4)
    ]

    rows = [row for answer in answers for row in answer.data if row is not None]
    bookings = [translator.to_booking(row) for row in rows]
    assert [len(answer.data) for answer in answers] == [200, 200, 50, 0]
    assert {answer.meta.total_count for answer in answers if answer.meta} == {450}
    assert [each.id for each in bookings] == [str(FIRST_ID + n) for n in reversed(range(450))]
    assert all(each.lead and each.teacher and not each.problems for each in bookings)
    assert not any(each.offset_disagrees for each in bookings)
    assert sum(each.status is AttendanceStatus.NO_SHOW for each in bookings) == 45


def test_days_hold_the_records_that_start_on_them() -> None:
    listing = Listing(450)

    assert len(listing.between(listing.first_day, listing.first_day)) == 200
    assert len(listing.between(LAST_DAY, LAST_DAY)) == 50


def sections(*values: float, by_clock: bool = False) -> Iterator[Section]:
    """Measurements one after another: a goal of at most 1 with these values."""
    for value in values:
        yield Section("made up", "", goals=[Goal("ratio", value, 1.0, by_clock=by_clock)])


@pytest.mark.parametrize(
    ("measured", "holds"),
    [
        (sections(1.0), True),
        (sections(2.0, 1.0), True),
        (sections(2.0, 2.0, 1.1), True),
        (sections(2.0, 2.0, 2.0), False),
        (sections(9.0, by_clock=True), True),
    ],
    ids=["at once", "again", "within the noise", "never", "the machine's speed"],
)
def test_a_check_fails_only_for_a_ratio_that_is_missed_each_time(
    measured: Iterator[Section], holds: bool
) -> None:
    assert check("made up", lambda: next(measured)) is holds


@pytest.mark.parametrize(
    ("requests", "seconds"), [(0, 0.0), (1, 0.0), (195, 48.985), (196, 60.25), (391, 120.5)]
)
def test_the_least_time_at_the_limits(requests: int, seconds: float) -> None:
    assert least_seconds(requests) == pytest.approx(seconds)


def test_a_chart_is_well_formed_and_shows_every_point() -> None:
    chart = draw("a < b", "x", [Line("one", [(1, 2), (10, 20), (100, 0.5)])])

    circles = ET.fromstring(chart).findall("{http://www.w3.org/2000/svg}circle")
    assert len(circles) == 3
    assert len({circle.get("cy") for circle in circles}) == 3
