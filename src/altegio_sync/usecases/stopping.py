"""Asks a run to stop: the run reads no more pages, and stores what it has read."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import anyio

if TYPE_CHECKING:
    from collections.abc import Iterator

    from altegio_sync.errors import AltegioSyncError


class StopSignal:
    """A request to stop. It ends the present reading, and every later reading at once."""

    def __init__(self) -> None:
        self.is_set = False
        self._scopes: list[anyio.CancelScope] = []

    def set(self) -> None:
        self.is_set = True
        for scope in self._scopes:
            scope.cancel()

    @contextmanager
    def interrupting(self) -> Iterator[None]:
        """Code inside this context is cancelled by the signal, except for its shielded parts."""
        with anyio.CancelScope() as scope:
            self._scopes.append(scope)
            if self.is_set:
                scope.cancel()
            try:
                yield
            finally:
                self._scopes.remove(scope)


#: Altegio counts as out of reach when it answered for none of this many companies in a row.
UNANSWERED_IN_A_ROW = 48


class Outage(StopSignal):
    """Set when MongoDB or Altegio is out of reach: one company, or many, have waited in vain.

    It ends the work on all companies: without it, each of them would wait as long again.
    """

    error: AltegioSyncError | None = None
    _unanswered = 0

    def note(self, error: AltegioSyncError) -> None:
        if self.error is None:
            self.error = error
            self.set()

    def count_end(self, unanswered: AltegioSyncError | None) -> None:
        """Count a company whose work has ended; ``unanswered`` where Altegio did not answer."""
        self._unanswered = 0 if unanswered is None else self._unanswered + 1
        if unanswered is not None and self._unanswered >= UNANSWERED_IN_A_ROW:
            self.note(unanswered)
