"""The runs that a long-lived process makes by itself."""

from __future__ import annotations

from functools import partial
from math import floor
from typing import TYPE_CHECKING

import anyio

from altegio_sync.app.parts import pause
from altegio_sync.app.syncing import sync_school_changes
from altegio_sync.domain.lanes import Lane
from altegio_sync.usecases.changes import DEFAULT_OVERLAP, ChangesRequest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from altegio_sync.app.school import School
    from altegio_sync.domain.report import SyncReport
    from altegio_sync.usecases.stopping import StopSignal

    # Does the work of the command with a progress of its own, and reports how the run ended.
    # Returns None if the run failed before there was a report. It raises no error.
    Runner = Callable[
        [School, str, Callable[..., Awaitable[SyncReport]]], Awaitable[SyncReport | None]
    ]


class Poll:
    """Runs `changes` again and again. A poll that is due while another one runs is left out.

    ``interval_s`` is the time between the last two starts.
    """

    def __init__(self, school: School, runner: Runner) -> None:
        self._school = school
        self._runner = runner
        self._every_s = school.config.poll_every.total_seconds()
        self._started_at: float | None = None
        self.interval_s: float | None = None

    async def run(self, stop: StopSignal) -> None:
        due = anyio.current_time()
        while not stop.is_set:
            self._note_start()
            await self._runner(self._school, "changes", self._plan(stop))
            now = anyio.current_time()
            due = next_due(due, self._every_s, now)
            await pause(due - now, stop)

    def _note_start(self) -> None:
        now = anyio.current_time()
        if self._started_at is not None:
            self.interval_s = now - self._started_at
        self._started_at = now

    def _plan(self, stop: StopSignal) -> Callable[..., Awaitable[SyncReport]]:
        request = ChangesRequest(
            # Where a company has no cursor yet, this is the beginning.
            self._school.config.pick_companies(()),
            since=DEFAULT_OVERLAP,
        )
        return partial(sync_school_changes, self._school, request, lane=Lane.POLLS, stop=stop)


def next_due(due: float, every_s: float, now: float) -> float:
    """The next time after ``now``; what was due meanwhile is left out."""
    return due + every_s * (1 + max(0, floor((now - due) / every_s)))
