"""Stores the notices of Altegio and shares them among processes. Only the server's clock is used.

A notice is one document. A claim is one document for each appointment, in a collection of its own,
so that no two processes work on one appointment at once. A claim expires if its process is killed.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from pymongo import ReturnDocument, UpdateOne
from pymongo.errors import DuplicateKeyError

from altegio_sync.domain.notices import (
    LONGEST_WAIT,
    OPEN_STATES,
    QUIET_FOR,
    Claim,
    DueAppointment,
    Notice,
    NoticeState,
    UnreadableNotice,
    pause_after,
)
from altegio_sync.mongo.bookkeeping.owner import Process
from altegio_sync.mongo.core.bulk import write_all
from altegio_sync.mongo.core.connection import durable, waits_for_mongodb
from altegio_sync.mongo.core.together import WrittenTogether

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from pymongo.asynchronous.database import AsyncDatabase

    Document = dict[str, Any]

NOTICES_COLLECTION = "altegio-sync-notices"
CLAIMS_COLLECTION = "altegio-sync-notice-claims"
#: A claim whose process died is taken over after this time.
CLAIM_LIFETIME_S = 60.0
_KEPT_S = 30 * 24 * 3600
#: An expired claim may be taken over at once. After this time it is deleted.
_CLAIM_KEPT_S = 3600
_STATE_KEY = [("collection", 1), ("state", 1), ("companyId", 1), ("appointmentId", 1)]
#: Another program may have written other documents.
_READABLE: dict[str, Any] = {
    "companyId": {"$type": "string"},
    "appointmentId": {"$type": "string"},
    "received_at": {"$type": "date"},
}


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
        self._claims = durable(database)[CLAIMS_COLLECTION]
        self._of = collection
        self._lifetime_ms = round(lifetime_s * 1000)
        self._process = Process.this().to_fields()
        self._added: WrittenTogether[Notice | UnreadableNotice, None] = WrittenTogether(self._write)

    @waits_for_mongodb
    async def prepare(self) -> None:
        """Create the indexes, of which two delete old notices and old claims.

        Claims of processes of this machine that are gone are removed, so nobody waits for them.
        """
        await self._notices.create_index(_STATE_KEY)
        await self._notices.create_index("received_at", expireAfterSeconds=_KEPT_S)
        await self._claims.create_index("expires_at", expireAfterSeconds=_CLAIM_KEPT_S)
        await self._give_back_of_the_gone()

    async def _give_back_of_the_gone(self) -> None:
        here = Process.this()
        ours = {"_id": {"$gte": f"{self._of}/", "$lt": f"{self._of}0"}}
        for each in await self._claims.find(ours, {"claim": 1, "process": 1}).to_list():
            process = Process.of(each.get("process"))
            if process is not None and process.is_gone(here):
                await self._claims.delete_one({"_id": each["_id"], "claim": each.get("claim")})

    async def add(self, notices: Sequence[Notice | UnreadableNotice]) -> None:
        """Return when the notices are stored durably. Notices that wait share one write."""
        await self._added.add_all(notices)

    @waits_for_mongodb
    async def _write(self, notices: Sequence[Notice | UnreadableNotice]) -> list[None]:
        await write_all(self._notices, [self._to_write(each) for each in notices])
        return [None] * len(notices)

    def _to_write(self, notice: Notice | UnreadableNotice) -> UpdateOne:
        """A write that changes nothing but the time when it is carried out twice."""
        fields: Document = {"collection": self._of}
        match notice:
            case Notice():
                fields |= {
                    "state": NoticeState.WAITING.value,
                    "companyId": notice.company,
                    "appointmentId": notice.appointment_id,
                    "status": notice.status,
                    "changed_at": notice.changed_at,
                    "tries": 0,
                }
            case UnreadableNotice():
                fields |= {"state": NoticeState.UNREADABLE.value, "size": notice.size}
        update = {"$setOnInsert": fields, "$currentDate": {"received_at": True}}
        return UpdateOne({"_id": notice.id}, update, upsert=True)

    @waits_for_mongodb
    async def find_due(self) -> list[DueAppointment]:
        """The appointments whose open notices have waited long enough, the oldest first.

        An appointment that another process works on may be among them: `claim` decides.
        """
        is_quiet = {"$lte": ["$last", _ago(QUIET_FOR)]}
        has_waited = {"$lte": ["$first", _ago(LONGEST_WAIT)]}
        # Without a failed try there is no `retry_at`, and null is less than any time.
        may_try = {"$lte": ["$retry_at", "$$NOW"]}
        found = await self._notices.aggregate(
            [
                {"$match": {**self._open, **_READABLE}},
                {
                    "$group": {
                        "_id": {"company": "$companyId", "appointment": "$appointmentId"},
                        "first": {"$min": "$received_at"},
                        "last": {"$max": "$received_at"},
                        "retry_at": {"$max": "$retry_at"},
                        "notices": {"$sum": 1},
                    }
                },
                {"$match": {"$expr": {"$and": [{"$or": [is_quiet, has_waited]}, may_try]}}},
                {"$sort": {"first": 1, "_id": 1}},
            ]
        )
        return [
            DueAppointment(
                each["_id"]["company"], each["_id"]["appointment"], each["first"], each["notices"]
            )
            for each in await found.to_list()
        ]

    async def claim(self, company: str, appointment_id: str) -> Claim | None:
        """Claim the open notices of an appointment.

        None if another process works on the appointment, or has finished this work.
        """
        claim_id = secrets.token_hex(16)
        if not await self._take(company, appointment_id, claim_id):
            return None
        marked = await self._mark_claimed(company, appointment_id, claim_id)
        tries = max((_number(each.get("tries")) for each in marked), default=0)
        was_missing = any(each.get("was_missing") is True for each in marked)
        claim = Claim(claim_id, company, appointment_id, len(marked), tries, was_missing)
        if marked:
            return claim
        await self._give_back(claim)
        return None

    @waits_for_mongodb
    async def _take(self, company: str, appointment_id: str, claim_id: str) -> bool:
        """Take the appointment in one step, unless another claim on it is alive."""
        ours = {"$literal": claim_id}
        # A new document has no `expires_at`, and null is less than any time.
        has_expired = {"$lte": ["$expires_at", "$$NOW"]}
        is_free = {"$or": [{"$eq": ["$claim", ours]}, has_expired]}
        taken = {
            "claim": {"$cond": [is_free, ours, "$claim"]},
            "expires_at": {"$cond": [is_free, self._expiry, "$expires_at"]},
            "process": {"$cond": [is_free, {"$literal": self._process}, "$process"]},
        }
        key = {"_id": self._claim_key(company, appointment_id)}
        try:
            found = await self._claims.find_one_and_update(
                key, [{"$set": taken}], upsert=True, return_document=ReturnDocument.AFTER
            )
        except DuplicateKeyError:  # another process inserted it at the same moment
            return False
        return bool(found and found.get("claim") == claim_id)

    @waits_for_mongodb
    async def _mark_claimed(
        self, company: str, appointment_id: str, claim_id: str
    ) -> list[Document]:
        """Mark the open notices. Returns what is known of the failed tries of each."""
        about = {"companyId": company, "appointmentId": appointment_id}
        marked = {"state": NoticeState.CLAIMED.value, "claim": claim_id}
        await self._notices.update_many({**self._open, **about}, {"$set": marked})
        return await self._notices.find(
            {"collection": self._of, **about, **marked}, {"tries": 1, "was_missing": 1}
        ).to_list()

    @waits_for_mongodb
    async def renew(self, claim: Claim) -> bool:
        """Let the claim live on. False if it has expired and another process has it."""
        result = await self._claims.update_one(
            self._is_held(claim), [{"$set": {"expires_at": self._expiry}}]
        )
        return result.matched_count > 0

    async def finish(self, claim: Claim, state: NoticeState) -> None:
        """Store the result of the claimed notices, and give the appointment back.

        Notices that came after the claim stay open. If the claim was lost, nothing is stored.
        """
        update = {"$set": {"state": state.value}, "$currentDate": {"finished_at": True}}
        await self._change(claim, update)
        await self._give_back(claim)

    async def try_again(
        self, claim: Claim, pause: timedelta | None = None, *, is_missing: bool = False
    ) -> NoticeState:
        """Count a failed try, and let the notices wait. Returns their new state.

        Without a ``pause`` the number of tries decides how long they wait, or that they are dead.
        """
        tries = claim.tries + 1
        usual = pause_after(tries)
        if usual is None:
            await self.finish(claim, NoticeState.DEAD)
            return NoticeState.DEAD
        fields = {
            "state": NoticeState.WAITING.value,
            "tries": tries,
            "was_missing": is_missing or claim.was_missing,
            "retry_at": {"$add": ["$$NOW", _ms(pause or usual)]},
        }
        await self._change(claim, [{"$set": fields}])
        await self._give_back(claim)
        return NoticeState.WAITING

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
    async def _give_back(self, claim: Claim) -> None:
        await self._claims.delete_one(self._is_held(claim))

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

    @property
    def _open(self) -> Document:
        states = [each.value for each in OPEN_STATES]
        return {"collection": self._of, "state": {"$in": states}}

    @property
    def _expiry(self) -> Document:
        return {"$add": ["$$NOW", self._lifetime_ms]}

    def _claim_key(self, company: str, appointment_id: str) -> str:
        return f"{self._of}/{company}/{appointment_id}"

    def _is_held(self, claim: Claim) -> Document:
        return {"_id": self._claim_key(claim.company, claim.appointment_id), "claim": claim.id}


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _ms(span: timedelta) -> int:
    return round(span.total_seconds() * 1000)


def _ago(span: timedelta) -> dict[str, Any]:
    return {"$subtract": ["$$NOW", _ms(span)]}
