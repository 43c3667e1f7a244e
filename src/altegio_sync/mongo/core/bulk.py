"""Writes many documents at once. A document that the server refuses does not stop the others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bson.errors import InvalidBSON, InvalidDocument
from pymongo.errors import BulkWriteError, OperationFailure

from altegio_sync.messages import store as texts
from altegio_sync.mongo.core.connection import GOING_AWAY
from altegio_sync.mongo.core.refusals import UNAUTHORIZED, meaning_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pymongo.asynchronous.client_session import AsyncClientSession
    from pymongo.asynchronous.collection import AsyncCollection

    from altegio_sync.messages import Message

#: The server's code for a document of more than 16 MiB. Also used when the driver refuses it.
TOO_LARGE = 10334
#: Used instead of a code: the document was stored with other contents than were written.
OTHERWISE = -1
MOST_BYTES = 16 * 1024 * 1024
#: Codes about the whole command, not about one document: no permission, or an unknown state.
_ABOUT_ALL = {UNAUTHORIZED, 8000, 18, 50, 112, 251, *GOING_AWAY}
_TRANSIENT = ("TransientTransactionError", "RetryableWriteError", "UnknownTransactionCommitResult")


def refused_message(appointment_id: str, code: int) -> Message:
    """The message about one document that was not changed."""
    if code == OTHERWISE:
        return texts.STORED_OTHERWISE(appointment_id=appointment_id)
    return texts.REFUSED_APPOINTMENT(
        appointment_id=appointment_id, code=code, reason=meaning_of(code)
    )


@dataclass(frozen=True, slots=True)
class BulkResult:
    """How many updates found their document, and the position and code of each refused write."""

    matched: int
    refused: Mapping[int, int] = field(default_factory=dict)


async def write_each(
    collection: AsyncCollection[Any],
    writes: Sequence[Any],
    session: AsyncClientSession | None = None,
) -> Mapping[int, int]:
    """Carry out all writes. Returns the position and code of each write that was refused.

    If the server refuses the whole command, writes are repeated in parts. So a write must be
    harmless when it is carried out twice.

    Raises:
        PyMongoError: the error is not about a document: MongoDB was lost, or refuses everything.
    """
    return (await write_counted(collection, writes, session)).refused


async def write_counted(
    collection: AsyncCollection[Any],
    writes: Sequence[Any],
    session: AsyncClientSession | None = None,
) -> BulkResult:
    """Like `write_each`. A repeated update may not find its document the second time."""
    if not writes:
        return BulkResult(0)
    try:
        # In a transaction, everything after a refusal would be refused as well.
        is_ordered = session is not None
        result = await collection.bulk_write(writes, ordered=is_ordered, session=session)
    except BulkWriteError as error:
        refused = error.details.get("writeErrors", [])
        codes = {each["index"]: each["code"] for each in refused}
        is_unsure = not codes or error.details.get("writeConcernErrors")
        if is_unsure or not _ABOUT_ALL.isdisjoint(codes.values()) or _is_transient(error):
            raise
        return BulkResult(error.details["nMatched"], codes)
    except (OperationFailure, InvalidDocument, InvalidBSON) as error:
        code = code_of(error)
        if len(writes) == 1 or session is not None:
            return BulkResult(0, dict.fromkeys(range(len(writes)), code))
        return await _write_alone(collection, writes)
    return BulkResult(result.matched_count)


async def write_all(collection: AsyncCollection[Any], writes: Sequence[Any]) -> None:
    """Write the program's own bookkeeping. Raises PyMongoError if any write is refused."""
    if writes:
        await collection.bulk_write(writes, ordered=False)


async def _write_alone(collection: AsyncCollection[Any], writes: Sequence[Any]) -> BulkResult:
    """Send the writes in halves, to find with few commands the write that the server refuses."""
    middle = len(writes) // 2
    first = await write_counted(collection, writes[:middle])
    second = await write_counted(collection, writes[middle:])
    later = {middle + n: code for n, code in second.refused.items()}
    return BulkResult(first.matched + second.matched, {**first.refused, **later})


def code_of(error: Exception) -> int:
    """The code of a refusal that is about documents; every other error is raised again."""
    if not isinstance(error, OperationFailure):
        return TOO_LARGE
    if error.code is None or error.code in _ABOUT_ALL or _is_transient(error):
        raise error
    return error.code


def _is_transient(error: OperationFailure) -> bool:
    return any(error.has_error_label(label) for label in _TRANSIENT)
