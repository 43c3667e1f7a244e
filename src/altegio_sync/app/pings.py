"""Reports to a service such as healthchecks.io that a run began and how it ended."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from altegio_sync.notify.pings import Pinger

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from altegio_sync.config import SchoolConfig
    from altegio_sync.ports import Warn


@dataclass(slots=True)
class RunOutcome:
    """How the run ended; ``counts`` has numbers only, never a name."""

    exit_code: int | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    #: Another run works on the same company, so this run did nothing.
    gave_way: bool = False


@asynccontextmanager
async def pinged(
    config: SchoolConfig | None,
    command: str,
    warn: Warn,
    code_of: Callable[[Exception], int],
) -> AsyncIterator[RunOutcome]:
    """Ping at the begin of the context and at its end.

    The code sets the outcome. An exception passes, and counts as the exit code that ``code_of``
    knows. Nothing is pinged without a ``config`` or if no address is set. A ping that fails is a
    warning.
    """
    outcome = RunOutcome()
    url = None if config is None else config.ping_url_of(command)
    if url is None:
        yield outcome
        return
    pinger = Pinger(url)
    # The run does not wait for the first ping.
    start = asyncio.ensure_future(_send(pinger, warn, "start"))
    try:
        yield outcome
    except Exception as error:
        outcome.exit_code = code_of(error)
        await _end(pinger, warn, command, outcome)
        raise
    else:
        await _end(pinger, warn, command, outcome)
    finally:
        start.cancel()
        with suppress(asyncio.CancelledError):
            await start


async def _end(pinger: Pinger, warn: Warn, command: str, outcome: RunOutcome) -> None:
    ending = "log" if outcome.gave_way else str(outcome.exit_code)
    body = {"command": command, "exit_code": outcome.exit_code, **outcome.counts}
    await _send(pinger, warn, ending, json.dumps(body))


async def _send(pinger: Pinger, warn: Warn, ending: str, body: str = "") -> None:
    problem = await pinger.send(ending, body)
    if problem is not None:
        warn("ping_failed", message=problem)
