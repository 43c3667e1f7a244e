"""The chain of schools as assets of Dagster: a page, schedules and backfills over our use cases.

Needs the extra `altegio-sync[dagster]`. Nothing else of the program imports this package.
"""

from __future__ import annotations

from pathlib import Path

#: Dagster's settings, to be copied into the folder DAGSTER_HOME.
SETTINGS_FILE = Path(__file__).with_name("dagster.yaml")

__all__ = ["SETTINGS_FILE"]
