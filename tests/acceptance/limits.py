"""How many requests started in a second and in a minute, counted at the server."""

from __future__ import annotations

import time
from operator import sub
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pymongo.database import Database

    from altegio_sync.sandbox import SandboxServer


def assert_limits_were_kept(server: SandboxServer, stored: Database[dict[str, Any]]) -> None:
    """By when each start was reserved, and that none came earlier: that is exact.

    How late a start arrives is up to the machine: under load up to 60 ms later than it left.
    """
    # The most of many: between the two clocks of one sample the machine may do other work.
    wall_time = max(time.time() - time.monotonic() for _ in range(100))
    arrived = sorted(each.at + wall_time for each in server.requests)
    [budget] = stored["altegio-sync-budget"].find()
    reserved = [each["at"].timestamp() for each in budget["starts"]]
    assert len(arrived) == len(reserved)
    assert all(late > -0.01 for late in map(sub, arrived, reserved))
    assert most_in_any(1.0, reserved) <= 4
    assert most_in_any(60.0, reserved) <= 195


def most_in_any(seconds: float, starts: Sequence[float]) -> int:
    return max(sum(first <= each < first + seconds for each in starts) for first in starts)
