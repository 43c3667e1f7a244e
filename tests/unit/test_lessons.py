"""Which bookings are lessons to keep, and why the others are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from altegio_sync.domain.appointment import AttendanceStatus, Service, Teacher
from altegio_sync.domain.lessons import Kept, LessonRules, Skipped, SkipReason, judge
from tests.fakes import booking

GROUP, LESSON, TRIAL = Service("1", "Група"), Service("2", "Урок"), Service("3", "ПРОБНИЙ урок")
NONE, LESSONS, TRIALS = LessonRules(), frozenset({"2"}), frozenset({"3"})
BROKEN: dict[SkipReason, dict[str, object]] = {
    SkipReason.SERVICE: {"services": ()},
    SkipReason.NO_CRM_ID: {"lead": None},
    SkipReason.TEACHER_NOT_FOUND: {"teacher": None, "teacher_id": "404"},
    SkipReason.INVALID: {"status": None, "problems": ("status",)},
}


@pytest.mark.parametrize(
    ("rules", "services", "is_group", "kept"),
    [
        (NONE, (LESSON, TRIAL), False, "2"),
        (NONE, (LESSON,), True, None),
        (NONE, (), False, None),
        (LessonRules(LESSONS), (GROUP, LESSON), True, "2"),
        (LessonRules(LESSONS), (GROUP, TRIAL), False, None),
        (LessonRules(LESSONS, TRIALS), (GROUP, TRIAL, LESSON), False, "3"),
        (LessonRules(frozenset(), TRIALS), (GROUP, TRIAL), True, "3"),
        (LessonRules(frozenset(), TRIALS), (GROUP, TRIAL), False, "1"),
        (LessonRules(frozenset(), TRIALS), (GROUP, LESSON), True, None),
    ],
)
def test_the_first_service_that_is_a_lesson_is_the_one_kept(
    rules: LessonRules, services: tuple[Service, ...], is_group: bool, kept: str | None
) -> None:
    verdict = judge(booking("501", services=services, is_group_event=is_group), rules, {})

    match verdict:
        case Kept():
            assert verdict.appointment.service.id == kept
        case Skipped():
            assert verdict.reason == SkipReason.SERVICE
            assert kept is None


@pytest.mark.parametrize(
    ("rules", "services", "is_trial"),
    [
        (NONE, (LESSON, TRIAL), True),
        (NONE, (Service("9", "Trial lesson"),), True),
        (NONE, (LESSON,), False),
        (LessonRules(frozenset(), frozenset({"2"})), (TRIAL,), False),
        (LessonRules(LESSONS, frozenset({"1"})), (LESSON, GROUP), True),
    ],
)
def test_a_trial_is_known_by_the_list_or_without_one_by_the_title(
    rules: LessonRules, services: tuple[Service, ...], is_trial: bool
) -> None:
    verdict = judge(booking("501", services=services), rules, {})

    assert isinstance(verdict, Kept)
    assert verdict.appointment.is_trial is is_trial


@given(st.sets(st.sampled_from(list(SkipReason))))
def test_every_booking_has_one_outcome_and_the_first_reason_counts(
    broken: set[SkipReason],
) -> None:
    changes = {key: value for reason in broken for key, value in BROKEN[reason].items()}

    verdict = judge(booking("501", **changes), NONE, {})

    if not broken:
        assert isinstance(verdict, Kept)
    else:
        assert isinstance(verdict, Skipped)
        assert verdict.reason is next(reason for reason in SkipReason if reason in broken)


def test_a_teacher_told_by_id_alone_is_looked_up() -> None:
    teacher = Teacher("9", "Марко Зразок")

    verdict = judge(booking("501", teacher=None), NONE, {"9": teacher})

    assert isinstance(verdict, Kept)
    assert verdict.appointment.teacher is teacher


def test_a_lesson_without_a_title_would_break_the_collection_and_is_invalid() -> None:
    verdict = judge(booking("501", services=(Service("2", ""),)), NONE, {})

    assert isinstance(verdict, Skipped)
    assert verdict.reason == SkipReason.INVALID
    assert str(verdict.detail) == "service title"


def test_statuses_have_the_words_of_the_school() -> None:
    assert {each.value: str(each.label) for each in AttendanceStatus} == {
        "0": "Pending",
        "1": "Arrived",
        "-1": "No-show",
        "2": "Confirmed",
    }
