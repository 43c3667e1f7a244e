"""The process that `warm` starts: it forks for each order that comes on its socket."""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import gc
import importlib
import json
import os
import pkgutil
import re
import select
import signal
import socket
import sys
import termios
import threading
import warnings
from typing import NoReturn

import time_machine

import altegio_sync
from altegio_sync.cli import main
from altegio_sync.messages.language import choose_language

#: Their texts are in one language, here English. A command in another language imports them again.
_OF_A_LANGUAGE = re.compile(r"altegio_sync\.cli\.(app|options|commands(\..+)?)")
#: What others import late, when they are used.
_LATE = ("_strptime", "anyio._backends._asyncio", "httpcore2", "phonenumbers", "typer._adapters")
#: A command imports this itself: it reads the environment.
_OF_AN_ENVIRONMENT = "typer.rich_utils"
#: The moment at which a command runs, in seconds of the epoch: for tests in which time passes.
MOMENT = "RUN_AT"
#: Longer than any order.
_ORDER_BYTES = 200_000
#: By the descriptor that watches it: the pid of a command, and where its exit code is written to.
Running = dict[int, tuple[int, int]]


def serve(orders: socket.socket) -> None:
    """Write a pid for each order, and the exit code at the end, until nobody orders any more."""
    for module in pkgutil.walk_packages(altegio_sync.__path__, "altegio_sync."):
        # No command imports the chain, which needs Dagster.
        is_of_no_command = module.name.endswith(".__main__") or ".chain." in module.name
        if not is_of_no_command:
            importlib.import_module(module.name)
    for name in _LATE:
        importlib.import_module(name)
    assert _OF_AN_ENVIRONMENT not in sys.modules
    gc.freeze()  # without it a command searches and copies all that is imported: half of its time
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the tests, and these end us
    running: Running = {}
    while True:
        ready, _, _ = select.select([orders.fileno(), *running], [], [])
        for watched in ready:
            if watched in running:
                _write_exit_code(watched, *running.pop(watched))
                continue
            order, descriptors, _, _ = socket.recv_fds(orders, _ORDER_BYTES, 4)
            if not order:
                return
            *streams, answers = descriptors
            pid = os.fork()
            if pid == 0:
                orders.close()
                _close(answers, *running, *(each for _, each in running.values()))
                _become_the_command(streams, **json.loads(order))
                return
            _close(*streams)
            os.write(answers, b"%d\n" % pid)
            running[os.pidfd_open(pid)] = pid, answers


def _write_exit_code(watched: int, pid: int, answers: int) -> None:
    _, status = os.waitpid(pid, 0)
    with contextlib.suppress(BrokenPipeError):  # the test did not wait for the command
        os.write(answers, b"%d\n" % os.waitstatus_to_exitcode(status))
    _close(watched, answers)


def _close(*descriptors: int) -> None:
    for each in descriptors:
        os.close(each)


def _become_the_command(
    streams: list[int],
    *,
    code: str | None,
    arguments: list[str],
    folder: str,
    environment: dict[str, str],
    umask: int,
    is_terminal: bool,
) -> None:
    for number, descriptor in enumerate(streams):
        os.dup2(descriptor, number)
    _close(*streams)
    if is_terminal:
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    moment = environment.pop(MOMENT, None)
    if moment is not None:
        time_machine.travel(float(moment)).start()
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    os.umask(umask)
    for option in environment.get("PYTHONWARNINGS", "").split(","):
        warnings._setoption(option)  # type: ignore[attr-defined]  # noqa: SLF001 - as at the start
    sys.stdin = os.fdopen(0, closefd=False)
    sys.stdout = os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, errors="backslashreplace", closefd=False)
    sys.argv = ["altegio-sync" if code is None else "-c", *arguments]
    if choose_language(arguments, environment) != "en":
        _forget_english()
    try:
        if code is None:
            main()
        else:
            exec(code, {"__name__": "__main__"})
    except SystemExit as error:
        exit_code = error.code or 0
    else:
        exit_code = 0
    _end(exit_code)


def _forget_english() -> None:
    for name in [*filter(_OF_A_LANGUAGE.fullmatch, sys.modules)]:
        del sys.modules[name]


def _end(exit_code: str | int) -> NoReturn:
    """End as Python does, but leave to the system to free what was imported: half of the time."""
    if not isinstance(exit_code, int):
        sys.exit(exit_code)
    threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001 - waits for the threads
    atexit._run_exitfuncs()  # noqa: SLF001
    gc.collect()  # what was left open is reported
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        sys.exit(exit_code)
    os._exit(exit_code & 0xFF)


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as requests:
        serve(requests)
