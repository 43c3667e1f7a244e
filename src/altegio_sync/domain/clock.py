"""A clock for spans of time: nobody sets it, and it runs while the process or machine sleeps."""

from __future__ import annotations

import time
from datetime import timedelta

#: A moment further in the future comes from a wrong clock, or from a person.
MOST_AHEAD = timedelta(days=1)
_IS_BOOT_CLOCK_HERE = hasattr(time, "CLOCK_BOOTTIME")


def steady_now() -> float:
    """Seconds since an unknown moment before the program began; only differences have a meaning.

    Where the system has no such clock (macOS, Windows), the time of a suspended machine is not
    counted, but the time of a stopped process is.
    """
    if _IS_BOOT_CLOCK_HERE:
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()
