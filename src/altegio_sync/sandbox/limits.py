"""The API's limits of requests."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field


@dataclass(slots=True)
class RequestLimit:
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
