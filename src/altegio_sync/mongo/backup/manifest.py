"""The file in a backup's folder that says what the backup contains, to verify it and to keep it.

mongorestore skips files that it does not know. A dump of mongodump, and of earlier versions of this
program, has no such file.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from altegio_sync.domain.dump import DumpDigest
from altegio_sync.messages import dumps as texts
from altegio_sync.mongo.backup.dump_file import UnreadableDumpError, new_private_file

NAME = "altegio-backup.json"
_MOST = 64 * 1024


class Manifest(BaseModel):
    """Sizes are in bytes: ``size`` of the documents, ``file_size`` of the gzipped file."""

    model_config = ConfigDict(frozen=True)

    made_at: AwareDatetime
    database: str
    collection: str
    #: MongoDB's own id of the collection, so that two schools in one place do not mix.
    collection_uuid: str
    #: The path of the dump's file in the folder of the backup: a folder and a name.
    file: Annotated[str, Field(pattern=r"^[^/\x00.][^/\x00]*/[^/\x00.][^/\x00]*\.bson\.gz$")]
    file_size: Annotated[int, Field(ge=0)]
    documents: Annotated[int, Field(ge=0)]
    size: Annotated[int, Field(ge=0)]
    sha256: str
    #: The SHA-256 of each file's bytes, by its path in the folder. Earlier versions stored none.
    checksums: dict[str, str] = {}

    @property
    def origin(self) -> tuple[str, str, str]:
        """What was backed up: backups of the same origin replace each other."""
        return self.database, self.collection, self.collection_uuid

    @property
    def digest(self) -> DumpDigest:
        return DumpDigest(self.documents, self.size, self.sha256)

    def is_whole_in(self, folder: Path) -> bool:
        """Whether the dump's file has the size that it had, and contains documents."""
        try:
            return self.documents > 0 and (folder / self.file).stat().st_size == self.file_size
        except (OSError, ValueError):
            return False


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of the backup in this folder. None if the folder has none.

    Raises:
        UnreadableDumpError: the manifest is damaged.
    """
    path = folder / NAME
    try:
        with path.open("rb") as file:
            text = file.read(_MOST)
        return Manifest.model_validate_json(text)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        reason = texts.CANNOT_READ(path=str(path), reason=error.strerror)
        raise UnreadableDumpError(reason) from None
    except ValidationError:
        raise UnreadableDumpError(texts.TEXT_DAMAGED(path=str(path))) from None


def checksum_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def checksums_in(folder: Path) -> dict[str, str]:
    """The checksum of every file of a new backup that has no manifest yet."""
    files = (each for each in sorted(folder.rglob("*")) if each.is_file())
    return {each.relative_to(folder).as_posix(): checksum_of(each) for each in files}


def write_manifest(folder: Path, manifest: Manifest) -> None:
    with new_private_file(folder / NAME) as file:
        file.write(manifest.model_dump_json(indent=2).encode() + b"\n")
