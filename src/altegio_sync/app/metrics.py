"""The metrics of a school that is served: what MongoDB knows, and what this process has done."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import anyio

from altegio_sync.app.status import collect_school_status
from altegio_sync.domain.clock import steady_now
from altegio_sync.domain.counts import ApiUsage, RecordCounts
from altegio_sync.domain.metrics import (
    mongodb_family,
    status_families,
    unreachable_families,
    work_families,
)
from altegio_sync.errors import StoreError
from altegio_sync.usecases.validate import KnownFindings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from altegio_sync.app.outages import StoreOutages
    from altegio_sync.app.parts import Runner, Work
    from altegio_sync.app.school import School
    from altegio_sync.domain.metrics import Family
    from altegio_sync.domain.notices import HookOutcome
    from altegio_sync.domain.report import SyncReport
    from altegio_sync.domain.status import StatusReport

_KEPT_FOR_S = 5.0
#: Prometheus waits for 10 seconds by default.
_ANSWERED_WITHIN_S = 3.0
_READ_WITHIN_S = 6.0
#: With many locations a status takes seconds. It is read again after so many times this time.
_PAUSE_FACTOR = 20


@dataclass(slots=True)
class WorkDone:
    """What this process has done since its start."""

    records: RecordCounts = field(default_factory=RecordCounts)
    usage: ApiUsage = field(default_factory=ApiUsage)

    def add(self, records: RecordCounts) -> None:
        self.records += records

    def counted(self, runner: Runner) -> Runner:
        """The same runner; the bookings of its runs are counted."""

        async def run(school: School, command: str, work: Work) -> SyncReport | None:
            report = await runner(school, command, work)
            if report is not None:
                self.add(report.records)
            return report

        return run


class ServiceMetrics:
    """The metrics, read once for all who ask within some seconds. No scrape reads the collection.

    ``opened`` returns the school, or raises StoreError. ``notices`` counts what arrived.
    """

    def __init__(
        self,
        opened: Callable[[], School],
        ping: Callable[[], Awaitable[None]],
        outages: StoreOutages,
        work: WorkDone,
        notices: Mapping[HookOutcome, int],
        *,
        clock: Callable[[], float] = steady_now,
        answered_within_s: float = _ANSWERED_WITHIN_S,
        read_within_s: float = _READ_WITHIN_S,
    ) -> None:
        self._opened = opened
        self._ping = ping
        self._outages = outages
        self._work = work
        self._notices = notices
        self._clock = clock
        self._answered_within_s = answered_within_s
        self._read_within_s = read_within_s
        self._task: asyncio.Task[None] | None = None
        self._reading = anyio.Lock()
        self._next_at = clock()
        self._is_up = False
        self._report: StatusReport | None = None
        self._read_at = 0.0

    async def read(self) -> list[Family]:
        """What is known. While MongoDB is away, these are the figures that were read last."""
        async with self._reading:
            if self._clock() >= self._next_at:
                await self._look()
        return [
            *self._known(),
            mongodb_family(is_up=self._is_up),
            *work_families(self._work.records, self._work.usage, self._notices),
        ]

    async def _look(self) -> None:
        """Read the status. If this takes long, it goes on, and the next who asks waits for it."""
        self._is_up = await self._answers()
        if not self._is_up:
            self._next_at = self._clock() + _KEPT_FOR_S
            return
        task = self._task or asyncio.create_task(self._read_status())
        # If the process stops meanwhile, nobody looks at the result.
        task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        done, _ = await asyncio.wait({task}, timeout=self._read_within_s)
        self._task = None if done else task
        for each in done:
            each.result()

    async def _read_status(self) -> None:
        begun = self._clock()
        try:
            self._report = await collect_school_status(self._opened(), known=KnownFindings())
            self._read_at = self._clock()
        except StoreError:
            self._is_up = False
        ended = self._clock()
        self._next_at = ended + max(_KEPT_FOR_S, (ended - begun) * _PAUSE_FACTOR)

    async def _answers(self) -> bool:
        if self._outages.error is not None:
            return False
        try:
            with anyio.fail_after(self._answered_within_s):
                await self._ping()
        except (TimeoutError, StoreError):
            return False
        return True

    def _known(self) -> list[Family]:
        if self._report is None:
            return unreachable_families()
        passed = timedelta(seconds=self._clock() - self._read_at)
        now = replace(self._report, now=self._report.now + passed)
        return status_families(now, is_reachable=self._is_up)
