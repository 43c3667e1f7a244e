"""Reports how a run ended: to a service that expects a sign of life, and to people."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio

from altegio_sync.app.missed_runs import note_missed_run
from altegio_sync.domain.clock import utc_now
from altegio_sync.domain.exit_code import ExitCode
from altegio_sync.errors import LeaseHeldError, LeaseLostError, StoreError
from altegio_sync.notify.pings import MOST_SECONDS, Pinger

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from altegio_sync.config import SchoolConfig
    from altegio_sync.domain.report import RunError
    from altegio_sync.messages import Message
    from altegio_sync.ports import Warn


#: A person who stopped a run does not wait longer for its ping.
_SECONDS_AT_A_STOP = 2.0
#: The end waits for the ping of the begin for this share of its time, so that the two arrive in
#: order.
_SHARE_OF_START = 0.3


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
    reporting = _Reporting(config, command, outcome, warn)
    try:
        yield outcome
    except asyncio.CancelledError:
        await reporting.end_soon()
        raise
    except Exception as error:
        failure, outcome.exit_code = failure_of(error)
        outcome.reason = failure.message
        outcome.lost_store |= isinstance(error, StoreError)
        if isinstance(error, StoreError) and not isinstance(error, LeaseHeldError | LeaseLostError):
            note_missed_run(config, command, outcome, started_at)
        await reporting.end()
        raise
    else:
        if outcome.lost_store:
            note_missed_run(config, command, outcome, started_at)
        await reporting.end()


class _Reporting:
    """Reports one run, from now on. The same problem with the pings is one warning."""

    def __init__(self, config: SchoolConfig, command: str, outcome: RunOutcome, warn: Warn) -> None:
        self._config = config
        self._command = command
        self._outcome = outcome
        self._warn = warn
        url = config.ping_url_of(command)
        self._pinger = None if url is None else Pinger(url)
        self._problems: list[Message] = []
        # The run does not wait for the first ping.
        self._start = asyncio.ensure_future(self._ping("start"))

    async def end(self) -> None:
        await self._ping_end(MOST_SECONDS)
        self._warn_about_pings()
        if self._config.notify_addresses is not None:
            from altegio_sync.app.alerts import send_alerts  # only schools with an address

            await send_alerts(self._config, self._command, self._outcome, self._warn)

    async def end_soon(self) -> None:
        """Ping the end of a run that was stopped before it had a result."""
        self._outcome.exit_code = ExitCode.INTERRUPTED
        with anyio.CancelScope(shield=True):
            await self._ping_end(_SECONDS_AT_A_STOP)
        self._warn_about_pings()

    async def _ping_end(self, seconds: float) -> None:
        """Ping the end, behind the ping of the begin where this is still on its way."""
        before = time.monotonic()
        outcome = self._outcome
        ending = "log" if outcome.gave_way else str(outcome.exit_code)
        body = {"command": self._command, "exit_code": outcome.exit_code, **outcome.counts}
        try:
            await asyncio.wait([self._start], timeout=seconds * _SHARE_OF_START)
            left = seconds - (time.monotonic() - before)
            await self._ping(ending, json.dumps(body), left)
        finally:
            self._start.cancel()
            with suppress(asyncio.CancelledError):
                await self._start

    async def _ping(self, ending: str, body: str = "", seconds: float = MOST_SECONDS) -> None:
        if self._pinger is not None:
            problem = await self._pinger.send(ending, body, seconds)
            if problem is not None and problem not in self._problems:
                self._problems.append(problem)

    def _warn_about_pings(self) -> None:
        """Warn once for each problem; with -q, once a day."""
        if self._pinger is None:
            return
        from altegio_sync.app.alerts import file_key, state_file

        key, has_failed = file_key(self._config, f"ping {self._command}"), bool(self._problems)
        is_news = state_file(self._config).is_news(key, utc_now(), has_failed=has_failed)
        for each in self._problems:
            self._warn("ping_failed", message=each, **({} if is_news else {"is_repeated": True}))
