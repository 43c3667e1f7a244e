"""A clock for spans of time: nobody sets it, and it goes on while the process or machine sleeps."""

from __future__ import annotations

import time
from datetime import timedelta

#: A moment further ahead was written by a machine whose clock was wrong, or by a person.
MOST_AHEAD = timedelta(days=1)
_IS_BOOT_CLOCK_HERE = hasattr(time, "CLOCK_BOOTTIME")


def steady_now() -> float:
    """Seconds since some moment before the program began; only differences mean something.

    Where the system has no such clock (macOS, Windows), a suspended machine is not counted, a
    stopped process is.
    """
    if _IS_BOOT_CLOCK_HERE:
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()
