"""`altegio-sync interactive`, on a real pseudo-terminal and line by line."""

from __future__ import annotations

import os
import pty
import re
import select
import threading
import time
from itertools import count
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.warm import Streams

if TYPE_CHECKING:
    from collections.abc import Mapping

    from altegio_sync.sandbox import SandboxServer
    from tests.acceptance.cli import Cli

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
DOWN, ENTER, CTRL_C, CTRL_D = "\x1b[B", "\r", "\x03", "\x04"


class Terminal:
    """A command whose every stream is a terminal; what it shows is waited for."""

    def __init__(self, cli: Cli, *arguments: str, **changes: str) -> None:
        self._ours, theirs = pty.openpty()
        self.seen = ""
        streams = Streams(theirs, theirs, theirs, is_terminal=True)
        settings = {"TERM": "xterm-256color", "COLUMNS": "110", **changes}
        self._process = cli.start_on(streams, *arguments, **settings)
        os.close(theirs)

    def wait_for(self, text: str, seconds: float = 600) -> None:
        """Until the text comes after all that was waited for before."""
        deadline = time.monotonic() + seconds
        while text not in self.seen:
            assert time.monotonic() < deadline, f"{text!r} did not come, but {self.seen!r}"
            if not self._read(0.2):
                assert text in self.seen, f"it ended with {self.seen!r}"
        self.seen = self.seen.split(text, 1)[1]

    def type(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def end(self) -> int:
        while self._read(0.2):
            if self._process.poll() is not None and not self._has_more():
                break
        os.close(self._ours)
        return self._process.wait(timeout=600)

    def hang_up(self) -> int:
        """Close the terminal; the exit code."""
        os.close(self._ours)
        return self._process.wait(timeout=600)

    def _has_more(self) -> bool:
        return bool(select.select([self._ours], [], [], 0.1)[0])

    def _read(self, seconds: float) -> bool:
        """False when the other end is closed."""
        if not select.select([self._ours], [], [], seconds)[0]:
            return self._process.poll() is None
        try:
            part = os.read(self._ours, 4096).decode(errors="replace")
        except OSError:
            return False
        if "\x1b[6n" in part:  # asked where the cursor is, as a terminal would know
            os.write(self._ours, b"\x1b[1;1R")
        self.seen += _ESCAPES.sub("", part).replace("\r", "")
        return bool(part)


def test_a_period_of_the_menu_is_announced_confirmed_and_synced(cli: Cli) -> None:
    terminal = Terminal(cli, "interactive")

    terminal.wait_for("Which period?")
    terminal.wait_for("two dates")
    terminal.type(DOWN * 5 + ENTER)
    terminal.wait_for("(Europe/Kyiv), ")
    terminal.wait_for("620 records, 14 requests, about ")
    terminal.wait_for("Sync these appointments?")
    terminal.type("y" + ENTER)
    terminal.wait_for("Stored ")
    terminal.wait_for("fetched")
    terminal.wait_for("620")
    terminal.wait_for("Show statistics?")
    terminal.type("n" + ENTER)
    terminal.wait_for("Check the stored appointments for errors?")
    terminal.type("y" + ENTER)
    terminal.wait_for("Validate: ")

    assert terminal.end() == 0


@pytest.mark.usefixtures("catalog")
def test_everything_is_asked_and_answered_in_ukrainian(cli: Cli) -> None:
    terminal = Terminal(cli, "interactive", "--lang", "uk")

    terminal.wait_for("минулий-місяць")
    terminal.type(DOWN + ENTER)
    terminal.wait_for("(Т/н)")
    terminal.type("мабуть" + ENTER)
    terminal.wait_for("мабуть")
    terminal.type("\x7f" * 6 + "так" + ENTER)
    terminal.wait_for("У базі тепер")
    terminal.wait_for("(Т/н)")
    terminal.type("т" + ENTER)
    terminal.wait_for("Пн")
    terminal.wait_for("(Т/н)")
    terminal.type("ні" + ENTER)

    assert terminal.end() == 0
    assert "Validate" not in terminal.seen


def test_wrong_dates_are_asked_for_again(cli: Cli) -> None:
    terminal = Terminal(cli, "interactive")

    terminal.wait_for("two dates")
    terminal.type("\x1b[A" + ENTER)  # up from the first is the last
    terminal.wait_for("Start date")
    terminal.type("2026-13-01" + ENTER)
    terminal.wait_for("Invalid date format")
    terminal.type("\x7f" * 10 + "2026-01-05" + ENTER)
    terminal.wait_for("End date")
    terminal.type("2026-01-01" + ENTER)
    terminal.wait_for("Start date cannot be after end date")
    terminal.type("\x7f" * 10 + "2026-01-06" + ENTER)
    terminal.wait_for("2026-01-05 to 2026-01-06 (Europe/Kyiv), 2 days")
    terminal.wait_for("Sync these appointments?")
    terminal.type("n" + ENTER)
    terminal.wait_for("Nothing was changed.")

    assert terminal.end() == 0


def test_ctrl_c_at_a_question_cancels(cli: Cli) -> None:
    terminal = Terminal(cli, "interactive")

    terminal.wait_for("two dates")
    terminal.type(CTRL_C)
    terminal.wait_for("Cancelled")

    assert terminal.end() == 130


def test_ctrl_c_after_the_run_skips_only_the_offers(cli: Cli) -> None:
    terminal = Terminal(cli, "interactive")

    terminal.wait_for("two dates")
    terminal.type(DOWN + ENTER)
    terminal.wait_for("Sync these appointments?")
    terminal.type("y" + ENTER)
    terminal.wait_for("Show statistics?")
    terminal.type(CTRL_C)

    assert terminal.end() == 0
    assert "Cancelled" not in terminal.seen


def test_ctrl_c_in_the_run_stores_what_was_read(cli: Cli, server: SandboxServer) -> None:
    is_interrupted = threading.Event()
    pages = count(1)

    def hold(path: str, _query: Mapping[str, str]) -> None:
        """Hold the third page, so that the second is shown for long."""
        if "/records/" in path and next(pages) > 2:
            is_interrupted.wait(120)

    server.before_request = hold
    terminal = Terminal(cli, "interactive", "last-month")

    terminal.wait_for("page 2/13")
    terminal.type(CTRL_C)
    is_interrupted.set()
    terminal.wait_for("interrupted")

    assert terminal.end() == 130


def lines(cli: Cli, text: str, changes: Mapping[str, str | None] | None = None) -> tuple[int, str]:
    ran = cli.answer(text, "interactive", **(changes or {}))
    return ran.code, ran.out + ran.err


def test_without_a_terminal_answers_are_read_line_by_line(cli: Cli) -> None:
    code, told = lines(cli, "2026-11-02\n2026-11-03\ny\n")

    assert code == 0, told
    assert "2 days; " in told
    assert "fetched" in told
    assert "Show statistics?" not in told


def test_a_no_syncs_nothing(cli: Cli) -> None:
    code, told = lines(cli, "2026-11-02\n2026-11-03\nn\n")

    assert code == 0
    assert "Nothing was changed." in told
    assert "fetched" not in told


def test_a_bad_line_or_the_end_of_input_is_wrong_use(cli: Cli, server: SandboxServer) -> None:
    bad_date = lines(cli, "2026-13-02\n")
    ended = lines(cli, "2026-11-02\n")
    wrong_order = lines(cli, "2026-11-02\n2026-11-01\n")
    nothing_set = lines(cli, "2026-11-02\n", {"DB_URI": None})
    asked = len(server.requests)
    neither = lines(cli, "2026-11-02\n2026-11-02\nmaybe\n")

    assert [code for code, _ in (bad_date, ended, wrong_order, nothing_set, neither)] == [2] * 5
    assert "Invalid date format: '2026-13-02'" in bad_date[1]
    assert "The input ended" in ended[1]
    assert "Missing required environment variables: DB_URI" in nothing_set[1]
    assert asked == 0
    assert "Expected y or n" in neither[1]


@pytest.mark.parametrize(
    ("answer", "is_synced"),
    [("Т", True), ("так", True), ("YES", True), ("н", False), ("Ні", False), ("no", False)],
)
def test_answers_in_both_languages_are_understood(cli: Cli, answer: str, is_synced: bool) -> None:
    code, told = lines(cli, f"2026-11-02\n2026-11-02\n{answer}\n")

    assert code == 0, told
    assert ("Nothing was changed." not in told) is is_synced


def test_with_dates_given_nothing_is_asked(cli: Cli) -> None:
    ran = cli.run("interactive", "2026-11-02", "2026-11-03")

    assert ran.code == 0
    assert "fetched" in ran.out
    assert "?" not in ran.out


@pytest.mark.parametrize(
    ("keys", "code"), [("\r", 0), (CTRL_C, 130), (CTRL_D, 130)], ids=["no", "ctrl-c", "ctrl-d"]
)
@pytest.mark.parametrize(
    ("language", "question", "shown"),
    [
        ("en", "undo cannot restore", "Nothing was changed."),
        ("uk", "видалити", "Нічого не змінено."),
    ],
)
def test_a_purge_that_is_not_confirmed_changes_nothing(
    cli: Cli, keys: str, code: int, language: str, question: str, shown: str
) -> None:
    terminal = Terminal(cli, "trash", "purge", "--older-than", "90d", ALTEGIO_LANG=language)
    terminal.wait_for(question)
    terminal.type(keys)
    terminal.wait_for(shown)

    assert terminal.end() == code
    assert "Abort" not in terminal.seen


def test_a_purge_asks_on_a_terminal_and_only_there(cli: Cli) -> None:
    command = ("trash", "purge", "--older-than", "90d")
    terminal = Terminal(cli, *command)
    terminal.wait_for("undo cannot restore")
    terminal.type("y\r")
    terminal.wait_for("0 entries")

    assert terminal.end() == 0
    confirmed = Terminal(cli, *command, "--yes")
    confirmed.wait_for("0 entries")
    assert confirmed.end() == 0
    assert "0 entries" in cli.run(*command).out
