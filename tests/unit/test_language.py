"""Which language the program speaks, and how a sentence is found in the catalog."""

from __future__ import annotations

import threading
from datetime import date
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from altegio_sync.cli.render_stats import counts_table
from altegio_sync.log import message as log_message
from altegio_sync.messages import Template, page, render
from altegio_sync.messages.language import (
    catalog,
    choose_language,
    current_language,
    follow_school,
    follow_settings,
    in_language_of,
)
from altegio_sync.messages.numbers import format_number, format_percent
from altegio_sync.messages.rendering import render_for_log
from altegio_sync.messages.summary import BOOKINGS, STORED
from altegio_sync.messages.words import DOCUMENTS

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    choose_language([], {})
    yield
    choose_language([], {})


@pytest.mark.parametrize(
    ("arguments", "environment", "language"),
    [
        ([], {}, "en"),
        (["--lang", "uk"], {}, "uk"),
        (["sync", "today", "--lang=uk"], {}, "uk"),
        (["--lang", "UK", "sync"], {}, "uk"),
        (["--lang", "en"], {"ALTEGIO_LANG": "uk"}, "en"),
        (["--lang", "en", "--lang", "uk"], {}, "uk"),
        (["--lang", "xx"], {"ALTEGIO_LANG": "uk"}, "uk"),
        (["--lang"], {"LANG": "uk_UA.UTF-8"}, "uk"),
        (["sync", "--", "--lang", "uk"], {}, "en"),
        ([], {"ALTEGIO_LANG": " UK "}, "uk"),
        ([], {"ALTEGIO_LANG": "uk_UA"}, "uk"),
        ([], {"ALTEGIO_LANG": "fr", "LANG": "uk_UA.UTF-8"}, "en"),
        ([], {"ALTEGIO_LANG": "", "LANG": "uk_UA.UTF-8"}, "uk"),
        ([], {"LANG": "uk_UA.CP1251"}, "uk"),
        ([], {"LANG": "uk_UA.UTF-8@currency"}, "uk"),
        ([], {"LANG": "uk-UA"}, "uk"),
        ([], {"LANG": "ukelele"}, "en"),
        ([], {"LC_ALL": "C.UTF-8", "LANG": "uk_UA.UTF-8"}, "en"),
        ([], {"LC_ALL": "", "LC_MESSAGES": "uk_UA", "LANG": "en_US"}, "uk"),
        ([], {"LC_ALL": "POSIX", "LC_MESSAGES": "uk_UA"}, "en"),
        ([], {"LANG": "en_GB.UTF-8", "LANGUAGE": "uk"}, "en"),
    ],
)
def test_the_first_that_names_a_language_decides(
    arguments: list[str], environment: dict[str, str], language: str
) -> None:
    assert choose_language(arguments, environment) == language
    assert current_language() == language


def test_the_settings_file_decides_before_the_school_and_the_school_before_the_locale() -> None:
    choose_language([], {"LANG": "uk_UA.UTF-8"})
    follow_school("en")
    assert current_language() == "en"

    follow_settings({"ALTEGIO_LANG": "uk"})
    follow_school("en")
    assert current_language() == "uk"


def test_what_the_user_chose_holds_against_settings_and_schools() -> None:
    choose_language(["--lang", "uk"], {})

    follow_settings({"ALTEGIO_LANG": "en"})
    follow_school("en")
    with in_language_of("en"):
        assert current_language() == "uk"


def test_each_of_several_schools_has_its_language() -> None:
    with in_language_of("uk"):
        assert current_language() == "uk"
        with in_language_of("en"):
            assert current_language() == "en"
    with in_language_of(None):
        assert current_language() == "en"


def test_a_thread_speaks_the_language_of_the_process() -> None:
    """The bars of a terminal are drawn by a thread."""
    choose_language(["--lang", "uk"], {})
    found: list[str] = []

    thread = threading.Thread(target=lambda: found.append(current_language()))
    thread.start()
    thread.join()

    assert found == ["uk"]


@pytest.mark.usefixtures("catalog")
def test_the_catalog_is_that_of_the_language() -> None:
    choose_language(["--lang", "uk"], {})

    assert catalog().info()["language"] == "uk"


def test_a_sentence_without_a_translation_is_shown_in_english() -> None:
    choose_language(["--lang", "uk"], {})
    booking = Template("test_untranslated", "{count} booking", "{count} bookings")

    assert [render(booking(count=count)) for count in (1, 2)] == ["1 booking", "2 bookings"]


@pytest.fixture
def ukrainian(catalog: None) -> None:  # noqa: ARG001 - compiled before it is read
    choose_language(["--lang", "uk"], {})


