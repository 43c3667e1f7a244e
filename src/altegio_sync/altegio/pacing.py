"""Keeps under Altegio's request limits: two sliding windows, and starts evenly spaced."""

from __future__ import annotations

from math import ceil

import anyio
from pyrate_limiter import Limiter, Rate

_SECOND_MS = 1000
_MINUTE_MS = 60_000
#: What leaves here evenly arrives jittered, and the limiter counts whole milliseconds.
_SPACING_SLACK = 1.01
_MINUTE_SLACK = 1.001
#: How late the limiter may look again after a wait; its own default of 50 ms would cost 20 %.
_BUFFER_MS = 1


class Pacer:
    """Lets requests start one by one; a limit of 0 turns its window off."""

    def __init__(self, requests_per_second: float = 4, requests_per_minute: int = 195) -> None:
        rates = _rates(requests_per_second, requests_per_minute)
        self._limiter = Limiter(rates, buffer_ms=_BUFFER_MS) if rates else None
        self._resting_until = 0.0

    async def wait_for_turn(self) -> None:
        """Wait until the next request may start."""
        while anyio.current_time() < self._resting_until:  # noqa: ASYNC110 - it may move on
            await anyio.sleep_until(self._resting_until)
        if self._limiter is not None:
            await self._limiter.try_acquire_async("altegio")

    async def rest(self, seconds: float) -> None:
        """Let no request start for ``seconds``, because Altegio refuses all requests now."""
        self._resting_until = max(self._resting_until, anyio.current_time() + seconds)


def _rates(per_second: float, per_minute: int) -> list[Rate]:
    """The limits of both windows. A limit that the other one makes superfluous is left out.

    The window of a second is kept by a spacing: one start in each share of a second.
    """
    spacing_ms = ceil(_SECOND_MS / per_second * _SPACING_SLACK) if per_second else 0
    minute_ms = ceil(_MINUTE_MS * _MINUTE_SLACK)
    if not per_minute or spacing_ms * per_minute >= minute_ms:
        return [Rate(1, spacing_ms)] if spacing_ms else []
    minute = Rate(per_minute, minute_ms)
    return [Rate(1, spacing_ms), minute] if spacing_ms and per_minute > 1 else [minute]
