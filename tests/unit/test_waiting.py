"""A cancelled operation of PyMongo leaves no task behind."""

from __future__ import annotations

import asyncio

import anyio
from pymongo.lock import _async_cond_wait, _async_create_condition, _async_create_lock

from altegio_sync.mongo.core.py311_wait_for import replace_wait_for


async def test_a_lock_of_the_driver_is_free_after_a_cancellation_met_a_timeout() -> None:
    replace_wait_for()
    lock = _async_create_lock()
    condition = _async_create_condition(lock)

    async def wait() -> None:
        async with lock:
            await _async_cond_wait(condition, 0.01)

    waiting = asyncio.ensure_future(wait())
    await asyncio.sleep(0)
    async with lock:
        await asyncio.sleep(0.05)  # the time is over, and the lock not to be had again
        waiting.cancel()
    await asyncio.wait([waiting])
    await asyncio.sleep(0.01)

    assert waiting.cancelled()
    with anyio.fail_after(60):
        await lock.acquire()
