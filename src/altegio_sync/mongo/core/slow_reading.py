"""Reads documents slowly, also when the server forgets the cursor meanwhile."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from bson.datetime_ms import DatetimeMS
from pymongo.errors import AutoReconnect, OperationFailure

from altegio_sync.mongo.core.document_ids import id_key
from altegio_sync.mongo.core.refusals import CURSOR_NOT_FOUND, refuses_no_timeout

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pymongo.asynchronous.collection import AsyncCollection
    from pymongo.errors import PyMongoError

    Document = dict[str, Any]

#: Types that MongoDB sorts behind dates. A comparison with a date does not find them.
_AFTER_DATES = ["timestamp", "regex", "dbPointer", "javascript", "javascriptWithScope", "maxKey"]
#: The query excludes at most so many `_id`s; further ones are excluded in Python.
_MOST_NAMED = 10_000


class SlowReading:
    """Yields the documents of a query in the order of a date field, whatever time passes meanwhile.

    Each document comes once, except a document whose field is a list: it may come twice.

    A server forgets a cursor after 10 minutes. A cursor without a time limit is forgotten with its
    session, after 30 minutes, and Atlas Free and Flex do not allow it. When the server has
    forgotten the cursor, the rest of the query is sent again.
    """

    def __init__(self, collection: AsyncCollection[Document], field: str, *, batch: int) -> None:
        self._collection = collection
        self._field = field
        self._batch = batch
        self._has_time_limit = False
        self._last: object = None
        #: The `_id`s of documents that were yielded and that the rest of the query finds again.
        self._seen: dict[bytes, Any] = {}

    async def read(self, query: Document, projection: Document) -> AsyncIterator[Document]:
        """Raises PyMongoError if sending the query again does not help."""
        may_ask_again = True
        while True:
            try:
                async for document in self._ask(query, projection):
                    if self._is_new(document):
                        may_ask_again = True
                        yield document
                return  # noqa: TRY300 - only an error continues the loop
            except (OperationFailure, AutoReconnect) as error:
                if not self._has_time_limit and refuses_no_timeout(error):
                    self._has_time_limit = True
                elif _is_forgotten(error) and may_ask_again:
                    may_ask_again = False
                else:
                    raise

    async def _ask(self, query: Document, projection: Document) -> AsyncIterator[Document]:
        cursor = self._collection.find(
            self._rest_of(query),
            projection,
            sort=[self._field],
            allow_disk_use=True,
            batch_size=self._batch,
            no_cursor_timeout=not self._has_time_limit,
        )
        async with cursor:
            async for document in cursor:
                yield document

    def _rest_of(self, query: Document) -> Document:
        parts = [query, {"_id": {"$nin": list(self._seen.values())[:_MOST_NAMED]}}]
        if isinstance(self._last, datetime | DatetimeMS):
            rest = [{self._field: {"$gte": self._last}}, {self._field: {"$type": _AFTER_DATES}}]
            parts.append({"$or": rest})
        return {"$and": parts} if self._seen else query

    def _is_new(self, document: Document) -> bool:
        value = document.get(self._field)
        if isinstance(value, datetime | DatetimeMS) and value != self._last:
            # The rest of the query does not find earlier dates, or documents without a date.
            self._last = value
            self._seen.clear()
        key = id_key(document["_id"])
        is_new = key not in self._seen
        self._seen[key] = document["_id"]
        return is_new


def _is_forgotten(error: PyMongoError) -> bool:
    """Whether the cursor is gone, also because the connection broke or the primary changed."""
    is_lost = isinstance(error, AutoReconnect)
    return is_lost or getattr(error, "code", None) == CURSOR_NOT_FOUND
