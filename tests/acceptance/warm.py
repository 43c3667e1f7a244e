"""The command without its start-up: a process that has imported everything forks for each run.

A forked run is a process of its own, as a command is: with its own environment, folder, streams,
signals and exit code. It costs 0.02 s where a new interpreter costs 0.6 s. The process itself is
`warm_main`.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Self, TextIO

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Streams:
    """Descriptors for a command: None is nothing to read, and a pipe to read from."""

    stdin: int | None = None
    stdout: int | None = None
    stderr: int | None = None
    #: The command leads a session, and its stdin is the session's terminal.
    is_terminal: bool = False


@dataclass
class Started:
    """A command at work; where the test fails in its context it is killed, not waited for."""

    pid: int
    stdout: TextIO | None
    stderr: TextIO | None
    _exit_code: TextIO = field(repr=False)
    returncode: int | None = None

    def poll(self) -> int | None:
        return self.wait() if self._has_ended(0) else None

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            if not self._has_ended(timeout):
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            with self._exit_code:
                self.returncode = int(self._exit_code.readline())
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """What is left of both outputs. A command that takes longer is killed."""
        killer = threading.Timer(timeout or threading.TIMEOUT_MAX, self.kill)
        killer.start()
        try:
            with ThreadPoolExecutor(1) as beside:
                err = beside.submit(_read, self.stderr)
                out = _read(self.stdout)
                self.wait()
                return out, err.result()
        finally:
            killer.cancel()

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if error is not None:
            self.kill()
        for stream in (self.stdout, self.stderr):
            if stream is not None:
                stream.close()
        self.wait()

    def _has_ended(self, timeout: float | None) -> bool:
        is_known = self.returncode is not None
        return is_known or bool(select.select([self._exit_code], [], [], timeout)[0])


def _read(stream: TextIO | None) -> str:
    if stream is None:
        return ""
    with stream:
        return stream.read()


class WarmProcess:
    """Forks for each command."""

    def __init__(self) -> None:
        self._orders, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.acceptance.warm_main", str(theirs.fileno())],
                cwd=Path(__file__).parents[2],
                env=os.environ | {"PYTHONWARNINGS": "error"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )

    def end(self) -> None:
        self._orders.close()
        self._process.wait()

    def start(
        self,
        arguments: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        streams: Streams = Streams(),
        code: str | None = None,
    ) -> Started:
        """Start a command; with ``code``, as `python -c` starts it with these arguments."""
        out, err, answers = _Pipe(streams.stdout), _Pipe(streams.stderr), _Pipe()
        stdin = os.open(os.devnull, os.O_RDONLY) if streams.stdin is None else os.dup(streams.stdin)
        umask = os.umask(0)
        os.umask(umask)
        order = {
            "code": code,
            "arguments": list(arguments),
            "folder": str(folder),
            "environment": dict(environment),
            "umask": umask,
            "is_terminal": streams.is_terminal,
        }
        theirs = [stdin, out.theirs, err.theirs, answers.theirs]
        socket.send_fds(self._orders, [json.dumps(order).encode()], theirs)
        for each in theirs:
            os.close(each)
        assert answers.ours is not None
        return Started(int(answers.ours.readline()), out.ours, err.ours, answers.ours)


class _Pipe:
    """What a command writes to, and the end that is read from, if that is ours to read."""

    def __init__(self, given: int | None = None) -> None:
        self.ours: TextIO | None = None
        if given is None:
            ours, self.theirs = os.pipe()
            self.ours = os.fdopen(ours, encoding="utf-8")
        else:
            self.theirs = os.dup(given)


@cache
def warm_process() -> WarmProcess:
    """The only one of this process, which the first command starts."""
    return WarmProcess()


def end_warm_process() -> None:
    if warm_process.cache_info().currsize:
        warm_process().end()
