"""What a write asks first: whether the run still holds the lease that it took."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

#: `MongoLeases.check`, which raises LeaseLostError.
Fence = Callable[[], Awaitable[None]]


async def no_fence() -> None:
    """For code that holds no lease."""
