"""How the live page looks and works in a real Chromium, without a server."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from altegio_sync.domain.live import Section
from altegio_sync.html import (
    page_script,
    page_style,
    render_page,
    render_section,
    render_todo_page,
)
from tests.live_pages import NOW, a_busy_page, a_change, a_live_page, an_odd_page

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from altegio_sync.domain.live import LivePage
    from altegio_sync.messages.language import Language
    from tests.chromium import Browser, Tab

PHONE = 320
WIDE = "[document.documentElement.scrollWidth, window.innerWidth]"
#: What stands out of its section to the right, and cannot be reached by scrolling in it.
OUTSIDE = """[...document.querySelectorAll('section *')].filter(
  each => !each.closest('.scroll *') && each.getBoundingClientRect().right >
    each.closest('section').getBoundingClientRect().right + 1
).map(each => each.outerHTML.slice(0, 80))"""
#: The elements that the tabulator key reaches, each with the width of its outline.
OUTLINED = """[...document.querySelectorAll('a:not([tabindex]), button, summary, [tabindex="0"]')]
  .map(each => { each.focus({focusVisible: true}); return getComputedStyle(each).outlineWidth })"""
PAGES = {
    "of everything": a_live_page(),
    "with a long name": an_odd_page("Щ" * 80),
}


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Callable[..., Tab]:
    def open_file(html: str, **screen: Any) -> Tab:
        (tmp_path / "page.css").write_text(page_style(), encoding="utf-8")
        (tmp_path / "page.js").write_text(page_script(), encoding="utf-8")
        page = tmp_path / "page.html"
        page.write_text(html, encoding="utf-8")
        return browser.open(page.as_uri(), **screen)

    return open_file


@pytest.mark.usefixtures("catalog")
@pytest.mark.parametrize("language", ["en", "uk"])
@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_a_phone_shows_it_whole_in_its_width(
    opened: Callable[..., Tab], page: LivePage, language: Language
) -> None:
    for html in (render_page(page, language), render_todo_page(page, language)):
        tab = opened(html, width=PHONE)

        tab.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        assert tab.evaluate(WIDE) == [PHONE, PHONE]
        assert tab.evaluate(OUTSIDE) == []


def test_the_present_hour_is_the_first_that_is_seen(opened: Callable[..., Tab]) -> None:
    tab = opened(render_page(a_busy_page()))

    scrolled, head, hour = tab.evaluate("""(() => {
      const scroll = document.querySelector('#today .scroll');
      const at = name => document.querySelector(name).getBoundingClientRect();
      return [scroll.scrollTop, at('.timetable thead th').bottom, at('.is-now').top] })()""")
    assert scrolled > 0
    assert hour == pytest.approx(head, abs=2)


def test_what_the_keyboard_reaches_is_seen(opened: Callable[..., Tab]) -> None:
    widths = opened(render_page(a_live_page())).evaluate(OUTLINED)

    assert len(widths) > 50
    assert set(widths) == {"3px"}


def test_the_list_is_copied_as_lines_with_tabs(
    browser: Browser, opened: Callable[..., Tab]
) -> None:
    tab = opened(render_todo_page(a_live_page()))
    browser.call("Browser.grantPermissions", permissions=["clipboardReadWrite"])

    x, y = tab.evaluate("""(() => { const button = document.querySelector('#todo-copy');
      const { x, y } = button.getBoundingClientRect(); return [x + 5, y + 5] })()""")
    tab.call("Page.bringToFront")
    for kind in ("mousePressed", "mouseReleased"):
        tab.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    read = tab.call("Runtime.evaluate", expression="navigator.clipboard.readText()",
                    awaitPromise=True, returnByValue=True)  # fmt: skip
    lines = read["result"]["value"].splitlines()
    assert lines[0] == "Teacher\tLesson\tWhat to do"
    assert lines[5] == (
        "Агата Взірцева\t2026-11-26 14:20 Booking 505\t"
        "The lesson is over, but nobody set its status. "
        "Set the status in Altegio: did the pupil come?"
    )
    assert len(lines) == 31
    assert tab.evaluate("document.querySelector('#todo-copy + span').hidden") is False
    assert tab.evaluate("document.activeElement.id") == "todo-copy"


def test_the_keyboard_stays_at_its_link_when_a_new_line_moves_it(
    opened: Callable[..., Tab],
) -> None:
    lines = [replace(a_change(), starts_at=NOW + timedelta(days=each)) for each in range(4)]
    before, after = (a_live_page(contents={Section.CHANGES: each}) for each in (lines[1:], lines))
    tab = opened(render_page(before))
    focused = "document.activeElement.outerHTML"
    tab.evaluate("document.querySelectorAll('#changes a')[1].focus()")
    link = tab.evaluate(focused)

    event = {"id": "changes", "html": render_section(Section.CHANGES, after)}
    tab.evaluate(f"replace({json.dumps(event)})")

    assert tab.evaluate(focused) == link
    assert tab.evaluate("document.querySelectorAll('#changes a')[2] === document.activeElement")


def test_the_keyboard_passes_locations_without_loading_each_of_them(
    opened: Callable[..., Tab],
) -> None:
    tab = opened(render_page(a_live_page()))
    tab.evaluate("document.forms[0].submit = () => { window.isSubmitted = true }")
    tab.evaluate("document.getElementById('company').focus()")

    tab.press("ArrowDown", 40)
    assert tab.evaluate("[document.getElementById('company').value, !!window.isSubmitted]") == [
        "78",
        False,
    ]

    for kind in ("pointerdown", "change"):
        tab.evaluate(f"document.getElementById('company').dispatchEvent(new Event('{kind}'))")
    assert tab.evaluate("window.isSubmitted")
