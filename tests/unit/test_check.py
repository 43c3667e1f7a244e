"""What `check` says of MongoDB's clock, of the services and of the newest bookings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from altegio_sync.domain.appointment import Service
from altegio_sync.domain.lessons import LessonRules
from altegio_sync.messages import as_message
from altegio_sync.ports import StoreState
from altegio_sync.usecases.check import (
    Check,
    Level,
    LocationFacts,
    check_sample,
    check_services,
    check_store,
    newest,
)
from tests.fakes import START, booking

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("offset_s", "ok", "text"),
    [(-0.02, True, "the same as"), (0.26, True, "0.3 s ahead of"), (-75.0, False, "75.0 s behind")],
)
@time_machine.travel(NOW, tick=False)
def test_the_clock_is_held_against_ours(offset_s: float, ok: bool, text: str) -> None:
    server_time = NOW + timedelta(seconds=offset_s)

    check = check_store(StoreState("6.0.5", 0, True, None, server_time))[-1]

    assert check.ok == ok
    assert str(check.text) == f"MongoDB's clock is {text} this machine's"


def test_a_warning_lets_a_run_go_on() -> None:
    check = Check.warning(as_message("page size"), as_message("text"), as_message("what to do"))

    assert check.ok is True
    assert check.level == Level.WARN
    assert str(check.hint) == "what to do"


RULES = LessonRules(frozenset({"1"}))


@pytest.mark.parametrize(
    ("wanted", "texts"),
    [
        ({"1"}, ["all 1 are services of this location"]),
        ({"1", "999"}, ["999 is not a service of this location"]),
        ({"998", "999"}, [f"{each} is not a service of this location" for each in (998, 999)]),
        (set(), []),
    ],
)
def test_every_service_id_must_be_one_of_the_locations(wanted: set[str], texts: list[str]) -> None:
    facts = LocationFacts({"1": "Lesson", "2": "Club"}, has_list=True)

    found = check_services(LessonRules(frozenset(wanted)), [facts])

    assert [str(each.text) for each in found] == texts
    assert all(each.ok for each in found) == ("999" not in wanted)


@pytest.mark.parametrize(
    ("individual", "trial", "parts"),
    [
        ("1", "2", []),
        ("1,2", "", []),
        ("2", "1", ["2 is in ALTEGIO_SERVICE_IDS, with a trial lesson's title", "swapped"]),
        ("1,2", "3", ["2 is in ALTEGIO_SERVICE_IDS, with a trial lesson's title"]),
        ("1,2", "2", ["2 is in ALTEGIO_SERVICE_IDS and in ALTEGIO_TRIAL_SERVICE_IDS"]),
        ("1,3", "1,3", ["1, 3 are in ALTEGIO_SERVICE_IDS and in ALTEGIO_TRIAL_SERVICE_IDS"]),
    ],
    ids=["well", "by title", "swapped", "misplaced", "in both", "the same lists"],
)
def test_a_service_in_the_wrong_list_is_a_warning(
    individual: str, trial: str, parts: list[str]
) -> None:
    titles = {"1": "Індивідуальний урок", "2": "ПРОБНИЙ урок", "3": "First meeting"}
    rules = LessonRules(*(frozenset(filter(None, each.split(","))) for each in (individual, trial)))

    [check] = check_services(rules, [LocationFacts(titles, has_list=True)])

    assert check.ok
    assert (check.level is Level.WARN) is bool(parts)
    assert all(part in f"{check.text} {check.hint}" for part in parts)


def test_of_several_locations_one_must_have_the_service() -> None:
    first = LocationFacts({"2": "Lesson"}, has_list=True)
    second = LocationFacts({"1": "Lesson"}, has_list=True)

    assert [each.ok for each in check_services(RULES, [first, second])] == [True]
    # A location that refused its list may have it.
    assert check_services(RULES, [first, LocationFacts()]) == []


def test_the_newest_bookings_are_judged_by_counts() -> None:
    kept = [booking(str(n)) for n in range(30)]
    odd = [booking("97", lead=None), booking("98", services=(Service("5", "Група"),))]
    old = [booking(str(n), starts_at=START - timedelta(days=9)) for n in range(200, 400)]

    check = check_sample([*kept, *odd, *old[:68]], RULES, {})

    assert str(check.text) == (
        "98 of the newest 100 bookings would be stored, not stored: service 1, no_crm_id 1; "
        "length of the lead ids: 5 digits (98)"
    )
    assert len(newest([*old, *kept])) == 100
    assert {each.id for each in kept} <= {each.id for each in newest([*old, *kept])}


def test_where_none_would_be_stored_the_likely_setting_is_named() -> None:
    others = [booking(str(n), services=(Service("5", "Група"),)) for n in range(20)]

    check = check_sample(others, RULES, {})

    assert check.level is Level.WARN
    assert "ALTEGIO_SERVICE_IDS" in str(check.hint)
