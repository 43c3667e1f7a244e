"""MongoDB's clock, by which writes and requests are put in order, whoever's clock is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from altegio_sync.domain.clock import steady_now
from altegio_sync.domain.report import utc_now
from altegio_sync.mongo.documents import STAMP

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pymongo.asynchronous.database import AsyncDatabase


#: An answer that is older when it would be written is asked for again.
_LONGEST = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Asked:
    """How an answer came, and the server's time when it is judged.

    ``at`` is when the request started, None where that is not known.
    """

    now: datetime
    at: datetime | None
    by_id: bool

    @property
    def is_too_old(self) -> bool:
        return self.at is not None and self.now - self.at > _LONGEST

    def is_overtaken(self, wanted: Mapping[str, Any], stored: Mapping[str, Any]) -> bool:
        """Whether the stored document may be newer than what the answer wants it to be."""
        return self.is_too_old or self._was_before(stored) or self.has_older_stamp(wanted, stored)

    def has_older_stamp(self, wanted: Mapping[str, Any], stored: Mapping[str, Any]) -> bool:
        """By id, the answer is the newest there is: a stamp may have been in the future once."""
        ours, theirs = wanted.get(STAMP), stored.get(STAMP)
        if self.by_id or not isinstance(ours, datetime) or not isinstance(theirs, datetime):
            return False
        return ours < theirs

    def _was_before(self, stored: Mapping[str, Any]) -> bool:
        """Whether the document was written after the request started, as far as it says so.

        One that says a time in the future was written by another clock, which nobody knows.
        """
        written_at = stored.get("updatedAt")
        return (
            self.at is not None
            and isinstance(written_at, datetime)
            and self.at < written_at <= self.now
        )


class ServerClock:
    """The server's time at any moment, after it was asked once; this machine's before that.

    It is behind the server's own by at most the time that the answer took. So a document that was
    written by this clock is never later than a request that started after that.
    """

    def __init__(self) -> None:
        self.is_set = False
        self._server_time = utc_now()
        self._at = steady_now()

    async def ask(self, database: AsyncDatabase[dict[str, Any]]) -> datetime:
        hello = await database.command("hello")
        moment: datetime = hello["localTime"]
        self._server_time = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        self._at = steady_now()
        self.is_set = True
        return self._server_time

    def now(self) -> datetime:
        return self.at(steady_now())

    def at(self, steady: float) -> datetime:
        """The server's time at a reading of `steady_now`."""
        return self._server_time + timedelta(seconds=steady - self._at)

    def asked(self, asked_at: float | None, *, by_id: bool) -> Asked:
        """About an answer whose request started at the reading; judged now."""
        return Asked(self.now(), None if asked_at is None else self.at(asked_at), by_id)
