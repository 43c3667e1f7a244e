"""Stores the notices of Altegio and shares them among processes. Only the server's clock is used.

A notice is one document. Processes share the work by claims on appointments.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pymongo import UpdateMany

from altegio_sync.domain.notices import (
    MISSING_PAUSE,
    Claim,
    DueAppointment,
    GoneCounts,
    Missing,
    Notice,
    NoticeState,
    Settled,
    UnreadableNotice,
    pause_after,
    wait_after,
)
from altegio_sync.mongo.bookkeeping.notice_claims import CLAIM_LIFETIME_S, MongoClaims
from altegio_sync.mongo.bookkeeping.notice_queries import (
    FINISHED_KEY,
    IS_FINISHED,
    READABLE,
    STATE_KEY,
    due_pipeline,
    gone_pipeline,
    in_ms,
    insertion,
    open_query,
    result_update,
)
from altegio_sync.mongo.core.bulk import write_all
from altegio_sync.mongo.core.connection import durable, waits_for_mongodb
from altegio_sync.mongo.core.server_clock import ServerClock
from altegio_sync.mongo.core.together import WrittenTogether

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from pymongo.asynchronous.database import AsyncDatabase

    Document = dict[str, Any]

NOTICES_COLLECTION = "altegio-sync-notices"
_KEPT_S = 30 * 24 * 3600
#: So many appointments are finished in one write.
_AT_ONCE = 1000


class MongoNotices:
    """The notices about one collection of appointments."""

    def __init__(
        self,
        database: AsyncDatabase[Document],
        collection: str,
        *,
        lifetime_s: float = CLAIM_LIFETIME_S,
    ) -> None:
        self._notices = durable(database)[NOTICES_COLLECTION]
        self._claims = MongoClaims(database, collection, lifetime_s=lifetime_s)
        self._of = collection
        self._added: WrittenTogether[Notice | UnreadableNotice, None] = WrittenTogether(self._write)

    @waits_for_mongodb
    async def prepare(self) -> None:
        """Create the indexes, of which one deletes old notices, and prepare the claims."""
        await self._notices.create_index(STATE_KEY)
        await self._notices.create_index(FINISHED_KEY, partialFilterExpression=IS_FINISHED)
        await self._notices.create_index("received_at", expireAfterSeconds=_KEPT_S)
        await self._claims.prepare()

    async def add(self, notices: Sequence[Notice | UnreadableNotice]) -> None:
        """Return when the notices are stored durably. Notices that wait share one write."""
        await self._added.add_all(notices)

    @waits_for_mongodb
    async def _write(self, notices: Sequence[Notice | UnreadableNotice]) -> list[None]:
        await write_all(self._notices, [insertion(each, self._of) for each in notices])
        return [None] * len(notices)

    @waits_for_mongodb
    async def find_server_time(self) -> datetime:
        return await ServerClock().ask(self._notices.database)

    @waits_for_mongodb
    async def find_due(self) -> list[DueAppointment]:
        """The appointments whose open notices have waited long enough, the oldest first.

        The appointments that a run of `changes` did not list come last: no new one waits for them.
        An appointment that another process works on may be among the due ones: `claim` decides.
        """
        found = await self._notices.aggregate(due_pipeline(self._of))
        return [
            DueAppointment(
                each["_id"]["company"],
                each["_id"]["appointment"],
                each["first"],
                each["last"],
                each["notices"],
                each["is_unlisted"],
            )
            for each in await found.to_list()
        ]

    async def claim(self, company: str, appointment_id: str) -> Claim | None:
        """Claim the open notices of an appointment.

        None if another process works on the appointment, or has finished this work.
        """
        claim_id = secrets.token_hex(16)
        if not await self._claims.take(company, appointment_id, claim_id):
            return None
        marked = await self._mark_claimed(company, appointment_id, claim_id)
        tries = max((_number(each.get("tries")) for each in marked), default=0)
        was_missing = any(each.get("was_missing") is True for each in marked)
        waits = max((_number(each.get("waits")) for each in marked), default=0)
        claim = Claim(claim_id, company, appointment_id, tries, was_missing, waits)
        if marked:
            return claim
        await self._claims.give_back(claim)
        return None

    @waits_for_mongodb
    async def _mark_claimed(
        self, company: str, appointment_id: str, claim_id: str
    ) -> list[Document]:
        """Mark the open notices. Returns what is known of the failed tries of each."""
        about = {"companyId": company, "appointmentId": appointment_id}
        marked = {"state": NoticeState.CLAIMED.value, "claim": claim_id}
        await self._notices.update_many({**open_query(self._of), **about}, {"$set": marked})
        return await self._notices.find(
            {"collection": self._of, **about, **marked}, {"tries": 1, "waits": 1, "was_missing": 1}
        ).to_list()

    async def renew(self, claim: Claim) -> bool:
        """Let the claim live on. False if it has expired and another process has it."""
        return await self._claims.renew(claim)

    async def finish(self, claim: Claim, settled: Settled) -> None:
        """Store the result of each claimed notice, and give the appointment back.

        Notices that came after the claim stay open. If the claim was lost, nothing is stored.
        """
        await self._change(claim, result_update(settled))
        await self._claims.give_back(claim)

    async def try_again(self, claim: Claim) -> NoticeState:
        """Count a failed try, and let the notices wait. Returns their new state.

        The number of tries decides how long they wait, or that they are dead.
        """
        tries = claim.tries + 1
        pause = pause_after(tries)
        if pause is None:
            await self.finish(claim, Settled(NoticeState.DEAD))
            return NoticeState.DEAD
        await self._let_wait(claim, pause, {"tries": tries, "waits": 0})
        return NoticeState.WAITING

    async def postpone(self, claim: Claim, at_least: timedelta) -> None:
        """Let the notices wait, and count no try."""
        pause = max(at_least, wait_after(claim.waits))
        await self._let_wait(claim, pause, {"waits": claim.waits + 1})

    async def note_missing(self, claim: Claim, missing: Missing) -> None:
        """Let the appointment be requested once more."""
        found = {"was_missing": True, "is_vanishing": missing.is_stored, "waits": 0}
        await self._let_wait(claim, MISSING_PAUSE, found)

    async def release(self, claim: Claim) -> None:
        """Let any process work on the notices at once."""
        await self._let_wait(claim, timedelta(), {})

    async def _let_wait(self, claim: Claim, pause: timedelta, fields: Document) -> None:
        waiting = {
            "state": NoticeState.WAITING.value,
            "retry_at": {"$add": ["$$NOW", in_ms(pause)]},
        }
        await self._change(claim, [{"$set": {**waiting, **fields}}])
        await self._claims.give_back(claim)

    @waits_for_mongodb
    async def _change(self, claim: Claim, update: Document | list[Document]) -> None:
        claimed = {
            "collection": self._of,
            "state": NoticeState.CLAIMED.value,
            "companyId": claim.company,
            "appointmentId": claim.appointment_id,
            "claim": claim.id,
        }
        await self._notices.update_many(claimed, update)

    @waits_for_mongodb
    async def find_open(self, company: str, before: datetime) -> AbstractSet[str]:
        """The ids of the appointments with open notices received ``before``."""
        query = {**READABLE, **self._open_before(company, before)}
        found = self._notices.find(query, {"_id": 0, "appointmentId": 1})
        return {each["appointmentId"] async for each in found}

    @waits_for_mongodb
    async def note_unlisted(self, company: str, before: datetime, ids: Collection[str]) -> None:
        """Note that a run of `changes` did not list these appointments."""
        among = {"appointmentId": {"$in": list(ids)}}
        noted = {"$set": {"is_unlisted": True}}
        await self._notices.update_many({**self._open_before(company, before), **among}, noted)

    def _open_before(self, company: str, before: datetime) -> Document:
        came_before = {"companyId": company, "received_at": {"$lt": before}}
        return {**open_query(self._of), **came_before}

    @waits_for_mongodb
    async def finish_all(
        self, company: str, before: datetime, settled: Mapping[str, Settled]
    ) -> None:
        """Store the results of these appointments, for the open notices received ``before``."""
        open_before = self._open_before(company, before)
        writes = [
            UpdateMany({**open_before, "appointmentId": each}, result_update(result))
            for each, result in settled.items()
        ]
        for first in range(0, len(writes), _AT_ONCE):
            await write_all(self._notices, writes[first : first + _AT_ONCE])

    @waits_for_mongodb
    async def count_gone(self, company: str) -> GoneCounts:
        """Count the appointments of the last hour; all processes count together."""
        counted = await self._notices.aggregate(gone_pipeline(self._of, company))
        for each in await counted.to_list():
            return GoneCounts(each["gone"], each["known"])
        return GoneCounts(0, 0)

    @waits_for_mongodb
    async def count_by_state(self) -> dict[str, int]:
        """The number of notices in each state."""
        counted = await self._notices.aggregate(
            [
                {"$match": {"collection": self._of, "state": {"$type": "string"}}},
                {"$group": {"_id": "$state", "count": {"$sum": 1}}},
            ]
        )
        return {each["_id"]: each["count"] for each in await counted.to_list()}


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
