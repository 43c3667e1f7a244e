"""What a command does about the signals that end it."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import anyio
import pytest

from altegio_sync.cli.command import CommandOptions, execute, leaving_at_once

if TYPE_CHECKING:
    from altegio_sync.usecases.stopping import StopSignal


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_asks_the_command_to_stop(number: signal.Signals) -> None:
    async def body(stop: StopSignal) -> int:
        os.kill(os.getpid(), number)
        with stop.interrupting():
            await anyio.sleep(10)
        return 130 if stop.is_set else 0

    assert execute(CommandOptions("sync", quiet=True), body) == 130


def test_what_only_asks_and_shows_is_left_at_the_first_signal() -> None:
    async def body() -> int:
        os.kill(os.getpid(), signal.SIGINT)
        await anyio.sleep(10)
        return 0

    assert execute(CommandOptions("status", quiet=True), leaving_at_once(body)) == 130


def test_under_nohup_a_closed_terminal_stops_nothing() -> None:
    async def body(stop: StopSignal) -> int:
        os.kill(os.getpid(), signal.SIGHUP)
        await anyio.sleep(0.05)
        return int(stop.is_set)

    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert execute(CommandOptions("sync", quiet=True), body) == 0
    finally:
        signal.signal(signal.SIGHUP, before)
