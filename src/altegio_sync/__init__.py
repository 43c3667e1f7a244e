"""Brings a school's appointments from Altegio into MongoDB, completely and repeatably.

The names below are the library. They are imported when first used, so that the command line
stays quick to start.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from altegio_sync.altegio.api import AltegioApi
    from altegio_sync.app.school import School, open_school
    from altegio_sync.app.syncing import sync_school, sync_school_changes
    from altegio_sync.config import SchoolConfig, SchoolOfFile, Settings, load_settings
    from altegio_sync.config.schools import load_schools
    from altegio_sync.domain.client_name import parse_client_name
    from altegio_sync.domain.leads import LeadIdKind, LeadRules
    from altegio_sync.domain.period import Period
    from altegio_sync.domain.period_words import parse_period
    from altegio_sync.domain.report import CompanyReport, SyncReport
    from altegio_sync.domain.stats import StatsReport
    from altegio_sync.domain.validation import RuleContext, ValidationReport
    from altegio_sync.errors import (
        AltegioError,
        AltegioRejectedError,
        AltegioSyncError,
        AltegioUnavailableError,
        AuthenticationError,
        ConfigError,
        NotAltegioError,
        NotFoundError,
        RateLimitedError,
        StoreError,
        StoreUnavailableError,
        UnexpectedAnswerError,
    )
    from altegio_sync.mongo.bookkeeping.cursors import MongoCursors
    from altegio_sync.mongo.bookkeeping.leases import MongoLeases
    from altegio_sync.mongo.bookkeeping.ledger import MongoLedger
    from altegio_sync.mongo.bookkeeping.runs import MongoRuns
    from altegio_sync.mongo.core.connection import open_database
    from altegio_sync.mongo.stats import MongoStats
    from altegio_sync.mongo.stores import MongoAppointments
    from altegio_sync.mongo.tending.validation import MongoValidator
    from altegio_sync.ports import PageQuery
    from altegio_sync.usecases.changes import ChangesRequest, sync_changes
    from altegio_sync.usecases.stats import collect_stats
    from altegio_sync.usecases.sync import SyncRequest, sync_appointments
    from altegio_sync.usecases.validate import validate_appointments

__all__ = [
    "AltegioApi",
    "AltegioError",
    "AltegioRejectedError",
    "AltegioSyncError",
    "AltegioUnavailableError",
    "AuthenticationError",
    "ChangesRequest",
    "CompanyReport",
    "ConfigError",
    "LeadIdKind",
    "LeadRules",
    "MongoAppointments",
    "MongoCursors",
    "MongoLeases",
    "MongoLedger",
    "MongoRuns",
    "MongoStats",
    "MongoValidator",
    "NotAltegioError",
    "NotFoundError",
    "PageQuery",
    "Period",
    "RateLimitedError",
    "RuleContext",
    "School",
    "SchoolConfig",
    "SchoolOfFile",
    "Settings",
    "StatsReport",
    "StoreError",
    "StoreUnavailableError",
    "SyncReport",
    "SyncRequest",
    "UnexpectedAnswerError",
    "ValidationReport",
    "collect_stats",
    "load_schools",
    "load_settings",
    "open_database",
    "open_school",
    "parse_client_name",
    "parse_period",
    "sync_appointments",
    "sync_changes",
    "sync_school",
    "sync_school_changes",
    "validate_appointments",
]

_HOMES = {
    "AltegioApi": "altegio.api",
    "ChangesRequest": "usecases.changes",
    "CompanyReport": "domain.report",
    "LeadIdKind": "domain.leads",
    "LeadRules": "domain.leads",
    "MongoAppointments": "mongo.stores",
    "MongoCursors": "mongo.bookkeeping.cursors",
    "MongoLeases": "mongo.bookkeeping.leases",
    "MongoLedger": "mongo.bookkeeping.ledger",
    "MongoRuns": "mongo.bookkeeping.runs",
    "MongoStats": "mongo.stats",
    "MongoValidator": "mongo.tending.validation",
    "RuleContext": "domain.validation",
    "StatsReport": "domain.stats",
    "ValidationReport": "domain.validation",
    "collect_stats": "usecases.stats",
    "validate_appointments": "usecases.validate",
    "PageQuery": "ports",
    "Period": "domain.period",
    "School": "app.school",
    "SchoolConfig": "config.values",
    "SchoolOfFile": "config.values",
    "Settings": "config",
    "SyncReport": "domain.report",
    "SyncRequest": "usecases.sync",
    "load_schools": "config.schools",
    "load_settings": "config",
    "open_database": "mongo.core.connection",
    "open_school": "app.school",
    "parse_client_name": "domain.client_name",
    "parse_period": "domain.period_words",
    "sync_appointments": "usecases.sync",
    "sync_changes": "usecases.changes",
    "sync_school": "app.syncing",
    "sync_school_changes": "app.syncing",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'errors')}"), name)


def __dir__() -> list[str]:
    """The public names, which become attributes only when they are used."""
    return __all__
