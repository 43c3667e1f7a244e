"""Makes backups on the disk, as `altegio-sync backup` does, without MongoDB."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import bson

from altegio_sync.mongo.backup.dump_file import new_dump_file
from altegio_sync.mongo.backup.dump_folder import PRELUDE, write_private
from altegio_sync.mongo.backup.manifest import Manifest, checksums_in, write_manifest

if TYPE_CHECKING:
    from pathlib import Path

DUMP = "school/altegio-appointments.bson.gz"
METADATA = "school/altegio-appointments.metadata.json.gz"


def make_backup(folder: Path, *, day: int = 1, documents: int = 3, uuid: str = "ab") -> Path:
    """A backup of the given day, counted from a fixed first day."""
    (folder / "school").mkdir(parents=True)
    with new_dump_file(folder / DUMP) as dump:
        for number in range(documents):
            dump.write(bson.encode({"_id": number, "appointmentId": str(number)}))
    digest = dump.result()
    write_private(folder / METADATA, "{}")
    write_private(folder / PRELUDE, "{}")
    manifest = Manifest(
        made_at=datetime(2026, 10, 1, 2, 45, tzinfo=UTC) + timedelta(days=day),
        database="school",
        collection="altegio-appointments",
        collection_uuid=uuid,
        file=DUMP,
        file_size=(folder / DUMP).stat().st_size,
        documents=digest.documents,
        size=digest.size,
        sha256=digest.sha256,
        checksums=checksums_in(folder),
    )
    write_manifest(folder, manifest)
    return folder
