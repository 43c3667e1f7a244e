"""Reports that MongoDB is away, and that it is back: each once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from altegio_sync.errors import StoreError
    from altegio_sync.ports import Warn


class StoreOutages:
    """What a long-lived process knows of MongoDB. ``error`` is None while MongoDB answers."""

    def __init__(self, warn: Warn) -> None:
        self._warn = warn
        self.error: StoreError | None = None

    def note(self, error: StoreError) -> None:
        is_new = self.error is None
        self.error = error
        if is_new:
            self._warn("store_away", reason=error.message)

    def note_answer(self) -> None:
        if self.error is not None:
            self.error = None
            self._warn("store_back")
