"""Orders writes and requests by MongoDB's clock, since the clock of a machine may be wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from altegio_sync.domain.clock import MOST_AHEAD, steady_now, utc_now
from altegio_sync.mongo.core.documents import STAMP

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pymongo.asynchronous.database import AsyncDatabase


#: An answer that would be written later than this is requested again.
_LONGEST = timedelta(seconds=30)
#: The resolution of times in BSON.
_MILLISECOND = timedelta(milliseconds=1)
#: A document counts as written in the future only if its time is further ahead than this.
_CLOCKS_DIFFER = timedelta(milliseconds=250)
#: A stamp counts as recent for so long, since Altegio's clock and MongoDB's may differ by an hour.
_RECENT = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Asked:
    """When an answer was requested, and the server's time now.

    ``at`` is when the request started; None if this is not known. ``by_id``: it was a request for
    one appointment by its id.
    """

    now: datetime
    at: datetime | None
    by_id: bool

    @property
    def is_too_old(self) -> bool:
        return self.at is not None and self.now - self.at > _LONGEST

    def is_overtaken(self, wanted: Mapping[str, Any], stored: Mapping[str, Any]) -> bool:
        """Whether the stored document may be newer than the answer."""
        return (
            self.is_too_old or self._was_before(stored) or self.needs_answer_by_id(wanted, stored)
        )

    def has_older_stamp(self, wanted: Mapping[str, Any], stored: Mapping[str, Any]) -> bool:
        """Whether the answer has an older stamp than the document.

        An answer by id is always the newest: the stored stamp may once have been in the future.
        """
        ours, theirs = wanted.get(STAMP), stored.get(STAMP)
        if self.by_id or not isinstance(ours, datetime) or not isinstance(theirs, datetime):
            return False
        return ours < theirs

    def needs_answer_by_id(self, wanted: Mapping[str, Any], stored: Mapping[str, Any]) -> bool:
        """Whether only an answer by id may replace the document.

        The answer has an older stamp, or an equal one that is recent. Two changes within a second
        have one stamp. The later change may be stored already, and `updatedAt` does not always show
        this: a write of the stamp alone does not move it. No answer that is under way for long is
        written, so the order is known where the stamp is not recent.
        """
        ours, theirs = wanted.get(STAMP), stored.get(STAMP)
        if self.by_id or not isinstance(ours, datetime) or not isinstance(theirs, datetime):
            return False
        return ours < theirs or (ours == theirs and abs(self.now - ours) < _RECENT)

    def has_stamp_of_future(self, stored: Mapping[str, Any]) -> bool:
        """Whether the stamp is in the future. It cannot order changes: its clock was wrong."""
        theirs = stored.get(STAMP)
        return isinstance(theirs, datetime) and theirs > self.now + MOST_AHEAD

    def _was_before(self, stored: Mapping[str, Any]) -> bool:
        """Whether the document was written after the request started, by its `updatedAt`.

        A time in the future is from an unknown clock, and does not count. Within one millisecond
        the order is unknown, so the document counts as written later.
        """
        written_at = stored.get("updatedAt")
        if self.at is None or not isinstance(written_at, datetime):
            return False
        return self.at - _MILLISECOND < written_at <= self.now + _CLOCKS_DIFFER


class ServerClock:
    """The server's time at any moment. Before the first `ask`, it is this machine's time.

    The slower the server's answer was, the less exactly the time is known. A request gets the
    earliest time at which it may have started, and a write gets the latest. So a request that
    started before a write never seems to be later.
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
        """The earliest time of the server at a reading of `steady_now`."""
        return self._server_time + timedelta(seconds=steady - self._answered_at)

    def asked(self, asked_at: float | None, *, by_id: bool) -> Asked:
        """The times of an answer whose request started at ``asked_at``, by `steady_now`."""
        at = None if asked_at is None else self._at(asked_at)
        return Asked(self._at(steady_now()), at, by_id)
