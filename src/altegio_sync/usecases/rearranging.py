"""The common part of `clean`, `undo`, `restore` and `validate --fix`: they work alone."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from altegio_sync.usecases.kept_run import KeptRun

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager

    from altegio_sync.usecases.stopping import StopSignal


class CollectionLease(Protocol):
    """The lease of the whole collection. Raises StoreError when MongoDB fails."""

    async def take(self) -> None:
        """Take the lease, and wait for it if another run holds it.

        Raises:
            LeaseHeldError: the other run did not return the lease in time.
        """
        ...

    async def check(self) -> None:
        """Check, before a write, that the run still holds the lease.

        Raises:
            LeaseLostError: another run took the lease over, or may have taken it.
        """
        ...

    def keep(self) -> AbstractAsyncContextManager[None]:
        """Renew the lease while in the context, then give it back."""
        ...


@dataclass(frozen=True, slots=True)
class Rearrangement(KeptRun):
    """A run that changes the collection while no other run changes it; ``stop`` asks it to end."""

    lease: CollectionLease
    stop: StopSignal

    def should_stop(self) -> bool:
        return self.stop.is_set

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Hold the whole collection while in the context.

        Raises:
            LeaseHeldError: another run is at work.
            asyncio.CancelledError: ``stop`` was set while the run waited, before it began.
        """
        with self.stop.interrupting():
            await self.lease.take()
        if self.stop.is_set:
            raise asyncio.CancelledError
        async with self.lease.keep():
            yield
