"""Restores the documents of a dump by ``_id``, after the whole dump was checked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import anyio.lowlevel
from bson import Regex
from pymongo import InsertOne, UpdateOne

from altegio_sync.domain.dump import RestoreReport, Step, silent
from altegio_sync.domain.report import RunError
from altegio_sync.errors import StoreError
from altegio_sync.messages import dumps as texts
from altegio_sync.messages.logs import WITHOUT_ID
from altegio_sync.mongo.backup.dump_file import (
    RAW,
    UnreadableDumpError,
    batches,
    read_documents,
)
from altegio_sync.mongo.backup.dump_folder import find_dump_file
from altegio_sync.mongo.backup.seen_keys import SeenKeys
from altegio_sync.mongo.core.bulk import OTHERWISE, write_each
from altegio_sync.mongo.core.connection import durable, translated_errors
from altegio_sync.mongo.core.document_ids import server_key
from altegio_sync.mongo.core.documents import KEY
from altegio_sync.mongo.core.fence import no_fence
from altegio_sync.mongo.core.ids import having_ids, to_id
from altegio_sync.mongo.core.indexes import (
    INDEX_NAME,
    drop_own_index,
    ensure_unique_index,
    has_unique_index,
)
from altegio_sync.mongo.core.literal import adding, replacing
from altegio_sync.mongo.core.refusals import DUPLICATE_KEY, meaning_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from pathlib import Path

    from bson.raw_bson import RawBSONDocument
    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.domain.dump import OnProgress
    from altegio_sync.messages import Message
    from altegio_sync.mongo.core.fence import Fence

    Document = dict[str, Any]
    _Write = tuple[RawBSONDocument, InsertOne[RawBSONDocument] | UpdateOne]

_SAMPLE = 20


@dataclass(slots=True)
class _Batch:
    """Some documents of the dump, compared with the collection.

    ``versions`` has the stored versions of ``differing``. A document is replaced only if the stored
    version is still the same.
    """

    missing: list[RawBSONDocument] = field(default_factory=list)
    differing: list[RawBSONDocument] = field(default_factory=list)
    versions: dict[bytes, RawBSONDocument] = field(default_factory=dict)
    unchanged: int = 0

    @property
    def found(self) -> int:
        return len(self.differing) + self.unchanged


@dataclass(slots=True)
class _Failures:
    """The documents that the server refused, by its code: their number and some appointments."""

    counts: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    samples: dict[int, list[str | Message]] = field(default_factory=lambda: defaultdict(list))

    def add(self, code: int, document: Mapping[str, Any]) -> None:
        self.counts[code] += 1
        if len(self.samples[code]) < _SAMPLE:
            self.samples[code].append(_appointment_id(document))

    def to_errors(self) -> list[RunError]:
        return [
            _describe_failure(code, count, self.samples[code])
            for code, count in self.counts.items()
        ]


class MongoRestorer:
    """Restores into one collection.

    Memory stays flat, except for eight bytes for each document of the dump (sixteen in a dry run).
    """

    def __init__(
        self,
        database: AsyncDatabase[Document],
        collection: str,
        *,
        on_progress: OnProgress = silent,
        should_stop: Callable[[], bool] = lambda: False,
        fence: Fence = no_fence,
    ) -> None:
        self._collection = durable(database)[collection]
        self._raw = self._collection.with_options(codec_options=RAW)
        self._on_progress = on_progress
        self._should_stop = should_stop
        self._fence = fence
        self._failures = _Failures()

    def find_dump(self, path: Path) -> Path:
        """The file of the collection's dump: the path itself, or a file in that folder.

        Raises:
            ConfigError: there is no such file, or there are several.
        """
        return find_dump_file(path, self._collection.database.name, self._collection.name)

    async def restore(self, file: Path, *, dry_run: bool) -> RestoreReport:
        """Insert missing documents and replace different ones. Safe to repeat.

        A stop takes effect between batches; documents that were restored stay restored.

        Raises:
            UnreadableDumpError: the dump is damaged; nothing was written.
            StoreError: MongoDB failed.
        """
        report = RestoreReport(file, dry_run)
        with translated_errors():
            repeats_id = await self._check(file, report)
            if report.interrupted:
                return report
            is_ours = await self._is_index_ours()
            if dry_run and repeats_id and await has_unique_index(self._collection):
                report.index_dropped = is_ours
                if not is_ours:
                    message = texts.ALL_REFUSED_BY_INDEX()
                    report.errors.append(RunError("refused_by_index", message))
        try:
            with translated_errors():
                await self._bring_back(file, report, looks_ahead=dry_run and is_ours)
                await self._settle_index(report)
        except (StoreError, UnreadableDumpError) as error:
            # Some documents may be restored, so the report says what was done before the error.
            report.broke_off = isinstance(error, StoreError)
            report.errors.append(RunError("broken_off", error.message))
        report.errors += self._failures.to_errors()
        return report

    async def _settle_index(self, report: RestoreReport) -> None:
        """Create the unique index again, if it was dropped and now no appointment id is double."""
        if report.index_dropped and not report.dry_run:
            report.index_dropped = await ensure_unique_index(self._collection) is not None

    async def _check(self, file: Path, report: RestoreReport) -> bool:
        """Read the whole dump once, before anything is written.

        Returns whether two documents of the dump share a value as appointment id. Only a dry run
        needs this answer: when documents are written, MongoDB refuses the second.
        """
        document_ids, appointment_ids = SeenKeys(), SeenKeys()
        async for batch in self._read(file, report):
            report.documents += len(batch)
            for document in batch:
                document_ids.add(server_key(document["_id"]))
                if report.dry_run and KEY in document:
                    appointment_ids.add(server_key(document[KEY]))
            self._on_progress(Step.CHECKING, report.documents, None)
        if not report.interrupted and document_ids.has_one_twice():
            raise UnreadableDumpError(texts.SAME_ID_TWICE(path=str(file)))
        return appointment_ids.has_one_twice()

    async def _read(
        self, file: Path, report: RestoreReport
    ) -> AsyncIterator[list[RawBSONDocument]]:
        for batch in batches(read_documents(file)):
            await anyio.lowlevel.checkpoint()  # signals are handled here
            if self._should_stop():
                report.interrupted = True
                return
            yield batch

    async def _bring_back(self, file: Path, report: RestoreReport, *, looks_ahead: bool) -> None:
        step = Step.COMPARING if report.dry_run else Step.RESTORING
        stored = await self._collection.count_documents({})
        found = done = 0
        async for documents in self._read(file, report):
            batch = await self._compare(documents)
            if report.dry_run:
                report.inserted += len(batch.missing)
                report.replaced += len(batch.differing)
                if looks_ahead and not report.index_dropped:
                    report.index_dropped = await self._collides(batch)
            else:
                await self._write(batch, report)
            report.unchanged += batch.unchanged
            found += batch.found
            done += len(documents)
            self._on_progress(step, done, report.documents)
        if not report.interrupted:
            report.extra = max(0, stored - found)

    async def _compare(self, documents: Sequence[RawBSONDocument]) -> _Batch:
        batch = _Batch()
        missing = {server_key(each["_id"]): each for each in documents}
        # The dump may come from anywhere, and contain an operator instead of an `_id`.
        ids = [each["_id"] for each in documents if not _is_operator(each["_id"])]
        async for stored in self._raw.find({"_id": {"$in": ids}}):
            document = missing.pop(server_key(stored["_id"]), None)
            if document is None:
                continue
            if document.raw == stored.raw:
                batch.unchanged += 1
            else:
                batch.differing.append(document)
                batch.versions[server_key(stored["_id"])] = stored
        batch.missing = list(missing.values())
        return batch

    async def _collides(self, batch: _Batch) -> bool:
        """Whether a document that is not replaced has an appointment id that will be written."""
        wanted = (*batch.missing, *batch.differing)
        # A query must not contain a value that is no id: it may be an operator.
        written = [each for each in wanted if to_id(each.get(KEY)) is not None]
        if not written:
            return False
        ids = {server_key(each["_id"]) for each in written}
        holders = self._raw.find(having_ids([each[KEY] for each in written]), projection={"_id": 1})
        return any([server_key(each["_id"]) not in ids async for each in holders])

    async def _write(self, batch: _Batch, report: RestoreReport) -> None:
        writes: list[_Write] = [(each, InsertOne(each)) for each in batch.missing]
        failed = await self._attempt(writes + _replacements(batch))
        if failed:
            if DUPLICATE_KEY in failed.values() and not report.index_dropped:
                report.index_dropped = await drop_own_index(self._collection)
            wanted = (*batch.missing, *batch.differing)
            left = {server_key(each["_id"]): each for each in wanted}
            # Compare again: another program may have changed documents meanwhile.
            now = await self._compare([left[key] for key in failed])
            added: list[_Write] = [(each, adding(each)) for each in now.missing]
            failed = await self._attempt(added + _replacements(now))
            for key, code in failed.items():
                self._failures.add(code, left[key])
        report.failed += len(failed)
        report.inserted += sum(server_key(each["_id"]) not in failed for each in batch.missing)
        report.replaced += sum(server_key(each["_id"]) not in failed for each in batch.differing)

    async def _attempt(self, writes: Sequence[_Write]) -> dict[bytes, int]:
        """Write the documents. Returns key and code of each that is not stored as in the dump."""
        if not writes:
            return {}
        await self._fence()
        refused = await write_each(self._raw, [write for _, write in writes])
        failed = {server_key(writes[n][0]["_id"]): code for n, code in refused.items()}
        found = await self._compare(
            [each for n, (each, _) in enumerate(writes) if n not in refused]
        )
        for each in (*found.missing, *found.differing):
            failed[server_key(each["_id"])] = OTHERWISE
        return failed

    async def _is_index_ours(self) -> bool:
        """Whether the unique index is the index of this program."""
        index = (await self._collection.index_information()).get(INDEX_NAME, {})
        return bool(index.get("partialFilterExpression") == {KEY: {"$exists": True}})


def _is_operator(document_id: object) -> bool:
    """Whether a query would use the value as an operator. No stored `_id` is such a value."""
    if isinstance(document_id, Mapping):
        first = next(iter(document_id), "")
        return first.startswith("$") and first != "$ref"
    return isinstance(document_id, Regex)


def _replacements(batch: _Batch) -> list[_Write]:
    return [
        (each, replacing(batch.versions[server_key(each["_id"])], each)) for each in batch.differing
    ]


def _appointment_id(document: Mapping[str, Any]) -> str | Message:
    """The id, cut to 40 letters, since the field may contain anything."""
    value = document.get(KEY)
    return str(value)[:40] if isinstance(value, str | int) else WITHOUT_ID()


def _describe_failure(code: int, count: int, appointments: Sequence[str | Message]) -> RunError:
    if code == OTHERWISE:
        message = texts.STORED_OTHERWISE(number=count, appointments=appointments)
        return RunError("not_as_in_dump", message)
    if code == DUPLICATE_KEY:
        message = texts.REFUSED_BY_INDEX(number=count, appointments=appointments)
        return RunError("refused_by_index", message)
    message = texts.REFUSED(
        number=count, code=code, appointments=appointments, reason=meaning_of(code)
    )
    return RunError("refused", message)
