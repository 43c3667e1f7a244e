"""What all commands share."""

from __future__ import annotations

import errno
import json
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from altegio_sync.cli.command import CommandOptions, execute
from altegio_sync.config import SchoolConfig

if TYPE_CHECKING:
    from altegio_sync.usecases.stopping import StopSignal


@pytest.mark.parametrize(
    ("wanted", "picked"),
    [([], ("77", "78", "79")), (["78"], ("78",)), (["79", "77", "79"], ("79", "77"))],
    ids=["all", "one", "one of them twice"],
)
def test_companies_are_taken_in_order_and_each_once(
    wanted: list[str], picked: tuple[str, ...]
) -> None:
    config = SchoolConfig(company_ids=("77", "78", "79"))

    assert config.pick_companies(wanted) == picked


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
        (
            FileNotFoundError(errno.ENOENT, "No such file", "x\n.gz"),
            "Cannot use x .gz: No such file",
        ),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), "Broken pipe"),
        (TimeoutError(), "TimeoutError"),
    ],
    ids=repr,
)
def test_an_error_of_the_machine_never_passes_for_one_of_the_output(
    error: OSError, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async def body(_stop: StopSignal) -> int:
        sys.stdout.write("a line\n")
        raise error

    code = execute(CommandOptions("backup", json_output=True), body)

    out, err = capsys.readouterr()
    assert code == 1
    assert told in err
    assert "Cannot write the output" not in err
    assert told in json.loads(out.removeprefix("a line\n"))["errors"][0]["message"]


def test_an_output_that_fails_is_told_as_that(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def body(_stop: StopSignal) -> int:
        sys.stdout.write("a line\n")
        return 0

    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr("sys.stdout", full)
        code = execute(CommandOptions("stats"), body)

    assert code == 1
    assert "Cannot write the output: No space left on device" in capsys.readouterr().err


def test_signals_act_after_a_command_as_before_it() -> None:
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    seen = []

    async def body(_stop: StopSignal) -> int:
        seen.append(signal.getsignal(signal.SIGTERM))
        return 0

    try:
        execute(CommandOptions("sync"), body)

        assert signal.getsignal(signal.SIGTERM) is signal.default_int_handler
        assert seen != [signal.default_int_handler]
    finally:
        signal.signal(signal.SIGTERM, before)
