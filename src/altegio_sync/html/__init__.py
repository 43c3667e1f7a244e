"""Pages for a browser, made from templates. Nothing in them is loaded from another host."""

from altegio_sync.html.live_page import (
    EVENTS,
    PROBLEM,
    TODO,
    render_page,
    render_problem,
    render_section,
    render_todo_page,
)
from altegio_sync.html.notice import render_notice
from altegio_sync.html.page_files import (
    ICON,
    SCRIPT,
    STYLE,
    assets_version,
    page_icon,
    page_script,
    page_style,
)
from altegio_sync.html.stats_page import may_be_replaced, render_stats_page

__all__ = [
    "EVENTS",
    "ICON",
    "PROBLEM",
    "SCRIPT",
    "STYLE",
    "TODO",
    "assets_version",
    "may_be_replaced",
    "page_icon",
    "page_script",
    "page_style",
    "render_notice",
    "render_page",
    "render_problem",
    "render_section",
    "render_stats_page",
    "render_todo_page",
]
