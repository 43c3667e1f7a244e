"""Writes together what several companies of a run have to write at the same time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

import anyio

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")

#: The most items of one write.
_MOST = 500


class _Entry(Generic[ItemT, ResultT]):
    """An item that waits, and later its result or the error."""

    def __init__(self, item: ItemT) -> None:
        self.item = item
        self.result: list[ResultT] = []
        self.error: Exception | None = None

    @property
    def is_done(self) -> bool:
        return bool(self.result) or self.error is not None


class WrittenTogether(Generic[ItemT, ResultT]):
    """One write is under way at a time; what comes meanwhile is written together after it.

    ``write`` gets the items and returns a result for each, in the same order. An error of ``write``
    is raised for every item. ``write`` must be harmless when it is carried out twice: the items of
    a write that is cancelled are written again.
    """

    def __init__(self, write: Callable[[Sequence[ItemT]], Awaitable[Sequence[ResultT]]]) -> None:
        self._write = write
        self._lock = anyio.Lock()
        self._waiting: list[_Entry[ItemT, ResultT]] = []

    async def add(self, item: ItemT) -> ResultT:
        """Return the item's result when it is written."""
        [result] = await self.add_all([item])
        return result

    async def add_all(self, items: Sequence[ItemT]) -> list[ResultT]:
        """Return the results when all of the items are written."""
        entries: list[_Entry[ItemT, ResultT]] = [_Entry(each) for each in items]
        self._waiting += entries
        try:
            async with self._lock:
                while not all(each.is_done for each in entries):
                    await self._write_some()
        finally:
            ours = set(entries)
            self._waiting = [each for each in self._waiting if each not in ours]
        for entry in entries:
            if entry.error is not None:
                raise entry.error
        return [entry.result[0] for entry in entries]

    async def _write_some(self) -> None:
        entries, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
        try:
            results = await self._write([each.item for each in entries])
            for entry, result in zip(entries, results, strict=True):
                entry.result.append(result)
        except Exception as error:  # noqa: BLE001 - every caller gets it
            for entry in entries:
                entry.error = error
        finally:
            # Of a cancelled write: the other callers write their items themselves.
            self._waiting = [each for each in entries if not each.is_done] + self._waiting
