"""Measures how many webhooks are lost, for as long as the process can receive webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio

from altegio_sync.app.parts import pause
from altegio_sync.errors import StoreError, StoreUnavailableError
from altegio_sync.usecases.versions import classify_due

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from altegio_sync.app.outages import StoreOutages
    from altegio_sync.app.school import School
    from altegio_sync.ports import Warn
    from altegio_sync.usecases.stopping import StopSignal

#: Well below `LONGEST_PAUSE_S`.
_HEARTBEAT_EVERY_S = 5.0
_CLASSIFIED_EVERY_S = 60.0


class WebhookMeasure:
    """Notes that webhooks can be received, and classifies the changes that were read."""

    def __init__(
        self,
        school: School,
        outages: StoreOutages,
        *,
        warn: Warn,
        classified_every_s: float = _CLASSIFIED_EVERY_S,
    ) -> None:
        self._school = school
        self._outages = outages
        self._warn = warn
        self._classified_every_s = classified_every_s
        self._is_prepared = False

    async def run(self, stop: StopSignal) -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._repeat, self._send_heartbeat, _HEARTBEAT_EVERY_S, stop)
            tasks.start_soon(self._repeat, self._classify, self._classified_every_s, stop)

    async def _repeat(
        self, work: Callable[[], Awaitable[None]], every_s: float, stop: StopSignal
    ) -> None:
        has_failed = False
        while not stop.is_set:
            try:
                await work()
                has_failed = False
            except StoreUnavailableError as error:
                self._outages.note(error)
            except StoreError as error:
                if not has_failed:
                    self._warn("webhooks_not_measured", reason=error.message)
                has_failed = True
            await pause(every_s, stop)

    async def _send_heartbeat(self) -> None:
        receivers = self._school.receivers
        await receivers.note_running()
        await receivers.note_starts()

    async def _classify(self) -> None:
        if not self._is_prepared:
            await self._school.receivers.prepare()
            await self._school.versions.prepare()
            self._is_prepared = True
        await classify_due(self._school.versions, self._school.receivers)
