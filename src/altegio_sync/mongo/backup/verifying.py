"""Checks a backup on the disk, without MongoDB."""

from __future__ import annotations

import gzip
import json
import zlib
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
from altegio_sync.mongo.backup.manifest import NAME, Manifest, read_manifest
from altegio_sync.mongo.backup.seen_keys import SeenKeys
from altegio_sync.mongo.core.document_ids import server_key

if TYPE_CHECKING:
    from pathlib import Path

    from altegio_sync.domain.dump import OnProgress
    from altegio_sync.messages import Message

_MOST_METADATA = 16 * 1024 * 1024


async def verify_backup(path: Path, on_progress: OnProgress = silent) -> VerifyReport:
    """Read every document of the backup, and compare the backup with its manifest.

    ``path`` is what a restore accepts: the folder of a backup, the folder of its database, or a
    file. Dumps without a manifest (of mongodump, or of an earlier version) are read and checked
    too, but there is no checksum to compare with.

    Raises:
        ConfigError: there is no dump at this path.
    """
    check_there(path)
    verifying = _Verifying(path, on_progress)
    await verifying.run()
    return verifying.report


class _Verifying:
    def __init__(self, path: Path, on_progress: OnProgress) -> None:
        self.report = VerifyReport(path)
        self._path = path
        self._on_progress = on_progress

    async def run(self) -> None:
        root = _root_of(self._path)
        manifest = self._read_manifest(root)
        files = [self._path] if self._path.is_file() else _dump_files(self._path)
        if manifest is not None:
            expected = root / manifest.file
            if not self._path.is_file() and expected not in files:
                self._found("missing_file", texts.MISSING_FILE(path=str(expected)))
            if not (root / PRELUDE).is_file():
                self._found("missing_file", texts.MISSING_FILE(path=str(root / PRELUDE)))
        elif not files and not self.report.errors:
            raise ConfigError(texts.NO_DUMP(path=str(self._path)))
        for file in [root / PRELUDE, *(_metadata_of(each) for each in files)]:
            self._check_json(file, is_expected=manifest is not None)
        for file in files:
            is_described = manifest is not None and file == root / manifest.file
            await self._check_file(file, manifest if is_described else None)

    def _read_manifest(self, root: Path) -> Manifest | None:
        try:
            return read_manifest(root)
        except UnreadableDumpError as error:
            self._found("damaged", error.message)
            return None

    def _check_json(self, path: Path, *, is_expected: bool) -> None:
        opened = gzip.open if path.suffix == ".gz" else open
        try:
            with opened(path, "rb") as file:
                json.loads(file.read(_MOST_METADATA))
        except FileNotFoundError:
            if is_expected and path.name != PRELUDE:
                self._found("missing_file", texts.MISSING_FILE(path=str(path)))
        except (OSError, EOFError, zlib.error, ValueError, RecursionError):
            self._found("damaged", texts.TEXT_DAMAGED(path=str(path)))

    async def _check_file(self, file: Path, manifest: Manifest | None) -> None:
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
        result = digesting.result()
        self.report.files.append(VerifiedFile(file, result, is_compared=manifest is not None))
        if ids.has_one_twice():
            self._found("same_id_twice", texts.SAME_ID_TWICE_IN_DUMP(path=str(file)))
        if manifest is not None and result != manifest.digest:
            self._found(
                "differs",
                texts.DIFFERS_FROM_MANIFEST(
                    path=str(file), documents=result.documents, expected=manifest.documents
                ),
            )

    def _found(self, code: str, message: Message) -> None:
        self.report.errors.append(RunError(code, message))


def _root_of(path: Path) -> Path:
    """The folder of the backup that the path belongs to."""
    if path.is_file():
        return path.parent.parent
    has_manifest = (path / NAME).exists() or not (path.parent / NAME).exists()
    return path if has_manifest else path.parent


def _dump_files(path: Path) -> list[Path]:
    folders = [path, *sorted(each for each in path.iterdir() if each.is_dir())]
    files = (each for folder in folders for each in sorted(folder.iterdir()))
    return [each for each in files if each.name.endswith((".bson", ".bson.gz"))]


def _metadata_of(file: Path) -> Path:
    stem, _, ending = file.name.rpartition(".bson")
    return file.with_name(f"{stem}.metadata.json{ending}")
