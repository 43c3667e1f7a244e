"""Whether a change of a booking was announced by a webhook, and what is hashed of its fields."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from altegio_sync.domain.appointment import AttendanceStatus, Lead, Service
from altegio_sync.domain.versions import (
    CHECKED_EVERY,
    LATE_WITHIN,
    Classified,
    ReceivedNotice,
    StoredVersion,
    UpTime,
    VersionClass,
    classify,
    find_clock_difference,
    hash_fields,
    to_found_version,
)
from tests.fakes import START, booking

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
KYIV = ZoneInfo("Europe/Kyiv")
VERSION = StoredVersion("v", "77", "501", changed_at=AT, at=AT)
ALWAYS = [UpTime(AT - 48 * HOUR, AT + 48 * HOUR)]
LATER = AT + 48 * HOUR


def came(after: timedelta, changed_at: datetime | None = None) -> ReceivedNotice:
    return ReceivedNotice(AT + after, changed_at)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (-2 * MINUTE - SECOND, VersionClass.LOST),
        (-2 * MINUTE, VersionClass.ANNOUNCED),
        (5 * SECOND, VersionClass.ANNOUNCED),
        (10 * MINUTE, VersionClass.ANNOUNCED),
        (10 * MINUTE + SECOND, VersionClass.LATE),
        (24 * HOUR, VersionClass.LATE),
        (24 * HOUR + SECOND, VersionClass.LOST),
    ],
)
def test_the_time_of_the_notice_decides(after: timedelta, expected: VersionClass) -> None:
    assert classify(VERSION, [came(after)], ALWAYS, LATER) == Classified(expected)


def test_a_version_is_not_classified_before_ten_minutes_have_passed() -> None:
    now = AT + 10 * MINUTE - SECOND

    result = classify(VERSION, [came(SECOND)], ALWAYS, now)

    assert result == Classified(VersionClass.OPEN, AT + 10 * MINUTE)


def test_a_lost_version_is_looked_at_again_until_24_hours_have_passed() -> None:
    early = classify(VERSION, [], ALWAYS, AT + 10 * MINUTE)
    almost = classify(VERSION, [], ALWAYS, AT + LATE_WITHIN - SECOND)
    end = classify(VERSION, [], ALWAYS, AT + LATE_WITHIN)

    assert early == Classified(VersionClass.LOST, AT + 10 * MINUTE + CHECKED_EVERY)
    assert almost == Classified(VersionClass.LOST, AT + LATE_WITHIN)
    assert end == Classified(VersionClass.LOST, None)


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        (AT, VersionClass.LATE),
        (AT - 2 * MINUTE, VersionClass.LATE),
        (AT + 10 * MINUTE, VersionClass.LATE),
        (AT + 3 * HOUR, VersionClass.LOST),
        (AT - HOUR, VersionClass.LOST),
    ],
)
def test_a_notice_of_another_change_is_no_late_notice(
    named: datetime, expected: VersionClass
) -> None:
    notice = came(3 * HOUR + SECOND, named)

    assert classify(VERSION, [notice], ALWAYS, LATER).state is expected


def test_any_notice_soon_after_the_change_announces_it() -> None:
    """The booking is read because of it, whichever change the notice names."""
    notice = came(5 * MINUTE, AT + 5 * MINUTE - SECOND)

    assert classify(VERSION, [notice], ALWAYS, LATER).state is VersionClass.ANNOUNCED


@pytest.mark.parametrize(
    ("uptimes", "expected"),
    [
        ([], VersionClass.RECEIVER_DOWN),
        ([UpTime(AT - HOUR, AT + 30 * SECOND)], VersionClass.LOST),
        ([UpTime(AT - HOUR, AT + 29 * SECOND)], VersionClass.RECEIVER_DOWN),
        ([UpTime(AT + SECOND, AT + HOUR)], VersionClass.RECEIVER_DOWN),
        ([UpTime(AT, AT + HOUR)], VersionClass.LOST),
        # Two receivers side by side, and a restart.
        (
            [UpTime(AT + 9 * SECOND, AT + HOUR), UpTime(AT - HOUR, AT + 9 * SECOND)],
            VersionClass.LOST,
        ),
        (
            [UpTime(AT - HOUR, AT + 9 * SECOND), UpTime(AT + 11 * SECOND, AT + HOUR)],
            VersionClass.RECEIVER_DOWN,
        ),
        ([UpTime(AT - HOUR, AT - MINUTE), UpTime(AT - 2 * HOUR, LATER)], VersionClass.LOST),
    ],
)
def test_only_what_came_while_a_receiver_ran_can_be_lost(
    uptimes: list[UpTime], expected: VersionClass
) -> None:
    assert classify(VERSION, [], uptimes, LATER) == Classified(expected)


def test_a_notice_counts_also_while_no_receiver_seemed_to_run() -> None:
    assert classify(VERSION, [came(SECOND)], [], LATER).state is VersionClass.ANNOUNCED
    assert classify(VERSION, [came(HOUR)], [], LATER).state is VersionClass.LATE


SPANS = st.timedeltas(-HOUR, 30 * HOUR)
NOTICES = st.lists(st.builds(came, SPANS, st.none() | st.just(AT) | st.just(AT + HOUR)))
UPTIMES = st.lists(st.builds(lambda a, b: UpTime(AT + min(a, b), AT + max(a, b)), SPANS, SPANS))


@given(NOTICES, UPTIMES, st.timedeltas(timedelta(), 30 * HOUR), st.randoms())
def test_order_and_doubles_change_nothing(
    notices: list[ReceivedNotice], uptimes: list[UpTime], age: timedelta, random: Random
) -> None:
    shuffled, others = [*notices, *notices], [*uptimes, *uptimes]
    random.shuffle(shuffled)
    random.shuffle(others)

    assert classify(VERSION, shuffled, others, AT + age) == classify(
        VERSION, notices, uptimes, AT + age
    )


@given(NOTICES, UPTIMES, st.lists(st.timedeltas(timedelta(), 26 * HOUR), max_size=6))
def test_it_does_not_matter_how_often_a_version_is_looked_at(
    notices: list[ReceivedNotice], uptimes: list[UpTime], looks: list[timedelta]
) -> None:
    """Each look knows only the notices that have come by then; a final class is not changed."""
    result = Classified(VersionClass.OPEN, AT)
    for now in [*sorted(AT + each for each in looks), LATER]:
        if result.check_at is not None and result.check_at <= now:
            known = [each for each in notices if each.at <= now]
            result = classify(replace(VERSION, state=result.state), known, uptimes, now)

    assert result == classify(VERSION, notices, uptimes, LATER)


@pytest.mark.parametrize(
    "changes",
    [
        {"teacher_id": "10"},
        {"services": (Service("2", "Індивідуальний урок"),)},
        {"starts_at": START + HOUR, "ends_at": START + 2 * HOUR},
        {"ends_at": START + 2 * HOUR},
        {"status": AttendanceStatus.ARRIVED},
        {"status": None},
        {"is_deleted": True},
        {"is_deleted": None},
        {"starts_at": datetime.min.replace(tzinfo=UTC)},
    ],
    ids=str,
)
def test_a_change_of_a_field_changes_the_hash(changes: dict[str, object]) -> None:
    assert hash_fields(booking("501", **changes), KYIV) != hash_fields(booking("501"), KYIV)


def test_nothing_of_the_client_is_hashed() -> None:
    other = booking("501", lead=Lead("98765432", "Ганна Вигадана 0501234567"), possible_leads=())

    assert hash_fields(other, KYIV) == hash_fields(booking("501", lead=None), KYIV)


def test_a_corrected_zone_is_no_change() -> None:
    warsaw = booking("501", starts_at=START + HOUR, ends_at=START + 2 * HOUR)

    assert hash_fields(warsaw, ZoneInfo("Europe/Warsaw")) == hash_fields(booking("501"), KYIV)


def test_a_booking_without_a_readable_stamp_has_no_version() -> None:
    assert to_found_version(booking("501"), KYIV, by_id=False, is_stored=True) is None


@pytest.mark.parametrize(
    ("answered_at", "ahead"),
    [
        (None, timedelta()),
        (AT - SECOND, timedelta()),
        (AT + 2 * SECOND, timedelta()),
        (AT + HOUR, HOUR - 2 * SECOND),
        (AT - HOUR, SECOND - HOUR),
    ],
)
def test_the_clocks_differ_by_what_is_certain(
    answered_at: datetime | None, ahead: timedelta
) -> None:
    assert find_clock_difference(answered_at, AT, AT + 2 * SECOND) == ahead
