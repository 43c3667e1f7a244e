"""Pages for a browser, made from templates; nothing in them runs or loads from elsewhere."""

from altegio_sync.html.stats_page import may_be_replaced, render_stats_page

__all__ = ["may_be_replaced", "render_stats_page"]
