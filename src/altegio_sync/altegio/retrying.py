"""Decides whether a request that failed is made again, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import anyio

from altegio_sync.errors import (
    AltegioError,
    AltegioUnavailableError,
    RateLimitedError,
    UnexpectedAnswerError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from altegio_sync.domain.counts import ApiUsage

MAX_TRIES = 6
MAX_SECONDS = 180.0
_WAIT_INITIAL_S = 0.5
_WAIT_MAX_S = 30.0
#: The wait if a refusal names no time. Other clients of the API wait as long.
_REST_S = 5.0


class OnRetry(Protocol):
    """Called after every failed try that will be repeated."""

    def __call__(self, error: AltegioError, *, wait_s: float, tries: int) -> None: ...


class Retrying:
    """Decides after a failed try whether to try again, and when."""

    def __init__(
        self,
        usages: Sequence[ApiUsage],
        on_retry: OnRetry | None,
        jitter: Callable[[], float],
    ) -> None:
        self._usages = usages
        self._on_retry = on_retry
        self._jitter = jitter
        self._started_at = anyio.current_time()
        self._tries = 0

    def wait_after(self, error: AltegioError) -> float | None:
        """Seconds to wait before another try; None to give up."""
        self._tries += 1
        if not isinstance(error, AltegioUnavailableError | UnexpectedAnswerError):
            return None
        for each in self._usages:
            each.rate_limited += isinstance(error, RateLimitedError)
        wait_s = self._wait_s(error)
        is_too_late = anyio.current_time() - self._started_at + wait_s > MAX_SECONDS
        if self._tries >= MAX_TRIES or is_too_late:
            return None
        for each in self._usages:
            each.retries += 1
        if self._on_retry is not None:
            self._on_retry(error, wait_s=wait_s, tries=self._tries)
        return wait_s

    def _wait_s(self, error: AltegioError) -> float:
        jitter = self._jitter()
        if isinstance(error, RateLimitedError):
            return max(self.rest_s(error), self._backoff_s()) + jitter
        asked_s = error.retry_after_s if isinstance(error, AltegioUnavailableError) else None
        return max(asked_s or 0.0, self._backoff_s() * (0.5 + jitter))

    def _backoff_s(self) -> float:
        backoff: float = min(_WAIT_MAX_S, _WAIT_INITIAL_S * 2 ** (self._tries - 1))
        return backoff

    @staticmethod
    def rest_s(error: RateLimitedError) -> float:
        """For how many seconds no request may start, since Altegio refuses them all; at least 1."""
        return max(_REST_S if error.retry_after_s is None else error.retry_after_s, 1.0)
