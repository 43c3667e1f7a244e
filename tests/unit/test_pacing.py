"""Both request windows, kept exactly. These tests wait: the windows are windows of real time."""

from __future__ import annotations

from time import monotonic

import anyio
import pytest

from altegio_sync.altegio.pacing import Pacer


async def starts_of(pacer: Pacer, count: int, tasks_at_once: int = 8) -> list[float]:
    starts: list[float] = []
    remaining = iter(range(count))

    async def worker() -> None:
        for _ in remaining:
            await pacer.wait_for_turn()
            starts.append(monotonic())
            await anyio.sleep(0.4)

    async with anyio.create_task_group() as tasks:
        for _ in range(tasks_at_once):
            tasks.start_soon(worker)
    return starts


async def test_no_second_sees_more_starts_than_allowed_and_they_are_evenly_spaced() -> None:
    began_at = monotonic()

    starts = await starts_of(Pacer(20, 0), 45, tasks_at_once=20)

    # A busy machine notes a start late, and never early.
    for number, start in enumerate(starts):
        assert start >= began_at + number * 0.05


async def test_the_longer_window_binds_when_it_is_the_tighter_one() -> None:
    pacer = Pacer(200, 5)

    with anyio.move_on_after(1.0) as scope:
        for _ in range(5):
            await pacer.wait_for_turn()
        await pacer.wait_for_turn()

    assert scope.cancelled_caught


@pytest.mark.parametrize("windows", [(0, 0), (0, 1000)], ids=["none", "minute"])
async def test_a_window_of_0_is_off(windows: tuple[int, int]) -> None:
    pacer = Pacer(*windows)

    with anyio.fail_after(60):
        for _ in range(500):
            await pacer.wait_for_turn()


async def test_a_rest_holds_every_start_back() -> None:
    pacer = Pacer(0, 0)
    await pacer.rest(0.3)
    began_at = monotonic()

    await starts_of(pacer, 4, tasks_at_once=4)

    assert monotonic() - began_at >= 0.3 + 0.4 - 0.01


async def test_less_than_one_a_second_is_kept_as_well() -> None:
    began_at = monotonic()

    starts = await starts_of(Pacer(0.8, 0), 2)

    assert starts[1] - began_at >= 1.25
