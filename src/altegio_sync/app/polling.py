"""Asks Altegio for changes, again and again."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from math import floor
from typing import TYPE_CHECKING

import anyio

from altegio_sync.app.companies import find_companies
from altegio_sync.app.parts import pause
from altegio_sync.app.syncing import sync_school_changes
from altegio_sync.domain.durations import age_text
from altegio_sync.domain.lanes import Lane
from altegio_sync.errors import StoreError
from altegio_sync.usecases.changes import DEFAULT_OVERLAP, ChangesRequest

if TYPE_CHECKING:
    from altegio_sync.app.parts import Runner, Work
    from altegio_sync.app.school import School
    from altegio_sync.ports import Warn
    from altegio_sync.usecases.stopping import StopSignal


#: The interval, in parts of the wanted one, from which on a poll must have been left out.
_LATE = 1.5


class Poll:
    """Runs `changes` again and again.

    A poll that is due while another one runs is left out, and so is a poll where another process
    has just asked. ``interval`` is the time between the last two polls, by whichever process. A
    poll that gave way to a longer one of another process is none.
    """

    def __init__(self, school: School, runner: Runner, warn: Warn) -> None:
        self._school = school
        self._runner = runner
        self._warn = warn
        self._every_s = school.config.poll_every.total_seconds()
        self._started_at: float | None = None
        self._is_late = False
        self.interval: timedelta | None = None

    async def run(self, stop: StopSignal) -> None:
        due = anyio.current_time()
        while not stop.is_set:
            # What changed while the process did not run is asked for at once.
            is_asked = self._started_at is not None and await self._is_fresh()
            before = self._started_at, self.interval
            self._note_poll()
            if is_asked or await self._ask(stop):
                self._say_if_late()
            else:
                self._started_at, self.interval = before
            now = anyio.current_time()
            due = next_due(due, self._every_s, now)
            await pause(due - now, stop)

    async def _is_fresh(self) -> bool:
        """Whether another process asked less than half of the time ago, for all companies."""
        try:
            cursors = await self._school.cursors.find_all()
            companies = await find_companies(self._school)
            now = await self._school.appointments.find_server_time()
        except StoreError:
            return False
        since = now - timedelta(seconds=self._every_s / 2)
        return bool(companies) and all(
            each in cursors and since < cursors[each] <= now for each in companies
        )

    async def _ask(self, stop: StopSignal) -> bool:
        """One run of `changes`. False if it gave way everywhere, so that nothing was asked."""
        report = await self._runner(self._school, "changes", self._plan(stop))
        companies = [] if report is None else report.companies
        return not companies or not all(each.gave_way for each in companies)

    def _note_poll(self) -> None:
        now = anyio.current_time()
        if self._started_at is not None:
            self.interval = timedelta(seconds=now - self._started_at)
        self._started_at = now

    def _say_if_late(self) -> None:
        """Say once that polls take longer than they may, until they no longer do."""
        if self.interval is None:
            return
        was_late = self._is_late
        self._is_late = self.interval.total_seconds() > _LATE * self._every_s
        if self._is_late and not was_late:
            self._warn(
                "polls_late",
                span=age_text(self.interval),
                wanted=age_text(self._school.config.poll_every),
            )

    def _plan(self, stop: StopSignal) -> Work:
        request = ChangesRequest(
            # Where a company has no cursor yet, this is the beginning.
            self._school.config.pick_companies(()),
            since=DEFAULT_OVERLAP,
        )
        return partial(sync_school_changes, self._school, request, lane=Lane.POLLS, stop=stop)


def next_due(due: float, every_s: float, now: float) -> float:
    """The next time after ``now``; what was due meanwhile is left out."""
    return due + every_s * (1 + max(0, floor((now - due) / every_s)))
