"""Keeps a `mongod` running while a command uses it. The supervisor is a small separate process.

Every command that uses the server holds a shared lock on `users.lock`. This process waits for the
exclusive lock. It gets the lock when the last user is gone, even if that user was killed. Then it
stops the server and ends. A lock, unlike a pid file, cannot outlive its owner:

- `supervisor.lock` is held while this process runs. The process inherits the lock from the command
  that starts it.
- `server.lock` is held by `mongod` itself, which inherits the lock. So no second server starts on
  the same data while the first server shuts down.

It uses the standard library only, so that it is small and starts at once.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

_PR_SET_PDEATHSIG = 1
CACHE_GB = "0.25"


def main(data_dir: str, socket: str, mongod: str, zones: str = "") -> int:
    """Run until the last user is gone; return mongod's exit code.

    ``zones`` is a folder of time zones. Without it, `mongod` uses its built-in zones.
    """
    os.umask(0o077)
    folder = Path(data_dir)
    with (
        (folder / "server.lock").open("a") as server_lock,
        (folder / "users.lock").open("a") as users_lock,
    ):
        fcntl.flock(server_lock, fcntl.LOCK_EX)  # an earlier server may still be shutting down
        for leftover in (Path(socket), folder / "mongod.log"):
            leftover.unlink(missing_ok=True)
        process = _start(folder, socket, mongod, zones, server_lock.fileno())

        def stop_after_last_user() -> None:
            fcntl.flock(users_lock, fcntl.LOCK_EX)
            process.terminate()

        threading.Thread(target=stop_after_last_user, daemon=True).start()
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        code = process.wait()
        # The thread may wait in flock for ever, and the interpreter must not wait for the thread.
        os._exit(code)


def _start(
    folder: Path, socket: str, mongod: str, zones: str, server_lock: int
) -> subprocess.Popen[bytes]:
    data = folder / "db"
    data.mkdir(mode=0o700, exist_ok=True)
    command = [
        mongod,
        *("--dbpath", str(data)),
        *("--bind_ip", socket),
        "--nounixsocket",  # else it would make a second socket in /tmp
        *("--filePermissions", "0600"),
        *("--logpath", str(folder / "mongod.log")),
        *("--wiredTigerCacheSizeGB", CACHE_GB),
        *("--setParameter", "diagnosticDataCollectionEnabled=false"),
        *(("--timeZoneInfo", zones) if zones else ()),
    ]
    return subprocess.Popen(  # noqa: S603 - the mongod that was found
        command,
        stdin=subprocess.DEVNULL,
        pass_fds=(server_lock,),
        preexec_fn=_die_with_parent,
    )


def _die_with_parent() -> None:
    """On Linux the server stops when this process is killed; on other systems it keeps running."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
