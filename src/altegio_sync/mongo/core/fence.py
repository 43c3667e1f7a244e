"""A check before each write: does the run still hold its lease?"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

#: `MongoLeases.check`, which raises LeaseLostError.
Fence = Callable[[], Awaitable[None]]


async def no_fence() -> None:
    """For code without a lease."""
