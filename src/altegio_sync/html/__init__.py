"""Pages for a browser, made from templates. Nothing in them is loaded from another host."""

from altegio_sync.html.live_page import (
    EVENTS,
    SCRIPT,
    STYLE,
    page_script,
    page_style,
    render_page,
    render_section,
)
from altegio_sync.html.stats_page import may_be_replaced, render_stats_page

__all__ = [
    "EVENTS",
    "SCRIPT",
    "STYLE",
    "may_be_replaced",
    "page_script",
    "page_style",
    "render_page",
    "render_section",
    "render_stats_page",
]
