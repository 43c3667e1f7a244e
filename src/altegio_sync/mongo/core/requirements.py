"""Finds out which product the server is, and which needed features it lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pymongo.errors import OperationFailure

from altegio_sync.mongo.core.refusals import UNAUTHORIZED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pymongo.asynchronous.collection import AsyncCollection
    from pymongo.asynchronous.database import AsyncDatabase

    Document = dict[str, Any]
    Pipeline = list[Document]

#: MongoDB's word for an ordinary collection: no view, no time series.
ORDINARY = "collection"
_FIRST: Document = {"$limit": 1}
_SHIFTED: Document = {"before": {"$shift": {"output": "$_id", "by": -1}}}
#: Each pipeline is tried on one document at most.
_NEEDED: dict[str, Pipeline] = {
    "$facet": [_FIRST, {"$facet": {"all": [{"$count": "n"}]}}],
    "$setWindowFields": [_FIRST, {"$setWindowFields": {"sortBy": {"_id": 1}, "output": _SHIFTED}}],
    "$dateTrunc": [_FIRST, {"$project": {"day": {"$dateTrunc": {"date": "$$NOW", "unit": "day"}}}}],
    "$setField": [
        _FIRST,
        {"$replaceWith": {"$setField": {"field": "a", "input": {}, "value": 1}}},
    ],
}
#: Other products with MongoDB's protocol, by the end of the host's name.
_BY_HOST = {
    ".docdb.amazonaws.com": "Amazon DocumentDB",
    ".docdb-elastic.amazonaws.com": "Amazon DocumentDB",
    ".cosmos.azure.com": "Azure Cosmos DB",
    ".cosmos.azure.cn": "Azure Cosmos DB",
}


async def find_lacking(collection: AsyncCollection[Document]) -> list[str]:
    """The names of the missing features; raises PyMongoError if the server does not answer."""
    lacking = []
    for name, pipeline in _NEEDED.items():
        try:
            await (await collection.aggregate(pipeline)).to_list()
        except OperationFailure as error:
            if error.code == UNAUTHORIZED:
                raise
            lacking.append(name)
    return lacking


def product_of(build_info: Mapping[str, Any], hosts: Iterable[str]) -> str:
    """The name of the product: MongoDB, or another product with its protocol."""
    if any("ferretdb" in str(name).lower() for name in build_info):
        return "FerretDB"
    for host in hosts:
        for ending, product in _BY_HOST.items():
            if host.lower().endswith(ending):
                return product
    return "MongoDB"


async def find_kind(database: AsyncDatabase[Document], name: str) -> str:
    """The kind of the collection; `collection` also if it does not exist or is not visible."""
    try:
        found = await (await database.list_collections(filter={"name": name})).to_list()
    except OperationFailure:
        return ORDINARY
    about = found[0] if found else {}
    if about.get("options", {}).get("capped"):
        return "capped"
    return str(about.get("type", ORDINARY))
