"""How long so many requests must take at the very least, by the limits the program keeps."""

from __future__ import annotations

SPACING_S = 0.2525
PER_MINUTE = 195
#: A minute, and what the shared budget leaves for jitter.
MINUTE_S = 60.25


def least_seconds(requests: int, latency_s: float = 0.0) -> float:
    """From the first start to the last answer, at 4 a second and 195 a minute."""
    starts: list[float] = []
    for number in range(requests):
        start = starts[-1] + SPACING_S if starts else 0.0
        if number >= PER_MINUTE:
            start = max(start, starts[number - PER_MINUTE] + MINUTE_S)
        starts.append(start)
    return starts[-1] + latency_s if starts else 0.0
