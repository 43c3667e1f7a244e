"""Checks a backup on the disk, without MongoDB."""

from __future__ import annotations

import gzip
import json
import os
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import anyio.lowlevel

from altegio_sync.domain.dump import Step, VerifiedFile, VerifyReport, silent
from altegio_sync.domain.report import RunError
from altegio_sync.errors import ConfigError
from altegio_sync.messages import dumps as texts
from altegio_sync.mongo.backup.dump_file import (
    Digesting,
    UnreadableDumpError,
    batches,
    read_documents,
)
from altegio_sync.mongo.backup.dump_folder import PRELUDE, check_there
from altegio_sync.mongo.backup.manifest import NAME, Manifest, checksum_of, read_manifest
from altegio_sync.mongo.backup.seen_keys import SeenKeys
from altegio_sync.mongo.core.document_ids import server_key

if TYPE_CHECKING:
    from altegio_sync.domain.dump import DumpDigest, OnProgress
    from altegio_sync.messages import Message

_MOST_METADATA = 16 * 1024 * 1024
_ENDINGS = (".bson", ".bson.gz")


async def verify_backup(path: Path, on_progress: OnProgress = silent) -> VerifyReport:
    """Read every document of the backup, and compare the backup with its manifest.

    ``path`` is what a restore accepts: the folder of a backup, the folder of its database, or a
    file. Dumps without a manifest (of mongodump, or of an earlier version) are read and checked
    too, but there is no checksum to compare with.

    Raises:
        ConfigError: there is no dump at this path.
    """
    check_there(path)
    if not _may_be_dump(path):
        raise ConfigError(texts.NO_DUMP_FILE(path=str(path)))
    verifying = _Verifying(path, on_progress)
    await verifying.run()
    return verifying.report


def _may_be_dump(path: Path) -> bool:
    return path.is_dir() or (path.is_file() and path.name.endswith(_ENDINGS))


class _Verifying:
    def __init__(self, path: Path, on_progress: OnProgress) -> None:
        self.report = VerifyReport(path)
        self._path = path
        self._root = _root_of(path)
        self._on_progress = on_progress
        self._manifest = self._read_manifest()

    async def run(self) -> None:
        files = [self._path] if self._path.is_file() else _dump_files(self._path)
        if self._manifest is not None:
            self._check_complete(self._manifest, files)
        elif not files and not self.report.errors:
            raise ConfigError(texts.NO_DUMP(path=str(self._path)))
        for file in [self._root / PRELUDE, *(_metadata_of(each) for each in files)]:
            self._check_json(file)
        for file in files:
            await self._check_file(file)

    def _read_manifest(self) -> Manifest | None:
        try:
            return read_manifest(self._root)
        except UnreadableDumpError as error:
            self._found("damaged", error.message)
            return None

    def _check_complete(self, manifest: Manifest, files: list[Path]) -> None:
        expected = [PRELUDE]
        if not self._path.is_file() and manifest.file not in map(self._name_of, files):
            expected.append(manifest.file)
        for name in expected:
            if not (self._root / name).is_file():
                self._found("missing_file", texts.MISSING_FILE(path=str(self._root / name)))
        named = {PRELUDE, manifest.file, _metadata_of(Path(manifest.file)).as_posix()}
        if manifest.checksums and named - manifest.checksums.keys():
            self._found("damaged", texts.TEXT_DAMAGED(path=str(self._root / NAME)))

    def _check_json(self, path: Path) -> None:
        opened = gzip.open if path.suffix == ".gz" else open
        try:
            with opened(path, "rb") as file:
                json.loads(file.read(_MOST_METADATA))
            if self._checksum_stored_for(path) is None:
                self.report.not_compared.append(path)
            elif self._has_other_bytes(path):
                self._found("differs", texts.FILE_CHANGED(path=str(path)))
        except FileNotFoundError:
            if self._manifest is not None and path.name != PRELUDE:
                self._found("missing_file", texts.MISSING_FILE(path=str(path)))
        except (OSError, EOFError, zlib.error, ValueError, RecursionError):
            self._found("damaged", texts.TEXT_DAMAGED(path=str(path)))

    async def _check_file(self, file: Path) -> None:
        manifest = self._manifest
        if manifest is not None and self._name_of(file) != manifest.file:
            manifest = None
        digesting, ids = Digesting(), SeenKeys()
        total = None if manifest is None else manifest.documents
        try:
            for batch in batches(read_documents(file)):
                for document in batch:
                    digesting.add(document.raw)
                    ids.add(server_key(document["_id"]))
                self._on_progress(Step.CHECKING, digesting.documents, total)
                await anyio.lowlevel.checkpoint()
        except UnreadableDumpError as error:
            self._found("damaged", error.message)
            return
        if ids.has_one_twice():
            self._found("same_id_twice", texts.SAME_ID_TWICE_IN_DUMP(path=str(file)))
        self._compare(file, digesting.result(), manifest)

    def _compare(self, file: Path, digest: DumpDigest, manifest: Manifest | None) -> None:
        """Compare a file whose documents are readable with the manifest, if that describes it."""
        difference = None
        if manifest is None:
            self.report.not_compared.append(file)
        elif digest != manifest.digest:
            difference = texts.DIFFERS_FROM_MANIFEST(
                path=str(file), documents=digest.documents, expected=manifest.documents
            )
        elif file.stat().st_size != manifest.file_size or self._has_other_bytes(file):
            difference = texts.FILE_CHANGED(path=str(file))
        if difference is not None:
            self._found("differs", difference)
        is_compared = manifest is not None
        is_equal = is_compared and difference is None
        self.report.files.append(VerifiedFile(file, digest, is_compared, is_equal))

    def _has_other_bytes(self, file: Path) -> bool:
        stored = self._checksum_stored_for(file)
        return stored is not None and checksum_of(file) != stored

    def _checksum_stored_for(self, file: Path) -> str | None:
        checksums = {} if self._manifest is None else self._manifest.checksums
        return checksums.get(self._name_of(file))

    def _name_of(self, file: Path) -> str:
        """The path in the folder of the backup, as in the manifest."""
        return os.path.relpath(file.parent.resolve() / file.name, self._root.resolve())

    def _found(self, code: str, message: Message) -> None:
        self.report.errors.append(RunError(code, message))


def _root_of(path: Path) -> Path:
    """The folder of the backup that the path belongs to."""
    if path.is_file():
        return path.parent.resolve().parent
    above = path.resolve().parent
    has_manifest = (path / NAME).exists() or not (above / NAME).exists()
    return path if has_manifest else above


def _dump_files(path: Path) -> list[Path]:
    folders = [path, *sorted(each for each in path.iterdir() if each.is_dir())]
    files = (each for folder in folders for each in sorted(folder.iterdir()))
    return [each for each in files if each.name.endswith(_ENDINGS)]


def _metadata_of(file: Path) -> Path:
    stem, _, ending = file.name.rpartition(".bson")
    return file.with_name(f"{stem}.metadata.json{ending}")
