"""The settings: `values` of one school, `environment` reads them, `names` finds mistyped names."""

from altegio_sync.config.environment import (
    ALL_SETTINGS,
    ALTEGIO_SETTINGS,
    ALTEGIO_TOKENS,
    HINTS,
    Settings,
    load_settings,
    read_draft,
    read_usable,
    read_variables,
)
from altegio_sync.config.names import (
    KNOWN_SETTINGS,
    find_mistyped_settings,
    find_unknown_settings,
    is_set,
    settings_file,
)
from altegio_sync.config.secret_files import FILE_SETTINGS
from altegio_sync.config.source import SettingsSource
from altegio_sync.config.values import (
    ALL_COMPANIES,
    DEFAULT_COLLECTION,
    EMBEDDED,
    MAX_PAGE_SIZE,
    SchoolConfig,
    SchoolOfFile,
)
from altegio_sync.config.warnings import find_settings_warnings

__all__ = [
    "ALL_COMPANIES",
    "ALL_SETTINGS",
    "ALTEGIO_SETTINGS",
    "ALTEGIO_TOKENS",
    "DEFAULT_COLLECTION",
    "EMBEDDED",
    "FILE_SETTINGS",
    "HINTS",
    "KNOWN_SETTINGS",
    "MAX_PAGE_SIZE",
    "SchoolConfig",
    "SchoolOfFile",
    "Settings",
    "SettingsSource",
    "find_mistyped_settings",
    "find_settings_warnings",
    "find_unknown_settings",
    "is_set",
    "load_settings",
    "read_draft",
    "read_usable",
    "read_variables",
    "settings_file",
]
