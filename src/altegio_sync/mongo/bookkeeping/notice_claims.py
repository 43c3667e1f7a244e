"""Claims on the notices of an appointment, so that no two processes work on them at once.

A claim is one document for each appointment. It expires if its process is killed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from altegio_sync.mongo.bookkeeping.owner import Process
from altegio_sync.mongo.core.connection import durable, waits_for_mongodb

if TYPE_CHECKING:
    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.domain.notices import Claim

    Document = dict[str, Any]

CLAIMS_COLLECTION = "altegio-sync-notice-claims"
#: A claim whose process died is taken over after this time.
CLAIM_LIFETIME_S = 60.0
#: An expired claim may be taken over at once. After this time it is deleted.
_CLAIM_KEPT_S = 3600


class MongoClaims:
    """The claims on the notices about one collection of appointments."""

    def __init__(
        self, database: AsyncDatabase[Document], collection: str, *, lifetime_s: float
    ) -> None:
        self._claims = durable(database)[CLAIMS_COLLECTION]
        self._of = collection
        self._lifetime_ms = round(lifetime_s * 1000)
        self._process = Process.this().to_fields()

    @waits_for_mongodb
    async def prepare(self) -> None:
        """Create the index that deletes old claims.

        Claims of processes of this machine that are gone are removed, so nobody waits for them.
        """
        await self._claims.create_index("expires_at", expireAfterSeconds=_CLAIM_KEPT_S)
        here = Process.this()
        ours = {"_id": {"$gte": f"{self._of}/", "$lt": f"{self._of}0"}}
        for each in await self._claims.find(ours, {"claim": 1, "process": 1}).to_list():
            process = Process.of(each.get("process"))
            if process is not None and process.is_gone(here):
                await self._claims.delete_one({"_id": each["_id"], "claim": each.get("claim")})

    @waits_for_mongodb
    async def take(self, company: str, appointment_id: str, claim_id: str) -> bool:
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
        key = {"_id": self._key(company, appointment_id)}
        try:
            found = await self._claims.find_one_and_update(
                key, [{"$set": taken}], upsert=True, return_document=ReturnDocument.AFTER
            )
        except DuplicateKeyError:  # another process inserted it at the same moment
            return False
        return bool(found and found.get("claim") == claim_id)

    @waits_for_mongodb
    async def renew(self, claim: Claim) -> bool:
        """Let the claim live on. False if it has expired and another process has it."""
        result = await self._claims.update_one(
            self._is_held(claim), [{"$set": {"expires_at": self._expiry}}]
        )
        return result.matched_count > 0

    @waits_for_mongodb
    async def give_back(self, claim: Claim) -> None:
        await self._claims.delete_one(self._is_held(claim))

    @property
    def _expiry(self) -> Document:
        return {"$add": ["$$NOW", self._lifetime_ms]}

    def _key(self, company: str, appointment_id: str) -> str:
        return f"{self._of}/{company}/{appointment_id}"

    def _is_held(self, claim: Claim) -> Document:
        return {"_id": self._key(claim.company, claim.appointment_id), "claim": claim.id}
