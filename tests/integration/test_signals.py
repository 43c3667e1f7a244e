"""What a command does about the signals that end it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
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


@pytest.mark.parametrize(
    ("ignored", "number", "command", "code"),
    [
        ("", "SIGTERM", "sync", 130),
        ("", "SIGHUP", "sync", 130),
        ("SIGHUP", "SIGHUP", "sync", 0),
        ("", "SIGTERM", "serve", 0),
    ],
    ids=["ended", "closed", "closed under nohup", "ended as expected"],
)
def test_a_signal_while_the_command_is_imported_is_an_interruption(
    ignored: str, number: str, command: str, code: int
) -> None:
    program = f"""
import os, signal, sys, types
from altegio_sync.cli import main

class Interrupted(types.ModuleType):
    def __getattr__(self, name):
        os.kill(os.getpid(), signal.{number})
        return lambda *_, **__: None

for name in filter(None, ["{ignored}"]):
    signal.signal(getattr(signal, name), signal.SIG_IGN)
sys.modules["altegio_sync.cli.app"] = Interrupted("altegio_sync.cli.app")
main()
"""

    ran = subprocess.run([sys.executable, "-c", program, command], capture_output=True, check=False)

    assert ran.returncode == code
    assert ran.stderr == b""


@pytest.mark.parametrize("how", ["raise KeyboardInterrupt", "sys.exit(130)"])
def test_an_interrupted_start_prints_json_where_json_was_asked_for(how: str) -> None:
    program = f"""
import sys, types
from altegio_sync.cli import main

class Interrupted(types.ModuleType):
    def __getattr__(self, name):
        {how}

sys.modules["altegio_sync.cli.app"] = Interrupted("altegio_sync.cli.app")
sys.argv = ["altegio-sync", "status", "--json"]
main()
"""

    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)

    assert ran.returncode == 130
    assert json.loads(ran.stdout) == {
        "command": "status",
        "ok": False,
        "errors": [{"code": "interrupted", "message": "Interrupted before there was a result"}],
    }


@pytest.mark.parametrize(
    ("printed", "expected"),
    [("", ["interrupted"]), ('{"errors": [{"code": "mine"}]}', ["mine"])],
    ids=["nothing", "a report"],
)
def test_an_interrupted_command_prints_one_json_object(
    capsys: pytest.CaptureFixture[str], printed: str, expected: list[str]
) -> None:
    async def body(_stop: StopSignal) -> int:
        if printed:
            sys.stdout.write(printed)
        return 130

    assert execute(CommandOptions("status", json_output=True, quiet=True), body) == 130
    found = json.loads(capsys.readouterr().out)
    assert [each["code"] for each in found["errors"]] == expected
