"""Pages for a browser, made from templates. Nothing in them is loaded from another host."""

from altegio_sync.html.live_page import (
    EVENTS,
    SCRIPT,
    STYLE,
    TODO,
    page_script,
    page_style,
    render_page,
    render_section,
    render_todo_page,
)
from altegio_sync.html.stats_page import may_be_replaced, render_stats_page

__all__ = [
    "EVENTS",
    "SCRIPT",
    "STYLE",
    "TODO",
    "may_be_replaced",
    "page_script",
    "page_style",
    "render_page",
    "render_section",
    "render_stats_page",
    "render_todo_page",
]
