"""Completion as people use it: it is installed, a new shell starts, and Tab is pressed."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

_PROGRAMS = Path(sys.executable).parent
_ESCAPES = re.compile(r"\x1b(?:\[[0-9;?=><]*[A-Za-z]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[=>()][0-9AB]?)")
_TAB = "\t"
_ATTRIBUTES, _CURSOR = ("\x1b[c", "\x1b[?62;c"), ("\x1b[6n", "\x1b[1;1R")


class Shell:
    """An interactive shell on a terminal of its own."""

    def __init__(self, name: str, home: Path) -> None:
        self._ours, theirs = pty.openpty()
        self.seen = ""
        self._process = subprocess.Popen(
            ["setsid", "--ctty", name, "-i"],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environment(home),
            cwd=home,
        )
        os.close(theirs)

    def type(self, keys: str) -> None:
        self.seen = ""
        os.write(self._ours, keys.encode())

    def wait_for(self, *texts: str) -> None:
        deadline = time.monotonic() + 300
        while not all(text in self.seen for text in texts):
            assert time.monotonic() < deadline, f"{texts} did not come, but {self.seen!r}"
            self._read()

    def _read(self) -> None:
        if not select.select([self._ours], [], [], 0.1)[0]:
            return
        part = os.read(self._ours, 65536).decode(errors="replace")
        for question, answer in (_ATTRIBUTES, _CURSOR):  # a terminal answers these
            if question in part:
                os.write(self._ours, answer.encode())
        self.seen += _ESCAPES.sub("", part)

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._ours)


def environment(home: Path) -> dict[str, str]:
    return {
        "HOME": str(home),
        "PATH": f"{_PROGRAMS}:/usr/local/bin:/usr/bin:/bin",
        "TERM": "xterm",
        "LANG": "C.UTF-8",
        "ALTEGIO_LANG": "en",
        "PS1": "$ ",
    }


@pytest.fixture(params=["bash", "zsh", "fish"])
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shell]:
    """A new shell of somebody who has installed the completion in that shell."""
    name: str = request.param
    missing = [each for each in (name, "setsid") if shutil.which(each) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    # With a second command, the shell does not give its process to the program.
    install = [name, "-c", "altegio-sync --install-completion; true"]
    ran = subprocess.run(
        install, env=environment(tmp_path), check=True, capture_output=True, text=True
    )
    assert f"{name} completes altegio-sync in every new terminal" in ran.stdout
    started = Shell(name, tmp_path)
    yield started
    started.end()


def test_tab_completes_commands_and_options(shell: Shell) -> None:
    shell.type("echo re''ady\n")
    shell.wait_for("ready")

    shell.type("altegio-sync stat" + _TAB + _TAB)
    shell.wait_for("stats", "status")
    shell.type("\x15altegio-sync sync --pro" + _TAB)
    shell.wait_for("--prove")
