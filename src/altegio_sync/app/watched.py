"""Reports how a run ended: to a service that expects a sign of life, and to people."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from altegio_sync.app.missed_runs import note_missed_run
from altegio_sync.domain.clock import utc_now
from altegio_sync.errors import LeaseHeldError, LeaseLostError, StoreError
from altegio_sync.notify.pings import Pinger

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from altegio_sync.config import SchoolConfig
    from altegio_sync.domain.report import RunError
    from altegio_sync.messages import Message
    from altegio_sync.ports import Warn


@dataclass(slots=True)
class RunOutcome:
    """How the run ended; ``counts`` has numbers only, never a name."""

    exit_code: int | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    #: Another run works on the same company, so this run did nothing.
    gave_way: bool = False
    #: Why the run failed, without private data.
    reason: Message | None = None
    #: MongoDB could not be reached, so nobody needs to wait for it again.
    lost_store: bool = False
    #: The id of the run, if the command gave it one.
    run_id: str | None = None


@asynccontextmanager
async def watched(
    config: SchoolConfig | None,
    command: str,
    warn: Warn,
    failure_of: Callable[[Exception], tuple[RunError, int]],
) -> AsyncIterator[RunOutcome]:
    """Report the begin and the end of the context.

    The code sets the outcome. An exception passes, and counts as the failure that ``failure_of``
    knows. Nothing is reported without a ``config``, as in a dry run. A report that fails is a
    warning.
    """
    outcome, started_at = RunOutcome(), utc_now()
    if config is None:
        yield outcome
        return
    url = config.ping_url_of(command)
    pinger = None if url is None else Pinger(url)
    # The run does not wait for the first ping.
    start = asyncio.ensure_future(_ping(pinger, warn, "start"))
    try:
        yield outcome
    except Exception as error:
        failure, outcome.exit_code = failure_of(error)
        outcome.reason = failure.message
        outcome.lost_store = isinstance(error, StoreError)
        if isinstance(error, StoreError) and not isinstance(error, LeaseHeldError | LeaseLostError):
            note_missed_run(config, command, outcome, started_at)
        await _report(config, pinger, command, outcome, warn)
        raise
    else:
        if outcome.lost_store:
            note_missed_run(config, command, outcome, started_at)
        await _report(config, pinger, command, outcome, warn)
    finally:
        start.cancel()
        with suppress(asyncio.CancelledError):
            await start


async def _report(
    config: SchoolConfig, pinger: Pinger | None, command: str, outcome: RunOutcome, warn: Warn
) -> None:
    ending = "log" if outcome.gave_way else str(outcome.exit_code)
    body = {"command": command, "exit_code": outcome.exit_code, **outcome.counts}
    await _ping(pinger, warn, ending, json.dumps(body))
    if config.notify_addresses is not None:
        from altegio_sync.app.alerts import send_alerts  # only schools with an address wait

        await send_alerts(config, command, outcome, warn)


async def _ping(pinger: Pinger | None, warn: Warn, ending: str, body: str = "") -> None:
    problem = None if pinger is None else await pinger.send(ending, body)
    if problem is not None:
        warn("ping_failed", message=problem)
