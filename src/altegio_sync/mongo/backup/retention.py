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
    from datetime import datetime
    from pathlib import Path


def keep_newest(made: Path, manifest: Manifest, keep: int, now: datetime) -> Retention:
    """Remove the backups beside the backup ``made`` that are older than the newest ``keep``.

    Only whole backups that contain documents are counted, and the backup just made always counts
    as the newest, even if the clock was wrong. So the last good backup is never removed. If the
    backup just made is empty, nothing is removed. Backups of other collections, folders without a
    manifest and folders that contain files of others are never removed.

    Another run may have made a backup meanwhile. It is newer and is kept, and may have removed
    this one: two runs never remove each other's backup.

    A new backup makes one more backup old, the newest of the old ones. If this is kept, it is news.
    """
    if not made.exists():
        return Retention()
    if not manifest.is_whole_in(made):
        return Retention(errors=[RunError("backup_empty", texts.EMPTY_KEEPS_ALL())])
    retention = Retention()
    old = [
        (folder, each)
        for folder, each in _older_than(keep, _others(made, manifest))
        if not manifest.made_at < each.made_at <= now
    ]
    for folder, older in old:
        try:
            if _remove(folder, older):
                retention.removed.append(folder)
            else:
                retention.kept.append(folder)
        except OSError as error:
            reason = texts.NOT_REMOVED(path=str(folder), reason=error.strerror)
            retention.errors.append(RunError("not_removed", reason))
    retention.is_kept_news = bool(retention.kept) and retention.kept[0] == old[0][0]
    return retention


def _older_than(keep: int, others: list[tuple[Path, Manifest]]) -> list[tuple[Path, Manifest]]:
    """The backups that are not among the newest ``keep``; the backup just made is one of these."""
    counted = 1
    for place, (folder, older) in enumerate(others):
        if counted >= keep:
            return others[place:]
        counted += older.is_whole_in(folder)
    return []


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


def _remove(folder: Path, manifest: Manifest) -> bool:
    """Remove the backup, its manifest last: what an interruption leaves is found the next time.

    False if the folder contains other files too, and is kept.
    """
    dump = folder / manifest.file
    stem = dump.name.removesuffix(".bson.gz")
    own = {dump, dump.with_name(f"{stem}.metadata.json.gz"), folder / PRELUDE, folder / NAME}
    if dump.parent.parent != folder or set(_files_in(folder)) - own:
        return False
    shutil.rmtree(dump.parent, ignore_errors=not dump.parent.exists())
    (folder / PRELUDE).unlink(missing_ok=True)
    (folder / NAME).unlink(missing_ok=True)
    folder.rmdir()
    return True


def _files_in(folder: Path) -> list[Path]:
    return [each for each in folder.rglob("*") if not each.is_dir() or each.is_symlink()]
