"""Does work on all schools of the chain, inside a run of Dagster."""

from __future__ import annotations

import asyncio
import signal
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import anyio
import dagster as dg

from altegio_sync.app.budget import open_budget
from altegio_sync.app.school import open_school
from altegio_sync.chain.log import ChainLog, ChainProgress
from altegio_sync.chain.schools import name_of
from altegio_sync.errors import AltegioSyncError
from altegio_sync.messages import chain as texts
from altegio_sync.usecases.stopping import StopSignal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from altegio_sync.app.budget import BudgetOfAll
    from altegio_sync.app.school import School
    from altegio_sync.config import SchoolConfig
    from altegio_sync.domain.report import SyncReport
    from altegio_sync.messages import Message

    #: Returns the reports of the runs on a school.
    Work = Callable[["School", ChainProgress, StopSignal], Awaitable[Sequence[SyncReport]]]

ResultT = TypeVar("ResultT")

#: A school that waits for its MongoDB leaves the requests to the others.
_AT_ONCE = 8
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True, slots=True)
class SchoolOutcome:
    """The reports of one school, or why there are none."""

    config: SchoolConfig
    reports: Sequence[SyncReport] = ()
    problem: Message | None = None


def run_on_schools(
    configs: Sequence[SchoolConfig], work: Work, logger: dg.DagsterLogManager
) -> list[SchoolOutcome]:
    """Do the work for each school. A school that fails stops no other.

    SIGINT and SIGTERM, which the page sends for *Terminate*, stop the work early. The reports then
    have what was done.
    """
    log = ChainLog(logger, [secret for each in configs for secret in each.secrets])

    async def body(stop: StopSignal) -> list[SchoolOutcome]:
        outcomes: dict[int, SchoolOutcome] = {}
        limit = anyio.CapacityLimiter(_AT_ONCE)
        async with open_budget(configs[0], log.warn) as budget:

            async def run_one(number: int, config: SchoolConfig) -> None:
                async with limit:
                    outcomes[number] = await _run_one(config, work, log, stop, budget)

            async with anyio.create_task_group() as tasks:
                for number, config in enumerate(configs):
                    tasks.start_soon(run_one, number, config)
        return [outcomes[number] for number in range(len(configs))]

    return run_stoppable(body)


async def _run_one(
    config: SchoolConfig, work: Work, log: ChainLog, stop: StopSignal, budget: BudgetOfAll
) -> SchoolOutcome:
    progress = ChainProgress(log, name_of(config))
    try:
        async with open_school(config, stop=stop, warn=progress.warn, budget=budget) as school:
            return SchoolOutcome(config, await work(school, progress, stop))
    except AltegioSyncError as error:
        return SchoolOutcome(config, problem=error.message)
    except asyncio.CancelledError:
        if not stop.is_set:
            raise
        return SchoolOutcome(config, problem=texts.INTERRUPTED())
    except Exception as error:  # noqa: BLE001 - its text may contain private data
        return SchoolOutcome(config, problem=texts.UNEXPECTED(kind=type(error).__name__))


def run_stoppable(body: Callable[[StopSignal], Awaitable[ResultT]]) -> ResultT:
    """Run the body until its end. A signal asks it to stop, and the run counts as cancelled.

    Raises:
        DagsterExecutionInterruptedError: a signal came before the body began.
    """

    async def with_signals() -> ResultT:
        stop = StopSignal()
        if threading.current_thread() is threading.main_thread():
            loop = asyncio.get_running_loop()
            for number in _SIGNALS:
                loop.add_signal_handler(number, stop.set)
        return await body(stop)

    if threading.current_thread() is not threading.main_thread():
        return asyncio.run(with_signals())
    # The loop removes its handlers at its end, and would leave the defaults.
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    try:
        return asyncio.run(with_signals())
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
