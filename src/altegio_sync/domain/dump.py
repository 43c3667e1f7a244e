"""The reports of a backup and a restore, and their progress."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import ClassVar

from altegio_sync.domain.exit_code import CommandReport, ExitCode, decide_exit_code
from altegio_sync.domain.json_form import Key
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


@dataclass(frozen=True, slots=True)
class BackupReport(CommandReport):
    """A backup that was written, read back, and found equal to the collection."""

    json_keys = (
        *("command", "ok", "path", Key("documents", "digest.documents")),
        *(Key("bytes", "digest.size"), Key("sha256", "digest.sha256")),
    )
    command: ClassVar[str] = "backup"

    path: Path
    digest: DumpDigest


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
