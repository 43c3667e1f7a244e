"""The live page: what it shows, in both languages; it loads nothing from elsewhere."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Literal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from altegio_sync.domain.attention import Attention
from altegio_sync.domain.live import (
    LivePage,
    Overview,
    Place,
    Section,
    Timetable,
    View,
    Webhooks,
)
from altegio_sync.domain.todo import TodoReport
from altegio_sync.domain.webhooks import WebhookFigures
from altegio_sync.html import page_style, render_page, render_section, render_todo_page
from altegio_sync.messages import as_message
from altegio_sync.messages.foreign_text import plain
from altegio_sync.messages.language import Language
from tests.english_words import find_english_words
from tests.html_reader import Page
from tests.live_pages import (
    NOW,
    TODAY,
    a_calm_status,
    a_lesson,
    a_live_page,
    a_month,
    an_odd_page,
    some_webhooks,
)
from tests.stats_reports import HOSTILE, a_report

#: What is in English: what needs attention on the made-up page, and the link to the other language.
_FROM_THE_PAGE = ["validation", "errors", "are", "open", "English"]
PAGES = {
    "of everything": a_live_page(),
    "of nothing": LivePage(View(), NOW),
    "of odd things": an_odd_page(),
    "of an outage": a_live_page(problem=as_message("MongoDB не відповідає")),
}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_it_loads_nothing_from_elsewhere_and_has_no_code_in_it(page: LivePage) -> None:
    read = Page(render_page(page))

    inline = re.compile(r"on\w+|style|srcdoc")
    assert [key for key, _ in read.attributes if inline.fullmatch(key)] == []
    addresses = [value or "" for key, value in read.attributes if key in ("href", "src", "action")]
    assert [each for each in addresses if ":" in each or each.startswith("/")] == []
    assert read.names & {"img", "iframe", "object", "embed", "base", "style"} == set()


@pytest.mark.usefixtures("catalog")
@pytest.mark.parametrize("language", ["en", "uk"])
@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_it_is_in_the_language_of_the_reader(page: LivePage, language: Language) -> None:
    read = Page(render_page(page, language))

    assert ("lang", language) in read.attributes
    english = find_english_words(read.shown, _FROM_THE_PAGE)
    assert (english == []) is (language == "uk"), english


@pytest.mark.parametrize("section", Section)
@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_a_section_alone_is_the_same_as_on_the_page(page: LivePage, section: Section) -> None:
    alone = render_section(section, page)

    assert alone.strip() in render_page(page)
    assert alone.lstrip().startswith(f'<section id="{section}"')
    assert ("aria-labelledby", f"{section}-title") in Page(alone).attributes


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_a_screen_reader_finds_its_way(page: LivePage) -> None:
    for text in (render_page(page), render_todo_page(page)):
        read = Page(text)
        ids = [value or "" for key, value in read.attributes if key == "id"]
        assert sorted(set(ids)) == sorted(ids)
        named = [value for key, value in read.attributes if key in ("aria-labelledby", "for")]
        assert set(named) <= set(ids)
        assert (text.count("<h1"), text.count("<main")) == (1, 1)
        # Every cell of a head and of a row's beginning says what it is the head of.
        assert text.count("<th") == text.count("<thead") + text.count("<th scope=")
        drawings = re.findall(r"<svg([^>]*)>(.*?)</svg>", text, re.DOTALL)
        assert len(drawings) == text.count("<svg")
        for attributes, content in drawings:
            # What a picture contains cannot be reached.
            assert 'aria-hidden="true"' in attributes or "<a " not in content
            assert 'aria-hidden="true"' in attributes or 'role="img"' in attributes
        # Everything else is in a landmark.
        outside = re.sub(r"<(header|main|footer)\b.*?</\1>", "", text, flags=re.DOTALL)
        assert re.findall(r"<(?:a|p|section)\b[^>]*>", outside) in (
            ['<a class="skip" href="#content">'],
            ['<a class="skip" href="#content">', '<p class="alarm">'],
        )


@settings(max_examples=15, derandomize=True)
@given(name=st.text(min_size=1).filter(lambda text: plain(text.strip()) == text))
@example(name=HOSTILE)
@example(name="Щ" * 80)
def test_a_name_is_never_more_than_text(name: str) -> None:
    usual, read = Page(render_page(a_live_page())), Page(render_page(an_odd_page(name)))

    assert plain(name) in read.texts
    assert read.names <= usual.names
    assert {key for key, _ in read.attributes} <= {key for key, _ in usual.attributes}


@pytest.mark.parametrize(
    ("attention", "headline"),
    [
        ([], "The collection can be trusted."),
        (["WARNING"], "The collection can be trusted. 1 thing needs attention."),
        (["WARNING", "ERROR"], "Not everything in the collection can be trusted: 2 things need"),
    ],
    ids=["calm", "warning", "error"],
)
def test_one_sentence_says_whether_the_collection_can_be_trusted(
    attention: list[Literal["WARNING", "ERROR"]], headline: str
) -> None:
    found = [Attention(level, f"line of {level}") for level in attention]
    contents = {Section.NOW: Overview(a_calm_status(*found))}
    page = a_live_page(view=View(), contents=contents)

    texts = Page(render_section(Section.NOW, page)).texts

    assert headline in " ".join(texts)
    lines = [each for each in texts if each.startswith("line of")]
    assert lines == [f"line of {level}" for level in sorted(attention)]
    of_several = Page(render_section(Section.NOW, a_live_page(contents=contents))).shown
    assert headline.partition(" can ")[2] in " ".join(of_several.split())
    assert "of this location can be trusted" in of_several


@pytest.mark.parametrize("code", ["incomplete_days", "old_run", "old_cursor", "company_missing"])
def test_a_collection_that_may_be_old_or_incomplete_is_not_trusted(code: str) -> None:
    status = a_calm_status(Attention("WARNING", "5 of the last 30 days are not complete", code))
    page = a_live_page(view=View(), contents={Section.NOW: Overview(status)})

    shown = render_section(Section.NOW, page)

    assert "Not everything in the collection can be trusted: 1 thing needs attention." in shown


def test_the_top_names_the_other_locations_that_need_attention() -> None:
    places = [Place(str(number), f"Школа {number}") for number in range(77, 97)]
    status = a_calm_status()

    def shown(others: list[str]) -> str:
        contents = {Section.NOW: Overview(status, others)}
        return render_section(Section.NOW, a_live_page(places=places, contents=contents))

    none, two, many = shown([]), shown(["78", "80"]), shown([each.company for each in places[1:]])

    assert "other location" not in none
    assert 'class="card wide calm"' in none
    assert "2 other locations need attention too:" in two
    assert '<a href="./?company=78"><bdi>Школа 78 (78)</bdi></a>, <a href="./?company=80">' in two
    assert 'class="card wide warning"' in two
    assert many.count("<a ") == 12
    assert "and 7 more" in many


def test_appointments_whose_start_is_no_date_are_reported() -> None:
    counts = replace(a_report().counts, unread_starts=2)
    todo = TodoReport(unread_starts=2)
    month = replace(a_month(), counts=counts)
    page = a_live_page(contents={Section.TODO: todo, Section.MONTH: month})

    for text in (
        render_section(Section.TODO, page),
        render_section(Section.MONTH, page),
        render_todo_page(page),
    ):
        assert "2 stored appointments are left out: their start cannot be read" in text
    assert "start cannot be read" not in render_page(a_live_page())


def test_a_lesson_has_time_service_status_and_lead() -> None:
    texts = Page(render_section(Section.TODAY, a_live_page())).shown

    for each in ("10:00", "–11:00", "Індивідуальний урок", "confirmed", "Lead 12345678", "Щукін"):
        assert each in texts
    assert "2 lessons, 1 cancelled" in " ".join(texts.split())


def test_the_present_hour_is_marked_only_today() -> None:
    today = render_section(Section.TODAY, a_live_page())
    tomorrow = TODAY + timedelta(days=1)
    moved = [a_lesson(starts_at=NOW + timedelta(days=1))]
    contents = {Section.TODAY: Timetable(tomorrow, moved)}
    later = render_section(Section.TODAY, a_live_page(view=View("77", tomorrow), contents=contents))

    assert today.count('aria-current="time"') == 1
    assert 'aria-current="time"' not in later
    assert "Lessons on Fri 27 Nov 2026" in later
    assert "Back to today" in later


def test_a_change_says_from_what_to_what_how_and_how_soon() -> None:
    text = " ".join(Page(render_section(Section.CHANGES, a_live_page())).shown.split())

    for each in (
        "Status: Pending → Arrived",
        "Start: 2026-11-26 10:20 → 2026-11-27 10:20",
        "Teacher: Щукін → #10",
        "Lead: not shown → 12345678",
        "New booking",
        "Cancelled",
        "webhook after 4 seconds",
        "poll after 4 seconds",
        "sync of a period after 4 seconds",
    ):
        assert each in text


def test_every_day_is_a_link_to_its_lessons_at_the_same_location() -> None:
    page = a_live_page()

    links = {
        section: set(re.findall(r'href="([^"]+)"', render_section(section, page)))
        for section in Section
    }

    assert "./?company=77&amp;day=2026-11-27" in links[Section.TODAY]
    assert "./?company=77&amp;day=2026-11-25" in links[Section.COMPLETE]
    assert "./?company=77&amp;day=2026-11-27" in links[Section.TODO]
    assert "./?company=77" in links[Section.CHANGES]
    assert links[Section.MONTH] != set()


def test_the_whole_list_of_what_needs_correction_is_a_page_of_its_own() -> None:
    page = a_live_page()

    few, whole = (Page(each).shown for each in (render_page(page), render_todo_page(page)))

    assert "The whole list: 5 more" in few
    assert "Booking 530" not in few
    assert "Booking 530" in whole
    # The button says what it copies.
    assert "Copy these 25" in few
    assert "Copy the list" in whole


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("background", ["page", "card", "now"])
@pytest.mark.parametrize("ink", ["ink", "soft", "accent-ink", "bad-ink", "good-ink", "warn-ink"])
def test_text_is_read_easily_in_every_colour(scheme: str, background: str, ink: str) -> None:
    """The contrast that WCAG 2.2 asks of text is 4.5."""
    light, dark = page_style().split("@media (prefers-color-scheme: dark)")[:2]
    colours = dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6});", light))
    if scheme == "dark":
        colours |= dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6});", dark))

    assert contrast(colours[background], colours[ink]) >= 4.5


def contrast(*colours: str) -> float:
    darker, lighter = sorted(map(luminance, colours))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("figures", [some_webhooks().figures, None], ids=["webhooks", "polls only"])
def test_it_shows_how_often_changes_are_asked_for(figures: WebhookFigures | None) -> None:
    webhooks = Webhooks(NOW, figures, timedelta(minutes=10))
    page = a_live_page(contents={Section.WEBHOOKS: webhooks})

    shown = render_section(Section.WEBHOOKS, page, "en")

    assert "Altegio is asked for changes every 10 minutes." in shown
