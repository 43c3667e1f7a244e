"""Prepares the database of the demo: documents that a school's older programs left there."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pydantic import SecretStr

from altegio_sync.app.school import open_school
from altegio_sync.config.values import EMBEDDED, SchoolConfig
from altegio_sync.sandbox.old_documents import make_old_documents

if TYPE_CHECKING:
    from pathlib import Path

    from altegio_sync.sandbox import School as MadeUpSchool


async def plant_old_documents(made_up: MadeUpSchool, folder: Path) -> None:
    """Store duplicates and faulty documents of last month in the folder's embedded MongoDB."""
    last = datetime.now(made_up.zone).date().replace(day=1) - timedelta(days=1)
    documents = make_old_documents(made_up.planted(last.replace(day=1), last))
    config = SchoolConfig(db_uri=SecretStr(EMBEDDED), data_dir=folder)
    async with open_school(config) as school:
        await school.database[school.collection].insert_many(documents)
