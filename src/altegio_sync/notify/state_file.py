"""Keeps the last alerts on the disk while MongoDB cannot be reached."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

from altegio_sync.domain.alerts import AlertState, plan_alert
from altegio_sync.domain.json_form import utc_text
from altegio_sync.domain.stored import read_stored

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = "alerts.json"
_MOST_BYTES = 1_000_000
_MOMENTS = ("since", "said_at")


class StateFile:
    """The states of one place (a collection of a database), by subject.

    A file that cannot be read or written counts as empty. A state without a place is of an earlier
    version, or of settings that name no database: it is read until this place has its own.
    """

    def __init__(self, data_dir: Path | None, place: str) -> None:
        self._path = (data_dir or platformdirs.user_data_path("altegio-sync")) / _NAME
        self._place = place

    def find(self, subject: str) -> AlertState | None:
        states = self._read()
        stored = states.get(self._key(subject), states.get(subject))
        if not isinstance(stored, dict):
            return None
        with suppress(ValueError, TypeError, KeyError):
            moments = {name: datetime.fromisoformat(stored[name]) for name in _MOMENTS}
            return read_stored(AlertState, {**stored, **moments}, lambda: None)
        return None

    def write(self, subject: str, state: AlertState) -> None:
        moments = {"since": utc_text(state.since), "said_at": utc_text(state.said_at)}
        others = self._without(subject)
        self._write({**others, self._key(subject): {"is_failing": state.is_failing, **moments}})

    def forget(self, subject: str) -> None:
        others = self._without(subject)
        if others != self._read():
            self._write(others)

    def _key(self, subject: str) -> str:
        return f"{self._place}/{subject}" if self._place else subject

    def _without(self, subject: str) -> dict[str, Any]:
        gone = (subject, self._key(subject))
        return {key: each for key, each in self._read().items() if key not in gone}

    def is_news(self, subject: str, now: datetime, *, has_failed: bool) -> bool:
        """Whether a failure was not reported within the last day; it counts as reported now."""
        if not has_failed:
            self.forget(subject)
            return False
        plan = plan_alert(self.find(subject), now, has_failed=True)
        if plan is not None:
            self.write(subject, plan[1])
        return plan is not None

    def _read(self) -> dict[str, Any]:
        try:
            with self._path.open("rb") as file:
                found = json.loads(file.read(_MOST_BYTES))
        except (OSError, ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def _write(self, states: Mapping[str, Any]) -> None:
        draft = self._path.with_name(f".{_NAME}.{os.getpid()}")
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft.write_text(json.dumps(states), encoding="utf-8")
            draft.replace(self._path)
