"""Counted things on the screens, in the forms of both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from altegio_sync.cli.render_result import render_result
from altegio_sync.cli.render_validation import render_validation
from altegio_sync.domain.counts import RecordCounts
from altegio_sync.domain.validation import ValidationReport
from altegio_sync.messages import render
from altegio_sync.messages.language import in_language_of
from altegio_sync.messages.numbers import format_count
from altegio_sync.messages.questions import RECORDS
from altegio_sync.messages.words import DAYS
from tests.unit.test_summary import report

if TYPE_CHECKING:
    from altegio_sync.messages import Template

pytestmark = pytest.mark.usefixtures("catalog")

COUNTS = (0, 1, 2, 5, 11, 21, 111, 1_000)


@pytest.mark.parametrize(
    ("template", "forms"),
    [
        (RECORDS, "записів запис записи записів записів запис записів записів"),
        (DAYS, "днів день дні днів днів день днів днів"),
    ],
    ids=["records", "days"],
)
def test_ukrainian_has_three_forms(template: Template, forms: str) -> None:
    with in_language_of("uk"):
        shown = [render(template(count=count)) for count in COUNTS]
        numbers = map(format_count, COUNTS)
        expected = [f"{number} {form}" for number, form in zip(numbers, forms.split(), strict=True)]

    assert shown == expected


def test_english_has_two_forms() -> None:
    with in_language_of("en"):
        shown = [render(DAYS(count=count)) for count in COUNTS]
        expected = [f"{format_count(each)} day{'' if each == 1 else 's'}" for each in COUNTS]

    assert shown == expected


@pytest.mark.parametrize(
    ("fetched", "text"),
    [
        (1, "У базі тепер 1 із 1 запису за 1–31 жовтня."),
        (2, "У базі тепер 2 із 2 записів за 1–31 жовтня."),
        (21, "У базі тепер 21 із 21 запису за 1–31 жовтня."),
        (111, "У базі тепер 111 із 111 записів за 1–31 жовтня."),
    ],
)
def test_the_first_sentence_of_a_summary_counts_in_the_right_case(fetched: int, text: str) -> None:
    with in_language_of("uk"):
        assert render_result(report(RecordCounts(saved=fetched))) == text


@pytest.mark.parametrize(
    ("checked", "text"),
    [(0, "0 документів"), (1, "1 документ"), (3, "3 документи"), (11, "11 документів")],
)
def test_the_first_line_of_validate_counts_each_thing_by_itself(checked: int, text: str) -> None:
    with in_language_of("uk"):
        shown = render_validation(ValidationReport(checked, []))

    assert shown == f"Перевірка: {text}, 0 помилок, 0 попереджень"
