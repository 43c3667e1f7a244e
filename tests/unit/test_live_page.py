"""The live page: what it shows, in both languages; it loads nothing from elsewhere."""

from __future__ import annotations

import re

import pytest

from altegio_sync.domain.live import LivePage, Section, View
from altegio_sync.html import render_page, render_section
from altegio_sync.messages import as_message
from altegio_sync.messages.language import Language
from tests.english_words import find_english_words
from tests.html_reader import Page
from tests.live_pages import NOW, a_live_page

#: What is in English: what needs attention on the made-up page, and the link to the other language.
_FROM_THE_PAGE = ["validation", "errors", "are", "open", "English"]
PAGES = {
    "of everything": a_live_page(),
    "of nothing": LivePage(View(), NOW),
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
