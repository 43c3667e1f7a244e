"""Replaces the `wait_for` that PyMongo uses on Python 3.11, so that waiting can be cancelled.

`asyncio.wait_for` of Python 3.11 waits in a separate task. The task is left behind if a
cancellation comes at the moment of the timeout, or comes twice, as AnyIO's cancellations do.
PyMongo (4.20) waits for a condition in this way. The task left behind takes the lock of the
topology and never releases it, so every later operation of the client waits for ever. Python 3.12
has no such task.
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, TypeVar

import pymongo.lock

if TYPE_CHECKING:
    from collections.abc import Awaitable

AnswerT = TypeVar("AnswerT")


async def _wait_for(awaitable: Awaitable[AnswerT], timeout: float | None) -> AnswerT:  # noqa: ASYNC109 - the signature of asyncio.wait_for
    async with asyncio.timeout(timeout):
        return await awaitable


def replace_wait_for() -> None:
    """Give PyMongo a `wait_for` without a task, on Python 3.11."""
    if sys.version_info < (3, 12):
        pymongo.lock.wait_for = _wait_for  # type: ignore[assignment,attr-defined]
