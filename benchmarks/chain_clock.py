"""A simulated clock, and what activities wait for on it: a turn in the budget, a free core."""

from __future__ import annotations

import heapq
from collections import deque
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

    from benchmarks.chain_figures import Figures

    # Yields the moments at which it goes on; None where another activity starts it again.
    Steps = Generator[float | None, None, None]

_NEVER_S = float("inf")


class Clock:
    """Lets every activity go on at the moments that it yields."""

    def __init__(self) -> None:
        self.now = 0.0
        self._waiting: list[tuple[float, int, Steps]] = []
        self._number = count()

    def start(self, steps: Steps, at: float | None = None) -> None:
        moment = self.now if at is None else at
        heapq.heappush(self._waiting, (moment, next(self._number), steps))

    def run(self, until: float = float("inf")) -> None:
        while self._waiting and self._waiting[0][0] <= until:
            self.now, _, steps = heapq.heappop(self._waiting)
            if (wakes_at := next(steps, None)) is not None:
                self.start(steps, wakes_at)


class Budget:
    """The starts of one address, reserved by the rules of `SharedBudget`."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures
        self._spacing_s = 1 / figures.per_second
        self.starts: deque[tuple[float, object]] = deque(maxlen=figures.per_minute)
        self.resting_until = 0.0

    def reserve(self, now: float, process: object) -> float:
        """The next start: the latest of what the clock, a rest and both windows allow."""
        figures, starts = self._figures, self.starts
        at = max(now, self.resting_until)
        latest = [starts[-n] for n in range(1, min(figures.per_second, len(starts)) + 1)]
        is_shared = any(owner is not process for _, owner in latest)
        slack = figures.shared_spacing_slack if is_shared else figures.spacing_slack
        if starts:
            at = max(at, starts[-1][0] + self._spacing_s * slack)
        if len(latest) == figures.per_second:
            at = max(at, latest[-1][0] + max(slack, self._cold_slack()))
        if len(starts) == figures.per_minute:
            at = max(at, starts[0][0] + figures.minute_s)
        starts.append((at, process))
        return at

    def _cold_slack(self) -> float:
        """The first request after a pause opens a connection, so more room is kept after it."""
        opening = -self._figures.per_second
        has_earlier = len(self.starts) > -opening
        gap = self.starts[opening][0] - self.starts[opening - 1][0] if has_earlier else _NEVER_S
        return self._figures.cold_slack if gap > 1 else 0.0


class Cores:
    """Work in the order in which it comes, on the first core that is free."""

    def __init__(self, number: int) -> None:
        self._free_at = [0.0] * number
        self.busy_s = 0.0

    def work(self, now: float, seconds: float) -> float:
        """When the work is done."""
        self.busy_s += seconds
        done_at = max(now, self._free_at[0]) + seconds
        heapq.heapreplace(self._free_at, done_at)
        return done_at
