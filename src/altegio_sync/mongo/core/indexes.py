"""The indexes: made where they can be, never forced.

The unique one on `appointmentId` guards; the one on `startDateTime` finds the documents of some
days, which `--update` and every question about a period look for.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pymongo.errors import OperationFailure

from altegio_sync.mongo.core.connection import translated_errors, waits_for_mongodb
from altegio_sync.mongo.core.documents import KEY
from altegio_sync.mongo.core.ids import to_id
from altegio_sync.mongo.core.refusals import DUPLICATE_KEY, UNAUTHORIZED, meaning_of
from altegio_sync.ports import WrongIndex

if TYPE_CHECKING:
    from pymongo.asynchronous.collection import AsyncCollection

INDEX_NAME = "appointmentId_1"
START = "startDateTime"
_CONFLICTS = (85, 86)  # IndexOptionsConflict, IndexKeySpecsConflict
#: A document without the field, which the school's other programs may write, is left in peace.
_ONLY_WITH_ID = {KEY: {"$exists": True}}


@waits_for_mongodb
async def has_unique_index(collection: AsyncCollection[dict[str, Any]]) -> bool:
    """Whether an index on the id alone keeps it unique, whoever made it under whatever name."""
    information = await collection.index_information()
    return any(_guards(index) for index in information.values())


async def find_in_its_place(collection: AsyncCollection[dict[str, Any]]) -> WrongIndex | None:
    """An index on the id that is not the one needed; None where there is none."""
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
    """Whether it keeps every id unique and finds documents by it."""
    serves = not index.get("hidden") and not index.get("collation")
    partial = index.get("partialFilterExpression")
    is_whole = partial in (None, _ONLY_WITH_ID)
    return _is_on_id(index) and bool(index.get("unique")) and serves and is_whole


def _describe_wrong(name: str, index: dict[str, Any]) -> WrongIndex:
    again = f"drop {name}, if no program needs it: the next sync makes a unique one"
    if not _is_on_id(index):
        return WrongIndex(name, f"is on other fields than {KEY} alone", again)
    if not index.get("unique"):
        return WrongIndex(name, "is not unique", again)
    if index.get("hidden"):
        return WrongIndex(name, "is hidden, so that nothing is found by it", f"unhide {name}")
    if index.get("collation"):
        problem = "has a collation, so that ids are not found by it, and some count as equal"
        return WrongIndex(name, problem, again)
    return WrongIndex(name, "covers only some of the documents (it is partial)", again)


@waits_for_mongodb
async def ensure_unique_index(collection: AsyncCollection[dict[str, Any]]) -> str | None:
    """Make the index unless there is one; why not, where it cannot be made."""
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
    """Make an index that begins with the start, unless there is one; without it all goes on.

    Writing a new document takes some 5 µs longer with it. Looking up one window of `--update`
    would read the whole collection without it.
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


def _why_not(error: OperationFailure) -> str:
    code = error.code
    if code == DUPLICATE_KEY:
        value = (error.details or {}).get("keyValue", {}).get(KEY, "some")
        if value not in (None, "") and to_id(value) is None:
            return (
                f"documents whose {KEY} is no id (a list, a fraction …) are in the way; "
                "altegio-sync validate reports them under wrong-type"
            )
        if value in (None, ""):
            return (
                f"documents with an empty {KEY} are in the way; altegio-sync validate --fix moves "
                "those to the trash that also have no lead and no start"
            )
        return "old duplicates are in the way; altegio-sync clean removes them"
    if code in _CONFLICTS:
        return (
            f"another index of the name or key {INDEX_NAME} is in its place, which this program "
            "never drops: altegio-sync check names what to do"
        )
    if code == UNAUTHORIZED:
        return "the user of DB_URI has no right to make indexes"
    return f"MongoDB refused (code {code}): {meaning_of(code)}"


async def drop_own_index(collection: AsyncCollection[dict[str, Any]]) -> bool:
    """Drop the unique index as this program makes it; False where there is none of ours."""
    with translated_errors():
        index = (await collection.index_information()).get(INDEX_NAME)
        if index is None or index.get("partialFilterExpression") != _ONLY_WITH_ID:
            return False
        await collection.drop_index(INDEX_NAME)
    return True
