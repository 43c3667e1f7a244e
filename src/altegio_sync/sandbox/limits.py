"""The API's limits of requests."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field


@dataclass(slots=True)
class _RequestLimit:
    """One of these limits. Refused requests do not count."""

    limit: int
    seconds: float
    starts: deque[float] = field(default_factory=deque)

    def wait_s(self, now: float) -> float:
        """The seconds until another request may start; 0 if it may start now."""
        while self.starts and self.starts[0] <= now - self.seconds:
            self.starts.popleft()
        if not self.limit or len(self.starts) < self.limit:
            return 0.0
        return self.starts[0] + self.seconds - now


class RequestLimits:
    """The limits of a second and of a minute; 0 turns a limit off."""

    def __init__(self, per_second: int, per_minute: int) -> None:
        self._limits = (_RequestLimit(per_second, 1.0), _RequestLimit(per_minute, 60.0))
        self.refusals = 0

    def count(self, now: float) -> float:
        """Count a request. Returns 0, or the seconds to wait if the request is refused."""
        wait_s = max(each.wait_s(now) for each in self._limits)
        if wait_s:
            self.refusals += 1
            return wait_s
        for each in self._limits:
            each.starts.append(now)
        return 0.0
