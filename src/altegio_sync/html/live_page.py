"""The live page of `serve`, whole or section by section."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from altegio_sync.domain.live import Section
from altegio_sync.html.complete import show_coverage
from altegio_sync.html.environment import render_template
from altegio_sync.html.latest import show_changes
from altegio_sync.html.moments import moment_or_time
from altegio_sync.html.month import show_month
from altegio_sync.html.now import show_overview
from altegio_sync.html.page_files import ICON, SCRIPT, STYLE, assets_version
from altegio_sync.html.timetable import show_timetable
from altegio_sync.html.todo import show_todo, show_whole_todo
from altegio_sync.html.webhooks import show_webhooks
from altegio_sync.messages import live as texts
from altegio_sync.messages.language import in_language

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from altegio_sync.domain.live import LivePage, Place, View
    from altegio_sync.messages import Message
    from altegio_sync.messages.language import Language

    Show = Callable[[LivePage, Any], dict[str, Any]]

#: The addresses that a page names. All are relative to the page.
EVENTS, TODO = "events", "todo"
#: The `id` of an element beside those of the sections.
PROBLEM = "problem"
_RELOADED_EVERY_S = 30
#: Each language by its own name.
_LANGUAGES: dict[Language, str] = {"uk": "Українською", "en": "English"}

_SHOW: dict[Section, Show] = {
    Section.NOW: show_overview,
    Section.TODAY: show_timetable,
    Section.CHANGES: show_changes,
    Section.TODO: show_todo,
    Section.MONTH: show_month,
    Section.COMPLETE: show_coverage,
    Section.WEBHOOKS: show_webhooks,
}


def render_page(
    page: LivePage,
    language: Language | None = None,
    drawn: Mapping[str, str] | None = None,
    seen: str = "",
) -> str:
    """The whole page. By default it is in the language of the process.

    ``drawn`` are its elements by id where they are there already: the sections, and `PROBLEM`.
    ``seen`` tells the server, when the page asks for events, what the page shows.
    """
    with in_language(language):
        drawn = drawn or {each: _render(each, page, _SHOW[each]) for each in Section}
        return render_template(
            "live.html",
            **_frame(page, texts.TITLE(), "./"),
            sections=[drawn[each] for each in Section],
            places=[(each.company, _name_of(each)) for each in page.places],
            view=page.view,
            events=address(EVENTS, page.view, page.view.day, seen),
        )


def render_todo_page(page: LivePage, language: Language | None = None) -> str:
    """The page at the address `TODO`: the whole list of what needs correction."""
    with in_language(language):
        return render_template(
            "todo.html",
            **_frame(page, texts.TODO(), TODO),
            section=_render(Section.TODO, page, show_whole_todo),
            back=address("./", page.view, page.view.day),
            events="",
        )


def render_section(section: Section, page: LivePage, language: Language | None = None) -> str:
    """The element of one section of the page, whose `id` is the section's value."""
    with in_language(language):
        return _render(section, page, _SHOW[section])


def render_problem(page: LivePage, language: Language | None = None) -> str:
    """The element `PROBLEM`: empty, or why the page shows an earlier moment, and which."""
    with in_language(language):
        return _render_problem(page)


def _render_problem(page: LivePage) -> str:
    problem = page.problem
    if problem is not None and page.read_at is not None:
        problem = texts.OF_EARLIER(time=moment_or_time(page.read_at, page.now), problem=problem)
    return render_template("live_problem.html", id=PROBLEM, problem=problem)


def _frame(page: LivePage, title: Message, path: str) -> dict[str, Any]:
    """What pages have in common; ``path`` is the address of the page."""
    view = page.view
    languages = [
        (name, each, address(path, replace(view, language=each), view.day))
        for each, name in _LANGUAGES.items()
    ]
    return {
        "title": title,
        "zone": texts.DAYS_IN_ZONE(zone=str(page.now.tzinfo)),
        "problem": _render_problem(page),
        "languages": languages,
        "version": assets_version(),
        "icon": ICON,
        "style": STYLE,
        "script": SCRIPT,
        "reloaded_every_s": _RELOADED_EVERY_S,
    }


def _render(section: Section, page: LivePage, show: Show) -> str:
    content = page.contents.get(section)
    values = {} if content is None else show(page, content)

    def to_day(day: date) -> str:
        return address("./", page.view, None if day == page.today else day)

    def to_place(company: str) -> str:
        return address("./", replace(page.view, company=company), page.view.day)

    return render_template(
        f"live_{section}.html",
        is_read=content is not None,
        to_day=to_day,
        to_place=to_place,
        name_of=_name_of,
        page_day=page.day,
        today=page.today,
        todo=address(TODO, page.view, page.view.day),
        **values,
    )


def address(path: str, view: View, day: date | None = None, seen: str = "") -> str:
    """An address below the page's own, with the location, the day and the language."""
    asked = {"company": view.company, "day": day, "lang": view.language, "seen": seen}
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"{path}?{query}" if query else path


def _name_of(place: Place) -> Message | str:
    if not place.title:
        return place.company
    return texts.LOCATION_WITH_TITLE(title=place.title, company=place.company)
