"""Lets what PyMongo waits for be called off, and the client be used on.

`asyncio.wait_for` of Python 3.11 waits in a task of its own, and leaves that alone where a
cancellation meets the timeout, or comes twice as AnyIO's do. PyMongo (4.20) waits so for a
condition: the task left behind takes the lock of the topology for nobody, and whatever is asked of
the client afterwards waits for ever. From Python 3.12 on there is no such task.
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, TypeVar

import pymongo.lock

if TYPE_CHECKING:
    from collections.abc import Awaitable

AnswerT = TypeVar("AnswerT")


async def _wait_for(awaitable: Awaitable[AnswerT], timeout: float | None) -> AnswerT:  # noqa: ASYNC109 - as the one it stands for
    async with asyncio.timeout(timeout):
        return await awaitable


def replace_wait_for() -> None:
    """Give PyMongo a `wait_for` without a task, where Python's own has one."""
    if sys.version_info < (3, 12):
        pymongo.lock.wait_for = _wait_for  # type: ignore[assignment,attr-defined]