@pytest.mark.usefixtures("ukrainian")
def test_numbers_and_dates_of_a_sentence_follow_the_language() -> None:
    sentence = Template("test_figures", "{share:.1%}, {seconds:.1f} s, {all:,}, {id}, {day}")
    message = sentence(share=0.123, seconds=2.5, all=1_234_567, id=77, day=date(2026, 10, 1))

    assert render(message) == (
        "12,3\N{NO-BREAK SPACE}%, 2,5 s, "
        "1\N{NARROW NO-BREAK SPACE}234\N{NARROW NO-BREAK SPACE}567, 77, 1 жовтня 2026"
    )
    assert str(message) == "12.3%, 2.5 s, 1,234,567, 77, 2026-10-01"


def test_people_get_large_counts_in_groups_and_programs_do_not(
    catalog: None,  # noqa: ARG001
) -> None:
    stored = Template("test_stored", "{number} stored, {share:.0f}, code {code}")
    message = Template("test_both", "{what}; {items}")(
        what=stored(number=12_345, share=2000, code=11_000), items=[4_500, 999]
    )
    plain = "12345 stored, 2000, code 11000; 4500, 999"
    shown = {}
    for language in ("en", "uk"):
        choose_language(["--lang", language], {})
        shown[language] = render(message), render_for_log(message)
        assert log_message("own", {"message": message}) == plain

    space = "\N{NARROW NO-BREAK SPACE}"
    assert str(message) == plain
    assert shown["en"] == ("12,345 stored, 2000, code 11000; 4,500, 999", plain)
    assert shown["uk"] == (f"12{space}345 stored, 2000, code 11000; 4{space}500, 999", plain)


def test_tables_have_large_counts_in_groups(capsys: pytest.CaptureFixture[str]) -> None:
    Console(width=80).print(counts_table(page.STATUS(), [("Arrived", 12_345)], 12_345))

    assert "12,345" in capsys.readouterr().out


@pytest.mark.usefixtures("ukrainian")
@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [
        (date(2026, 10, 1), date(2026, 10, 31), "1 – 31 жовтня 2026"),
        (date(2026, 10, 30), date(2026, 11, 2), "30 жовтня – 2 листопада 2026"),
        (date(2025, 12, 30), date(2026, 1, 2), "30 грудня 2025 – 2 січня 2026"),
        (date(2026, 10, 1), date(2026, 10, 1), "1 жовтня 2026 – 1 жовтня 2026"),
        (date(2026, 10, 2), date(2026, 10, 1), "2 жовтня 2026 – 1 жовтня 2026"),
    ],
    ids=["a month", "two months", "two years", "one day", "a wrong order"],
)
def test_month_and_year_of_days_are_named_once(first: date, last: date, shown: str) -> None:
    message = Template("test_days", "{first} – {last}")(first=first, last=last)

    assert render(message) == shown
    assert str(message) == f"{first} – {last}"


@pytest.mark.parametrize(
    ("value", "spec", "english", "ukrainian"),
    [
        (1000, ",", "1,000", "1\N{NARROW NO-BREAK SPACE}000"),
        (1000, "", "1000", "1000"),
        (-2.5, ".2f", "-2.50", "-2,50"),
        (0.5, "g", "0.5", "0,5"),
        (7, "02", "07", "07"),
    ],
)
def test_a_number_has_the_signs_of_the_language(
    value: float,
    spec: str,
    english: str,
    ukrainian: str,
    catalog: None,  # noqa: ARG001
) -> None:
    found = []
    for language in ("en", "uk"):
        choose_language(["--lang", language], {})
        found.append(format_number(value, spec))

    assert found == [english, ukrainian]
    assert format_percent(1, 1) == "100,0\N{NO-BREAK SPACE}%"


@pytest.mark.usefixtures("ukrainian")
@pytest.mark.parametrize(
    ("count", "documents", "of_bookings"),
    [
        (0, "0 документів", "0 записів"),
        (1, "1 документ", "1 запису"),
        (2, "2 документи", "2 записів"),
        (5, "5 документів", "5 записів"),
        (11, "11 документів", "11 записів"),
        (21, "21 документ", "21 запису"),
        (111, "111 документів", "111 записів"),
        (1000, "1\N{NARROW NO-BREAK SPACE}000 документів", "1\N{NARROW NO-BREAK SPACE}000 записів"),
    ],
)
def test_a_counted_thing_has_the_form_of_its_number_and_case(
    count: int, documents: str, of_bookings: str
) -> None:
    stored = STORED(kept=5, bookings=BOOKINGS(count=count))

    assert render(DOCUMENTS(count=count)) == documents
    assert render(stored).endswith(f" {of_bookings}")
    assert str(stored).endswith("booking" if count == 1 else "bookings")
