"""The check before each write that the run still holds its lease."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

#: `MongoLeases.check`, which raises LeaseLostError.
Fence = Callable[[], Awaitable[None]]


async def no_fence() -> None:
    """For code without a lease."""
