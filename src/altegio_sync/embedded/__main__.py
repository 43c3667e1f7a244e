"""Keeps the embedded MongoDB running for other commands, as a service of systemd.

systemd ends every process that a unit started together with the unit. So a server that a timer's
run started would end with this run, although `serve` still uses it. This process starts the server
first, in a unit of its own.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from altegio_sync.embedded.server import keep_running, share_mongod
from altegio_sync.errors import AltegioSyncError, ConfigError

if TYPE_CHECKING:
    from types import FrameType

_LOOKED_EVERY_S = 1.0
#: As in the commands.
_WRONG_USE, _OUT_OF_REACH = 2, 3


def main(data_dir: str = "") -> int:
    """Run until SIGTERM; an empty ``data_dir`` is the user's own folder."""
    stop = threading.Event()
    folder = Path(data_dir).expanduser() if data_dir else None

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    try:
        with share_mongod(folder):
            _tell_systemd("READY=1")
            while not stop.wait(_LOOKED_EVERY_S):
                keep_running(folder)
    except AltegioSyncError as error:
        sys.stderr.write(f"<3>{error}\n")
        return _WRONG_USE if isinstance(error, ConfigError) else _OUT_OF_REACH
    return 0


def _tell_systemd(what: str) -> None:
    """Do as `sd_notify` does. Units that start after this one wait for `READY=1`."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        # "@" stands for the null byte of an address without a file.
        notify.sendto(what.encode(), f"\0{address[1:]}" if address[0] == "@" else address)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
