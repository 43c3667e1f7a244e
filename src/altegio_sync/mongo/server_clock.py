"""MongoDB's clock, by which writes and requests are put in order, whoever's clock is wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from altegio_sync.domain.clock import steady_now
from altegio_sync.domain.report import utc_now

if TYPE_CHECKING:
    from pymongo.asynchronous.database import AsyncDatabase


class ServerClock:
    """The server's time at any moment, after it was asked once; this machine's before that.

    It is behind the server's own by at most the time that the answer took. So a document that was
    written by this clock is never later than a request that started after that.
    """

    def __init__(self) -> None:
        self._server_time = utc_now()
        self._at = steady_now()

    async def ask(self, database: AsyncDatabase[dict[str, object]]) -> datetime:
        hello = await database.command("hello")
        moment: datetime = hello["localTime"]
        self._server_time = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        self._at = steady_now()
        return self._server_time

    def now(self) -> datetime:
        return self.at(steady_now())

    def at(self, steady: float) -> datetime:
        """The server's time at a reading of `steady_now`."""
        return self._server_time + timedelta(seconds=steady - self._at)
