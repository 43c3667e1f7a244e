"""A command that is forked is as one that has an interpreter of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.acceptance.cli import COMMAND

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.acceptance.cli import Cli

_STATUS = {"SigBlk", "SigCgt", "SigIgn", "Threads", "Umask"}


@pytest.fixture
def silent(cli: Cli) -> Iterator[socket.socket]:
    """An Altegio that accepts connections, and answers nobody."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        cli.settings["ALTEGIO_API_URL"] = f"http://127.0.0.1:{listening.getsockname()[1]}/api/v1"
        yield listening


def seen_by_the_system(pid: int) -> dict[str, Any]:
    process = Path(f"/proc/{pid}")
    status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
    opened = [str(each.readlink()).split(":")[0] for each in (process / "fd").iterdir()]
    return {
        "folder": (process / "cwd").readlink(),
        "group": os.getpgid(pid),
        "session": os.getsid(pid),
        "opened": Counter(opened),
        **{name: status[name] for name in _STATUS},
    }


def test_the_system_sees_no_difference(cli: Cli, silent: socket.socket) -> None:
    with cli.start("services") as beside, closing(silent.accept()[0]):
        umask = os.umask(0o027)
        try:
            forked = cli.start("services")
            real = subprocess.Popen(
                [*COMMAND, "services"],
                cwd=cli.folder,
                env=cli.environment({}),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        finally:
            os.umask(umask)
        with forked, real, closing(silent.accept()[0]), closing(silent.accept()[0]):
            seen = [seen_by_the_system(each.pid) for each in (forked, real)]
            for process in (beside, forked, real):
                process.kill()

    assert seen[0] == seen[1]


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGKILL, -9)]
)
def test_a_signal_ends_one_and_no_other(
    cli: Cli, silent: socket.socket, number: signal.Signals, code: int
) -> None:
    with cli.start("services") as other, closing(silent.accept()[0]):
        with cli.start("services") as ended, closing(silent.accept()[0]):
            ended.send_signal(number)
            assert ended.wait(timeout=120) == code
        assert other.poll() is None
        other.kill()


def test_the_settings_and_what_is_read_are_of_one_command(cli: Cli) -> None:
    without = cli.run("stats", DB_URI=None)
    answered = cli.answer("2026-11-02\n2026-11-02\nn\n", "interactive")
    nothing_read = cli.run("interactive")
    with_all = cli.run("stats")

    assert [each.code for each in (without, answered, nothing_read, with_all)] == [2, 0, 2, 0]
    assert "DB_URI" in without.err


def test_one_that_takes_too_long_is_killed(cli: Cli, silent: socket.socket) -> None:
    with cli.start("services") as process, closing(silent.accept()[0]):
        process.communicate(timeout=0.1)

    assert process.returncode == -signal.SIGKILL
