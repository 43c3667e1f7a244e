"""The live page of `serve`, whole or section by section."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from altegio_sync.domain.live import Section
from altegio_sync.html.complete import show_coverage
from altegio_sync.html.environment import read_asset, render_template
from altegio_sync.html.now import show_status
from altegio_sync.html.timetable import show_timetable
from altegio_sync.messages import live as texts
from altegio_sync.messages.language import in_language_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from altegio_sync.domain.live import LivePage, Place, View
    from altegio_sync.messages import Message
    from altegio_sync.messages.language import Language

#: The addresses that a page names. All are relative to the page.
STYLE, SCRIPT, EVENTS = "page.css", "page.js", "events"
_RELOADED_EVERY_S = 30

_SHOW: dict[Section, Callable[[LivePage, Any], dict[str, Any]]] = {
    Section.NOW: show_status,
    Section.TODAY: show_timetable,
    Section.COMPLETE: show_coverage,
}


def render_page(page: LivePage, language: Language | None = None) -> str:
    """The whole page. By default it is in the language of the process."""
    with in_language_of(language):
        return render_template(
            "live.html",
            sections=[_render(each, page) for each in Section],
            places=[(each.company, _name_of(each)) for each in page.places],
            view=page.view,
            zone=texts.DAYS_IN_ZONE(zone=str(page.now.tzinfo)),
            problem=page.problem and texts.OF_EARLIER(problem=page.problem),
            style=STYLE,
            script=SCRIPT,
            events=address(EVENTS, page.view),
            reloaded_every_s=_RELOADED_EVERY_S,
        )


def render_section(section: Section, page: LivePage, language: Language | None = None) -> str:
    """The element of one section, whose `id` is the section's value."""
    with in_language_of(language):
        return _render(section, page)


def page_style() -> str:
    """The style sheet at the address `STYLE`."""
    return read_asset("base.css") + read_asset("live.css")


def page_script() -> str:
    """The script at the address `SCRIPT`."""
    return read_asset("live.js")


def _render(section: Section, page: LivePage) -> str:
    content = page.contents.get(section)
    values = {} if content is None else _SHOW[section](page, content)

    def to_day(day: date) -> str:
        return address("./", page.view, None if day == page.today else day)

    return render_template(
        f"live_{section}.html", is_read=content is not None, to_day=to_day, page_day=page.day,
        today=page.today, **values,
    )  # fmt: skip


def address(path: str, view: View, day: date | None = None) -> str:
    """An address below the page's own, with the location and the day."""
    asked = {"company": view.company, "day": day or (None if path == "./" else view.day)}
    query = urlencode({name: value for name, value in asked.items() if value is not None})
    return f"{path}?{query}" if query else path


def _name_of(place: Place) -> Message | str:
    if not place.title:
        return place.company
    return texts.LOCATION_WITH_TITLE(title=place.title, company=place.company)
