"""Which language the program speaks, and how a sentence is found in the catalog."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from altegio_sync.messages import Template, render
from altegio_sync.messages.language import (
    catalog,
    choose_language,
    current_language,
    follow_school,
    follow_settings,
    in_language_of,
)

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
