"""Reads the days around today again, once a night."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import anyio

from altegio_sync.app.companies import find_companies
from altegio_sync.app.parts import pause
from altegio_sync.app.syncing import sync_school
from altegio_sync.domain.daily import last_moment
from altegio_sync.domain.period_words import parse_period
from altegio_sync.domain.report import SyncMode
from altegio_sync.errors import StoreError
from altegio_sync.usecases.sync import SyncRequest
from altegio_sync.usecases.zones import find_local_zone

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence
    from datetime import datetime, time

    from altegio_sync.app.parts import Runner, Work
    from altegio_sync.app.school import School
    from altegio_sync.usecases.stopping import StopSignal

_PERIOD = "around"
_WAIT = "10m"
_LOOKED_EVERY_S = 30.0
_GIVEN_BACK_WITHIN_S = 0.5
#: More locations than this are read in groups of this size …
_GROUP = 20
#: … whose starts are spread over this time.
_NIGHT = timedelta(hours=3)


class Recheck:
    """Runs `sync around --update` once a day at the local time ``at``.

    Of several processes one does it. A machine that was off at that time makes up for it. The time
    is that of MongoDB's clock, which all processes share.
    """

    def __init__(
        self,
        school: School,
        runner: Runner,
        at: time,
        *,
        clock: Callable[[], Awaitable[datetime]] | None = None,
        looked_every_s: float = _LOOKED_EVERY_S,
        night: timedelta = _NIGHT,
    ) -> None:
        self._school = school
        self._runner = runner
        self._at = at
        self._clock = clock or school.appointments.find_server_time
        self._looked_every_s = looked_every_s
        self._night_s = night.total_seconds()

    async def run(self, stop: StopSignal) -> None:
        while not stop.is_set:
            with suppress(StoreError):  # at the next look it is still due
                await self._read_if_due(stop)
            await pause(self._looked_every_s, stop)

    async def _read_if_due(self, stop: StopSignal) -> None:
        local = await find_local_zone(self._school.config.timezone, self._school.runs)
        now = await self._clock()
        night = last_moment(self._at, now, local.zone)
        if not await self._school.rechecks.take(night, now):
            return
        is_over = False
        try:
            is_over = await self._read_again(stop)
        finally:
            if not is_over:
                await self._give_back(night)

    async def _give_back(self, night: datetime) -> None:
        """The next start, or another process, reads again."""
        with anyio.CancelScope(shield=True), anyio.move_on_after(_GIVEN_BACK_WITHIN_S):
            await self._school.rechecks.give_back(night)

    async def _read_again(self, stop: StopSignal) -> bool:
        """One run, or a run for each group of locations. False if the stop came first."""
        companies = await find_companies(self._school)
        groups = [()] if len(companies) <= _GROUP else list(_groups_of(companies))
        for number, group in enumerate(groups):
            started_at = anyio.current_time()
            await self._runner(self._school, "sync", self._plan(group, stop))
            is_last = number == len(groups) - 1
            if stop.is_set or is_last:
                break
            left_s = self._night_s / len(groups) - (anyio.current_time() - started_at)
            await pause(max(0.0, left_s), stop)
        return not stop.is_set

    def _plan(self, companies: Sequence[str], stop: StopSignal) -> Work:
        request = SyncRequest(
            self._school.config.pick_companies(companies),
            parse_period(_PERIOD),
            SyncMode.UPDATE,
            words=(_PERIOD,),
            options=("--update",),
        )
        return partial(sync_school, self._school, request, wait=_WAIT, stop=stop)


def _groups_of(companies: Sequence[str]) -> Iterator[Sequence[str]]:
    for first in range(0, len(companies), _GROUP):
        yield companies[first : first + _GROUP]
