"""The live page of `serve`, whole or section by section."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from altegio_sync.domain.live import Section
from altegio_sync.html.complete import show_coverage
from altegio_sync.html.environment import read_asset, render_template
from altegio_sync.html.latest import show_changes
from altegio_sync.html.month import show_month
from altegio_sync.html.now import show_status
from altegio_sync.html.timetable import show_timetable
from altegio_sync.html.todo import show_todo, show_whole_todo
from altegio_sync.messages import live as texts
from altegio_sync.messages.language import in_language_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from altegio_sync.domain.live import LivePage, Place, View
    from altegio_sync.messages import Message
    from altegio_sync.messages.language import Language

    Show = Callable[[LivePage, Any], dict[str, Any]]

#: The addresses that a page names. All are relative to the page.
STYLE, SCRIPT, EVENTS, TODO = "page.css", "page.js", "events", "todo"
_RELOADED_EVERY_S = 30

_SHOW: dict[Section, Show] = {
    Section.NOW: show_status,
    Section.TODAY: show_timetable,
    Section.CHANGES: show_changes,
    Section.TODO: show_todo,
    Section.MONTH: show_month,
    Section.COMPLETE: show_coverage,
}


def render_page(page: LivePage, language: Language | None = None) -> str:
    """The whole page. By default it is in the language of the process."""
    with in_language_of(language):
        return render_template(
            "live.html",
            **_frame(page, texts.TITLE()),
            sections=[_render(each, page, _SHOW[each]) for each in Section],
            places=[(each.company, _name_of(each)) for each in page.places],
            view=page.view,
            events=address(EVENTS, page.view),
        )


def render_todo_page(page: LivePage, language: Language | None = None) -> str:
    """The page at the address `TODO`: the whole list of what needs correction."""
    with in_language_of(language):
        return render_template(
            "todo.html",
            **_frame(page, texts.TODO()),
            section=_render(Section.TODO, page, show_whole_todo),
            back=address("./", page.view),
            events="",
        )


def render_section(section: Section, page: LivePage, language: Language | None = None) -> str:
    """The element of one section of the page, whose `id` is the section's value."""
    with in_language_of(language):
        return _render(section, page, _SHOW[section])


def page_style() -> str:
    """The style sheet at the address `STYLE`."""
    return read_asset("base.css") + read_asset("live.css")


def page_script() -> str:
    """The script at the address `SCRIPT`."""
    return read_asset("live.js")


def _frame(page: LivePage, title: Message) -> dict[str, Any]:
    return {
        "title": title,
        "zone": texts.DAYS_IN_ZONE(zone=str(page.now.tzinfo)),
        "problem": page.problem and texts.OF_EARLIER(problem=page.problem),
        "style": STYLE,
        "script": SCRIPT,
        "reloaded_every_s": _RELOADED_EVERY_S,
    }


def _render(section: Section, page: LivePage, show: Show) -> str:
    content = page.contents.get(section)
    values = {} if content is None else show(page, content)

    def to_day(day: date) -> str:
        return address("./", page.view, None if day == page.today else day)

    return render_template(
        f"live_{section}.html",
        is_read=content is not None,
        to_day=to_day,
        page_day=page.day,
        today=page.today,
        todo=address(TODO, page.view),
        **values,
    )


def address(path: str, view: View, day: date | None = None) -> str:
    """An address below the page's own, with the location and the day."""
    asked = {"company": view.company, "day": day or (None if path == "./" else view.day)}
    query = urlencode({name: value for name, value in asked.items() if value is not None})
    return f"{path}?{query}" if query else path


def _name_of(place: Place) -> Message | str:
    if not place.title:
        return place.company
    return texts.LOCATION_WITH_TITLE(title=place.title, company=place.company)
