"""The statistics as one self-contained page."""

from altegio_sync.cli.html.stats_page import may_be_replaced, render_stats_page

__all__ = ["may_be_replaced", "render_stats_page"]
