"""On a terminal: a bar, and nothing of it in what is piped."""

from __future__ import annotations

import os
import pty
import re
import signal
from typing import TYPE_CHECKING, Any

from pymongo import MongoClient

from tests.acceptance.warm import Streams

if TYPE_CHECKING:
    from altegio_sync.sandbox import SandboxServer
    from tests.acceptance.cli import Cli

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def run_on_terminal(cli: Cli, *arguments: str, **changes: str) -> tuple[int, str, str]:
    """Exit code, stdout, and what a terminal of 120 columns got on stderr."""
    ours, theirs = pty.openpty()
    settings = {"TERM": "xterm-256color", "COLUMNS": "120", **changes}
    process = cli.start_on(Streams(stderr=theirs), *arguments, **settings)
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
    out, _ = process.communicate(timeout=120)
    return process.wait(), out, seen.decode()


def test_a_bar_tells_pages_records_pace_and_time_left(cli: Cli, server: SandboxServer) -> None:
    server.latency_s = 0.1

    code, out, screen = run_on_terminal(cli, "sync", "last-month")

    text = ESCAPES.sub("", screen)
    assert code == 0
    assert "\x1b[" in screen
    assert re.search(r"company 77 .* [0-9]+/620 records page [0-9]+/13 [0-9.]+ requests/s", text)
    assert re.search(r"[0-9]:[0-9]{2}:[0-9]{2}", text)
    assert "INFO Page" not in text
    assert "WARNING Teacher not found: staff 9999" in text
    assert out.startswith("Stored ")
    assert "\x1b" not in out


def test_without_colour_where_nobody_wants_it(cli: Cli) -> None:
    _code, _out, screen = run_on_terminal(cli, "sync", "yesterday", NO_COLOR="1")

    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", screen)


def test_quiet_shows_no_bar(cli: Cli) -> None:
    code, _out, screen = run_on_terminal(cli, "sync", "yesterday", "-q")

    assert code == 0
    assert screen == ""


def test_a_terminal_that_is_closed_ends_the_run_in_order(
    cli: Cli, server: SandboxServer, db_uri: str
) -> None:
    server.latency_s = 0.3
    ours, theirs = pty.openpty()
    process = cli.start_on(
        Streams(stdout=theirs, stderr=theirs),
        *("sync", "last-month"),
        TERM="xterm-256color",
        ALTEGIO_REQUESTS_PER_SECOND="5",
    )
    os.close(theirs)
    seen = b""
    while not re.search(rb"page [2-9]/", seen):
        seen += os.read(ours, 4096)
    os.close(ours)
    process.send_signal(signal.SIGHUP)

    code = process.wait(timeout=120)

    with MongoClient[dict[str, Any]](db_uri) as client:
        database = client.get_default_database()
        [report] = database["altegio-sync-runs"].find()
        stored = database["altegio-appointments"].count_documents({})
    assert code == 130
    assert report["ok"] is False
    assert report["records"]["saved"] == stored
    assert 0 < stored < 400
