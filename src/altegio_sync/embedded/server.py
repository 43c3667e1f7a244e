"""Gets a command its share of the embedded MongoDB, starting it where none runs."""

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

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

DATABASE = "altegio"
#: A Unix socket's address holds some 100 bytes, by system.
_MAX_SOCKET_PATH = 100
#: Reading the journal after a crash takes its time.
_START_SECONDS = 120.0
_END_SECONDS = 20.0
_POLL_SECONDS = 0.01
#: Where the supervisor inherits its lock, which it leaves open, and does not hand on to `mongod`.
_LOCK_FD = 3
#: What the server's process is given of the environment: no token, no password.
_ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV")


@asynccontextmanager
async def embedded_mongod(data_dir: Path | None = None) -> AsyncIterator[str]:
    """Yield the address of a mongod shared by all commands on this folder, kept up until exit.

    Raises:
        ConfigError: no mongod, one that does not run, or data that it cannot read.
        StoreUnavailableError: it does not start.
    """
    with ExitStack() as held:
        # A wait for another command's start or end is left where the task is cancelled.
        share = share_mongod(data_dir, anyio.from_thread.check_cancelled)
        uri = await anyio.to_thread.run_sync(held.enter_context, share)
        yield uri


@contextmanager
def share_mongod(
    data_dir: Path | None = None, check: Callable[[], None] = lambda: None
) -> Iterator[str]:
    """As `embedded_mongod`, for those without an event loop.

    ``check`` is called while it waits, and raises where the wait is to end.
    """
    folder = (data_dir or platformdirs.user_data_path("altegio-sync")) / "mongodb"
    make_private(folder)
    path = _socket_path(folder.resolve())
    with open_lock(folder / "users.lock") as users_lock:
        with open_lock(folder / "start.lock") as start_lock:
            # One at a time looks whether a server runs and starts one.
            lock(start_lock, fcntl.LOCK_EX, check)
            # Waits here while the supervisor, having seen its last user go, stops the server.
            lock(users_lock, fcntl.LOCK_SH, check)
            _ensure_running(folder, path, check)
        yield f"mongodb://{quote(str(path), safe='')}/{DATABASE}"


def _socket_path(folder: Path) -> Path:
    """In the data folder where the path is short enough, else below /tmp; the same for all."""
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
            f"The embedded MongoDB does not start: {_last_words(folder)} (see {folder})"
        )
    record_version(record, version)


def await_end(data_dir: Path) -> None:
    """Wait until the server of a folder that nobody uses any more has left it."""
    folder = data_dir / "mongodb"
    deadline = time.monotonic() + _END_SECONDS
    # In this order: the supervisor is there before its server is, and may leave before it.
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
    """Start it in a session of its own, so that a Ctrl-C here does not reach it.

    It inherits its lock, held, so that the lock tells of it from its first moment on.

    Returns:
        Its pid; None where one lives that does not answer.
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
    """Mongod listens when it is ready, and not before."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def _last_words(folder: Path) -> str:
    """The last error of the server's log, in its own words; they are about files and options."""
    try:
        lines = (folder / "mongod.log").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return "it left no log"
    for line in reversed(lines):
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if entry.get("s") in ("E", "F"):
            cause = entry.get("attr", {}).get("error", "")
            return f"{entry.get('msg')} {cause}".strip()[:300]
    return "it said nothing of it"
