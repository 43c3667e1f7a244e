"""Finds stored lead ids that are probably something else: MongoDB searches, Python decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bson import Regex

from altegio_sync.mongo.core.ids import NO_LIST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pymongo.asynchronous.collection import AsyncCollection

    from altegio_sync.domain.leads import LeadRules

    Document = dict[str, Any]

_YEAR = "(?:19|20)[0-9]{2}"


async def find_doubtful_ids(
    collection: AsyncCollection[Document], leads: LeadRules
) -> Sequence[str]:
    """The distinct ids that are a year or a phone number, or have a wrong length."""
    if not leads.judges_stored:
        return ()
    suspicious = {"leadId": {"$type": "string", "$regex": _suspicious(leads)}}
    stages: list[Document] = [{"$match": suspicious}, {"$group": {"_id": "$leadId"}}]
    found = await (await collection.aggregate(stages, allowDiskUse=True)).to_list()
    ids = (each["_id"] for each in found)
    return sorted(each for each in ids if isinstance(each, str) and leads.is_doubtful(each))


def of_leads(ids: Sequence[str]) -> Document:
    """A query for the documents with these ids."""
    return {"leadId": {"$in": list(ids), **NO_LIST}}


def _suspicious(leads: LeadRules) -> Regex[str]:
    """Matches all ids that may be doubtful, so that no other ids leave the server."""
    if not leads.lengths:
        return Regex(rf"^(?:{_YEAR}|[0-9]{{9,}})\z")
    right = "|".join(f"[0-9]{{{length}}}" for length in sorted(leads.lengths))
    return Regex(rf"^(?:{_YEAR}|(?!(?:{right})\z)[0-9]+)\z")
