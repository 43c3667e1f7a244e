"""Changes and removes documents. The previous version of each document goes to the trash first.

An entry of the trash is identified by run and document. It keeps the original document and a hash
of every version that this run wrote. So a run may be killed between any two writes, and undo
restores exactly what the run changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pymongo import UpdateOne
from pymongo.errors import OperationFailure

from altegio_sync.mongo.core.bulk import code_of, write_all, write_each
from altegio_sync.mongo.core.connection import DURABLE, durable, translated_errors
from altegio_sync.mongo.core.document_ids import id_key
from altegio_sync.mongo.core.fence import no_fence
from altegio_sync.mongo.core.literal import RAW, adding, removing, replacing, setting
from altegio_sync.mongo.tending.changes import Applied, Change, digest, expected_selves

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from bson.raw_bson import RawBSONDocument
    from pymongo import DeleteOne
    from pymongo.asynchronous.client_session import AsyncClientSession
    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.mongo.core.fence import Fence

    Document = dict[str, Any]
    _Write = UpdateOne | DeleteOne
    _Step = Callable[["Change"], _Write | None]

TRASH_COLLECTION = "altegio-sync-trash"
#: A server with a small cache has no room for a transaction with some documents of 16 MiB. A slow
#: server ends such a transaction (290).
_TOO_LARGE_FOR_TRANSACTION = (257, 290, 388)


class RecordedChanges:
    """Carries out the changes of one run. Each group of changes belongs to one appointment.

    On a replica set a group is a transaction. On other servers the order of the writes makes it
    safe to kill the run at any point and to run it again. First the trash is written, then fields
    are set, then documents are removed, then the last fields are set. If a field of a group cannot
    be set, no document of the group is removed. If the server refuses a part of a group, the group
    is restored.
    """

    def __init__(
        self,
        database: AsyncDatabase[Document],
        collection: str,
        *,
        run_id: str,
        command: str,
        fence: Fence = no_fence,
    ) -> None:
        self._database = durable(database)
        self._collection = self._database[collection]
        self._trash = self._database[TRASH_COLLECTION]
        self._run_id = run_id
        self._command = command
        self._fence = fence
        self._has_transactions: bool | None = None

    async def apply(self, groups: Sequence[Sequence[Change]], now: datetime) -> Applied:
        """Write each group as a whole.

        A group that was overtaken or refused has its old state afterwards, and the result names it.
        """
        if not groups:
            return Applied()
        with translated_errors():
            if self._has_transactions is None:
                await self._prepare()
            if self._has_transactions:
                return await self._apply_in_transactions(groups, now)
            return await self._apply_in_order(groups, now)

    async def _prepare(self) -> None:
        hello = await self._database.command("hello")
        self._has_transactions = "setName" in hello or hello.get("msg") == "isdbgrid"
        await self._trash.create_index("run")

    async def _apply_in_transactions(
        self, groups: Sequence[Sequence[Change]], now: datetime
    ) -> Applied:
        applied = Applied()
        too_large: list[Sequence[Change]] = []
        async with self._database.client.start_session() as session:
            for group in groups:
                await self._fence()

                async def body(inner: AsyncClientSession, group: Sequence[Change] = group) -> None:
                    await self._apply_within(group, now, inner)

                try:
                    await session.with_transaction(body, write_concern=DURABLE)
                except _OvertakenError:
                    applied.add_overtaken(group)
                except (_RefusedError, OperationFailure) as error:
                    code = error.code if isinstance(error, _RefusedError) else code_of(error)
                    if code in _TOO_LARGE_FOR_TRANSACTION:
                        too_large.append(group)
                    else:
                        applied.add_refused(group, code)
                else:
                    applied.add_done(group)
        if too_large:
            applied.add(await self._apply_in_order(too_large, now))
        return applied

    async def _apply_within(
        self, group: Sequence[Change], now: datetime, session: AsyncClientSession
    ) -> None:
        """Write the group. If a part cannot be written, the error ends the transaction."""
        entries = [self._entry(each, now) for each in group]
        for code in (await write_each(self._trash, entries, session)).values():
            raise _RefusedError(code)
        for step in _STEPS:
            writes = [write for each in group if (write := step(each)) is not None]
            for code in (await write_each(self._collection, writes, session)).values():
                raise _RefusedError(code)
        if await self._find_missed(group, session=session):
            raise _OvertakenError

    async def _apply_in_order(self, groups: Sequence[Sequence[Change]], now: datetime) -> Applied:
        await self._fence()
        numbered = [(n, each) for n, group in enumerate(groups) for each in group]
        refused: dict[int, int] = {}
        failed: set[int] = set()
        entries = [self._entry(each, now) for _, each in numbered]
        for index, code in (await write_each(self._trash, entries)).items():
            refused.setdefault(numbered[index][0], code)
        may_be_removed: set[int] = set()
        for step in _STEPS:
            left = [each for each in numbered if each[0] not in failed | refused.keys()]
            if step is _remove:
                may_be_removed = {n for n, _ in left}
            missed = await self._carry_out(step, left, refused)
            failed |= {n for n, each in left if id_key(each.document_id) in missed}
        failed |= refused.keys()
        for number in sorted(failed):
            await self._put_back(groups[number], was_removed=number in may_be_removed)
        applied = Applied()
        for number, group in enumerate(groups):
            if number in refused:
                applied.add_refused(group, refused[number])
            elif number in failed:
                applied.add_overtaken(group)
            else:
                applied.add_done(group)
        return applied

    async def _carry_out(
        self, step: _Step, changes: Sequence[tuple[int, Change]], refused: dict[int, int]
    ) -> set[bytes]:
        """Carry out the step. Returns the keys of documents that lack the expected version."""
        writes = [(n, each, write) for n, each in changes if (write := step(each)) is not None]
        codes = await write_each(self._collection, [write for *_, write in writes])
        for index, code in codes.items():
            refused.setdefault(writes[index][0], code)
        made = [each for _, each, _ in writes]
        return await self._find_missed(made, before_last=step is not _set_last)

    async def _find_missed(
        self,
        changes: Sequence[Change],
        *,
        before_last: bool = False,
        session: AsyncClientSession | None = None,
    ) -> set[bytes]:
        found = await self._find(changes, session)
        missed = set()
        for change in changes:
            key = id_key(change.document_id)
            now_is = None if (current := found.get(key)) is None else digest(current)
            if now_is != expected_selves(change)[0 if before_last else -1]:
                missed.add(key)
        return missed

    async def _find(
        self, changes: Sequence[Change], session: AsyncClientSession | None = None
    ) -> dict[bytes, RawBSONDocument]:
        ids = [each.document_id for each in changes]
        if not ids:
            return {}
        raw = self._collection.with_options(codec_options=RAW)
        found = raw.find({"_id": {"$in": ids}}, session=session)
        return {id_key(each["_id"]): each async for each in found}

    async def _put_back(self, changes: Sequence[Change], *, was_removed: bool) -> None:
        """Restore the documents of a group that could not be carried out; remove its entries.

        If the server refuses to restore a document, its entry stays, so that `undo` lists it.
        """
        found = await self._find(changes)

        def is_done(change: Change, found: Mapping[bytes, RawBSONDocument]) -> bool:
            current = found.get(id_key(change.document_id))
            if current is None:
                return change.removes and was_removed
            return current.raw != change.old.raw and digest(current) in expected_selves(change)

        writes = [
            adding(each.old)
            if (current := found.get(id_key(each.document_id))) is None
            else replacing(current, each.old)
            for each in changes
            if is_done(each, found)
        ]
        if writes:
            await write_each(self._collection, writes)
            found = await self._find(changes)
        await self._forget([each for each in changes if not is_done(each, found)])

    async def _forget(self, changes: Sequence[Change]) -> None:
        """Remove the entries of changes that were not made; entries of earlier changes stay."""
        if not changes:
            return
        keys = [self._key(each) for each in changes]
        pulls = [
            UpdateOne(
                {"_id": key},
                {"$pullAll": {"selves": expected_selves(each)}, "$set": {"removed": False}},
            )
            for key, each in zip(keys, changes, strict=True)
        ]
        await write_all(self._trash, pulls)
        await self._trash.delete_many({"_id": {"$in": keys}, "selves": {"$size": 0}})

    def _entry(self, change: Change, now: datetime) -> UpdateOne:
        return UpdateOne(
            {"_id": self._key(change)},
            {
                "$setOnInsert": {
                    "run": self._run_id,
                    "command": self._command,
                    "collection": self._collection.name,
                    "document": change.old,
                },
                "$set": {"at": now, "removed": change.removes},
                "$addToSet": {"selves": {"$each": expected_selves(change)}},
            },
            upsert=True,
        )

    def _key(self, change: Change) -> Document:
        return {"run": self._run_id, "document": change.document_id}


class _OvertakenError(Exception):
    """Ends a transaction whose documents changed after they were read."""


class _RefusedError(Exception):
    """Ends a transaction in which the server refused a write."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def _set(change: Change) -> _Write | None:
    return setting(change.old, change.fields) if change.fields else None


def _remove(change: Change) -> _Write | None:
    return removing(change.old) if change.removes else None


def _set_last(change: Change) -> _Write | None:
    return setting(change.before_last, change.last) if change.last else None


_STEPS: Iterable[_Step] = (_set, _remove, _set_last)
