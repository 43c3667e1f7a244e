"""The parts of a long-lived process: they run side by side until the process is asked to stop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import anyio

from altegio_sync.errors import ungrouped

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from altegio_sync.app.school import School
    from altegio_sync.domain.report import SyncReport
    from altegio_sync.usecases.stopping import StopSignal

    # Does the work of the command with a progress of its own, and reports how the run ended.
    # Returns None if the run failed before there was a report. It raises no error.
    Work = Callable[..., Awaitable[SyncReport]]
    Runner = Callable[[School, str, Work], Awaitable[SyncReport | None]]

#: What is at work when the process is asked to stop may take this long.
GRACE_S = 1.8


class Part(Protocol):
    """Something that `serve` does all the time."""

    async def run(self, stop: StopSignal) -> None:
        """Work until ``stop`` is set. An error of one part ends the process."""
        ...


async def pause(seconds: float, stop: StopSignal) -> None:
    """Wait, but not longer than until the stop."""
    with stop.interrupting():
        await anyio.sleep(seconds)


async def run_parts(parts: Iterable[Part], stop: StopSignal) -> None:
    """Run the parts until all have ended. Those at work `GRACE_S` after the stop are cancelled."""
    with ungrouped():
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_end_in_time, tasks.cancel_scope, stop)
            async with anyio.create_task_group() as work:
                for each in parts:
                    work.start_soon(each.run, stop)
            tasks.cancel_scope.cancel()


async def _end_in_time(scope: anyio.CancelScope, stop: StopSignal) -> None:
    with stop.interrupting():
        await anyio.sleep_forever()
    scope.deadline = anyio.current_time() + GRACE_S
