"""Tests everything that a run needs, one check after another."""

from altegio_sync.usecases.check.bookings import check_sample, newest
from altegio_sync.usecases.check.checks import ABOUT_SETTINGS, Check, Level, what_to_do
from altegio_sync.usecases.check.location import check_altegio
from altegio_sync.usecases.check.services import LocationFacts, check_services
from altegio_sync.usecases.check.store import check_store
from altegio_sync.usecases.check.webhooks import check_webhooks

__all__ = [
    "ABOUT_SETTINGS",
    "Check",
    "Level",
    "LocationFacts",
    "check_altegio",
    "check_sample",
    "check_services",
    "check_store",
    "check_webhooks",
    "newest",
    "what_to_do",
]
