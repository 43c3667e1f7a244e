"""Gives a command access to the embedded MongoDB, and starts the server where none runs."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import socket
import sys
import time
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import anyio.from_thread
import anyio.to_thread
import platformdirs

from altegio_sync.embedded.binary import (
    find_mongod,
    mongod_version,
    record_version,
    refuse_unreadable_data,
    time_zone_folder,
)
from altegio_sync.embedded.private_folder import lock, make_private, open_lock
from altegio_sync.errors import StoreUnavailableError
from altegio_sync.messages import embedded as texts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from altegio_sync.messages import Message

DATABASE = "altegio"
#: The path of a Unix socket has about 100 bytes at most, depending on the system.
_MAX_SOCKET_PATH = 100
#: Reading the journal after a crash takes a while.
_START_SECONDS = 120.0
_END_SECONDS = 20.0
_POLL_SECONDS = 0.01
#: The file descriptor of the lock that the supervisor inherits, and does not pass to `mongod`.
_LOCK_FD = 3
#: The variables that the server's process gets: no token, no password.
_ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV")


@asynccontextmanager
async def embedded_mongod(data_dir: Path | None = None) -> AsyncIterator[str]:
    """Yield the address of a mongod that all commands on this folder share; it runs until exit.

    Raises:
        ConfigError: there is no mongod, it does not run, or it cannot read the data.
        StoreUnavailableError: it does not start.
    """
    with ExitStack() as held:
        # Cancelling the task ends a wait for another command's start or end.
        share = share_mongod(data_dir, anyio.from_thread.check_cancelled)
        uri = await anyio.to_thread.run_sync(held.enter_context, share)
        yield uri


@contextmanager
def share_mongod(
    data_dir: Path | None = None, check: Callable[[], None] = lambda: None
) -> Iterator[str]:
    """Like `embedded_mongod`, for callers without an event loop.

    ``check`` is called during a wait, and raises to end the wait.
    """
    folder = _folder(data_dir)
    make_private(folder)
    path = _socket_path(folder.resolve())
    with open_lock(folder / "users.lock") as users_lock:
        with open_lock(folder / "start.lock") as start_lock:
            # Only one command at a time checks whether a server runs, and starts one.
            lock(start_lock, fcntl.LOCK_EX, check)
            # Waits here while the supervisor stops the server after its last user.
            lock(users_lock, fcntl.LOCK_SH, check)
            _ensure_running(folder, path, check)
        yield f"mongodb://{quote(str(path), safe='')}/{DATABASE}"


async def revive_mongod(data_dir: Path | None = None) -> None:
    """Start the server of the folder again if it has died, at the same address.

    For a process within `embedded_mongod`. Nothing is sent to a server that runs.

    Raises:
        ConfigError: there is no mongod any more.
        StoreUnavailableError: it does not start.
    """
    await anyio.to_thread.run_sync(keep_running, data_dir, anyio.from_thread.check_cancelled)


def keep_running(data_dir: Path | None, check: Callable[[], None] = lambda: None) -> None:
    """Like `revive_mongod`, for callers without an event loop; ``check`` as in `share_mongod`."""
    folder = _folder(data_dir)
    with open_lock(folder / "start.lock") as start_lock:
        lock(start_lock, fcntl.LOCK_EX, check)
        # The supervisor ends together with its server.
        if not _supervisor_runs(folder):
            _ensure_running(folder, _socket_path(folder.resolve()), check)


def _folder(data_dir: Path | None) -> Path:
    return (data_dir or platformdirs.user_data_path("altegio-sync")) / "mongodb"


def _socket_path(folder: Path) -> Path:
    """The socket's path: in the data folder, or in /tmp if that path would be too long."""
    path = folder / "mongod.sock"
    if len(os.fsencode(path)) < _MAX_SOCKET_PATH:
        return path
    base = Path(f"/tmp/altegio-sync-{os.geteuid()}")  # noqa: S108 - made private below
    make_private(base)
    short = base / hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    make_private(short)
    return short / "mongod.sock"


def _ensure_running(folder: Path, path: Path, check: Callable[[], None]) -> None:
    if _supervisor_runs(folder) and _await_socket(folder, path, None, check):
        return
    mongod = find_mongod()
    version = mongod_version(mongod)
    record = folder / "server.json"
    refuse_unreadable_data(record, version)
    supervisor = _start_supervisor(folder, path, mongod)
    if supervisor is None or not _await_socket(folder, path, supervisor, check):
        raise StoreUnavailableError(
            texts.DOES_NOT_START(reason=_last_words(folder), folder=str(folder))
        )
    record_version(record, version)


def await_end(data_dir: Path) -> None:
    """Wait until the server of an unused folder has stopped."""
    folder = data_dir / "mongodb"
    deadline = time.monotonic() + _END_SECONDS
    # In this order: the supervisor starts before its server, and may end before it.
    for path in (folder / "supervisor.lock", folder / "server.lock"):
        while path.exists() and _is_held(path) and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)


def _supervisor_runs(folder: Path) -> bool:
    return _is_held(folder / "supervisor.lock")


def _is_held(path: Path) -> bool:
    with open_lock(path) as tried:
        try:
            fcntl.flock(tried, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _start_supervisor(folder: Path, path: Path, mongod: Path) -> int | None:
    """Start the supervisor in its own session, so that a Ctrl-C here does not reach it.

    The supervisor inherits its lock, which is already held. So the lock is held from its start on.

    Returns:
        The supervisor's pid; None if another supervisor runs and does not answer.
    """
    arguments = [sys.executable, "-m", "altegio_sync.embedded.supervisor"]
    arguments += [str(folder), str(path), str(mongod), time_zone_folder()]
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    environment["PYTHONPATH"] = os.pathsep.join(each for each in sys.path if each)
    log = str(folder / "supervisor.log")
    open_lock(folder / "supervisor.log").close()
    with open_lock(folder / "supervisor.lock") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return None
        return os.posix_spawn(
            sys.executable,
            arguments,
            environment,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, held.fileno(), _LOCK_FD),
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
        )


def _await_socket(
    folder: Path, path: Path, supervisor: int | None, check: Callable[[], None]
) -> bool:
    """Whether the server answers; False as soon as its supervisor is gone."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if _answers(path):
            return True
        is_gone = not _supervisor_runs(folder) if supervisor is None else _has_ended(supervisor)
        if is_gone:
            return False
        check()
        time.sleep(_POLL_SECONDS)
    return False


def _has_ended(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return True


def _answers(path: Path) -> bool:
    """Whether `mongod` listens. It listens only when it is ready."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def _last_words(folder: Path) -> Message | str:
    """The last error of the server's log. The server's texts mention only files and options."""
    try:
        lines = (folder / "mongod.log").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return texts.NO_LOG()
    for line in reversed(lines):
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if entry.get("s") in ("E", "F"):
            cause = entry.get("attr", {}).get("error", "")
            return f"{entry.get('msg')} {cause}".strip()[:300]
    return texts.NOTHING_IN_LOG()
