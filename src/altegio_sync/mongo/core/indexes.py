"""Creates the indexes where this is possible. Indexes of other programs are never dropped.

The index on `appointmentId` keeps the ids unique. The index on `startDateTime` finds the documents
of some days, for `--update` and for every question about a period.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pymongo.errors import OperationFailure

from altegio_sync.messages import store as texts
from altegio_sync.mongo.core.connection import translated_errors, waits_for_mongodb
from altegio_sync.mongo.core.documents import KEY
from altegio_sync.mongo.core.ids import to_id
from altegio_sync.mongo.core.refusals import DUPLICATE_KEY, UNAUTHORIZED, meaning_of
from altegio_sync.ports import WrongIndex

if TYPE_CHECKING:
    from pymongo.asynchronous.collection import AsyncCollection

    from altegio_sync.messages import Message

INDEX_NAME = "appointmentId_1"
START = "startDateTime"
_CONFLICTS = (85, 86)  # IndexOptionsConflict, IndexKeySpecsConflict
#: Other programs of the school may write documents without the field.
_ONLY_WITH_ID = {KEY: {"$exists": True}}


@waits_for_mongodb
async def has_unique_index(collection: AsyncCollection[dict[str, Any]]) -> bool:
    """Whether any index on the id alone keeps it unique, also an index of another program."""
    information = await collection.index_information()
    return any(_guards(index) for index in information.values())


async def find_in_its_place(collection: AsyncCollection[dict[str, Any]]) -> WrongIndex | None:
    """The wrong index that is there instead of the needed one; None if nothing is wrong."""
    with translated_errors():
        information = await collection.index_information()
    if any(_guards(index) for index in information.values()):
        return None
    wrong = {
        name: each
        for name, each in information.items()
        if name == INDEX_NAME or (_is_on_id(each) and each.get("unique"))
    }
    return next((_describe_wrong(*each) for each in sorted(wrong.items())), None)


def _is_on_id(index: dict[str, Any]) -> bool:
    return [name for name, _ in index["key"]] == [KEY]


def _guards(index: dict[str, Any]) -> bool:
    """Whether the index keeps every id unique and can find documents by id."""
    serves = not index.get("hidden") and not index.get("collation")
    partial = index.get("partialFilterExpression")
    is_whole = partial in (None, _ONLY_WITH_ID)
    return _is_on_id(index) and bool(index.get("unique")) and serves and is_whole


def _describe_wrong(name: str, index: dict[str, Any]) -> WrongIndex:
    drop = texts.DROP_INDEX(name=name)
    if not _is_on_id(index):
        return WrongIndex(name, texts.ON_OTHER_FIELDS(), drop)
    if not index.get("unique"):
        return WrongIndex(name, texts.NOT_UNIQUE(), drop)
    if index.get("hidden"):
        return WrongIndex(name, texts.HIDDEN(), texts.UNHIDE_INDEX(name=name))
    if index.get("collation"):
        return WrongIndex(name, texts.HAS_COLLATION(), drop)
    return WrongIndex(name, texts.PARTIAL(), drop)


@waits_for_mongodb
async def ensure_unique_index(collection: AsyncCollection[dict[str, Any]]) -> Message | None:
    """Create the index if there is none. Returns the reason if it cannot be created."""
    if await has_unique_index(collection):
        return None
    try:
        await collection.create_index(
            KEY, name=INDEX_NAME, unique=True, partialFilterExpression=_ONLY_WITH_ID
        )
    except OperationFailure as error:
        return _why_not(error)
    return None


async def ensure_start_index(collection: AsyncCollection[dict[str, Any]]) -> None:
    """Create an index that begins with the start, if there is none and if this is possible.

    With the index, to write a new document takes about 5 µs longer. Without it, each window of
    `--update` would read the whole collection.
    """
    with translated_errors():
        information = await collection.index_information()
    if any(_finds_by_start(index) for index in information.values()):
        return
    with suppress(OperationFailure):
        await collection.create_index(START)


def _finds_by_start(index: dict[str, Any]) -> bool:
    name, kind = index["key"][0]
    return name == START and kind in (1, -1) and "partialFilterExpression" not in index


def _why_not(error: OperationFailure) -> Message:
    code = error.code
    if code == DUPLICATE_KEY:
        value = (error.details or {}).get("keyValue", {}).get(KEY, "some")
        if value not in (None, "") and to_id(value) is None:
            return texts.ODD_IDS_IN_THE_WAY()
        if value in (None, ""):
            return texts.EMPTY_IDS_IN_THE_WAY()
        return texts.DUPLICATES_IN_THE_WAY()
    if code in _CONFLICTS:
        return texts.INDEX_IN_ITS_PLACE(name=INDEX_NAME)
    if code == UNAUTHORIZED:
        return texts.NO_RIGHT_TO_INDEXES()
    return texts.REFUSED(code=code, reason=meaning_of(code))


async def drop_own_index(collection: AsyncCollection[dict[str, Any]]) -> bool:
    """Drop the unique index of this program. Returns False if there is none."""
    with translated_errors():
        index = (await collection.index_information()).get(INDEX_NAME)
        if index is None or index.get("partialFilterExpression") != _ONLY_WITH_ID:
            return False
        await collection.drop_index(INDEX_NAME)
    return True
