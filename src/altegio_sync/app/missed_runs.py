"""Keeps what is known about runs that could not store their report, until MongoDB is back."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import platformdirs

from altegio_sync.domain.clock import utc_now
from altegio_sync.domain.json_form import utc_text
from altegio_sync.domain.report import RunError, new_run_id
from altegio_sync.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from altegio_sync.app.school import School
    from altegio_sync.app.watched import RunOutcome
    from altegio_sync.config import SchoolConfig

#: The commands whose reports are stored in MongoDB.
_COMMANDS = ("sync", "changes", "validate", "clean")
_COUNTS = ("fetched", "saved", "updated", "failed")
#: Runs every five minutes fill this in two days. The oldest run is dropped first.
_MOST_FILES = 600
_MOST_BYTES = 20_000


def note_missed_run(
    config: SchoolConfig, command: str, outcome: RunOutcome, started_at: datetime
) -> None:
    """Write a short report of the failed run into the data folder. A disk that fails is ignored."""
    if command not in _COMMANDS or outcome.reason is None:
        return
    run_id = outcome.run_id or new_run_id(started_at)
    report = {
        "command": command,
        "run_id": run_id,
        "ok": False,
        "interrupted": False,
        "started_at": utc_text(started_at),
        "finished_at": utc_text(utc_now()),
        "records": {name: outcome.counts[name] for name in _COUNTS if name in outcome.counts},
        "errors": [RunError("store_failed", outcome.reason).to_stored()],
    }
    folder = _folder_of(config)
    draft = folder / f".{os.getpid()}"
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft.write_text(json.dumps(report), encoding="utf-8")
        draft.replace(folder / f"{run_id}.json")
        for old in sorted(folder.glob("*.json"))[:-_MOST_FILES]:
            old.unlink(missing_ok=True)


async def store_missed_runs(school: School) -> None:
    """Store the noted reports in MongoDB. What cannot be stored now is tried again later."""
    for path, report in _read_all(_folder_of(school.config)):
        try:
            # A file that is no report is deleted.
            with suppress(KeyError, TypeError, ValueError):
                await school.runs.keep_report(report)
        except StoreError:
            return  # such as a user who may only read
        with suppress(OSError):
            path.unlink()


def _folder_of(config: SchoolConfig) -> Path:
    """A folder for each database and collection: they may share the data folder."""
    data_dir = config.data_dir or platformdirs.user_data_path("altegio-sync")
    return data_dir / "missed-runs" / config.place


def _read_all(folder: Path) -> Iterable[tuple[Path, dict[str, Any]]]:
    """The reports, the oldest first; an empty one for a file that is no report."""
    for path in sorted(folder.glob("*.json")):
        with suppress(OSError):
            found: Any = None
            with path.open("rb") as file, suppress(ValueError, RecursionError):
                found = json.loads(file.read(_MOST_BYTES))
            yield path, found if isinstance(found, dict) else {}
