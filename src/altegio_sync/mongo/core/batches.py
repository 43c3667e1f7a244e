"""Cuts many items into lists of a certain size, so that memory stays flat."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator

ItemT = TypeVar("ItemT")


async def in_batches(items: AsyncIterable[ItemT], most: int) -> AsyncIterator[list[ItemT]]:
    """Lists of ``most`` items; the last one may have fewer, and none is empty."""
    batch: list[ItemT] = []
    async for item in items:
        batch.append(item)
        if len(batch) == most:
            yield batch
            batch = []
    if batch:
        yield batch


def batched(
    items: Iterable[ItemT],
    most: int,
    *,
    size_of: Callable[[ItemT], int] = lambda _: 0,
    most_size: float = math.inf,
) -> Iterator[list[ItemT]]:
    """Like `in_batches`. A batch also ends when the sizes of its items reach ``most_size``."""
    batch: list[ItemT] = []
    size = 0
    for item in items:
        batch.append(item)
        size += size_of(item)
        if len(batch) >= most or size >= most_size:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
