"""Holds a `mongod` up while somebody uses it: a small process of its own.

Every command that uses the server holds a shared lock on `users.lock`. This process waits for the
exclusive one and so gets it exactly when the last user is gone, also when that one was killed;
then it stops the server and leaves. Locks, unlike pid files, cannot outlive their owners:

- `supervisor.lock` is held as long as this process lives, which inherits it from who starts it;
- `server.lock` is held by `mongod` itself, which inherits it: nobody starts a second server on the
  same data while the first is still shutting down.

Standard library only, so that it is small and starts at once.
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
    """Run until the last user is gone; the exit code is mongod's.

    ``zones`` is the folder of time zones that it reads; without, it has those it was built with.
    """
    os.umask(0o077)
    folder = Path(data_dir)
    with (
        (folder / "server.lock").open("a") as server_lock,
        (folder / "users.lock").open("a") as users_lock,
    ):
        fcntl.flock(server_lock, fcntl.LOCK_EX)  # an earlier server may still be on its way out
        for leftover in (Path(socket), folder / "mongod.log"):
            leftover.unlink(missing_ok=True)
        process = _start(folder, socket, mongod, zones, server_lock.fileno())

        def stop_after_last_user() -> None:
            fcntl.flock(users_lock, fcntl.LOCK_EX)
            process.terminate()

        threading.Thread(target=stop_after_last_user, daemon=True).start()
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        code = process.wait()
        # The thread may wait in flock for ever; the interpreter shall not wait for it.
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
        "--nounixsocket",  # it would make another one in /tmp, beside the one bound to
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
    """On Linux the server is told to stop when this process is killed; elsewhere it stays."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
