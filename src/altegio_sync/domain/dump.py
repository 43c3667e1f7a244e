"""The reports of a backup and a restore, and their progress."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import ClassVar

from altegio_sync.domain.exit_code import CommandReport, ExitCode, decide_exit_code
from altegio_sync.domain.json_form import JsonForm, Key
from altegio_sync.domain.report import RunError


class Step(StrEnum):
    """The step of a backup or a restore that the bar shows."""

    WRITING = "backing up"
    CHECKING = "checking"
    COMPARING = "comparing"
    RESTORING = "restoring"


#: Called with the number of documents done, and of all documents (None if unknown).
OnProgress = Callable[[Step, int, int | None], None]


def silent(_step: Step, _done: int, _total: int | None) -> None:
    """Shows no progress."""


@dataclass(frozen=True, slots=True)
class DumpDigest:
    """The number and the hash of a dump's documents; ``size`` is in bytes, uncompressed."""

    documents: int
    size: int
    sha256: str


@dataclass(slots=True)
class Retention:
    """The old backups that were removed beside a new backup, and what could not be removed.

    ``kept`` are the folders of old backups that contain other files too. ``is_kept_news`` says
    whether one of these was not yet old when the previous backup was made.
    """

    removed: list[Path] = field(default_factory=list)
    kept: list[Path] = field(default_factory=list)
    errors: list[RunError] = field(default_factory=list)
    is_kept_news: bool = False


@dataclass(frozen=True, slots=True)
class BackupReport(CommandReport):
    """A backup that was written, read back, and found equal to the collection.

    ``retention`` is None if no old backups were to be removed.
    """

    json_keys = (
        *("command", "ok", "path", Key("documents", "digest.documents")),
        *(Key("bytes", "digest.size"), Key("sha256", "digest.sha256")),
        *(Key("removed", optional=True), Key("kept", optional=True)),
        Key("errors", optional=True),
    )
    command: ClassVar[str] = "backup"

    path: Path
    digest: DumpDigest
    retention: Retention | None = None

    @property
    def removed(self) -> list[Path] | None:
        return None if self.retention is None else self.retention.removed

    @property
    def kept(self) -> list[Path] | None:
        return None if self.retention is None else self.retention.kept

    @property
    def errors(self) -> list[RunError] | None:
        return None if self.retention is None else self.retention.errors

    @property
    def exit_code(self) -> ExitCode:
        return decide_exit_code(has_failed=bool(self.errors))


@dataclass(frozen=True, slots=True)
class VerifiedFile(JsonForm):
    """A file of a dump whose documents are all readable.

    ``is_compared`` says whether the backup's manifest has a checksum to compare with, and
    ``is_equal`` whether the file is still as the backup wrote it.
    """

    json_keys = (
        *("path", Key("documents", "digest.documents"), Key("bytes", "digest.size")),
        *(Key("sha256", "digest.sha256"), Key("compared", "is_compared")),
    )

    path: Path
    digest: DumpDigest
    is_compared: bool
    is_equal: bool


@dataclass(slots=True)
class VerifyReport(CommandReport):
    """What a backup contains, and each damage that was found."""

    json_keys = ("command", "ok", "path", "documents", "files", "not_compared", "errors")
    command: ClassVar[str] = "backup verify"

    path: Path
    files: list[VerifiedFile] = field(default_factory=list)
    #: The files without a stored checksum.
    not_compared: list[Path] = field(default_factory=list)
    errors: list[RunError] = field(default_factory=list)

    @property
    def documents(self) -> int:
        return sum(each.digest.documents for each in self.files)

    @property
    def exit_code(self) -> ExitCode:
        return decide_exit_code(has_failed=bool(self.errors))


@dataclass(slots=True)
class RestoreReport(CommandReport):
    """What a restore changed, or would change in a dry run."""

    json_keys = (
        *("command", "ok", "dry_run", "path", "documents", "inserted", "replaced", "unchanged"),
        *("extra", "failed", "index_dropped", "errors"),
    )
    command: ClassVar[str] = "restore"

    path: Path
    dry_run: bool
    documents: int = 0
    inserted: int = 0
    replaced: int = 0
    unchanged: int = 0
    failed: int = 0
    #: Documents of the collection that the dump does not have; None if they were not counted.
    extra: int | None = None
    #: The program's unique index was dropped, or would be, since the dump contains duplicates.
    index_dropped: bool = False
    errors: list[RunError] = field(default_factory=list)
    interrupted: bool = False
    #: MongoDB was lost or refused. The documents restored until then stay.
    broke_off: bool = False

    @property
    def exit_code(self) -> ExitCode:
        return decide_exit_code(
            interrupted=self.interrupted,
            out_of_reach=self.broke_off,
            has_failed=bool(self.failed or self.errors),
        )
