"""On a terminal: a bar, and nothing of it in what is piped."""

from __future__ import annotations

import os
import pty
import re
import subprocess
from typing import TYPE_CHECKING

from tests.acceptance.cli import COMMAND

if TYPE_CHECKING:
    from altegio_sync.sandbox import SandboxServer
    from tests.acceptance.cli import Cli

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def run_on_terminal(cli: Cli, *arguments: str, **changes: str) -> tuple[int, str, str]:
    """Exit code, stdout, and what a terminal of 120 columns got on stderr."""
    ours, theirs = pty.openpty()
    environment = cli.environment({"TERM": "xterm-256color", "COLUMNS": "120", **changes})
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=cli.folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
    )
    os.close(theirs)
    seen = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        seen += part
    os.close(ours)
    out, _ = process.communicate(timeout=60)
    return process.returncode, out, seen.decode()


def test_a_bar_tells_pages_records_pace_and_time_left(cli: Cli, server: SandboxServer) -> None:
    server.latency_s = 0.1

    code, out, screen = run_on_terminal(cli, "sync", "last-month")

    text = _ESCAPES.sub("", screen)
    assert code == 0
    assert "\x1b[" in screen
    assert re.search(r"company 77 .* [0-9]+/620 records page [0-9]+/13 [0-9.]+ requests/s", text)
    assert re.search(r"[0-9]:[0-9]{2}:[0-9]{2}", text)
    assert "INFO Page" not in text
    assert "WARNING Teacher not found: staff 9999" in text
    assert out.startswith("Sync ")
    assert "\x1b" not in out


def test_without_colour_where_nobody_wants_it(cli: Cli) -> None:
    _code, _out, screen = run_on_terminal(cli, "sync", "yesterday", NO_COLOR="1")

    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", screen)


def test_quiet_shows_no_bar(cli: Cli) -> None:
    code, _out, screen = run_on_terminal(cli, "sync", "yesterday", "-q")

    assert (code, screen) == (0, "")
