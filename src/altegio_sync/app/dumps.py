"""Backups on the disk: the paths, checked before MongoDB is contacted, and what is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.mongo.backup.dump_folder import check_there, default_target, usable_target
from altegio_sync.mongo.backup.verifying import verify_backup

if TYPE_CHECKING:
    from pathlib import Path

    from altegio_sync.domain.dump import OnProgress, VerifyReport
    from altegio_sync.usecases.stopping import StopSignal

__all__ = ["check_there", "default_target", "usable_target", "verify"]


async def verify(path: Path, stop: StopSignal, on_progress: OnProgress) -> VerifyReport | None:
    """Check a backup without MongoDB. Returns None if ``stop`` ended the check."""
    with stop.interrupting():
        return await verify_backup(path, on_progress)
    return None  # type: ignore[unreachable]  # where the context ended the check
