"""Writes the stored bytes of the collection into a folder, and reads them back to check them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anyio.lowlevel
from bson import json_util

from altegio_sync.domain.clock import utc_now
from altegio_sync.domain.dump import BackupReport, Step, silent
from altegio_sync.errors import ConfigError
from altegio_sync.messages import dumps as texts
from altegio_sync.mongo.backup.dump_file import (
    Digesting,
    DumpError,
    UnreadableDumpError,
    batches,
    new_dump_file,
    read_documents,
)
from altegio_sync.mongo.backup.dump_folder import PRELUDE, file_stem, new_folder, write_private
from altegio_sync.mongo.backup.manifest import Manifest, checksums_in, write_manifest
from altegio_sync.mongo.backup.retention import keep_newest
from altegio_sync.mongo.core.connection import durable, translated_errors

if TYPE_CHECKING:
    from pathlib import Path

    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.domain.dump import DumpDigest, OnProgress

    Document = dict[str, Any]

#: Documents in one answer of the server, which never has more than 16 MiB.
_BATCH = 1000


class MongoBackup:
    """Backs up one collection. Memory stays flat, whatever the size of the collection."""

    def __init__(
        self,
        database: AsyncDatabase[Document],
        collection: str,
        *,
        on_progress: OnProgress = silent,
    ) -> None:
        self._database = durable(database)
        self._collection = self._database[collection]
        self._on_progress = on_progress

    async def back_up(self, target: Path, keep: int | None = None) -> BackupReport:
        """Write every document in the order of ``_id``. The target appears only after a check.

        If other programs write a document meanwhile, the backup has its old or its new version.
        With ``keep``, older backups beside the target are removed, and this many remain.

        Raises:
            ConfigError: there is no such collection, or the target exists.
            DumpError: the folder cannot be written, or reads back differently.
            StoreError: MongoDB failed.
        """
        made_at = utc_now()
        with translated_errors():
            metadata = await self._read_metadata()
            version = (await self._database.client.server_info())["version"]
        with new_folder(target) as partial:
            folder = partial / self._database.name
            folder.mkdir(mode=0o700)
            stem = file_stem(self._collection.name)
            file = folder / f"{stem}.bson.gz"
            with translated_errors():
                written = await self._write(file)
            text = json_util.dumps(metadata, json_options=json_util.CANONICAL_JSON_OPTIONS)
            write_private(folder / f"{stem}.metadata.json.gz", text)
            prelude = json_util.dumps({"ServerVersion": version, "ToolVersion": ""})
            write_private(partial / PRELUDE, prelude)
            await self._check(file, written)
            manifest = Manifest(
                made_at=made_at,
                database=self._database.name,
                collection=self._collection.name,
                collection_uuid=metadata["uuid"],
                file=f"{folder.name}/{file.name}",
                file_size=file.stat().st_size,
                documents=written.documents,
                size=written.size,
                sha256=written.sha256,
                checksums=checksums_in(partial),
            )
            write_manifest(partial, manifest)
        retention = None if keep is None else keep_newest(target, manifest, keep, utc_now())
        return BackupReport(target, written, retention)

    async def _read_metadata(self) -> Document:
        """Options and indexes, named as in the metadata of `mongodump`."""
        name = self._collection.name
        found = await (await self._database.list_collections(filter={"name": name})).to_list()
        if not found:
            raise ConfigError(texts.NO_COLLECTION(database=self._database.name, collection=name))
        [about] = found
        if about["type"] != "collection":
            raise ConfigError(texts.NOT_A_COLLECTION(collection=name, kind=about["type"]))
        indexes = [dict(each) async for each in await self._collection.list_indexes()]
        return {
            "options": about.get("options", {}),
            "indexes": indexes,
            "uuid": about["info"].get("uuid", b"").hex(),
            "collectionName": name,
            "type": about["type"],
        }

    async def _write(self, file: Path) -> DumpDigest:
        total = await self._collection.estimated_document_count()
        with new_dump_file(file) as dump:
            cursor: Any = self._collection.find_raw_batches(sort=[("_id", 1)], batch_size=_BATCH)
            async with cursor:
                async for raw in cursor:
                    dump.write(raw)
                    self._on_progress(Step.WRITING, dump.documents, total)
        return dump.result()

    async def _check(self, file: Path, written: DumpDigest) -> None:
        digesting = Digesting()
        try:
            for batch in batches(read_documents(file)):
                for document in batch:
                    digesting.add(document.raw)
                self._on_progress(Step.CHECKING, digesting.documents, written.documents)
                await anyio.lowlevel.checkpoint()
        except UnreadableDumpError as error:
            raise DumpError(texts.NOT_READ_BACK(reason=error.message)) from None
        if digesting.result() != written:
            raise DumpError(texts.READ_BACK_OTHERWISE())
