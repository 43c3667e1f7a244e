"""The statistics as one page that needs nothing but itself."""

from altegio_sync.cli.html.stats_page import render_stats_page

__all__ = ["render_stats_page"]
