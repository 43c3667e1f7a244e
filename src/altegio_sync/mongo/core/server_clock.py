"""MongoDB's clock, by which writes and requests are put in order, whoever's clock is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from altegio_sync.domain.clock import MOST_AHEAD, steady_now
from altegio_sync.domain.report import utc_now
from altegio_sync.mongo.core.documents import STAMP

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pymongo.asynchronous.database import AsyncDatabase


#: An answer that is older when it would be written is asked for again.
_LONGEST = timedelta(seconds=30)
#: What BSON and the server's answer keep of a time.
_MILLISECOND = timedelta(milliseconds=1)
#: How far ahead a document may be written that is not said to be of the future.
_CLOCKS_DIFFER = timedelta(milliseconds=250)


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

    def has_stamp_of_future(self, stored: Mapping[str, Any]) -> bool:
        """Such a stamp says nothing of the order of changes: somebody's clock was wrong."""
        theirs = stored.get(STAMP)
        return isinstance(theirs, datetime) and theirs > self.now + MOST_AHEAD

    def _was_before(self, stored: Mapping[str, Any]) -> bool:
        """Whether the document was written after the request started, as far as it says so.

        One that says a time in the future was written by another clock, which nobody knows. Within
        the same millisecond nobody knows which was first.
        """
        written_at = stored.get("updatedAt")
        if self.at is None or not isinstance(written_at, datetime):
            return False
        return self.at - _MILLISECOND < written_at <= self.now + _CLOCKS_DIFFER


class ServerClock:
    """The server's time at any moment, after it was asked once; this machine's before that.

    It is known as exactly as the answer was fast. A request gets the earliest time that it may have
    started at, and a write the latest: so a request that started before a write never seems later.
    """

    def __init__(self) -> None:
        self.is_set = False
        self._server_time = utc_now()
        self._asked_at = self._answered_at = steady_now()

    async def ask(self, database: AsyncDatabase[dict[str, Any]]) -> datetime:
        asked_at = steady_now()
        hello = await database.command("hello")
        moment: datetime = hello["localTime"]
        self._server_time = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        self._asked_at, self._answered_at = asked_at, steady_now()
        self.is_set = True
        return self._server_time

    def writing_time(self) -> datetime:
        return self._server_time + timedelta(seconds=steady_now() - self._asked_at) + _MILLISECOND

    def _at(self, steady: float) -> datetime:
        """The server's time at a reading of `steady_now`, at the earliest."""
        return self._server_time + timedelta(seconds=steady - self._answered_at)

    def asked(self, asked_at: float | None, *, by_id: bool) -> Asked:
        """About an answer whose request started at the reading; judged now."""
        at = None if asked_at is None else self._at(asked_at)
        return Asked(self._at(steady_now()), at, by_id)
