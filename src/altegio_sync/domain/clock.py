"""The two clocks of this machine: the time of day, and a clock for spans of time."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

#: A moment further in the future comes from a wrong clock, or from a person.
MOST_AHEAD = timedelta(days=1)
_IS_BOOT_CLOCK_HERE = hasattr(time, "CLOCK_BOOTTIME")


def utc_now() -> datetime:
    """The time of day. The clock may be wrong, and somebody may set it."""
    return datetime.now(UTC)


def steady_now() -> float:
    """Seconds since an unknown moment before the program began; only differences have a meaning.

    Nobody sets this clock, and it runs while the process or the machine sleeps. If the system has
    no such clock (macOS, Windows), the time while the machine is suspended is not counted. The time
    while the process is stopped is always counted.
    """
    if _IS_BOOT_CLOCK_HERE:
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()
