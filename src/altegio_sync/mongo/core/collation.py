"""Compares texts by their bytes, also in a collection with a collation.

With a collation, "-1" may equal "1", and the id "٥٠١" may equal the id "501": all counts would be
wrong. So every operation on such a collection requests the simple collation. Operations on other
collections do not, since some servers do not support collations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.collation import Collation
from pymongo.errors import OperationFailure

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

Document = dict[str, Any]

_SIMPLE = Collation("simple")


async def find_collated(database: AsyncDatabase[Document]) -> frozenset[str]:
    """The names of the collections with a collation; none if collections cannot be listed."""
    wanted = {"options.collation": {"$exists": True}}
    try:
        async with await database.list_collections(filter=wanted) as cursor:
            return frozenset([each["name"] async for each in cursor])
    except OperationFailure:
        return frozenset()


class PlainDatabase(AsyncDatabase[Any]):
    """A database that knows which of its collections have a collation."""

    collated: Collection[str] = ()

    @classmethod
    def of(cls, database: AsyncDatabase[Any], collated: Collection[str]) -> PlainDatabase:
        plain = cls(
            database.client,
            database.name,
            database.codec_options,
            database.read_preference,
            database.write_concern,
            database.read_concern,
        )
        plain.collated = collated
        return plain

    def __getitem__(self, name: str) -> AsyncCollection[Any]:
        found = super().__getitem__(name)
        return PlainCollection.of(found) if name in self.collated else found

    def with_options(self, *args: Any, **kwargs: Any) -> PlainDatabase:
        return PlainDatabase.of(super().with_options(*args, **kwargs), self.collated)


class PlainCollection(AsyncCollection[Any]):
    """A collection whose operations all request the simple collation."""

    @classmethod
    def of(cls, collection: AsyncCollection[Any]) -> PlainCollection:
        return cls(
            collection.database,
            collection.name,
            codec_options=collection.codec_options,
            read_preference=collection.read_preference,
            write_concern=collection.write_concern,
            read_concern=collection.read_concern,
        )

    def with_options(self, *args: Any, **kwargs: Any) -> PlainCollection:
        return PlainCollection.of(super().with_options(*args, **kwargs))

    def find(self, *args: Any, **kwargs: Any) -> Any:
        return super().find(*args, **_plainly(kwargs))

    async def aggregate(self, *args: Any, **kwargs: Any) -> Any:
        return await super().aggregate(*args, **_plainly(kwargs))

    async def count_documents(self, *args: Any, **kwargs: Any) -> Any:
        return await super().count_documents(*args, **_plainly(kwargs))

    async def distinct(self, *args: Any, **kwargs: Any) -> Any:
        return await super().distinct(*args, **_plainly(kwargs))

    async def update_one(self, *args: Any, **kwargs: Any) -> Any:
        return await super().update_one(*args, **_plainly(kwargs))

    async def update_many(self, *args: Any, **kwargs: Any) -> Any:
        return await super().update_many(*args, **_plainly(kwargs))

    async def delete_one(self, *args: Any, **kwargs: Any) -> Any:
        return await super().delete_one(*args, **_plainly(kwargs))

    async def delete_many(self, *args: Any, **kwargs: Any) -> Any:
        return await super().delete_many(*args, **_plainly(kwargs))

    async def find_one_and_update(self, *args: Any, **kwargs: Any) -> Any:
        return await super().find_one_and_update(*args, **_plainly(kwargs))

    async def create_index(self, *args: Any, **kwargs: Any) -> Any:
        return await super().create_index(*args, **_plainly(kwargs))

    async def bulk_write(self, requests: Sequence[Any], *args: Any, **kwargs: Any) -> Any:
        for each in requests:
            if getattr(each, "_collation", _SIMPLE) is None:
                each._collation = _SIMPLE  # noqa: SLF001 - there is no public way
        return await super().bulk_write(requests, *args, **kwargs)


def _plainly(options: dict[str, Any]) -> dict[str, Any]:
    return {"collation": _SIMPLE, **options}
