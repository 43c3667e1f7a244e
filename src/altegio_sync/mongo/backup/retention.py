"""Removes old backups of one collection from one place, and keeps the newest ones."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from altegio_sync.domain.dump import Retention
from altegio_sync.domain.report import RunError
from altegio_sync.messages import dumps as texts
from altegio_sync.mongo.backup.dump_file import UnreadableDumpError
from altegio_sync.mongo.backup.dump_folder import PRELUDE
from altegio_sync.mongo.backup.manifest import NAME, Manifest, read_manifest

if TYPE_CHECKING:
    from pathlib import Path


def keep_newest(made: Path, manifest: Manifest, keep: int) -> Retention:
    """Remove the backups beside the backup ``made`` that are older than the newest ``keep``.

    Only whole backups that contain documents are counted, and the backup just made always counts
    as the newest, even if the clock was wrong. So the last good backup is never removed. If the
    backup just made is empty, nothing is removed. Backups of other collections, folders without a
    manifest and folders that contain files of others are never removed.
    """
    if not manifest.is_whole_in(made):
        return Retention(removed=[], errors=[RunError("backup_empty", texts.EMPTY_KEEPS_ALL())])
    retention = Retention(removed=[], errors=[])
    counted = 1
    for folder, older in _others(made, manifest):
        if counted < keep:
            counted += older.is_whole_in(folder)
            continue
        error = _remove(folder, older)
        if error is None:
            retention.removed.append(folder)
        else:
            retention.errors.append(error)
    return retention


def _others(made: Path, manifest: Manifest) -> list[tuple[Path, Manifest]]:
    """The other backups of this collection in this place, the newest first."""
    found = []
    for folder in made.parent.iterdir():
        if folder == made or folder.is_symlink() or not folder.is_dir():
            continue
        try:
            each = read_manifest(folder)
        except UnreadableDumpError:
            continue  # `backup verify` reports it
        if each is not None and each.origin == manifest.origin:
            found.append((folder, each))
    return sorted(found, key=lambda pair: pair[1].made_at, reverse=True)


def _remove(folder: Path, manifest: Manifest) -> RunError | None:
    """Remove the backup, its manifest last: what an interruption leaves is found the next time."""
    dump = folder / manifest.file
    stem = dump.name.removesuffix(".bson.gz")
    own = {dump, dump.with_name(f"{stem}.metadata.json.gz"), folder / PRELUDE, folder / NAME}
    try:
        if dump.parent.parent != folder or set(_files_in(folder)) - own:
            return RunError("not_removed", texts.OTHER_FILES(path=str(folder)))
        shutil.rmtree(dump.parent, ignore_errors=not dump.parent.exists())
        (folder / PRELUDE).unlink(missing_ok=True)
        (folder / NAME).unlink(missing_ok=True)
        folder.rmdir()
    except OSError as error:
        reason = texts.NOT_REMOVED(path=str(folder), reason=error.strerror)
        return RunError("not_removed", reason)
    return None


def _files_in(folder: Path) -> list[Path]:
    return [each for each in folder.rglob("*") if not each.is_dir() or each.is_symlink()]
