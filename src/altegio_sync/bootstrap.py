"""Builds the objects of a command from the settings: the one place that knows every class."""

from __future__ import annotations

import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from altegio_sync.altegio.api import AltegioApi
from altegio_sync.altegio.pacing import Pacer
from altegio_sync.mongo.connection import open_database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.altegio.api import OnRetry
    from altegio_sync.config import Settings

EMBEDDED = "embedded"


def open_altegio(settings: Settings, *, on_retry: OnRetry | None = None) -> AltegioApi:
    pattern = settings.crm_id_pattern
    return AltegioApi(
        settings.company_token.get_secret_value(),
        settings.user_token.get_secret_value(),
        url=settings.api_url,
        pacer=Pacer(settings.requests_per_second, settings.requests_per_minute),
        crm_id_pattern=re.compile(pattern) if pattern else None,
        on_retry=on_retry,
    )


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[AsyncDatabase[dict[str, Any]]]:
    """The database of the settings; an embedded one is started, and kept up until the exit."""
    uri = settings.db_uri.get_secret_value()
    if uri != EMBEDDED:
        async with open_database(uri) as database:
            yield database
        return
    from altegio_sync.embedded import embedded_mongod

    async with (
        embedded_mongod(settings.data_dir) as socket_uri,
        open_database(socket_uri) as database,
    ):
        yield database
