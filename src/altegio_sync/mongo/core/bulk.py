"""Writes many documents at once; one that the server refuses keeps no other waiting."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bson.errors import InvalidBSON, InvalidDocument
from pymongo.errors import BulkWriteError, OperationFailure

from altegio_sync.mongo.core.connection import GOING_AWAY
from altegio_sync.mongo.core.refusals import UNAUTHORIZED, meaning_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pymongo.asynchronous.client_session import AsyncClientSession
    from pymongo.asynchronous.collection import AsyncCollection

#: A server's code for a document of more than 16 MiB. The driver refuses some before the server.
TOO_LARGE = 10334
#: Instead of a server's code: the document is not as it was written.
OTHERWISE = -1
MOST_BYTES = 16 * 1024 * 1024
#: Refusals of a whole command that concern no document: of rights, or of an unknown state.
_ABOUT_ALL = {UNAUTHORIZED, 8000, 18, 50, 112, 251, *GOING_AWAY}
_TRANSIENT = ("TransientTransactionError", "RetryableWriteError", "UnknownTransactionCommitResult")


def refused_message(appointment_id: str, code: int) -> str:
    """What people read of one document that was left as it is."""
    if code == OTHERWISE:
        return f"MongoDB did not store appointment {appointment_id} as it was written"
    return f"MongoDB refused appointment {appointment_id} (code {code}): {meaning_of(code)}"


@dataclass(frozen=True, slots=True)
class Written:
    """How many updates found their document; the position and code of each refused write."""

    matched: int
    refused: Mapping[int, int] = field(default_factory=dict)


async def write_each(
    collection: AsyncCollection[Any],
    writes: Sequence[Any],
    session: AsyncClientSession | None = None,
) -> Mapping[int, int]:
    """The position and code of each write that was refused; all others were carried out.

    A write may be carried out twice where the server refuses a whole command, so it must do no
    harm then.

    Raises:
        PyMongoError: what concerns no document: MongoDB was lost, or the user has no right.
    """
    return (await write_counted(collection, writes, session)).refused


async def write_counted(
    collection: AsyncCollection[Any],
    writes: Sequence[Any],
    session: AsyncClientSession | None = None,
) -> Written:
    """As `write_each`; an update carried out twice may not have found its document again."""
    if not writes:
        return Written(0)
    try:
        # A refusal ends a transaction, and what comes after it would only be refused for that.
        is_ordered = session is not None
        result = await collection.bulk_write(writes, ordered=is_ordered, session=session)
    except BulkWriteError as error:
        refused = error.details.get("writeErrors", [])
        codes = {each["index"]: each["code"] for each in refused}
        is_unsure = not codes or error.details.get("writeConcernErrors")
        if is_unsure or not _ABOUT_ALL.isdisjoint(codes.values()) or _is_transient(error):
            raise
        return Written(error.details["nMatched"], codes)
    except (OperationFailure, InvalidDocument, InvalidBSON) as error:
        code = code_of(error)
        if len(writes) == 1 or session is not None:
            return Written(0, dict.fromkeys(range(len(writes)), code))
        return await _write_alone(collection, writes)
    return Written(result.matched_count)


async def write_all(collection: AsyncCollection[Any], writes: Sequence[Any]) -> None:
    """For the program's own bookkeeping: raises PyMongoError if any write is refused."""
    if writes:
        await collection.bulk_write(writes, ordered=False)


async def _write_alone(collection: AsyncCollection[Any], writes: Sequence[Any]) -> Written:
    """In halves, so that few commands find the one that the server does not accept."""
    middle = len(writes) // 2
    first = await write_counted(collection, writes[:middle])
    second = await write_counted(collection, writes[middle:])
    later = {middle + n: code for n, code in second.refused.items()}
    return Written(first.matched + second.matched, {**first.refused, **later})


def code_of(error: Exception) -> int:
    """The code of a refusal that concerns documents; raises any other error again."""
    if not isinstance(error, OperationFailure):
        return TOO_LARGE
    if error.code is None or error.code in _ABOUT_ALL or _is_transient(error):
        raise error
    return error.code


def _is_transient(error: OperationFailure) -> bool:
    return any(error.has_error_label(label) for label in _TRANSIENT)
