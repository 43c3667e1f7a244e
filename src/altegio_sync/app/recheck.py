"""Reads the days around today again, once a night."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from altegio_sync.app.companies import find_companies
from altegio_sync.app.parts import pause
from altegio_sync.app.syncing import sync_school
from altegio_sync.domain.clock import utc_now
from altegio_sync.domain.daily import has_passed
from altegio_sync.domain.period_words import parse_period
from altegio_sync.domain.report import SyncMode
from altegio_sync.errors import StoreError
from altegio_sync.usecases.sync import SyncRequest
from altegio_sync.usecases.zones import find_local_zone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime, time

    from altegio_sync.app.parts import Runner, Work
    from altegio_sync.app.school import School
    from altegio_sync.usecases.stopping import StopSignal

_PERIOD = "around"
_WAIT = "10m"
_LOOKED_EVERY_S = 30.0
#: More locations than this are read in groups of this size …
_GROUP = 20
#: … whose starts are spread over this time.
_NIGHT = timedelta(hours=3)


class Recheck:
    """Runs `sync around --update` once a day at the local time ``at``.

    A clock that is set, and a machine that was asleep at that time, cost no run.
    """

    def __init__(
        self,
        school: School,
        runner: Runner,
        at: time,
        *,
        clock: Callable[[], datetime] = utc_now,
        looked_every_s: float = _LOOKED_EVERY_S,
        night: timedelta = _NIGHT,
    ) -> None:
        self._school = school
        self._runner = runner
        self._at = at
        self._clock = clock
        self._looked_every_s = looked_every_s
        self._night = night

    async def run(self, stop: StopSignal) -> None:
        before = self._clock()
        while not stop.is_set:
            await pause(self._looked_every_s, stop)
            now = self._clock()
            try:
                if await self._is_due(before, now):
                    await self._read_again(stop)
            except StoreError:
                continue  # at the next look, the time has passed as well
            before = now

    async def _is_due(self, before: datetime, now: datetime) -> bool:
        local = await find_local_zone(self._school.config.timezone, self._school.runs)
        return has_passed(self._at, before, now, local.zone)

    async def _read_again(self, stop: StopSignal) -> None:
        """One run, or a run for each group of locations."""
        companies = await find_companies(self._school)
        groups = [()] if len(companies) <= _GROUP else list(_groups_of(companies))
        for number, group in enumerate(groups):
            started_at = self._clock()
            await self._runner(self._school, "sync", self._plan(group, stop))
            is_last = number == len(groups) - 1
            if stop.is_set or is_last:
                return
            left = self._night / len(groups) - (self._clock() - started_at)
            await pause(max(0.0, left.total_seconds()), stop)

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
