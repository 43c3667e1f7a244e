"""A private, real MongoDB for the tests: the same `mongod` that the embedded one runs."""

from __future__ import annotations

import ctypes
import json
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pymongo import MongoClient

from altegio_sync.embedded.binary import find_mongod

if TYPE_CHECKING:
    from collections.abc import Iterator

_PR_SET_PDEATHSIG = 1
_START_SECONDS = 60.0


class RunningMongod:
    """A server on loopback, with data of its own; it can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def uri(self) -> str:
        return f"mongodb://127.0.0.1:{self._port}"

    def uri_of(self, name: str) -> str:
        return f"{self.uri}/{name}"

    def drop(self, name: str) -> None:
        client: MongoClient[dict[str, Any]]
        with MongoClient(self.uri) as client:
            client.drop_database(name)

    def start(self) -> None:
        """On the port it had before, if it had one."""
        log = self._folder / "mongod.log"
        log.unlink(missing_ok=True)
        data = self._folder / "db"
        data.mkdir(exist_ok=True)
        self._process = subprocess.Popen(
            [
                *(str(find_mongod()), "--dbpath", str(data), "--logpath", str(log)),
                *("--bind_ip", "127.0.0.1", "--port", str(self._port), "--nounixsocket"),
                *("--wiredTigerCacheSizeGB", "0.25"),
                *("--setParameter", "diagnosticDataCollectionEnabled=false"),
            ],
            stdin=subprocess.DEVNULL,
            preexec_fn=_die_with_parent,
        )
        self._port = self._await_port(log)

    def kill(self) -> None:
        """As if the power failed."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(timeout=60)
            self._process = None

    def _await_port(self, log: Path) -> int:
        """The port that the system picked, as the log tells it once the server listens."""
        assert self._process is not None
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            for line in log.read_text().splitlines() if log.exists() else []:
                if '"Waiting for connections"' in line:
                    return int(json.loads(line)["attr"]["port"])
            time.sleep(0.02)
        raise RuntimeError(f"mongod did not start: {log.read_text()[-2000:]}")


def _die_with_parent() -> None:
    """A test run that is killed leaves no server behind."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


@contextmanager
def running_mongod() -> Iterator[RunningMongod]:
    with tempfile.TemporaryDirectory(prefix="altegio-tests-") as folder:
        running = RunningMongod(Path(folder))
        running.start()
        try:
            yield running
        finally:
            running.stop()
